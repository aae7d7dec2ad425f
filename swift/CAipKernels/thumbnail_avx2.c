// Sums of areas for x86-64 with AVX2: a window of 32 bytes a step.
//
// A window's bytes are weighted across by one multiply-add-pairs (u8 by i8), down by a second one
// (i16 by i16), which leaves eight i32. Those between the first and the last row weigh the same, so
// an output takes four instructions a row.
#include "thumbnail_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

// A row adds 4 * 255 * 64 * 64 to an i32 at most; this many fit.
enum { ROWS_MAX = 512 };

AVX2_INLINE __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }

AVX2_INLINE __m256i weigh(const uint8_t *at, __m256i across, __m256i down) {
  return _mm256_madd_epi16(_mm256_maddubs_epi16(load(at), across), down);
}

AVX2_INLINE uint64_t add_up(__m256i sums) {
  // All are positive: pairs are widened before they are added.
  const __m256i low = _mm256_and_si256(sums, _mm256_set1_epi64x(0xffffffff));
  const __m256i wide = _mm256_add_epi64(low, _mm256_srli_epi64(sums, 32));
  const __m128i half =
      _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

// Adds one window of `channels` samples a pixel to its output's sums. Compiled once for each number
// of channels, so that weights and sums stay in registers.
AVX2_INLINE void add_window(const uint8_t *at, size_t stride_bytes, const aip_area_band *band,
                            const int8_t *weights, uint32_t channels, uint64_t *sums) {
  const __m256i whole = _mm256_set1_epi16(AIP_AREA_ONE);
  __m256i across[AIP_AREA_CHANNELS_MAX], sum[AIP_AREA_CHANNELS_MAX];
  const __m256i first = _mm256_set1_epi16((int16_t)band->weight_first);
  for (uint32_t c = 0; c < channels; c++) {
    across[c] = load(weights + c * AIP_AREA_WINDOW);
    sum[c] = weigh(at, across[c], first);
  }
  if (band->count > 1) {
    uint32_t left = band->count - 2;
    at += stride_bytes;
    while (left > 0) {
      const uint32_t rows = left < ROWS_MAX - 2 ? left : ROWS_MAX - 2;
      for (uint32_t row = 0; row < rows; row++, at += stride_bytes) {
        for (uint32_t c = 0; c < channels; c++) {
          sum[c] = _mm256_add_epi32(sum[c], weigh(at, across[c], whole));
        }
      }
      left -= rows;
      if (left == 0) break;
      for (uint32_t c = 0; c < channels; c++) {
        sums[c] += add_up(sum[c]);
        sum[c] = _mm256_setzero_si256();
      }
    }
    const __m256i last = _mm256_set1_epi16((int16_t)band->weight_last);
    for (uint32_t c = 0; c < channels; c++) {
      sum[c] = _mm256_add_epi32(sum[c], weigh(at, across[c], last));
    }
  }
  for (uint32_t c = 0; c < channels; c++) sums[c] += add_up(sum[c]);
}

AVX2_INLINE void walk(const aip_area_columns *columns, const aip_area_band *band,
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
AVX2 void aip_area_sum_avx2(const aip_area_columns *columns, const aip_area_band *band,
                            const uint8_t *top, size_t stride_bytes, uint64_t *sums) {
  switch (columns->channels) {
    case 1: walk(columns, band, top, stride_bytes, 1, sums); break;
    case 2: walk(columns, band, top, stride_bytes, 2, sums); break;
    default: walk(columns, band, top, stride_bytes, 3, sums); break;
  }
}

#endif
