// A plan's life, its arguments checked, and the walk over the output rows.
#include "aip_kernels.h"

#include <math.h>
#include <stdlib.h>

#include "image_internal.h"
#include "preprocess_internal.h"

static bool side_ok(uint32_t side) { return side >= 1 && side <= AIP_IMAGE_SIDE_MAX; }

// Whether rows can lie as asked.
static bool rows_ok(const aip_preprocess_options *o) {
  const bool bgra = o->channel_order == AIP_CHANNEL_ORDER_BGRA;
  if (bgra && (o->layout != AIP_TENSOR_LAYOUT_NHWC || o->dtype != AIP_DTYPE_U8)) return false;
  if (o->row_bytes == 0) return true;
  const size_t element = aip_element_bytes(o->dtype);
  const size_t pixel = aip_is_planar(o) ? element : aip_pixel_bytes(o);
  return o->row_bytes >= o->width * pixel && o->row_bytes % element == 0;
}

static bool options_ok(const aip_preprocess_options *o) {
  if (!side_ok(o->width) || !side_ok(o->height)) return false;
  if (o->layout > AIP_TENSOR_LAYOUT_NHWC || o->channel_order > AIP_CHANNEL_ORDER_BGRA) return false;
  if (o->dtype > AIP_DTYPE_U8 || o->letterbox > AIP_LETTERBOX_STRETCH) return false;
  if (o->keep_padding > 1 || !rows_ok(o)) return false;
  if (!isfinite(o->scale) || !isfinite(o->pad)) return false;
  for (int c = 0; c < 3; c++) {
    if (!isfinite(o->mean[c]) || !isfinite(o->std[c]) || o->std[c] == 0.0f) return false;
  }
  return true;
}

int32_t aip_preprocess_create(const aip_preprocess_options *options, aip_preprocess **out) {
  if (options == NULL || out == NULL || !options_ok(options)) return AIP_STATUS_INVALID_ARGUMENT;
  aip_preprocess *plan = calloc(1, sizeof *plan);
  if (plan == NULL) return AIP_STATUS_OUT_OF_MEMORY;
  plan->options = *options;
  *out = plan;
  return AIP_STATUS_OK;
}

void aip_preprocess_destroy(aip_preprocess *plan) {
  if (plan == NULL) return;
  free(plan->tables);
  free(plan);
}

static aip_row_kernel row_kernel(const aip_preprocess *plan) {
  const aip_kernels *kernels = plan->vector ? aip_kernels_current() : &aip_kernels_portable;
  switch (plan->pixel_format) {
    case AIP_PIXEL_FORMAT_YUV420P: return kernels->yuv420p;
    case AIP_PIXEL_FORMAT_NV12: return kernels->nv12;
    default: return kernels->rgb;
  }
}

// Points `row` at the two source rows of each plane that output row `y` blends.
static void aim(const aip_preprocess *plan, const aip_image *image, uint32_t y, aip_row *row) {
  const bool packed = image->pixel_format >= AIP_PIXEL_FORMAT_RGB24;
  const int planes = packed ? 1 : image->pixel_format == AIP_PIXEL_FORMAT_NV12 ? 2 : 3;
  for (int plane = 0; plane < planes; plane++) {
    const aip_taps_y *taps = &plan->y[plane > 0];
    const size_t stride = image->stride_bytes[plane];
    row->top[plane] = image->plane[plane] + taps->row[y] * stride;
    row->bottom[plane] = row->top[plane] + taps->row_step * stride;
  }
  row->weight_y[0] = plan->y[0].weight[y];
  if (!packed) row->weight_y[1] = plan->y[1].weight[y];
}

// HOT: one call per frame; the row kernels do the work.
static void walk_rows(const aip_preprocess *plan, const aip_image *image, void *tensor) {
  const aip_preprocess_options *o = &plan->options;
  const bool direct = o->dtype == AIP_DTYPE_F32 && aip_is_planar(o);
  const size_t pitch = aip_row_bytes(o) / sizeof(float);  // of use where direct
  const size_t plane =
      direct ? pitch * o->height : ((size_t)o->width + AIP_GROUP - 1) / AIP_GROUP * AIP_GROUP;
  const aip_row_kernel kernel = row_kernel(plan);
  float *first =
      direct ? (float *)tensor + plan->pad_y * pitch + plan->pad_x : plan->scratch;
  aip_row row = {0};
  for (uint32_t y = 0; y < plan->height; y++) {
    aim(plan, image, y, &row);
    for (uint32_t channel = 0; channel < 3; channel++) {
      const uint32_t slot = o->channel_order == AIP_CHANNEL_ORDER_BGR ? 2 - channel : channel;
      row.out[channel] = first + slot * plane;
    }
    kernel(plan, &row);
    if (direct) {
      first += pitch;
    } else {
      aip_preprocess_pack(plan, y, tensor);
    }
  }
}

int32_t aip_preprocess_run(aip_preprocess *plan, const aip_image *image, void *tensor,
                           aip_letterbox *out) {
  if (plan == NULL || image == NULL || tensor == NULL || !aip_image_ok(image)) {
    return AIP_STATUS_INVALID_ARGUMENT;
  }
  const int32_t status = aip_preprocess_plan(plan, image);
  if (status != AIP_STATUS_OK) return status;
  aip_preprocess_colour(plan, image);
  walk_rows(plan, image, tensor);
  if (!plan->options.keep_padding || plan->padded != tensor) aip_preprocess_pad(plan, tensor);
  plan->padded = tensor;
  if (out != NULL) {
    out->scale_x = (float)plan->scale_x;
    out->scale_y = (float)plan->scale_y;
    out->pad_x = (float)plan->pad_x;
    out->pad_y = (float)plan->pad_y;
  }
  return AIP_STATUS_OK;
}
