// The tables of a plane: which bytes of which rows make which output, and with which weights.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "thumbnail_internal.h"

/// An output's stretch of one axis, in 64ths of a pixel; never empty.
typedef struct span {
  uint32_t begin, end;
} span;

/// One axis of the region.
typedef struct axis {
  double begin, end, units;  // in 64ths; `units`: the picture's whole side
  uint32_t side;
} axis;

static span span_at(const axis *axis, uint32_t i) {
  const double extent = axis->end - axis->begin;
  const uint32_t units = (uint32_t)axis->units;
  span s = {
      .begin = (uint32_t)lrint(axis->begin + extent * i / axis->side),
      .end = (uint32_t)lrint(axis->begin + extent * (i + 1) / axis->side),
  };
  if (s.end > units) s.end = units;
  if (s.begin >= units) s.begin = units - 1;
  if (s.end <= s.begin) s.end = s.begin + 1;
  return s;
}

static uint32_t first_pixel(span s) { return s.begin / AIP_AREA_ONE; }
static uint32_t end_pixel(span s) { return (s.end - 1) / AIP_AREA_ONE + 1; }

// The share of a pixel that lies within, in 64ths.
static uint32_t weight_of(span s, uint32_t pixel) {
  const uint32_t left = pixel * AIP_AREA_ONE, right = left + AIP_AREA_ONE;
  return (s.end < right ? s.end : right) - (s.begin > left ? s.begin : left);
}

static uint32_t span_bytes(span s, uint32_t channels) {
  return (end_pixel(s) - first_pixel(s)) * channels;
}

static uint32_t count_windows(const axis *across, uint32_t channels) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < across->side; i++) {
    const uint32_t bytes = span_bytes(span_at(across, i), channels);
    count += (bytes + AIP_AREA_WINDOW - 1) / AIP_AREA_WINDOW;
  }
  return count;
}

// One allocation: the words first, then the weights.
static bool allocate(aip_area_plane *plane, uint32_t windows) {
  aip_area_columns *columns = &plane->columns;
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

static void fill_columns(aip_area_columns *columns, const axis *across, uint32_t row_bytes) {
  const uint32_t channels = columns->channels;
  const uint32_t rightmost = row_bytes - columns->window_bytes;
  uint32_t window = 0;
  for (uint32_t i = 0; i < columns->count; i++) {
    const span s = span_at(across, i);
    columns->first_window[i] = window;
    columns->total[i] = s.end - s.begin;
    const uint32_t end = end_pixel(s) * channels;
    for (uint32_t at = first_pixel(s) * channels; at < end; at += AIP_AREA_WINDOW, window++) {
      const uint32_t offset = at < rightmost ? at : rightmost;
      const uint32_t stop = end < at + AIP_AREA_WINDOW ? end : at + AIP_AREA_WINDOW;
      columns->offset_bytes[window] = offset;
      int8_t *weights = columns->weights + (size_t)window * channels * AIP_AREA_WINDOW;
      for (uint32_t byte = at; byte < stop; byte++) {
        weights[byte % channels * AIP_AREA_WINDOW + byte - offset] =
            (int8_t)weight_of(s, byte / channels);
      }
    }
  }
  columns->first_window[columns->count] = window;
}

static void fill_bands(aip_area_band *bands, const axis *down) {
  for (uint32_t i = 0; i < down->side; i++) {
    const span s = span_at(down, i);
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
  const axis across = {region[0] * shape->units_x, region[2] * shape->units_x, shape->units_x, side};
  const axis down = {region[1] * shape->units_y, region[3] * shape->units_y, shape->units_y, side};
  const uint32_t row_bytes = shape->width * shape->channels;
  plane->columns.count = side;
  plane->columns.channels = shape->channels;
  plane->columns.window_bytes = row_bytes < AIP_AREA_WINDOW ? row_bytes : AIP_AREA_WINDOW;
  if (!allocate(plane, count_windows(&across, shape->channels))) return AIP_STATUS_OUT_OF_MEMORY;
  fill_columns(&plane->columns, &across, row_bytes);
  fill_bands(plane->bands, &down);
  return AIP_STATUS_OK;
}

void aip_area_plane_close(aip_area_plane *plane) {
  free(plane->tables);
  plane->tables = NULL;
}
