// Sums of areas for arm64 with NEON (Advanced SIMD), by the same tables as the AVX2 version: a
// window is two registers here. Half windows' products are added before they are weighted down,
// since 2 * 255 * 64 fits a u16.
#include "thumbnail_internal.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#define NEON_INLINE static inline __attribute__((always_inline))

// One window's rows are added up at a time.
enum { ROWS_MAX = AIP_AREA_WINDOWS_MAX };

/// A window's weights across, of 8 bytes each.
typedef struct window_weights {
  uint8x8_t part[4];
} window_weights;

NEON_INLINE window_weights weights_at(const int8_t *at) {
  const uint8_t *bytes = (const uint8_t *)at;  // 0...64
  const window_weights weights = {
      {vld1_u8(bytes), vld1_u8(bytes + 8), vld1_u8(bytes + 16), vld1_u8(bytes + 24)}};
  return weights;
}

NEON_INLINE uint32x4_t add_row(uint32x4_t sum, const uint8_t *at, const window_weights *across,
                               uint16_t down) {
  const uint8x16_t low = vld1q_u8(at), high = vld1q_u8(at + 16);
  uint16x8_t a = vmull_u8(vget_low_u8(low), across->part[0]);
  a = vmlal_u8(a, vget_high_u8(low), across->part[1]);
  uint16x8_t b = vmull_u8(vget_low_u8(high), across->part[2]);
  b = vmlal_u8(b, vget_high_u8(high), across->part[3]);
  sum = vmlal_n_u16(sum, vget_low_u16(a), down);
  sum = vmlal_n_u16(sum, vget_high_u16(a), down);
  sum = vmlal_n_u16(sum, vget_low_u16(b), down);
  return vmlal_n_u16(sum, vget_high_u16(b), down);
}

// Adds one window of `channels` samples a pixel to its output's sums.
NEON_INLINE void add_window(const uint8_t *at, size_t stride_bytes, const aip_area_band *band,
                            const int8_t *weights, uint32_t channels, uint64_t *sums) {
  window_weights across[AIP_AREA_CHANNELS_MAX];
  uint32x4_t sum[AIP_AREA_CHANNELS_MAX];
  for (uint32_t c = 0; c < channels; c++) {
    across[c] = weights_at(weights + c * AIP_AREA_WINDOW);
    sum[c] = add_row(vdupq_n_u32(0), at, &across[c], (uint16_t)band->weight_first);
  }
  if (band->count > 1) {
    uint32_t left = band->count - 2;
    at += stride_bytes;
    while (left > 0) {
      const uint32_t rows = left < ROWS_MAX - 2 ? left : ROWS_MAX - 2;
      for (uint32_t row = 0; row < rows; row++, at += stride_bytes) {
        for (uint32_t c = 0; c < channels; c++) {
          sum[c] = add_row(sum[c], at, &across[c], AIP_AREA_ONE);
        }
      }
      left -= rows;
      if (left == 0) break;
      for (uint32_t c = 0; c < channels; c++) {
        sums[c] += vaddlvq_u32(sum[c]);
        sum[c] = vdupq_n_u32(0);
      }
    }
    for (uint32_t c = 0; c < channels; c++) {
      sum[c] = add_row(sum[c], at, &across[c], (uint16_t)band->weight_last);
    }
  }
  for (uint32_t c = 0; c < channels; c++) sums[c] += vaddlvq_u32(sum[c]);
}

NEON_INLINE void walk(const aip_area_columns *columns, const aip_area_band *band,
                      const uint8_t *top, size_t stride_bytes, uint32_t channels, uint64_t *sums) {
  const int8_t *weights = columns->weights;
  uint32_t window = 0;
  for (uint32_t i = 0; i < columns->count; i++, sums += channels) {
    for (uint32_t c = 0; c < channels; c++) sums[c] = 0;
    for (; window < columns->first_window[i + 1]; window++) {
      const uint8_t *at = top + columns->offset_bytes[window];
      add_window(at, stride_bytes, band, weights, channels, sums);
      weights += channels * AIP_AREA_WINDOW;
    }
  }
}

// HOT: one call per output row.
void aip_area_sum_neon(const aip_area_columns *columns, const aip_area_band *band,
                       const uint8_t *top, size_t stride_bytes, uint64_t *sums) {
  switch (columns->channels) {
    case 1: walk(columns, band, top, stride_bytes, 1, sums); break;
    case 2: walk(columns, band, top, stride_bytes, 2, sums); break;
    default: walk(columns, band, top, stride_bytes, 3, sums); break;
  }
}

#endif
