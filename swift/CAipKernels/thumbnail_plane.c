// The tables of a plane: which bytes of which rows make which output, and with which weights.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "thumbnail_internal.h"

/// An output's stretch of one axis, in 64ths of a pixel; never empty.
typedef struct span {
  uint32_t begin, end;
} span;

// The outputs' stretches of `low` to `high`, shares of a picture `units` 64ths of a pixel long.
static void fill_spans(span *spans, uint32_t side, double low, double high, double units) {
  const double begin = low * units, extent = high * units - begin;
  const uint32_t whole = (uint32_t)units;
  uint32_t edge = (uint32_t)lrint(begin);
  for (uint32_t i = 0; i < side; i++) {
    span s = {.begin = edge, .end = (uint32_t)lrint(begin + extent * (i + 1) / side)};
    edge = s.end;
    if (s.end > whole) s.end = whole;
    if (s.begin >= whole) s.begin = whole - 1;
    if (s.end <= s.begin) s.end = s.begin + 1;
    spans[i] = s;
  }
}

static uint32_t first_pixel(span s) { return s.begin / AIP_AREA_ONE; }
static uint32_t end_pixel(span s) { return (s.end - 1) / AIP_AREA_ONE + 1; }

// The share of a pixel that lies within, in 64ths.
static uint32_t weight_of(span s, uint32_t pixel) {
  const uint32_t left = pixel * AIP_AREA_ONE, right = left + AIP_AREA_ONE;
  return (s.end < right ? s.end : right) - (s.begin > left ? s.begin : left);
}

static uint32_t windows_of(span s, uint32_t channels) {
  return ((end_pixel(s) - first_pixel(s)) * channels + AIP_AREA_WINDOW - 1) / AIP_AREA_WINDOW;
}

// One allocation: the words first, then the weights.
static bool allocate(aip_area_plane *plane, const span *spans) {
  aip_area_columns *columns = &plane->columns;
  uint32_t windows = 0;
  columns->windows_max = 0;
  for (uint32_t i = 0; i < columns->count; i++) {
    const uint32_t own = windows_of(spans[i], columns->channels);
    if (own > columns->windows_max) columns->windows_max = own;
    windows += own;
  }
  const size_t words = (size_t)columns->count + 1 + columns->count + windows;
  const size_t weights = (size_t)windows * columns->channels * AIP_AREA_WINDOW;
  plane->tables = calloc(1, words * sizeof(uint32_t) + weights);
  if (plane->tables == NULL) return false;
  columns->first_window = plane->tables;
  columns->total = columns->first_window + columns->count + 1;
  columns->offset_bytes = columns->total + columns->count;
  columns->weights = (int8_t *)(columns->offset_bytes + windows);
  return true;
}

// Weights of the bytes from `begin` up to `end` in a window that begins at byte `offset`.
static void fill_window(int8_t *weights, uint32_t channels, span s, uint32_t offset, uint32_t begin,
                        uint32_t end) {
  uint32_t pixel = begin / channels, channel = begin % channels;
  for (uint32_t byte = begin; byte < end; byte++) {
    weights[channel * AIP_AREA_WINDOW + byte - offset] = (int8_t)weight_of(s, pixel);
    if (++channel == channels) {
      channel = 0;
      pixel++;
    }
  }
}

static void fill_columns(aip_area_columns *columns, const span *spans, uint32_t row_bytes) {
  const uint32_t channels = columns->channels;
  const uint32_t rightmost = row_bytes - columns->window_bytes;
  int8_t *weights = columns->weights;
  uint32_t window = 0;
  for (uint32_t i = 0; i < columns->count; i++) {
    const span s = spans[i];
    columns->first_window[i] = window;
    columns->total[i] = s.end - s.begin;
    const uint32_t end = end_pixel(s) * channels;
    for (uint32_t at = first_pixel(s) * channels; at < end; at += AIP_AREA_WINDOW, window++) {
      const uint32_t offset = at < rightmost ? at : rightmost;
      const uint32_t stop = end < at + AIP_AREA_WINDOW ? end : at + AIP_AREA_WINDOW;
      columns->offset_bytes[window] = offset;
      fill_window(weights, channels, s, offset, at, stop);
      weights += channels * AIP_AREA_WINDOW;
    }
  }
  columns->first_window[columns->count] = window;
}

static void fill_bands(aip_area_band *bands, const span *spans, uint32_t side) {
  for (uint32_t i = 0; i < side; i++) {
    const span s = spans[i];
    const uint32_t first = first_pixel(s), end = end_pixel(s);
    bands[i] = (aip_area_band){
        .first = first,
        .count = end - first,
        .weight_first = weight_of(s, first),
        .weight_last = weight_of(s, end - 1),
    };
  }
}

int32_t aip_area_plane_open(aip_area_plane *plane, const aip_area_shape *shape,
                            const float region[4], uint32_t side) {
  span across[AIP_THUMBNAIL_SIDE_MAX], down[AIP_THUMBNAIL_SIDE_MAX];
  fill_spans(across, side, region[0], region[2], shape->units_x);
  fill_spans(down, side, region[1], region[3], shape->units_y);
  const uint32_t row_bytes = shape->width * shape->channels;
  plane->columns.count = side;
  plane->columns.channels = shape->channels;
  plane->columns.window_bytes = row_bytes < AIP_AREA_WINDOW ? row_bytes : AIP_AREA_WINDOW;
  if (!allocate(plane, across)) return AIP_STATUS_OUT_OF_MEMORY;
  fill_columns(&plane->columns, across, row_bytes);
  fill_bands(plane->bands, down, side);
  return AIP_STATUS_OK;
}

void aip_area_plane_close(aip_area_plane *plane) {
  free(plane->tables);
  plane->tables = NULL;
}
