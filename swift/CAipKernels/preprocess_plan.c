// The tables of a plan: where the picture lies in the tensor, and per axis and plane which taps
// each output blends, how they are fetched, and with which weights.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "preprocess_internal.h"

enum { WINDOW_BYTES = 16, RGB_WINDOW_BYTES = 8, SHUFFLE_ZERO = 0x80, TABLE_ALIGNMENT = 64 };

/// A plane's row as the taps see it.
typedef struct row_shape {
  uint32_t pixels;         // per row
  uint32_t pixel_bytes;    // from one pixel to the next
  uint32_t source_pixels;  // of luma, in the image's width
  uint32_t subsampling;    // luma pixels per pixel of this plane
} row_shape;

static uint32_t side_within(double side, uint32_t limit) {
  if (side < 1) return 1;
  return side > limit ? limit : (uint32_t)side;
}

// In the double precision steps of YOLOX's and Ultralytics' own code, not in integers: 432 * (416 /
// 768) is just below 234, they take 233 rows, and models and published results follow them.
static void place_picture(aip_preprocess *plan) {
  const aip_preprocess_options *o = &plan->options;
  plan->pad_x = plan->pad_y = 0;
  if (o->letterbox == AIP_LETTERBOX_STRETCH) {
    plan->width = o->width;
    plan->height = o->height;
    plan->scale_x = (double)o->width / plan->source_width;
    plan->scale_y = (double)o->height / plan->source_height;
    return;
  }
  const double ratio =
      fmin((double)o->width / plan->source_width, (double)o->height / plan->source_height);
  const double width = plan->source_width * ratio, height = plan->source_height * ratio;
  const bool centred = o->letterbox == AIP_LETTERBOX_CENTRE;
  plan->width = side_within(centred ? rint(width) : floor(width), o->width);
  plan->height = side_within(centred ? rint(height) : floor(height), o->height);
  plan->scale_x = plan->scale_y = ratio;
  if (centred) {
    plan->pad_x = (o->width - plan->width) / 2;
    plan->pad_y = (o->height - plan->height) / 2;
  }
}

// The first tap and the second one's share for output `i` of `count`, half-pixel centres. A chroma
// sample is taken at the centre of the luma pixels that share it.
static uint32_t tap_at(uint32_t i, uint32_t count, const row_shape *shape, double *share) {
  const double luma = (i + 0.5) * shape->source_pixels / count;
  double at = luma / shape->subsampling - 0.5;
  const uint32_t last = shape->pixels - 1;
  if (at < 0) at = 0;
  if (at > last) at = last;
  uint32_t first = (uint32_t)at;
  if (first == last && first > 0) first--;
  *share = at - first;
  return first;
}

static void fill_taps_x(aip_taps_x *taps, const row_shape *shape) {
  const uint32_t groups = (taps->count + AIP_GROUP - 1) / AIP_GROUP;
  taps->step_bytes = shape->pixels > 1 ? shape->pixel_bytes : 0;
  for (uint32_t i = 0; i < groups * AIP_GROUP; i++) {
    double share;
    const uint32_t output = i < taps->count ? i : taps->count - 1;
    const uint32_t first = tap_at(output, taps->count, shape, &share);
    const int32_t second = (int32_t)lrint(share * AIP_WEIGHT_X_ONE);
    taps->offset_bytes[i] = (int32_t)(first * shape->pixel_bytes);
    taps->weights[2 * i] = (int16_t)(AIP_WEIGHT_X_ONE - second);
    taps->weights[2 * i + 1] = (int16_t)second;
  }
}

static void fill_taps_y(aip_taps_y *taps, uint32_t count, const row_shape *shape) {
  taps->row_step = shape->pixels > 1 ? 1 : 0;
  for (uint32_t i = 0; i < count; i++) {
    double share;
    taps->row[i] = tap_at(i, count, shape, &share);
    taps->weight[i] = (uint16_t)lrint(share * AIP_WEIGHT_Y_ONE);
  }
}

// Windows of four outputs, moved left where they would pass the row's end. False: some four outputs
// span more than a window, or the row is shorter than one.
static bool place_windows(aip_taps_x *taps, const row_shape *shape) {
  const int32_t row_bytes = (int32_t)(shape->pixels * shape->pixel_bytes);
  const uint32_t groups = (taps->count + AIP_GROUP - 1) / AIP_GROUP;
  if (row_bytes < WINDOW_BYTES) return false;
  for (uint32_t k = 0; k < groups * 2; k++) {
    const int32_t *four = taps->offset_bytes + 4 * k;
    const int32_t rightmost = row_bytes - WINDOW_BYTES;
    const int32_t window = four[0] < rightmost ? four[0] : rightmost;
    const int32_t end = four[3] + (int32_t)(taps->step_bytes + shape->pixel_bytes);
    if (end - window > WINDOW_BYTES) return false;
    taps->window_bytes[k] = window;
  }
  return true;
}

// Shuffles that spread the taps of four outputs to u16 pairs. `channel` picks U or V of NV12.
static void fill_spread(aip_taps_x *taps, uint32_t pixel_bytes, uint32_t channel) {
  const uint32_t groups = (taps->count + AIP_GROUP - 1) / AIP_GROUP;
  for (uint32_t i = 0; i < groups * AIP_GROUP; i++) {
    // Loaded one at a time, four NV12 outputs lie side by side: both taps, both channels.
    const int32_t from = taps->fetch == AIP_FETCH_WINDOW
                             ? taps->offset_bytes[i] - taps->window_bytes[i / 4]
                             : (int32_t)(i % 4 * 2 * pixel_bytes);
    const uint32_t at = i / AIP_GROUP * 32 * pixel_bytes + channel * 32 + i % AIP_GROUP * 4;
    taps->shuffle[at] = (uint8_t)(from + (int32_t)channel);
    taps->shuffle[at + 1] = SHUFFLE_ZERO;
    taps->shuffle[at + 2] = (uint8_t)(from + (int32_t)(channel + taps->step_bytes));
    taps->shuffle[at + 3] = SHUFFLE_ZERO;
  }
}

// RGB: an 8-byte window per output holds both taps of all channels. Two windows make a 16-byte
// load, in the order (0, 1) (4, 5) (2, 3) (6, 7) of a group, shuffled to four bytes of R (first
// output's taps, second's), of G, of B, and four zeros.
static void fill_rgb(aip_taps_x *taps, const row_shape *shape, bool reversed) {
  static const uint8_t place[4] = {0, 2, 1, 3};
  const int32_t rightmost = (int32_t)(shape->pixels * 3) - RGB_WINDOW_BYTES;
  const uint32_t groups = (taps->count + AIP_GROUP - 1) / AIP_GROUP;
  for (uint32_t i = 0; i < groups * AIP_GROUP; i++) {
    const int32_t offset = taps->offset_bytes[i];
    const int32_t window = offset < rightmost ? offset : rightmost;
    taps->window_bytes[i] = window;
    const uint32_t half = i % 2;
    uint8_t *shuffle = taps->shuffle + i / AIP_GROUP * 64 + place[i % AIP_GROUP / 2] * 16;
    for (uint32_t channel = 0; channel < 3; channel++) {
      const int32_t component = (int32_t)(reversed ? 2 - channel : channel);
      const int32_t first = offset - window + component + (int32_t)half * RGB_WINDOW_BYTES;
      shuffle[channel * 4 + half * 2] = (uint8_t)first;
      shuffle[channel * 4 + half * 2 + 1] = (uint8_t)(first + (int32_t)taps->step_bytes);
    }
    shuffle[12 + half * 2] = shuffle[13 + half * 2] = SHUFFLE_ZERO;
  }
}

// Where the next table starts in the one allocation.
static void *take(uint8_t **cursor, size_t size_bytes) {
  void *table = *cursor;
  *cursor += (size_bytes + TABLE_ALIGNMENT - 1) / TABLE_ALIGNMENT * TABLE_ALIGNMENT;
  return table;
}

static int32_t allocate_tables(aip_preprocess *plan) {
  const size_t outputs = ((size_t)plan->width + AIP_GROUP - 1) / AIP_GROUP * AIP_GROUP;
  const size_t tensor_row = ((size_t)plan->options.width + AIP_GROUP - 1) / AIP_GROUP * AIP_GROUP;
  const size_t scratch = tensor_row * 6 * sizeof(float);
  const size_t x = outputs * (4 + 4 + 4 + 8), y = (size_t)plan->height * (4 + 2);
  const size_t slack = TABLE_ALIGNMENT * 13;
  const size_t total = 2 * x + 2 * y + scratch + slack;
  uint8_t *memory = aligned_alloc(TABLE_ALIGNMENT, total / TABLE_ALIGNMENT * TABLE_ALIGNMENT);
  if (memory == NULL) return AIP_STATUS_OUT_OF_MEMORY;
  free(plan->tables);
  plan->tables = memory;
  for (int axis = 0; axis < 2; axis++) {
    aip_taps_x *taps = &plan->x[axis];
    taps->count = plan->width;
    taps->offset_bytes = take(&memory, outputs * 4);
    taps->weights = take(&memory, outputs * 4);
    taps->window_bytes = take(&memory, outputs * 4);
    taps->shuffle = take(&memory, outputs * 8);
    plan->y[axis].row = take(&memory, (size_t)plan->height * 4);
    plan->y[axis].weight = take(&memory, (size_t)plan->height * 2);
  }
  plan->scratch = take(&memory, scratch);
  return AIP_STATUS_OK;
}

static void plan_yuv(aip_preprocess *plan) {
  const uint32_t width = plan->image_width, height = plan->image_height;
  const uint32_t chroma_bytes = plan->pixel_format == AIP_PIXEL_FORMAT_NV12 ? 2 : 1;
  const row_shape shapes_x[2] = {{width, 1, width, 1}, {(width + 1) / 2, chroma_bytes, width, 2}};
  const row_shape shapes_y[2] = {{height, 1, height, 1}, {(height + 1) / 2, 1, height, 2}};
  for (int axis = 0; axis < 2; axis++) {
    aip_taps_x *taps = &plan->x[axis];
    fill_taps_x(taps, &shapes_x[axis]);
    fill_taps_y(&plan->y[axis], plan->height, &shapes_y[axis]);
    taps->fetch = place_windows(taps, &shapes_x[axis]) ? AIP_FETCH_WINDOW : AIP_FETCH_SINGLE;
    for (uint32_t channel = 0; channel < shapes_x[axis].pixel_bytes; channel++) {
      fill_spread(taps, shapes_x[axis].pixel_bytes, channel);
    }
  }
  plan->vector = shapes_x[1].pixels >= 2;
}

static void plan_rgb(aip_preprocess *plan) {
  const row_shape shape_x = {plan->image_width, 3, plan->image_width, 1};
  const row_shape shape_y = {plan->image_height, 1, plan->image_height, 1};
  fill_taps_x(&plan->x[0], &shape_x);
  fill_taps_y(&plan->y[0], plan->height, &shape_y);
  plan->vector = plan->image_width * 3 >= RGB_WINDOW_BYTES;
  if (plan->vector) fill_rgb(&plan->x[0], &shape_x, plan->pixel_format == AIP_PIXEL_FORMAT_BGR24);
}

int32_t aip_preprocess_plan(aip_preprocess *plan, const aip_image *image) {
  const bool scaled = image->source_width > 0 && image->source_height > 0;
  const uint32_t source_width = scaled ? image->source_width : image->width;
  const uint32_t source_height = scaled ? image->source_height : image->height;
  if (plan->tables != NULL && plan->image_width == image->width &&
      plan->image_height == image->height && plan->pixel_format == image->pixel_format &&
      plan->source_width == source_width && plan->source_height == source_height) {
    return AIP_STATUS_OK;
  }
  plan->image_width = image->width;
  plan->image_height = image->height;
  plan->source_width = source_width;
  plan->source_height = source_height;
  plan->pixel_format = image->pixel_format;
  plan->padded = NULL;
  place_picture(plan);
  const int32_t status = allocate_tables(plan);
  if (status != AIP_STATUS_OK) {
    plan->image_width = 0;  // no image has this width: the next run plans again
    return status;
  }
  const bool packed = image->pixel_format == AIP_PIXEL_FORMAT_RGB24 ||
                      image->pixel_format == AIP_PIXEL_FORMAT_BGR24;
  if (packed) {
    plan_rgb(plan);
  } else {
    plan_yuv(plan);
  }
  return AIP_STATUS_OK;
}
