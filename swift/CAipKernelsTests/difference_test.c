// Tests of the difference: every version against the definition, at every length near a step, with
// thumbnails against unmapped pages.
#include <stdlib.h>
#include <string.h>

#include "aip.h"
#include "aip_kernels.h"
#include "check.h"

static const int32_t LEVELS[] = {AIP_LEVEL_PORTABLE, AIP_LEVEL_AVX2, AIP_LEVEL_NEON};
enum { LEVEL_COUNT = sizeof LEVELS / sizeof *LEVELS };

static uint64_t square_at(const uint8_t *a, const uint8_t *b, size_t at) {
  const int64_t difference = (int64_t)a[at] - b[at];
  return (uint64_t)(difference * difference);
}

static float expect_whole(const uint8_t *a, const uint8_t *b, uint32_t side) {
  uint64_t sum = 0;
  for (size_t at = 0; at < (size_t)side * side; at++) sum += square_at(a, b, at);
  return (float)((double)sum / ((double)side * side));
}

static float expect_block(const uint8_t *a, const uint8_t *b, uint32_t side, uint32_t index) {
  const uint32_t block = side / 10;
  uint64_t sum = 0;
  for (uint32_t y = index / 10 * block; y < (index / 10 + 1) * block; y++) {
    for (uint32_t x = index % 10 * block; x < (index % 10 + 1) * block; x++) {
      sum += square_at(a, b, (size_t)y * side + x);
    }
  }
  return (float)((double)sum / (block * block));
}

static void check_sides(guarded a, guarded b, uint32_t side) {
  for (int k = 0; k < LEVEL_COUNT; k++) {
    if (aip_kernels_select(LEVELS[k]) != AIP_STATUS_OK) continue;
    float whole = -1, blocks[AIP_DIFFERENCE_BLOCK_COUNT], weights[AIP_DIFFERENCE_BLOCK_COUNT];
    CHECK(aip_difference(a.bytes, b.bytes, side, NULL, 0, &whole) == AIP_STATUS_OK, "made");
    CHECK(whole == expect_whole(a.bytes, b.bytes, side), "level %d side %u: %f", LEVELS[k], side,
          (double)whole);
    if (side % 10 != 0) continue;
    CHECK(aip_difference_blocks(a.bytes, b.bytes, side, blocks) == AIP_STATUS_OK, "made");
    double weighted = 7;
    for (uint32_t i = 0; i < AIP_DIFFERENCE_BLOCK_COUNT; i++) {
      CHECK(blocks[i] == expect_block(a.bytes, b.bytes, side, i), "side %u: block %u", side, i);
      weights[i] = (float)i / 64 - 1;
      weighted += (double)weights[i] * (double)blocks[i];
    }
    float out = 0;
    CHECK(aip_difference(a.bytes, b.bytes, side, weights, 7, &out) == AIP_STATUS_OK, "made");
    const double error = out - weighted;
    CHECK(error < 0.5 && error > -0.5, "side %u: weighted %f for %f", side, (double)out, weighted);
  }
}

static void test_definition(void) {
  for (uint32_t side = 1; side <= AIP_THUMBNAIL_SIDE_MAX; side++) {
    guarded a = guarded_make((size_t)side * side, side % 2 == 0);
    guarded b = guarded_make((size_t)side * side, side % 3 == 0);
    for (size_t i = 0; i < a.size_bytes; i++) {
      a.bytes[i] = (uint8_t)random_u32();
      b.bytes[i] = (uint8_t)random_u32();
    }
    check_sides(a, b, side);
    memset(a.bytes, 0, a.size_bytes);
    memset(b.bytes, 255, b.size_bytes);
    check_sides(a, b, side);
    guarded_free(&a);
    guarded_free(&b);
  }
}

static void test_refusals(void) {
  uint8_t pixels[400] = {0};
  float out, weights[AIP_DIFFERENCE_BLOCK_COUNT] = {0};
  uint32_t anchors[4];
  CHECK(aip_difference(pixels, pixels, 0, NULL, 0, &out) == AIP_STATUS_INVALID_ARGUMENT, "0");
  CHECK(aip_difference(pixels, pixels, 129, NULL, 0, &out) == AIP_STATUS_INVALID_ARGUMENT, "129");
  CHECK(aip_difference(pixels, pixels, 15, weights, 0, &out) == AIP_STATUS_INVALID_ARGUMENT, "15");
  CHECK(aip_difference(NULL, pixels, 10, NULL, 0, &out) == AIP_STATUS_INVALID_ARGUMENT, "null");
  CHECK(aip_difference_gate(pixels, 4, 10, NULL, NULL, 0, 0, 1, anchors) ==
            AIP_STATUS_INVALID_ARGUMENT,
        "no frame at all is looked at");
}

int main(void) {
  test_definition();
  test_refusals();
  return check_summary("difference");
}
