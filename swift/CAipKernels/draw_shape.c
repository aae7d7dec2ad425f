// Rectangles by signed distance: a pixel's coverage is how far its centre lies inside the edge, cut
// to 0...1, which anti-aliases straight edges exactly and round ones closely.
#include <math.h>

#include "draw_internal.h"

typedef struct round_rect {
  float centre_x, centre_y, half_width, half_height;  // to the centres of the corner circles
  float radius;
  float half_line;  // 0: filled
} round_rect;

static inline uint8_t coverage_at(const round_rect *r, float distance) {
  distance -= r->radius;
  if (r->half_line > 0) distance = fabsf(distance) - r->half_line;
  const float inside = 0.5f - distance;
  const float cut = inside < 0 ? 0 : inside > 1 ? 1 : inside;
  return (uint8_t)(cut * 255 + 0.5f);
}

static void cover_round_rect(const void *shape, int32_t x, int32_t y, int32_t count, uint8_t *out) {
  const round_rect r = *(const round_rect *)shape;
  const float dy = fabsf((float)y + 0.5f - r.centre_y) - r.half_height;
  const float across = (float)x + 0.5f - r.centre_x;
  if (dy <= 0) {  // beside the corners: plain loops, which compilers vectorise
    for (int32_t i = 0; i < count; i++) {
      const float dx = fabsf(across + (float)i) - r.half_width;
      out[i] = coverage_at(&r, dx > dy ? dx : dy);
    }
    return;
  }
  for (int32_t i = 0; i < count; i++) {
    const float dx = fabsf(across + (float)i) - r.half_width;
    out[i] = coverage_at(&r, dx > 0 ? sqrtf(dx * dx + dy * dy) : dy);
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

// Only the corners and the four bands between them are walked, not what the outline encloses. They
// meet at even pixels and share none, so that no pixel or chroma sample is blended twice.
void aip_paint_outline(const aip_mutable_image *image, aip_rect rect, float radius, float line,
                       aip_rgb colour, float opacity) {
  const round_rect shape = round_rect_of(rect, radius, line / 2);
  const float thin = line / 2 + 1, thick = thin + radius;
  const aip_rect outer = {rect.x1 - thin, rect.y1 - thin, rect.x2 + thin, rect.y2 + thin};
  const aip_rect inner = {floorf((rect.x1 + thick) / 2) * 2 + 2,
                          floorf((rect.y1 + thick) / 2) * 2 + 2, floorf((rect.x2 - thick) / 2) * 2,
                          floorf((rect.y2 - thick) / 2) * 2};
  if (inner.x1 >= inner.x2 || inner.y1 >= inner.y2) {
    aip_paint(image, outer, cover_round_rect, &shape, colour, opacity);
    return;
  }
  // A painted region reaches one pixel past its bounds' right and lower edges.
  const float left = inner.x1 - 1, right = inner.x2 - 1, top = inner.y1 - 1, low = inner.y2 - 1;
  const aip_rect parts[8] = {
      {outer.x1, outer.y1, left, top},
      {inner.x2, outer.y1, outer.x2, top},
      {outer.x1, inner.y2, left, outer.y2},
      {inner.x2, inner.y2, outer.x2, outer.y2},
      {inner.x1, outer.y1, right, rect.y1 + thin},
      {inner.x1, rect.y2 - thin, right, outer.y2},
      {outer.x1, inner.y1, rect.x1 + thin, low},
      {rect.x2 - thin, inner.y1, outer.x2, low},
  };
  for (int k = 0; k < 8; k++) {
    aip_paint(image, parts[k], cover_round_rect, &shape, colour, opacity);
  }
}
