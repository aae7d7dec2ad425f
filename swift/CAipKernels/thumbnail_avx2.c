// Sums of areas for x86-64 with AVX2: a window of 32 bytes a step.
//
// A window's bytes are weighted across by one multiply-add-pairs (u8 by i8), down by a second one
// (i16 by i16), which leaves eight i32. Rows are taken four at a time from left to right: memory is
// then read in its order, and sums are loaded and stored rarely.
#include "thumbnail_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

enum {
  ROWS_AT_ONCE = 4,
  GROUPS_AHEAD = 2,  // of rows, fetched into the cache: jumps from row to row are not foreseen
  CACHE_LINE_BYTES = 64,
};

AVX2_INLINE __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }

AVX2_INLINE uint64_t add_up(__m256i sums) {
  // All are positive: pairs are widened before they are added.
  const __m256i low = _mm256_and_si256(sums, _mm256_set1_epi64x(0xffffffff));
  const __m256i wide = _mm256_add_epi64(low, _mm256_srli_epi64(sums, 32));
  const __m128i half =
      _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

// Prefetching takes any address, beyond the plane's end as well.
AVX2_INLINE void fetch_ahead(const uint8_t *at, size_t size_bytes) {
  for (size_t b = 0; b < size_bytes; b += CACHE_LINE_BYTES) _mm_prefetch(at + b, _MM_HINT_T0);
}

/// Neighbouring rows and their weights.
typedef struct row_group {
  const uint8_t *at;
  size_t stride_bytes;
  uint32_t weight[ROWS_AT_ONCE];
} row_group;

// Adds `rows` rows to the sums of every output, eight i32 a channel. Compiled once for each number
// of rows and channels, so that nothing within depends on either.
AVX2_INLINE void add_rows(const aip_area_columns *columns, const row_group *group, uint32_t rows,
                          uint32_t channels, __m256i *sums) {
  const int8_t *weights = columns->weights;
  __m256i down[ROWS_AT_ONCE];
  for (uint32_t r = 0; r < rows; r++) down[r] = _mm256_set1_epi16((int16_t)group->weight[r]);
  uint32_t window = 0;
  for (uint32_t i = 0; i < columns->count; i++, sums += channels) {
    for (const uint32_t end = columns->first_window[i + 1]; window < end; window++) {
      const uint8_t *at = group->at + columns->offset_bytes[window];
      for (uint32_t c = 0; c < channels; c++, weights += AIP_AREA_WINDOW) {
        const __m256i across = load(weights);
        __m256i sum = sums[c];
        for (uint32_t r = 0; r < rows; r++) {
          const __m256i pixels = load(at + r * group->stride_bytes);
          const __m256i pairs = _mm256_maddubs_epi16(pixels, across);
          sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, down[r]));
        }
        sums[c] = sum;
      }
    }
  }
}

AVX2_INLINE void add_group(const aip_area_columns *columns, const row_group *group, uint32_t rows,
                           uint32_t channels, __m256i *sums) {
  switch (rows) {
    case 1: add_rows(columns, group, 1, channels, sums); break;
    case 2: add_rows(columns, group, 2, channels, sums); break;
    case 3: add_rows(columns, group, 3, channels, sums); break;
    default: add_rows(columns, group, ROWS_AT_ONCE, channels, sums); break;
  }
}

AVX2_INLINE void walk(const aip_area_columns *columns, const aip_area_band *band,
                      const uint8_t *top, size_t stride_bytes, uint32_t channels, uint64_t *totals) {
  __m256i sums[AIP_THUMBNAIL_SIDE_MAX * AIP_AREA_CHANNELS_MAX];
  const uint32_t sum_count = columns->count * channels;
  const uint32_t rows_max = AIP_AREA_WINDOWS_MAX / columns->windows_max;
  for (uint32_t i = 0; i < sum_count; i++) totals[i] = 0;
  for (uint32_t start = 0; start < band->count; start += rows_max) {
    const uint32_t end = start + rows_max < band->count ? start + rows_max : band->count;
    for (uint32_t i = 0; i < sum_count; i++) sums[i] = _mm256_setzero_si256();
    for (uint32_t row = start; row < end; row += ROWS_AT_ONCE) {
      row_group group = {.at = top + row * stride_bytes, .stride_bytes = stride_bytes};
      for (uint32_t r = 0; r < ROWS_AT_ONCE; r++) {
        group.weight[r] = aip_area_row_weight(band, row + r);
      }
      const size_t group_bytes = ROWS_AT_ONCE * stride_bytes;
      fetch_ahead(group.at + GROUPS_AHEAD * group_bytes, group_bytes);
      const uint32_t rows = end - row < ROWS_AT_ONCE ? end - row : ROWS_AT_ONCE;
      add_group(columns, &group, rows, channels, sums);
    }
    for (uint32_t i = 0; i < sum_count; i++) totals[i] += add_up(sums[i]);
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
