// From rows of f32 to the tensor's type and layout, and the padding around the picture.
#include <math.h>
#include <string.h>

#include "preprocess_internal.h"

uint16_t aip_half_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t sign = bits >> 16 & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);   // NaN
  if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);  // rounds to 65536 or more
  if (magnitude < 0x38800000u) {  // below the smallest normal half, 2^-14: a multiple of 2^-24
    float absolute;
    memcpy(&absolute, &magnitude, sizeof absolute);
    return (uint16_t)(sign | (uint32_t)lrintf(absolute * 16777216.0f));
  }
  // 13 bits of mantissa fall away; a carry moves into the exponent, as it should.
  const uint32_t odd = magnitude >> 13 & 1u;
  return (uint16_t)(sign | ((magnitude - 0x38000000u + 0xfffu + odd) >> 13));
}

static uint8_t level_from_float(float value) {
  if (!(value > 0.0f)) return 0;
  return value >= 255.0f ? 255 : (uint8_t)lrintf(value);
}

static size_t element_bytes(uint32_t dtype) {
  switch (dtype) {
    case AIP_DTYPE_F32: return 4;
    case AIP_DTYPE_F16: return 2;
    default: return 1;
  }
}

static uint32_t channels_of(const aip_preprocess_options *o) {
  return o->channel_order == AIP_CHANNEL_ORDER_GRAY ? 1 : 3;
}

// `count` values to the tensor's type, from element `at` on.
static void convert(const aip_preprocess *plan, const float *from, void *tensor, size_t at,
                    size_t count) {
  uint8_t *to = (uint8_t *)tensor + at * element_bytes(plan->options.dtype);
  switch (plan->options.dtype) {
    case AIP_DTYPE_F32: memcpy(to, from, count * sizeof(float)); break;
    case AIP_DTYPE_F16: aip_kernels_current()->to_half(from, (uint16_t *)(void *)to, count); break;
    default:
      for (size_t i = 0; i < count; i++) to[i] = level_from_float(from[i]);
  }
}

// Luma as BT.601 weighs R, G and B (the usual grey of image libraries), in place of R.
static void mix_gray(const aip_preprocess *plan, size_t scratch_row) {
  const aip_preprocess_options *o = &plan->options;
  float *r = plan->scratch;
  const float *g = r + scratch_row, *b = g + scratch_row;
  const float gain = o->scale / o->std[0], bias = -o->mean[0] / o->std[0];
  for (uint32_t i = 0; i < plan->width; i++) {
    r[i] = (0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i]) * gain + bias;
  }
}

void aip_preprocess_pack(const aip_preprocess *plan, uint32_t y, void *tensor) {
  const aip_preprocess_options *o = &plan->options;
  const size_t tensor_row = ((size_t)o->width + AIP_GROUP - 1) / AIP_GROUP * AIP_GROUP;
  const size_t pixel = (size_t)(plan->pad_y + y) * o->width + plan->pad_x;
  if (o->channel_order == AIP_CHANNEL_ORDER_GRAY) {
    mix_gray(plan, tensor_row);
    convert(plan, plan->scratch, tensor, pixel, plan->width);
    return;
  }
  if (o->layout == AIP_TENSOR_LAYOUT_NCHW) {
    for (uint32_t c = 0; c < 3; c++) {
      convert(plan, plan->scratch + c * tensor_row, tensor,
              (size_t)c * o->width * o->height + pixel, plan->width);
    }
    return;
  }
  const float *a = plan->scratch, *b = a + tensor_row, *c = b + tensor_row;
  float *interleaved = plan->scratch + 3 * tensor_row;
  for (uint32_t i = 0; i < plan->width; i++) {
    interleaved[3 * i] = a[i];
    interleaved[3 * i + 1] = b[i];
    interleaved[3 * i + 2] = c[i];
  }
  convert(plan, interleaved, tensor, pixel * 3, (size_t)plan->width * 3);
}

// Elements `at` to `at + count` of the tensor from a repeated pattern of converted elements.
static void fill(void *tensor, size_t at, size_t count, const void *pattern, size_t unit_bytes) {
  uint8_t *to = (uint8_t *)tensor + at * unit_bytes;
  if (unit_bytes == sizeof(float)) {
    float *values = (float *)(void *)to, value;
    memcpy(&value, pattern, sizeof value);
    for (size_t i = 0; i < count; i++) values[i] = value;
    return;
  }
  for (size_t i = 0; i < count; i++) memcpy(to + i * unit_bytes, pattern, unit_bytes);
}

// One plane (or, interleaved, the whole tensor as units of three): above, beside and below.
static void pad_plane(const aip_preprocess *plan, void *plane, const void *pattern, size_t unit) {
  const size_t width = plan->options.width, height = plan->options.height;
  const size_t right = plan->pad_x + plan->width, bottom = plan->pad_y + plan->height;
  fill(plane, 0, plan->pad_y * width, pattern, unit);
  if (plan->width < width) {
    for (size_t y = plan->pad_y; y < bottom; y++) {
      fill(plane, y * width, plan->pad_x, pattern, unit);
      fill(plane, y * width + right, width - right, pattern, unit);
    }
  }
  fill(plane, bottom * width, (height - bottom) * width, pattern, unit);
}

void aip_preprocess_pad(const aip_preprocess *plan, void *tensor) {
  const aip_preprocess_options *o = &plan->options;
  const size_t element = element_bytes(o->dtype), pixels = (size_t)o->width * o->height;
  float values[3];
  uint32_t pattern[3];  // room for three elements of any type
  for (int c = 0; c < 3; c++) values[c] = (o->pad * o->scale - o->mean[c]) / o->std[c];
  convert(plan, values, pattern, 0, 3);
  const uint32_t channels = channels_of(o);
  if (o->layout == AIP_TENSOR_LAYOUT_NHWC) {
    pad_plane(plan, tensor, pattern, channels * element);
    return;
  }
  for (size_t c = 0; c < channels; c++) {
    const uint8_t *value = (const uint8_t *)pattern + c * element;
    pad_plane(plan, (uint8_t *)tensor + c * pixels * element, value, element);
  }
}

uint64_t aip_preprocess_size_bytes(const aip_preprocess *plan) {
  const aip_preprocess_options *o = &plan->options;
  return (uint64_t)o->width * o->height * channels_of(o) * element_bytes(o->dtype);
}
