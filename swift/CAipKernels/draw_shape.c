// Rectangles by signed distance: a pixel's coverage is how far its centre lies inside the edge, cut
// to 0...1, which anti-aliases straight edges exactly and round ones closely.
#include <math.h>

#include "draw_internal.h"

typedef struct round_rect {
  float centre_x, centre_y, half_width, half_height;  // to the centres of the corner circles
  float radius;
  float half_line;  // 0: filled
} round_rect;

static void cover_round_rect(const void *shape, int32_t x, int32_t y, int32_t count, uint8_t *out) {
  const round_rect *r = shape;
  const float dy = fabsf((float)y + 0.5f - r->centre_y) - r->half_height;
  for (int32_t i = 0; i < count; i++) {
    const float dx = fabsf((float)(x + i) + 0.5f - r->centre_x) - r->half_width;
    float distance = dx > dy ? dx : dy;
    if (dx > 0 && dy > 0) distance = sqrtf(dx * dx + dy * dy);
    distance -= r->radius;
    if (r->half_line > 0) distance = fabsf(distance) - r->half_line;
    const float inside = 0.5f - distance;
    out[i] = (uint8_t)(inside <= 0 ? 0 : inside >= 1 ? 255 : lrintf(inside * 255));
  }
}

static round_rect round_rect_of(aip_rect rect, float radius, float half_line) {
  const float width = (rect.x2 - rect.x1) / 2, height = (rect.y2 - rect.y1) / 2;
  const float largest = width < height ? width : height;
  const float corner = radius < largest ? radius : largest;
  return (round_rect){(rect.x1 + rect.x2) / 2,
                      (rect.y1 + rect.y2) / 2,
                      width - corner,
                      height - corner,
                      corner,
                      half_line};
}

void aip_paint_rect(const aip_mutable_image *image, aip_rect rect, float radius, aip_rgb colour,
                    float opacity) {
  const round_rect shape = round_rect_of(rect, radius, 0);
  aip_paint(image, rect, cover_round_rect, &shape, colour, opacity);
}

// Only the four bands that hold the line are walked, not what it encloses. They begin and end on
// even pixels and share none, so that no pixel or chroma sample is blended twice.
void aip_paint_outline(const aip_mutable_image *image, aip_rect rect, float radius, float line,
                       aip_rgb colour, float opacity) {
  const round_rect shape = round_rect_of(rect, radius, line / 2);
  const float reach = line / 2 + radius + 1;
  const float outer[4] = {rect.x1 - line, rect.y1 - line, rect.x2 + line, rect.y2 + line};
  aip_rect inner = {floorf((rect.x1 + reach) / 2) * 2 + 2, floorf((rect.y1 + reach) / 2) * 2 + 2,
                    floorf((rect.x2 - reach) / 2) * 2, floorf((rect.y2 - reach) / 2) * 2};
  if (inner.x1 >= inner.x2 || inner.y1 >= inner.y2) {
    aip_paint(image, (aip_rect){outer[0], outer[1], outer[2], outer[3]}, cover_round_rect, &shape,
              colour, opacity);
    return;
  }
  const aip_rect bands[4] = {
      {outer[0], outer[1], outer[2], inner.y1 - 1},
      {outer[0], inner.y2, outer[2], outer[3]},
      {outer[0], inner.y1, inner.x1 - 1, inner.y2 - 1},
      {inner.x2, inner.y1, outer[2], inner.y2 - 1},
  };
  for (int k = 0; k < 4; k++) {
    aip_paint(image, bands[k], cover_round_rect, &shape, colour, opacity);
  }
}
