// What the parts of the drawing code share. Not installed.
#ifndef AIP_DRAW_INTERNAL_H
#define AIP_DRAW_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aip_draw.h"

enum { AIP_PALETTE_COUNT = 24, AIP_TEXT_BYTES_MAX = 128, AIP_LABELS_MAX = 512 };

typedef struct aip_rgb {
  uint8_t r, g, b;
} aip_rgb;

extern const aip_rgb aip_draw_palette[AIP_PALETTE_COUNT];

/// Edges in pixels; pixel (x, y) covers x...x+1, y...y+1.
typedef struct aip_rect {
  float x1, y1, x2, y2;
} aip_rect;

/// The nearest value of `low` to `high`.
static inline float within(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

/// Line and text measures for a picture, in pixels.
typedef struct aip_draw_style {
  float line;  // width
  float text;  // em
} aip_draw_style;

/// Writes how much of each of `count` pixels from (x, y) to the right a shape covers, 0...255.
typedef void (*aip_coverage)(const void *shape, int32_t x, int32_t y, int32_t count, uint8_t *out);

/// Blends `colour` over the picture where the shape is, within `bounds` cut to the picture.
/// `opacity` 0...1.
void aip_paint(const aip_mutable_image *image, aip_rect bounds, aip_coverage coverage,
               const void *shape, aip_rgb colour, float opacity);

/// A filled rectangle with rounded corners.
void aip_paint_rect(const aip_mutable_image *image, aip_rect rect, float radius, aip_rgb colour,
                    float opacity);

/// The outline of a rectangle, `line` wide, centred on its edges, with rounded corners.
void aip_paint_outline(const aip_mutable_image *image, aip_rect rect, float radius, float line,
                       aip_rgb colour, float opacity);

/// A line of text from `x` on, standing on `baseline`; `em` is its size in pixels.
void aip_paint_text(const aip_mutable_image *image, const char *text, float x, float baseline,
                    float em, aip_rgb colour);

/// Width of a line of text in pixels.
float aip_text_width(const char *text, float em);

/// Where labels stand already.
typedef struct aip_label_places {
  aip_rect taken[AIP_LABELS_MAX];
  uint32_t count;
} aip_label_places;

/// Finds a place for the label of `box`, `width` by `height`, that no other has taken, and takes
/// it: above, inside, below, at the left or right; the best one where all are taken. `line` is the
/// width of the box's outline.
aip_rect aip_place_label(aip_label_places *places, const aip_mutable_image *image, aip_rect box,
                         float width, float height, float line);

/// Black or white, whichever reads better on `ground`.
aip_rgb aip_text_colour(aip_rgb ground);

#endif
