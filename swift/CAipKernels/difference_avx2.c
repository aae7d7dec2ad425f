// Squared differences for x86-64 with AVX2: sixteen pixels a step.
#include "difference_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

// Sixteen differences, i16.
AVX2_INLINE __m256i subtract(const uint8_t *a, const uint8_t *b) {
  return _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)a)),
                          _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)b)));
}

AVX2 static uint32_t sum_squares(const uint8_t *a, const uint8_t *b, uint32_t count) {
  __m256i sum = _mm256_setzero_si256();
  const uint32_t end = count / AIP_DIFFERENCE_STEP * AIP_DIFFERENCE_STEP;
  for (uint32_t i = 0; i < end; i += AIP_DIFFERENCE_STEP) {
    const __m256i difference = subtract(a + i, b + i);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(difference, difference));
  }
  const __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  const uint32_t total =
      (uint32_t)_mm_cvtsi128_si32(two) + (uint32_t)_mm_extract_epi32(two, 1);
  return total + aip_difference_portable.sum_squares(a + end, b + end, count - end);
}

AVX2 static void sum_columns(const uint8_t *a, const uint8_t *b, uint32_t side, uint32_t rows,
                             uint32_t *columns) {
  for (uint32_t at = 0; at < side; at += AIP_DIFFERENCE_STEP) {
    // The last step lies over the one before it, and writes the same there.
    const uint32_t x = at + AIP_DIFFERENCE_STEP <= side ? at : side - AIP_DIFFERENCE_STEP;
    __m256i low = _mm256_setzero_si256(), high = low;
    for (uint32_t row = 0; row < rows; row++) {
      const __m256i difference = subtract(a + row * side + x, b + row * side + x);
      const __m256i square = _mm256_mullo_epi16(difference, difference);  // a u16
      low = _mm256_add_epi32(low, _mm256_cvtepu16_epi32(_mm256_castsi256_si128(square)));
      high = _mm256_add_epi32(high, _mm256_cvtepu16_epi32(_mm256_extracti128_si256(square, 1)));
    }
    _mm256_storeu_si256((__m256i *)(columns + x), low);
    _mm256_storeu_si256((__m256i *)(columns + x + 8), high);
  }
}

const aip_difference_kernels aip_difference_avx2 = {
    .sum_squares = sum_squares,
    .sum_columns = sum_columns,
};

#endif
