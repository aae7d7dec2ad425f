// Row kernels for x86-64 with AVX2 and FMA: eight output pixels a step.
//
// Instead of gathers (a dozen micro-operations each), one 16-byte load holds the taps of four
// outputs and a byte shuffle from the plan spreads them to u16 pairs; two rows are blended with two
// 16-bit multiplications, two taps with one multiply-add-pairs.
#include "preprocess_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,fma,f16c")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

AVX2_INLINE __m256i lanes(__m128i low, __m128i high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

AVX2_INLINE int16_t pair_at(const uint8_t *at) {
  int16_t pair;
  memcpy(&pair, at, sizeof pair);
  return pair;
}

AVX2_INLINE int32_t quad_at(const uint8_t *at) {
  int32_t quad;
  memcpy(&quad, at, sizeof quad);
  return quad;
}

// Eight outputs' first and second taps, as u16 pairs.
AVX2_INLINE __m256i taps_window(const uint8_t *row, const int32_t *window, __m256i shuffle) {
  const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(row + window[0]));
  const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(row + window[1]));
  return _mm256_shuffle_epi8(lanes(low, high), shuffle);
}

AVX2_INLINE __m256i taps_single(const uint8_t *row, const int32_t *offset) {
  __m128i pairs = _mm_cvtsi32_si128((uint16_t)pair_at(row + offset[0]));
  pairs = _mm_insert_epi16(pairs, pair_at(row + offset[1]), 1);
  pairs = _mm_insert_epi16(pairs, pair_at(row + offset[2]), 2);
  pairs = _mm_insert_epi16(pairs, pair_at(row + offset[3]), 3);
  pairs = _mm_insert_epi16(pairs, pair_at(row + offset[4]), 4);
  pairs = _mm_insert_epi16(pairs, pair_at(row + offset[5]), 5);
  pairs = _mm_insert_epi16(pairs, pair_at(row + offset[6]), 6);
  pairs = _mm_insert_epi16(pairs, pair_at(row + offset[7]), 7);
  return _mm256_cvtepu8_epi16(pairs);
}

// The way of fetching is an argument of its own, so that the common one is compiled without a
// branch.
AVX2_INLINE __m256i fetch(const aip_taps_x *taps, aip_fetch way, uint32_t group, const uint8_t *row,
                          __m256i shuffle) {
  return way == AIP_FETCH_WINDOW ? taps_window(row, taps->window_bytes + 2 * group, shuffle)
                                 : taps_single(row, taps->offset_bytes + AIP_GROUP * group);
}

// U and V side by side, not yet spread: four outputs a lane.
AVX2_INLINE __m256i fetch_nv12(const aip_taps_x *taps, aip_fetch way, uint32_t group,
                               const uint8_t *row) {
  if (way == AIP_FETCH_WINDOW) {
    const int32_t *window = taps->window_bytes + 2 * group;
    return lanes(_mm_loadu_si128((const __m128i *)(const void *)(row + window[0])),
                 _mm_loadu_si128((const __m128i *)(const void *)(row + window[1])));
  }
  const int32_t *at = taps->offset_bytes + AIP_GROUP * group;
  return lanes(_mm_setr_epi32(quad_at(row + at[0]), quad_at(row + at[1]), quad_at(row + at[2]),
                              quad_at(row + at[3])),
               _mm_setr_epi32(quad_at(row + at[4]), quad_at(row + at[5]), quad_at(row + at[6]),
                              quad_at(row + at[7])));
}

typedef struct weights_y {
  __m256i top, bottom;
} weights_y;

AVX2_INLINE weights_y weights_of(uint16_t bottom) {
  const weights_y weights = {_mm256_set1_epi16((int16_t)(AIP_WEIGHT_Y_ONE - bottom)),
                             _mm256_set1_epi16((int16_t)bottom)};
  return weights;
}

// Rows down, flip to signed, then taps across: (value - 128) * 2^22.
AVX2_INLINE __m256 blend(__m256i top, __m256i bottom, weights_y down, __m256i across) {
  const __m256i sum =
      _mm256_add_epi16(_mm256_mullo_epi16(top, down.top), _mm256_mullo_epi16(bottom, down.bottom));
  const __m256i biased = _mm256_xor_si256(sum, _mm256_set1_epi16((int16_t)0x8000));
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(biased, across));
}

AVX2_INLINE __m256i table(const void *at) { return _mm256_load_si256((const __m256i *)at); }

AVX2_INLINE void store(float *out, uint32_t at, uint32_t count, __m256 value) {
  if (at + AIP_GROUP <= count) {
    _mm256_storeu_ps(out + at, value);
    return;
  }
  float last[AIP_GROUP];
  _mm256_storeu_ps(last, value);
  memcpy(out + at, last, (count - at) * sizeof(float));
}

typedef struct colour {
  __m256 y, y_offset, r_v, g_u, g_v, b_u, gain[3], bias[3];
} colour;

AVX2_INLINE colour colour_of(const aip_colour *from) {
  const colour c = {
      .y = _mm256_set1_ps(from->y),
      .y_offset = _mm256_set1_ps(from->y_offset),
      .r_v = _mm256_set1_ps(from->r_v),
      .g_u = _mm256_set1_ps(from->g_u),
      .g_v = _mm256_set1_ps(from->g_v),
      .b_u = _mm256_set1_ps(from->b_u),
      .gain = {_mm256_set1_ps(from->gain[0]), _mm256_set1_ps(from->gain[1]),
               _mm256_set1_ps(from->gain[2])},
      .bias = {_mm256_set1_ps(from->bias[0]), _mm256_set1_ps(from->bias[1]),
               _mm256_set1_ps(from->bias[2])},
  };
  return c;
}

AVX2_INLINE __m256 finish(const colour *c, int channel, __m256 level) {
  level = _mm256_min_ps(_mm256_max_ps(level, _mm256_setzero_ps()), _mm256_set1_ps(255.0f));
  return _mm256_fmadd_ps(level, c->gain[channel], c->bias[channel]);
}

AVX2_INLINE void store_yuv(const colour *c, const aip_row *row, uint32_t at, uint32_t count,
                           __m256 y, __m256 u, __m256 v) {
  const __m256 luma = _mm256_fmadd_ps(y, c->y, c->y_offset);
  const __m256 green = _mm256_fmadd_ps(u, c->g_u, _mm256_fmadd_ps(v, c->g_v, luma));
  store(row->out[0], at, count, finish(c, 0, _mm256_fmadd_ps(v, c->r_v, luma)));
  store(row->out[1], at, count, finish(c, 1, green));
  store(row->out[2], at, count, finish(c, 2, _mm256_fmadd_ps(u, c->b_u, luma)));
}

// One plane's eight samples.
AVX2_INLINE __m256 plane_at(const aip_taps_x *taps, aip_fetch way, uint32_t group,
                            const uint8_t *top, const uint8_t *bottom, weights_y down) {
  const __m256i shuffle = table(taps->shuffle + 32 * group);
  return blend(fetch(taps, way, group, top, shuffle), fetch(taps, way, group, bottom, shuffle),
               down, table(taps->weights + 16 * group));
}

AVX2_INLINE void walk_yuv420p(const aip_preprocess *plan, const aip_row *row, aip_fetch luma_way,
                              aip_fetch chroma_way) {
  const aip_taps_x *luma = &plan->x[0], *chroma = &plan->x[1];
  const weights_y luma_down = weights_of(row->weight_y[0]);
  const weights_y chroma_down = weights_of(row->weight_y[1]);
  const colour c = colour_of(&plan->colour);
  for (uint32_t at = 0, group = 0; at < luma->count; at += AIP_GROUP, group++) {
    const __m256 y = plane_at(luma, luma_way, group, row->top[0], row->bottom[0], luma_down);
    const __m256 u = plane_at(chroma, chroma_way, group, row->top[1], row->bottom[1], chroma_down);
    const __m256 v = plane_at(chroma, chroma_way, group, row->top[2], row->bottom[2], chroma_down);
    store_yuv(&c, row, at, luma->count, y, u, v);
  }
}

AVX2_INLINE void walk_nv12(const aip_preprocess *plan, const aip_row *row, aip_fetch luma_way,
                           aip_fetch chroma_way) {
  const aip_taps_x *luma = &plan->x[0], *chroma = &plan->x[1];
  const weights_y luma_down = weights_of(row->weight_y[0]);
  const weights_y chroma_down = weights_of(row->weight_y[1]);
  const colour c = colour_of(&plan->colour);
  for (uint32_t at = 0, group = 0; at < luma->count; at += AIP_GROUP, group++) {
    const __m256i across = table(chroma->weights + 16 * group);
    const __m256i pick_u = table(chroma->shuffle + 64 * group);
    const __m256i pick_v = table(chroma->shuffle + 64 * group + 32);
    const __m256i top = fetch_nv12(chroma, chroma_way, group, row->top[1]);
    const __m256i bottom = fetch_nv12(chroma, chroma_way, group, row->bottom[1]);
    const __m256 y = plane_at(luma, luma_way, group, row->top[0], row->bottom[0], luma_down);
    const __m256 u = blend(_mm256_shuffle_epi8(top, pick_u), _mm256_shuffle_epi8(bottom, pick_u),
                           chroma_down, across);
    const __m256 v = blend(_mm256_shuffle_epi8(top, pick_v), _mm256_shuffle_epi8(bottom, pick_v),
                           chroma_down, across);
    store_yuv(&c, row, at, luma->count, y, u, v);
  }
}

static bool all_windows(const aip_preprocess *plan) {
  return plan->x[0].fetch == AIP_FETCH_WINDOW && plan->x[1].fetch == AIP_FETCH_WINDOW;
}

// HOT: one call per output row.
AVX2 static void row_yuv420p(const aip_preprocess *plan, const aip_row *row) {
  if (all_windows(plan)) {
    walk_yuv420p(plan, row, AIP_FETCH_WINDOW, AIP_FETCH_WINDOW);
  } else {
    walk_yuv420p(plan, row, plan->x[0].fetch, plan->x[1].fetch);
  }
}

// HOT: one call per output row.
AVX2 static void row_nv12(const aip_preprocess *plan, const aip_row *row) {
  if (all_windows(plan)) {
    walk_nv12(plan, row, AIP_FETCH_WINDOW, AIP_FETCH_WINDOW);
  } else {
    walk_nv12(plan, row, plan->x[0].fetch, plan->x[1].fetch);
  }
}

typedef struct rgb_taps {
  __m256i r, g, b;
} rgb_taps;

AVX2_INLINE __m128i two_windows(const uint8_t *row, int32_t first, int32_t second) {
  const __m128i low = _mm_loadl_epi64((const __m128i *)(const void *)(row + first));
  const __m128i high = _mm_loadl_epi64((const __m128i *)(const void *)(row + second));
  return _mm_unpacklo_epi64(low, high);
}

AVX2_INLINE rgb_taps fetch_rgb(const aip_taps_x *taps, uint32_t group, const uint8_t *row) {
  const int32_t *at = taps->window_bytes + AIP_GROUP * group;
  const uint8_t *shuffle = taps->shuffle + 64 * group;
  const __m256i even = _mm256_shuffle_epi8(
      lanes(two_windows(row, at[0], at[1]), two_windows(row, at[4], at[5])), table(shuffle));
  const __m256i odd = _mm256_shuffle_epi8(
      lanes(two_windows(row, at[2], at[3]), two_windows(row, at[6], at[7])), table(shuffle + 32));
  const __m256i red_green = _mm256_unpacklo_epi32(even, odd);
  const __m256i blue = _mm256_unpackhi_epi32(even, odd);
  const __m256i zero = _mm256_setzero_si256();
  const rgb_taps out = {_mm256_unpacklo_epi8(red_green, zero),
                        _mm256_unpackhi_epi8(red_green, zero), _mm256_unpacklo_epi8(blue, zero)};
  return out;
}

// HOT: one call per output row.
AVX2 static void row_rgb(const aip_preprocess *plan, const aip_row *row) {
  const aip_taps_x *taps = &plan->x[0];
  const weights_y down = weights_of(row->weight_y[0]);
  const colour c = colour_of(&plan->colour);
  for (uint32_t at = 0, group = 0; at < taps->count; at += AIP_GROUP, group++) {
    const __m256i across = table(taps->weights + 16 * group);
    const rgb_taps top = fetch_rgb(taps, group, row->top[0]);
    const rgb_taps bottom = fetch_rgb(taps, group, row->bottom[0]);
    const __m256 r = blend(top.r, bottom.r, down, across);
    const __m256 g = blend(top.g, bottom.g, down, across);
    const __m256 b = blend(top.b, bottom.b, down, across);
    store(row->out[0], at, taps->count, _mm256_fmadd_ps(r, c.gain[0], c.bias[0]));
    store(row->out[1], at, taps->count, _mm256_fmadd_ps(g, c.gain[1], c.bias[1]));
    store(row->out[2], at, taps->count, _mm256_fmadd_ps(b, c.gain[2], c.bias[2]));
  }
}

AVX2 static void to_half(const float *from, uint16_t *to, size_t count) {
  size_t i = 0;
  for (; i + AIP_GROUP <= count; i += AIP_GROUP) {
    const __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128((__m128i *)(void *)(to + i), half);
  }
  for (; i < count; i++) to[i] = aip_half_from_float(from[i]);
}

// Eight levels in 0...255; the conversion rounds halves to even, a NaN becomes 0 as elsewhere.
AVX2_INLINE __m256i levels(const float *from) {
  const __m256 value = _mm256_max_ps(_mm256_loadu_ps(from), _mm256_setzero_ps());
  return _mm256_cvtps_epi32(_mm256_min_ps(value, _mm256_set1_ps(255.0f)));
}

AVX2 static void to_bgra(const float *r, const float *g, const float *b, uint8_t *to,
                         size_t count) {
  const __m256i alpha = _mm256_set1_epi32((int32_t)0xff000000u);
  size_t i = 0;
  for (; i + AIP_GROUP <= count; i += AIP_GROUP) {
    const __m256i blue = _mm256_or_si256(levels(b + i), alpha);
    const __m256i green = _mm256_slli_epi32(levels(g + i), 8);
    const __m256i red = _mm256_slli_epi32(levels(r + i), 16);
    const __m256i pixels = _mm256_or_si256(_mm256_or_si256(blue, green), red);
    _mm256_storeu_si256((__m256i *)(void *)(to + 4 * i), pixels);
  }
  aip_bgra_portable(r + i, g + i, b + i, to + 4 * i, count - i);
}

const aip_kernels aip_kernels_avx2 = {
    .yuv420p = row_yuv420p,
    .nv12 = row_nv12,
    .rgb = row_rgb,
    .to_half = to_half,
    .to_bgra = to_bgra,
};

#endif
