// Where labels stand: beside their boxes, and not on one another as long as there is room.
#include <math.h>

#include "draw_internal.h"

static bool overlap(aip_rect a, aip_rect b) {
  return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;
}

static bool is_free(const aip_label_places *places, aip_rect rect) {
  for (uint32_t i = 0; i < places->count; i++)
    if (overlap(places->taken[i], rect)) return false;
  return true;
}

aip_rect aip_place_label(aip_label_places *places, const aip_mutable_image *image, aip_rect box,
                         float width, float height, float line) {
  const float picture_width = (float)image->width, picture_height = (float)image->height;
  const float edge = line / 2;
  const float left = fmaxf(0, fminf(box.x1 - edge, picture_width - width));
  const float right = fmaxf(0, fminf(box.x2 + edge, picture_width) - width);
  const float above = box.y1 + edge - height, inside = box.y1 - edge, below = box.y2 - edge;
  // Best first; the first that fits the picture serves where all of them are taken.
  const float ways[][2] = {{left, above}, {left, inside}, {right, above},
                           {left, below}, {right, below}, {right, inside}};
  aip_rect fallback = {0, 0, 0, 0};
  bool has_fallback = false, found = false;
  aip_rect place = fallback;
  for (size_t i = 0; i < sizeof ways / sizeof *ways && !found; i++) {
    const bool fits = ways[i][1] >= 0 && ways[i][1] + height <= picture_height;
    // Inside the box counts as fitting, pushed into the picture: something must.
    if (!fits && ways[i][1] != inside) continue;
    const float y = within(ways[i][1], 0, fmaxf(0, picture_height - height));
    place = (aip_rect){ways[i][0], y, ways[i][0] + width, y + height};
    if (!has_fallback) fallback = place;
    has_fallback = true;
    // Labels may share a border as wide as a line: one above a box and one inside it do.
    found = is_free(places, (aip_rect){place.x1, place.y1 + line, place.x2, place.y2 - line});
  }
  if (!found) place = fallback;
  if (places->count < AIP_LABELS_MAX) places->taken[places->count++] = place;
  return place;
}
