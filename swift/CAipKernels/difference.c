// The difference detector: mean squared errors of luma thumbnails, and its replay over many.
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "aip.h"
#include "aip_kernels.h"
#include "difference_internal.h"

_Static_assert(AIP_BLOCKS_ACROSS * AIP_BLOCKS_ACROSS == AIP_DIFFERENCE_BLOCK_COUNT, "a square");

static const aip_difference_kernels *kernels_for(uint32_t side) {
  if (side < AIP_DIFFERENCE_STEP) return &aip_difference_portable;
  switch (aip_kernels_level()) {
#if defined(__x86_64__)
    case AIP_LEVEL_AVX2: return &aip_difference_avx2;
#endif
#if defined(__aarch64__)
    case AIP_LEVEL_NEON: return &aip_difference_neon;
#endif
    default: return &aip_difference_portable;
  }
}

static bool side_ok(uint32_t side) { return side >= 1 && side <= AIP_THUMBNAIL_SIDE_MAX; }
static bool has_blocks(uint32_t side) { return side_ok(side) && side % AIP_BLOCKS_ACROSS == 0; }

static void sum_blocks(const aip_difference_kernels *kernels, const uint8_t *a, const uint8_t *b,
                       uint32_t side, uint32_t sums[AIP_DIFFERENCE_BLOCK_COUNT]) {
  const uint32_t block = side / AIP_BLOCKS_ACROSS;
  uint32_t columns[AIP_THUMBNAIL_SIDE_MAX];
  for (uint32_t y = 0; y < AIP_BLOCKS_ACROSS; y++) {
    const size_t at = (size_t)y * block * side;
    kernels->sum_columns(a + at, b + at, side, block, columns);
    for (uint32_t x = 0; x < AIP_BLOCKS_ACROSS; x++) {
      uint32_t sum = 0;
      for (uint32_t i = 0; i < block; i++) sum += columns[x * block + i];
      sums[y * AIP_BLOCKS_ACROSS + x] = sum;
    }
  }
}

// HOT: once a frame, and once a frame and threshold in a replay.
static float difference(const aip_difference_kernels *kernels, const uint8_t *a, const uint8_t *b,
                        uint32_t side, const float *block_weights, float bias) {
  if (block_weights == NULL) {
    const uint32_t pixels = side * side;
    return (float)(kernels->sum_squares(a, b, pixels) / (double)pixels);
  }
  uint32_t sums[AIP_DIFFERENCE_BLOCK_COUNT];
  sum_blocks(kernels, a, b, side, sums);
  double weighted = 0;
  for (uint32_t i = 0; i < AIP_DIFFERENCE_BLOCK_COUNT; i++) {
    weighted += (double)block_weights[i] * sums[i];
  }
  const uint32_t block = side / AIP_BLOCKS_ACROSS;
  return (float)(weighted / (block * block) + bias);
}

int32_t aip_difference(const uint8_t *a, const uint8_t *b, uint32_t side,
                       const float *block_weights, float bias, float *out) {
  if (a == NULL || b == NULL || out == NULL) return AIP_STATUS_INVALID_ARGUMENT;
  if (!(block_weights == NULL ? side_ok(side) : has_blocks(side))) {
    return AIP_STATUS_INVALID_ARGUMENT;
  }
  *out = difference(kernels_for(side), a, b, side, block_weights, bias);
  return AIP_STATUS_OK;
}

int32_t aip_difference_blocks(const uint8_t *a, const uint8_t *b, uint32_t side, float *out) {
  if (a == NULL || b == NULL || out == NULL || !has_blocks(side)) {
    return AIP_STATUS_INVALID_ARGUMENT;
  }
  uint32_t sums[AIP_DIFFERENCE_BLOCK_COUNT];
  sum_blocks(kernels_for(side), a, b, side, sums);
  const uint32_t block = side / AIP_BLOCKS_ACROSS;
  for (uint32_t i = 0; i < AIP_DIFFERENCE_BLOCK_COUNT; i++) {
    out[i] = (float)(sums[i] / (double)(block * block));
  }
  return AIP_STATUS_OK;
}

int32_t aip_difference_gate(const uint8_t *thumbs, uint32_t count, uint32_t side,
                            const uint8_t *reference, const float *block_weights, float bias,
                            uint32_t t_skip, float t_diff, uint32_t *anchor_out) {
  if (thumbs == NULL || anchor_out == NULL || t_skip == 0 || isnan(t_diff)) {
    return AIP_STATUS_INVALID_ARGUMENT;
  }
  if (!(block_weights == NULL ? side_ok(side) : has_blocks(side))) {
    return AIP_STATUS_INVALID_ARGUMENT;
  }
  const aip_difference_kernels *kernels = kernels_for(side);
  const size_t pixels = (size_t)side * side;
  uint32_t anchor = AIP_ANCHOR_NONE;
  for (uint32_t frame = 0; frame < count; frame++) {
    if (frame % t_skip == 0) {
      const uint8_t *thumb = thumbs + frame * pixels;
      const uint8_t *against = reference != NULL           ? reference
                               : anchor != AIP_ANCHOR_NONE ? thumbs + anchor * pixels
                                                           : NULL;
      const bool fires =
          against == NULL ||
          !(difference(kernels, thumb, against, side, block_weights, bias) < t_diff);
      if (fires) {
        anchor = frame;
      } else if (reference != NULL) {
        anchor = AIP_ANCHOR_NONE;
      }
    }
    anchor_out[frame] = anchor;
  }
  return AIP_STATUS_OK;
}
