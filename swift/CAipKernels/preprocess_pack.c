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

size_t aip_element_bytes(uint32_t dtype) {
  switch (dtype) {
    case AIP_DTYPE_F32: return 4;
    case AIP_DTYPE_F16: return 2;
    default: return 1;
  }
}

static uint32_t channels_of(const aip_preprocess_options *o) {
  switch (o->channel_order) {
    case AIP_CHANNEL_ORDER_GRAY: return 1;
    case AIP_CHANNEL_ORDER_BGRA: return 4;
    default: return 3;
  }
}

size_t aip_pixel_bytes(const aip_preprocess_options *o) {
  return channels_of(o) * aip_element_bytes(o->dtype);
}

bool aip_is_planar(const aip_preprocess_options *o) {
  return o->layout == AIP_TENSOR_LAYOUT_NCHW && o->channel_order != AIP_CHANNEL_ORDER_GRAY;
}

size_t aip_row_bytes(const aip_preprocess_options *o) {
  if (o->row_bytes > 0) return o->row_bytes;
  return o->width * (aip_is_planar(o) ? aip_element_bytes(o->dtype) : aip_pixel_bytes(o));
}

// `count` values to the tensor's type.
static void convert(const aip_preprocess *plan, const float *from, void *to, size_t count) {
  switch (plan->options.dtype) {
    case AIP_DTYPE_F32: memcpy(to, from, count * sizeof(float)); break;
    case AIP_DTYPE_F16: aip_kernels_current()->to_half(from, (uint16_t *)to, count); break;
    default:
      for (size_t i = 0; i < count; i++) ((uint8_t *)to)[i] = level_from_float(from[i]);
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
  const size_t element = aip_element_bytes(o->dtype);
  const float *a = plan->scratch, *b = a + tensor_row, *c = b + tensor_row;
  const size_t pitch = aip_row_bytes(o);
  if (aip_is_planar(o)) {
    const size_t plane = pitch * o->height;
    uint8_t *to = (uint8_t *)tensor + (plan->pad_y + y) * pitch + plan->pad_x * element;
    convert(plan, a, to, plan->width);
    convert(plan, b, to + plane, plan->width);
    convert(plan, c, to + 2 * plane, plan->width);
    return;
  }
  uint8_t *to = (uint8_t *)tensor + (plan->pad_y + y) * pitch + plan->pad_x * aip_pixel_bytes(o);
  if (o->channel_order == AIP_CHANNEL_ORDER_BGRA) {
    aip_kernels_current()->to_bgra(a, b, c, to, plan->width);
    return;
  }
  if (o->channel_order == AIP_CHANNEL_ORDER_GRAY) {
    mix_gray(plan, tensor_row);
    convert(plan, a, to, plan->width);
    return;
  }
  float *interleaved = plan->scratch + 3 * tensor_row;
  for (uint32_t i = 0; i < plan->width; i++) {
    interleaved[3 * i] = a[i];
    interleaved[3 * i + 1] = b[i];
    interleaved[3 * i + 2] = c[i];
  }
  convert(plan, interleaved, to, (size_t)plan->width * 3);
}

// `count` times the same unit: an element, or an interleaved pixel.
static void fill(uint8_t *to, size_t count, const void *unit, size_t unit_bytes) {
  if (unit_bytes == sizeof(uint32_t)) {
    uint32_t value;
    memcpy(&value, unit, sizeof value);
    for (size_t i = 0; i < count; i++) memcpy(to + i * sizeof value, &value, sizeof value);
    return;
  }
  for (size_t i = 0; i < count; i++) memcpy(to + i * unit_bytes, unit, unit_bytes);
}

// One plane (or, interleaved, the whole tensor as pixels): above, beside and below the picture.
static void pad_plane(const aip_preprocess *plan, uint8_t *plane, size_t pitch, const void *unit,
                      size_t unit_bytes) {
  const size_t width = plan->options.width, height = plan->options.height;
  const size_t right = plan->pad_x + plan->width, bottom = plan->pad_y + plan->height;
  for (size_t y = 0; y < height; y++) {
    uint8_t *row = plane + y * pitch;
    if (y < plan->pad_y || y >= bottom) {
      fill(row, width, unit, unit_bytes);
    } else if (plan->width < width) {
      fill(row, plan->pad_x, unit, unit_bytes);
      fill(row + right * unit_bytes, width - right, unit, unit_bytes);
    }
  }
}

void aip_preprocess_pad(const aip_preprocess *plan, void *tensor) {
  const aip_preprocess_options *o = &plan->options;
  const size_t element = aip_element_bytes(o->dtype);
  float values[3];
  uint32_t units[3];  // room for three elements of any type
  uint8_t *unit = (uint8_t *)units;
  for (int c = 0; c < 3; c++) values[c] = (o->pad * o->scale - o->mean[c]) / o->std[c];
  convert(plan, values, unit, 3);
  const size_t pitch = aip_row_bytes(o);
  if (!aip_is_planar(o)) {
    if (o->channel_order == AIP_CHANNEL_ORDER_BGRA) unit[3] = 255;
    pad_plane(plan, tensor, pitch, unit, aip_pixel_bytes(o));
    return;
  }
  for (size_t c = 0; c < 3; c++) {
    pad_plane(plan, (uint8_t *)tensor + c * pitch * o->height, pitch, unit + c * element, element);
  }
}

uint64_t aip_preprocess_size_bytes(const aip_preprocess *plan) {
  const aip_preprocess_options *o = &plan->options;
  return (uint64_t)aip_row_bytes(o) * o->height * (aip_is_planar(o) ? 3 : 1);
}
