// Squared differences for arm64 with NEON (Advanced SIMD): sixteen pixels a step.
#include "difference_internal.h"

#if defined(__aarch64__)

#include <arm_neon.h>

static uint32_t sum_squares(const uint8_t *a, const uint8_t *b, uint32_t count) {
  uint32x4_t sum = vdupq_n_u32(0);
  const uint32_t end = count / AIP_DIFFERENCE_STEP * AIP_DIFFERENCE_STEP;
  for (uint32_t i = 0; i < end; i += AIP_DIFFERENCE_STEP) {
    const uint8x16_t distance = vabdq_u8(vld1q_u8(a + i), vld1q_u8(b + i));
    const uint8x8_t low = vget_low_u8(distance);
    sum = vpadalq_u16(sum, vmull_u8(low, low));
    sum = vpadalq_u16(sum, vmull_high_u8(distance, distance));
  }
  const uint32_t rest = aip_difference_portable.sum_squares(a + end, b + end, count - end);
  return vaddvq_u32(sum) + rest;
}

static void sum_columns(const uint8_t *a, const uint8_t *b, uint32_t side, uint32_t rows,
                        uint32_t *columns) {
  for (uint32_t at = 0; at < side; at += AIP_DIFFERENCE_STEP) {
    // The last step lies over the one before it, and writes the same there.
    const uint32_t x = at + AIP_DIFFERENCE_STEP <= side ? at : side - AIP_DIFFERENCE_STEP;
    uint32x4_t sums[4] = {vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0), vdupq_n_u32(0)};
    for (uint32_t row = 0; row < rows; row++) {
      const uint8x16_t distance =
          vabdq_u8(vld1q_u8(a + row * side + x), vld1q_u8(b + row * side + x));
      const uint8x8_t near = vget_low_u8(distance);
      const uint16x8_t low = vmull_u8(near, near), high = vmull_high_u8(distance, distance);
      sums[0] = vaddw_u16(sums[0], vget_low_u16(low));
      sums[1] = vaddw_high_u16(sums[1], low);
      sums[2] = vaddw_u16(sums[2], vget_low_u16(high));
      sums[3] = vaddw_high_u16(sums[3], high);
    }
    for (uint32_t k = 0; k < 4; k++) vst1q_u32(columns + x + 4 * k, sums[k]);
  }
}

const aip_difference_kernels aip_difference_neon = {
    .sum_squares = sum_squares,
    .sum_columns = sum_columns,
};

#endif
