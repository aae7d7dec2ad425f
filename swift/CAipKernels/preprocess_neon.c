// Row kernels for arm64 with NEON (Advanced SIMD): eight output pixels a step, by the same tables
// and the same fixed point as the AVX2 version; its 256-bit lanes are two registers here.
#include "preprocess_internal.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <string.h>

#define NEON_INLINE static inline __attribute__((always_inline))

NEON_INLINE float32x4_t widen(int16x8_t pairs, int16x8_t across) {
  const int32x4_t low = vmull_s16(vget_low_s16(pairs), vget_low_s16(across));
  const int32x4_t high = vmull_high_s16(pairs, across);
  return vcvtq_f32_s32(vpaddq_s32(low, high));
}

// Rows down, flip to signed, then taps across: (value - 128) * 2^22, of four outputs.
NEON_INLINE float32x4_t blend(uint8x16_t top, uint8x16_t bottom, uint16_t weight_bottom,
                              int16x8_t across) {
  const uint16x8_t a = vreinterpretq_u16_u8(top), b = vreinterpretq_u16_u8(bottom);
  const uint16x8_t down = vmulq_n_u16(a, (uint16_t)(AIP_WEIGHT_Y_ONE - weight_bottom));
  const uint16x8_t sum = vmlaq_n_u16(down, b, weight_bottom);
  return widen(vreinterpretq_s16_u16(veorq_u16(sum, vdupq_n_u16(0x8000))), across);
}

NEON_INLINE uint16_t pair_at(const uint8_t *at) {
  uint16_t pair;
  memcpy(&pair, at, sizeof pair);
  return pair;
}

NEON_INLINE uint32_t quad_at(const uint8_t *at) {
  uint32_t quad;
  memcpy(&quad, at, sizeof quad);
  return quad;
}

// Four outputs' first and second taps, as u16 pairs; `four` counts groups of four.
NEON_INLINE uint8x16_t fetch(const aip_taps_x *taps, uint32_t four, const uint8_t *row) {
  if (taps->fetch == AIP_FETCH_WINDOW) {
    return vqtbl1q_u8(vld1q_u8(row + taps->window_bytes[four]),
                      vld1q_u8(taps->shuffle + 16 * four));
  }
  const int32_t *at = taps->offset_bytes + 4 * four;
  uint16x4_t pairs = vdup_n_u16(pair_at(row + at[0]));
  pairs = vset_lane_u16(pair_at(row + at[1]), pairs, 1);
  pairs = vset_lane_u16(pair_at(row + at[2]), pairs, 2);
  pairs = vset_lane_u16(pair_at(row + at[3]), pairs, 3);
  return vreinterpretq_u8_u16(vmovl_u8(vreinterpret_u8_u16(pairs)));
}

// U and V side by side, not yet spread.
NEON_INLINE uint8x16_t fetch_nv12(const aip_taps_x *taps, uint32_t four, const uint8_t *row) {
  if (taps->fetch == AIP_FETCH_WINDOW) return vld1q_u8(row + taps->window_bytes[four]);
  const int32_t *at = taps->offset_bytes + 4 * four;
  uint32x4_t quads = vdupq_n_u32(quad_at(row + at[0]));
  quads = vsetq_lane_u32(quad_at(row + at[1]), quads, 1);
  quads = vsetq_lane_u32(quad_at(row + at[2]), quads, 2);
  quads = vsetq_lane_u32(quad_at(row + at[3]), quads, 3);
  return vreinterpretq_u8_u32(quads);
}

NEON_INLINE void store(float *out, uint32_t at, uint32_t count, float32x4_t value) {
  if (at + 4 <= count) {
    vst1q_f32(out + at, value);
    return;
  }
  float last[4];
  vst1q_f32(last, value);
  memcpy(out + at, last, (count - at) * sizeof(float));
}

NEON_INLINE float32x4_t finish(const aip_colour *c, int channel, float32x4_t level) {
  level = vminq_f32(vmaxq_f32(level, vdupq_n_f32(0.0f)), vdupq_n_f32(255.0f));
  return vfmaq_n_f32(vdupq_n_f32(c->bias[channel]), level, c->gain[channel]);
}

NEON_INLINE void store_yuv(const aip_colour *c, const aip_row *row, uint32_t at, uint32_t count,
                           float32x4_t y, float32x4_t u, float32x4_t v) {
  const float32x4_t luma = vfmaq_n_f32(vdupq_n_f32(c->y_offset), y, c->y);
  const float32x4_t green = vfmaq_n_f32(vfmaq_n_f32(luma, v, c->g_v), u, c->g_u);
  store(row->out[0], at, count, finish(c, 0, vfmaq_n_f32(luma, v, c->r_v)));
  store(row->out[1], at, count, finish(c, 1, green));
  store(row->out[2], at, count, finish(c, 2, vfmaq_n_f32(luma, u, c->b_u)));
}

NEON_INLINE float32x4_t plane_at(const aip_taps_x *taps, uint32_t four, const uint8_t *top,
                                 const uint8_t *bottom, uint16_t weight_bottom) {
  return blend(fetch(taps, four, top), fetch(taps, four, bottom), weight_bottom,
               vld1q_s16(taps->weights + 8 * four));
}

// HOT: one call per output row.
static void row_yuv420p(const aip_preprocess *plan, const aip_row *row) {
  const aip_taps_x *luma = &plan->x[0], *chroma = &plan->x[1];
  const uint16_t luma_down = row->weight_y[0], chroma_down = row->weight_y[1];
  for (uint32_t at = 0, four = 0; at < luma->count; at += 4, four++) {
    const float32x4_t y = plane_at(luma, four, row->top[0], row->bottom[0], luma_down);
    const float32x4_t u = plane_at(chroma, four, row->top[1], row->bottom[1], chroma_down);
    const float32x4_t v = plane_at(chroma, four, row->top[2], row->bottom[2], chroma_down);
    store_yuv(&plan->colour, row, at, luma->count, y, u, v);
  }
}

// HOT: one call per output row.
static void row_nv12(const aip_preprocess *plan, const aip_row *row) {
  const aip_taps_x *luma = &plan->x[0], *chroma = &plan->x[1];
  const uint16_t luma_down = row->weight_y[0], chroma_down = row->weight_y[1];
  for (uint32_t at = 0, four = 0; at < luma->count; at += 4, four++) {
    const int16x8_t across = vld1q_s16(chroma->weights + 8 * four);
    // A group's shuffles lie as two for U, then two for V.
    const uint8_t *shuffle = chroma->shuffle + four / 2 * 64 + four % 2 * 16;
    const uint8x16_t pick_u = vld1q_u8(shuffle), pick_v = vld1q_u8(shuffle + 32);
    const uint8x16_t top = fetch_nv12(chroma, four, row->top[1]);
    const uint8x16_t bottom = fetch_nv12(chroma, four, row->bottom[1]);
    const float32x4_t y = plane_at(luma, four, row->top[0], row->bottom[0], luma_down);
    const float32x4_t u =
        blend(vqtbl1q_u8(top, pick_u), vqtbl1q_u8(bottom, pick_u), chroma_down, across);
    const float32x4_t v =
        blend(vqtbl1q_u8(top, pick_v), vqtbl1q_u8(bottom, pick_v), chroma_down, across);
    store_yuv(&plan->colour, row, at, luma->count, y, u, v);
  }
}

typedef struct rgb_taps {
  uint8x16_t r, g, b;
} rgb_taps;

NEON_INLINE uint8x16_t two_windows(const uint8_t *row, const int32_t *at, const uint8_t *shuffle) {
  return vqtbl1q_u8(vcombine_u8(vld1_u8(row + at[0]), vld1_u8(row + at[1])), vld1q_u8(shuffle));
}

NEON_INLINE rgb_taps fetch_rgb(const aip_taps_x *taps, uint32_t four, const uint8_t *row) {
  const int32_t *at = taps->window_bytes + 4 * four;
  // A group's shuffles lie as (0, 1) (4, 5) (2, 3) (6, 7).
  const uint8_t *shuffle = taps->shuffle + four / 2 * 64 + four % 2 * 16;
  const uint32x4_t first = vreinterpretq_u32_u8(two_windows(row, at, shuffle));
  const uint32x4_t second = vreinterpretq_u32_u8(two_windows(row, at + 2, shuffle + 32));
  const uint8x16_t red_green = vreinterpretq_u8_u32(vzip1q_u32(first, second));
  const uint8x16_t blue = vreinterpretq_u8_u32(vzip2q_u32(first, second));
  const uint8x16_t zero = vdupq_n_u8(0);
  const rgb_taps out = {vzip1q_u8(red_green, zero), vzip2q_u8(red_green, zero),
                        vzip1q_u8(blue, zero)};
  return out;
}

NEON_INLINE void store_rgb(const aip_preprocess *plan, const aip_row *row, int channel, uint32_t at,
                           float32x4_t fixed) {
  const float32x4_t bias = vdupq_n_f32(plan->colour.bias[channel]);
  store(row->out[channel], at, plan->x[0].count,
        vfmaq_n_f32(bias, fixed, plan->colour.gain[channel]));
}

// HOT: one call per output row.
static void row_rgb(const aip_preprocess *plan, const aip_row *row) {
  const aip_taps_x *taps = &plan->x[0];
  const uint16_t down = row->weight_y[0];
  for (uint32_t at = 0, four = 0; at < taps->count; at += 4, four++) {
    const int16x8_t across = vld1q_s16(taps->weights + 8 * four);
    const rgb_taps top = fetch_rgb(taps, four, row->top[0]);
    const rgb_taps bottom = fetch_rgb(taps, four, row->bottom[0]);
    store_rgb(plan, row, 0, at, blend(top.r, bottom.r, down, across));
    store_rgb(plan, row, 1, at, blend(top.g, bottom.g, down, across));
    store_rgb(plan, row, 2, at, blend(top.b, bottom.b, down, across));
  }
}

static void to_half(const float *from, uint16_t *to, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    vst1_u16(to + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(from + i))));
  }
  for (; i < count; i++) to[i] = aip_half_from_float(from[i]);
}

// Eight levels in 0...255: the conversion rounds halves to even, the narrowing saturates.
NEON_INLINE uint8x8_t levels(const float *from) {
  const uint16x4_t low = vqmovn_u32(vcvtnq_u32_f32(vld1q_f32(from)));
  const uint16x4_t high = vqmovn_u32(vcvtnq_u32_f32(vld1q_f32(from + 4)));
  return vqmovn_u16(vcombine_u16(low, high));
}

static void to_bgra(const float *r, const float *g, const float *b, uint8_t *to, size_t count) {
  size_t i = 0;
  for (; i + AIP_GROUP <= count; i += AIP_GROUP) {
    const uint8x8x4_t pixels = {{levels(b + i), levels(g + i), levels(r + i), vdup_n_u8(255)}};
    vst4_u8(to + 4 * i, pixels);
  }
  aip_bgra_portable(r + i, g + i, b + i, to + 4 * i, count - i);
}

const aip_kernels aip_kernels_neon = {
    .yuv420p = row_yuv420p,
    .nv12 = row_nv12,
    .rgb = row_rgb,
    .to_half = to_half,
    .to_bgra = to_bgra,
};

#endif
