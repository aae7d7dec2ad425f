// What the versions of the difference share. Not installed. Sums are whole numbers, so that every
// version gives the same.
#ifndef AIP_DIFFERENCE_INTERNAL_H
#define AIP_DIFFERENCE_INTERNAL_H

#include <stdint.h>

#include "aip_layout.gen.h"

enum {
  AIP_BLOCKS_ACROSS = 10,
  AIP_DIFFERENCE_STEP = 16,  // pixels that vector versions take at once
};

/// One version. A thumbnail of the largest side differs by less than 2^31 in all.
typedef struct aip_difference_kernels {
  /// Sum of the squared differences of `count` bytes, at least AIP_DIFFERENCE_STEP of them.
  uint32_t (*sum_squares)(const uint8_t *a, const uint8_t *b, uint32_t count);
  /// Adds the squared differences of `rows` rows of `side` pixels (at least AIP_DIFFERENCE_STEP)
  /// up, column by column.
  void (*sum_columns)(const uint8_t *a, const uint8_t *b, uint32_t side, uint32_t rows,
                      uint32_t *columns);
} aip_difference_kernels;

extern const aip_difference_kernels aip_difference_portable;
#if defined(__x86_64__)
extern const aip_difference_kernels aip_difference_avx2;
#endif
#if defined(__aarch64__)
extern const aip_difference_kernels aip_difference_neon;
#endif

#endif
