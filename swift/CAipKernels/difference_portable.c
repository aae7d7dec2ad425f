// The portable version, and what the vector versions use where pictures are narrower than a step.
#include "difference_internal.h"

static uint32_t sum_squares(const uint8_t *a, const uint8_t *b, uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const int32_t difference = a[i] - b[i];
    sum += (uint32_t)(difference * difference);
  }
  return sum;
}

static void sum_columns(const uint8_t *a, const uint8_t *b, uint32_t side, uint32_t rows,
                        uint32_t *columns) {
  for (uint32_t x = 0; x < side; x++) columns[x] = 0;
  for (uint32_t row = 0; row < rows; row++, a += side, b += side) {
    for (uint32_t x = 0; x < side; x++) {
      const int32_t difference = a[x] - b[x];
      columns[x] += (uint32_t)(difference * difference);
    }
  }
}

const aip_difference_kernels aip_difference_portable = {
    .sum_squares = sum_squares,
    .sum_columns = sum_columns,
};
