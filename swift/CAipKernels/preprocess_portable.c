// Row kernels in plain C: the arithmetic that the vector versions are tested against.
#include <math.h>

#include "image_internal.h"
#include "preprocess_internal.h"

enum { BIAS = 128 };
static const float FIXED_ONE = 1.0f / (AIP_WEIGHT_Y_ONE * AIP_WEIGHT_X_ONE);

// (value - 128) of four taps, blended down, then across.
static inline float blend(const uint8_t *top, const uint8_t *bottom, uint32_t step,
                          int32_t weight_y, const int16_t *weights) {
  const int32_t top_weight = AIP_WEIGHT_Y_ONE - weight_y;
  const int32_t bias = BIAS * AIP_WEIGHT_Y_ONE;
  const int32_t left = top[0] * top_weight + bottom[0] * weight_y - bias;
  const int32_t right = top[step] * top_weight + bottom[step] * weight_y - bias;
  return (float)(left * weights[0] + right * weights[1]);
}

static inline float clamp_level(float value) {
  if (value < 0.0f) return 0.0f;
  return value > 255.0f ? 255.0f : value;
}

static inline void store_yuv(const aip_colour *c, const aip_row *row, uint32_t i, float y, float u,
                             float v) {
  const float luma = y * c->y + c->y_offset;
  row->out[0][i] = clamp_level(luma + v * c->r_v) * c->gain[0] + c->bias[0];
  row->out[1][i] = clamp_level(luma + v * c->g_v + u * c->g_u) * c->gain[1] + c->bias[1];
  row->out[2][i] = clamp_level(luma + u * c->b_u) * c->gain[2] + c->bias[2];
}

// HOT: one call per output row.
static inline void row_yuv(const aip_preprocess *plan, const aip_row *row, const uint8_t *u_top,
                           const uint8_t *u_bottom, const uint8_t *v_top, const uint8_t *v_bottom) {
  const aip_taps_x *luma = &plan->x[0], *chroma = &plan->x[1];
  for (uint32_t i = 0; i < luma->count; i++) {
    const int32_t l = luma->offset_bytes[i], c = chroma->offset_bytes[i];
    const float y = blend(row->top[0] + l, row->bottom[0] + l, luma->step_bytes, row->weight_y[0],
                          luma->weights + 2 * i);
    const float u = blend(u_top + c, u_bottom + c, chroma->step_bytes, row->weight_y[1],
                          chroma->weights + 2 * i);
    const float v = blend(v_top + c, v_bottom + c, chroma->step_bytes, row->weight_y[1],
                          chroma->weights + 2 * i);
    store_yuv(&plan->colour, row, i, y, u, v);
  }
}

void aip_row_portable_yuv420p(const aip_preprocess *plan, const aip_row *row) {
  row_yuv(plan, row, row->top[1], row->bottom[1], row->top[2], row->bottom[2]);
}

void aip_row_portable_nv12(const aip_preprocess *plan, const aip_row *row) {
  row_yuv(plan, row, row->top[1], row->bottom[1], row->top[1] + 1, row->bottom[1] + 1);
}

void aip_row_portable_rgb(const aip_preprocess *plan, const aip_row *row) {
  const aip_taps_x *taps = &plan->x[0];
  const bool reversed = plan->pixel_format == AIP_PIXEL_FORMAT_BGR24;
  for (int channel = 0; channel < 3; channel++) {
    const int component = reversed ? 2 - channel : channel;
    const float gain = plan->colour.gain[channel], bias = plan->colour.bias[channel];
    for (uint32_t i = 0; i < taps->count; i++) {
      const int32_t at = taps->offset_bytes[i] + component;
      row->out[channel][i] = blend(row->top[0] + at, row->bottom[0] + at, taps->step_bytes,
                                   row->weight_y[0], taps->weights + 2 * i) *
                                 gain +
                             bias;
    }
  }
}

static void to_half(const float *from, uint16_t *to, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = aip_half_from_float(from[i]);
}

static uint8_t level_from_float(float value) {
  if (!(value > 0.0f)) return 0;
  return value >= 255.0f ? 255 : (uint8_t)lrintf(value);
}

void aip_bgra_portable(const float *r, const float *g, const float *b, uint8_t *to, size_t count) {
  for (size_t i = 0; i < count; i++) {
    to[4 * i] = level_from_float(b[i]);
    to[4 * i + 1] = level_from_float(g[i]);
    to[4 * i + 2] = level_from_float(r[i]);
    to[4 * i + 3] = 255;
  }
}

const aip_kernels aip_kernels_portable = {
    .yuv420p = aip_row_portable_yuv420p,
    .nv12 = aip_row_portable_nv12,
    .rgb = aip_row_portable_rgb,
    .to_half = to_half,
    .to_bgra = aip_bgra_portable,
};

// The colour constants with the fixed point folded in.
void aip_preprocess_colour(aip_preprocess *plan, const aip_image *image) {
  aip_colour *c = &plan->colour;
  const aip_preprocess_options *o = &plan->options;
  const bool packed = image->pixel_format == AIP_PIXEL_FORMAT_RGB24 ||
                      image->pixel_format == AIP_PIXEL_FORMAT_BGR24;
  const aip_yuv_matrix matrix = aip_yuv_matrix_of(image);
  c->y = (float)matrix.y * FIXED_ONE;
  c->y_offset = (float)(matrix.y * (BIAS - matrix.black));
  c->r_v = (float)matrix.r_v * FIXED_ONE;
  c->b_u = (float)matrix.b_u * FIXED_ONE;
  c->g_u = (float)matrix.g_u * FIXED_ONE;
  c->g_v = (float)matrix.g_v * FIXED_ONE;
  const bool gray = o->channel_order == AIP_CHANNEL_ORDER_GRAY;  // normalised after mixing
  for (int channel = 0; channel < 3; channel++) {
    const int slot = o->channel_order == AIP_CHANNEL_ORDER_BGR ? 2 - channel : channel;
    const double gain = gray ? 1 : (double)o->scale / o->std[slot];
    const double bias = gray ? 0 : -(double)o->mean[slot] / o->std[slot];
    c->gain[channel] = (float)(packed ? gain * FIXED_ONE : gain);
    c->bias[channel] = (float)(packed ? bias + gain * BIAS : bias);
  }
}
