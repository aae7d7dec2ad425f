/// Anti-aliased convex polygons in yuv420p. Coverage is exact along a line and sampled on four
/// lines per row; between the outermost and innermost crossings pixels are blended one by one,
/// and the rest of the row is one plain fill.
#include <math.h>
#include <string.h>

#include "demo_internal.h"
#include "demo_lines.h"

#define LINES 4
/// Circles of a smaller radius, in pixels, get by with fewer corners.
#define SMALL_RADIUS 3.0f

typedef struct row_range {
  int first, last;  // last exclusive
} row_range;

static inline float lesser(float a, float b) { return a < b ? a : b; }
static inline float greater(float a, float b) { return a > b ? a : b; }

/// Of a number not below 0.
static inline int round_up(float value) {
  const int whole = (int)value;
  return whole + ((float)whole < value);
}

/// Finds where each sample line enters and leaves the polygon; a line that misses it gets
/// left > right. The rows returned are whole pairs, so that chroma has all its lines too.
static row_range scan_edges(aip_demo *d, const demo_point *points, int count) {
  float top = points[0].y, bottom = top;
  for (int i = 1; i < count; i++) {
    top = lesser(top, points[i].y);
    bottom = greater(bottom, points[i].y);
  }
  if (!(bottom > 0.0f) || !(top < (float)d->height)) return (row_range){0, 0};
  const int first = top > 0.0f ? (int)top & ~1 : 0;
  const int last = ((bottom < (float)d->height ? round_up(bottom) : d->height) + 1) & ~1;
  const int line_first = first * LINES, line_last = last * LINES;
  float *left = d->edges_left, *right = d->edges_right;
  for (int i = line_first; i < line_last; i++) {
    left[i] = INFINITY;
    right[i] = -INFINITY;
  }
  demo_point b = points[count - 1];
  for (int i = 0; i < count; i++) {
    const demo_point a = b;
    b = points[i];
    const demo_point upper = a.y < b.y ? a : b, lower = a.y < b.y ? b : a;
    const float y0 = upper.y * LINES - 0.5f, y1 = lower.y * LINES - 0.5f;
    const int from = y0 > (float)line_first ? round_up(y0) : line_first;
    const int to = y1 < (float)line_last ? round_up(greater(y1, 0.0f)) : line_last;
    if (from >= to) continue;
    const float slope = (lower.x - upper.x) / (y1 - y0);
    float x = upper.x + ((float)from - y0) * slope;
    for (int line = from; line < to; line++, x += slope) {
      left[line] = lesser(left[line], x);
      right[line] = greater(right[line], x);
    }
  }
  return (row_range){first, last};
}

/// Coverage 0–256 of pixel `x` of a row.
static inline int pixel_coverage(lines4 left, lines4 right, int x) {
  const lines4 from = lines_max(left, lines_all((float)x));
  const lines4 to = lines_min(right, lines_all((float)(x + 1)));
  const lines4 share = lines_max(lines_subtract(to, from), lines_all(0.0f));
  return (int)(lines_sum(share) * (256.0f / LINES) + 0.5f);
}

static inline void blend(uint8_t *pixel, int value, int alpha) {
  *pixel = (uint8_t)(*pixel + (((value - *pixel) * alpha + 128) >> 8));
}

/// memset for what are mostly a few bytes: from both ends, overlapping in the middle.
static inline void set_bytes(uint8_t *to, uint8_t value, size_t count) {
  const uint64_t eight = value * 0x0101010101010101u;
  if (count > 32) {
    memset(to, value, count);
  } else if (count >= 16) {
    memcpy(to, &eight, 8);
    memcpy(to + 8, &eight, 8);
    memcpy(to + count - 16, &eight, 8);
    memcpy(to + count - 8, &eight, 8);
  } else if (count >= 8) {
    memcpy(to, &eight, 8);
    memcpy(to + count - 8, &eight, 8);
  } else if (count >= 4) {
    memcpy(to, &eight, 4);
    memcpy(to + count - 4, &eight, 4);
  } else {
    for (size_t i = 0; i < count; i++) to[i] = value;
  }
}

static inline void fill_span(uint8_t *row, int from, int to, uint8_t value, int alpha) {
  if (alpha >= 256) {
    set_bytes(row + from, value, (size_t)(to - from));
    return;
  }
  // Fits 16 bits, so that eight or more pixels are done at once.
  const uint16_t keep = (uint16_t)(256 - alpha), add = (uint16_t)(value * alpha + 128);
  for (int x = from; x < to; x++) row[x] = (uint8_t)((uint16_t)(row[x] * keep + add) >> 8);
}

typedef struct row_spans {
  int from, inner_from, inner_to, to;  // partly covered outside the inner span
} row_spans;

static inline row_spans spans_of(lines4 left, lines4 right, int width) {
  const float outer_left = lines_least(left), outer_right = lines_greatest(right);
  if (!(outer_right > 0.0f) || !(outer_left < (float)width)) return (row_spans){0, 0, 0, 0};
  row_spans s;
  s.from = outer_left > 0.0f ? (int)outer_left : 0;
  s.to = outer_right < (float)width ? round_up(outer_right) : width;
  s.inner_from = s.inner_to = s.to;
  const float inner_left = lines_greatest(left), inner_right = lines_least(right);
  if (!(inner_right > inner_left) || !(inner_right > 0.0f)) return s;
  if (!(inner_left < (float)width)) return s;
  const int from = inner_left > 0.0f ? round_up(inner_left) : 0;
  const int to = inner_right < (float)width ? (int)inner_right : width;
  if (from < to) {
    s.inner_from = from;
    s.inner_to = to;
  }
  return s;
}

/// Makes the current object the owner of a pixel, so that what it hides can be counted.
static inline void own(aip_demo *d, uint8_t *owner) {
  if (*owner == d->current_owner) return;
  if (*owner) d->objects[*owner - 1].pixels_hidden++;
  *owner = d->current_owner;
  d->current->pixels_drawn++;
}

/// As own() for a run of pixels, eight at a time where they are alike.
static void own_span(aip_demo *d, uint8_t *owners, int from, int to) {
  const uint64_t mine = d->current_owner * 0x0101010101010101u;
  int x = from;
  for (; x + 8 <= to; x += 8) {
    uint64_t eight;
    memcpy(&eight, owners + x, 8);
    if (eight == mine) continue;
    if (eight == 0) {
      memcpy(owners + x, &mine, 8);
      d->current->pixels_drawn += 8;
      continue;
    }
    for (int i = 0; i < 8; i++) own(d, &owners[x + i]);
  }
  for (; x < to; x++) own(d, &owners[x]);
}

static inline void edge_luma(aip_demo *d, uint8_t *row, uint8_t *owners, lines4 left, lines4 right,
                             int from, int to, demo_paint paint) {
  for (int x = from; x < to; x++) {
    const int coverage = pixel_coverage(left, right, x);
    blend(&row[x], paint.y, coverage * paint.alpha >> 8);
    if (owners && coverage >= 128) own(d, &owners[x]);
  }
}

static void fill_luma_row(aip_demo *d, int r, demo_paint paint, bool owned) {
  const lines4 left = lines_load(d->edges_left + r * LINES);
  const lines4 right = lines_load(d->edges_right + r * LINES);
  const row_spans s = spans_of(left, right, d->width);
  uint8_t *row = d->planes.y + (size_t)r * d->planes.y_stride;
  uint8_t *owners = owned ? d->owners + (size_t)r * (size_t)d->width : NULL;
  edge_luma(d, row, owners, left, right, s.from, s.inner_from, paint);
  if (s.inner_from >= s.inner_to) return;
  fill_span(row, s.inner_from, s.inner_to, paint.y, paint.alpha);
  if (owners) own_span(d, owners, s.inner_from, s.inner_to);
  edge_luma(d, row, owners, left, right, s.inner_to, s.to, paint);
}

static inline void edge_chroma(uint8_t *row_u, uint8_t *row_v, lines4 left, lines4 right, int from,
                               int to, demo_paint paint) {
  for (int x = from; x < to; x++) {
    const int alpha = pixel_coverage(left, right, x) * paint.alpha >> 8;
    blend(&row_u[x], paint.u, alpha);
    blend(&row_v[x], paint.v, alpha);
  }
}

static void fill_chroma_row(aip_demo *d, int r, demo_paint paint) {
  const lines4 left = lines_halved(d->edges_left + r * 2 * LINES);
  const lines4 right = lines_halved(d->edges_right + r * 2 * LINES);
  const row_spans s = spans_of(left, right, d->chroma_width);
  uint8_t *row_u = d->planes.u + (size_t)r * d->planes.u_stride;
  uint8_t *row_v = d->planes.v + (size_t)r * d->planes.v_stride;
  edge_chroma(row_u, row_v, left, right, s.from, s.inner_from, paint);
  if (s.inner_from >= s.inner_to) return;
  fill_span(row_u, s.inner_from, s.inner_to, paint.u, paint.alpha);
  fill_span(row_v, s.inner_from, s.inner_to, paint.v, paint.alpha);
  edge_chroma(row_u, row_v, left, right, s.inner_to, s.to, paint);
}

// HOT: some 400 polygons a frame; no allocation, no libm inside.
static void fill(aip_demo *d, const demo_point *points, int count, demo_paint paint, bool owned) {
  const row_range rows = scan_edges(d, points, count);
  const int luma_last = rows.last < d->height ? rows.last : d->height;
  for (int r = rows.first; r < luma_last; r++) fill_luma_row(d, r, paint, owned);
  for (int r = rows.first / 2; r < rows.last / 2; r++) fill_chroma_row(d, r, paint);
}

void demo_fill(aip_demo *d, const demo_point *points, int count, demo_paint paint) {
  fill(d, points, count, paint, false);
}

static void extend(demo_box *box, const demo_point *points, int count) {
  for (int i = 0; i < count; i++) {
    box->x1 = lesser(box->x1, points[i].x);
    box->y1 = lesser(box->y1, points[i].y);
    box->x2 = greater(box->x2, points[i].x);
    box->y2 = greater(box->y2, points[i].y);
  }
}

void demo_fill_object(aip_demo *d, const demo_point *points, int count, demo_paint paint) {
  demo_box bounds = demo_box_empty();
  extend(&bounds, points, count);
  const demo_point corners[2] = {{bounds.x1, bounds.y1}, {bounds.x2, bounds.y2}};
  extend(&d->current->whole, corners, 2);
  if (bounds.x1 >= 0.0f && bounds.y1 >= 0.0f && bounds.x2 <= (float)d->width &&
      bounds.y2 <= (float)d->height) {
    extend(&d->current->inside, corners, 2);
  } else {
    demo_point clipped[DEMO_POLYGON_POINTS_MAX + 4];
    extend(&d->current->inside, clipped, demo_clip(points, count, d->width, d->height, clipped));
  }
  fill(d, points, count, paint, d->current->counts_pixels);
}

void demo_fill_capsule(aip_demo *d, float t, demo_point a, float radius_a, demo_point b,
                       float radius_b, demo_paint paint) {
  // Half a turn around each end, starting square to the axis: five steps, or three if small.
  static const float turn_cos[2][6] = {{1.0f, 0.80902f, 0.30902f, -0.30902f, -0.80902f, -1.0f},
                                       {1.0f, 0.5f, -0.5f, -1.0f, 0.0f, 0.0f}};
  static const float turn_sin[2][6] = {{0.0f, 0.58779f, 0.95106f, 0.95106f, 0.58779f, 0.0f},
                                       {0.0f, 0.86603f, 0.86603f, 0.0f, 0.0f, 0.0f}};
  const bool small = greater(radius_a, radius_b) * d->camera.focal < SMALL_RADIUS * t;
  const int half = small ? 4 : 6;
  float dx = b.x - a.x, dy = b.y - a.y;
  const float length = sqrtf(dx * dx + dy * dy);
  if (length > 1e-5f) {
    dx /= length;
    dy /= length;
  } else {
    dx = 1.0f;
    dy = 0.0f;
  }
  demo_point points[12];
  for (int i = 0; i < half; i++) {
    const float along = turn_sin[small][i], square = turn_cos[small][i];
    const float x = along * dx + square * dy, y = along * dy - square * dx;
    points[i] = demo_project(&d->camera, b.x + radius_b * x, t, b.y + radius_b * y);
    points[half + i] = demo_project(&d->camera, a.x - radius_a * x, t, a.y - radius_a * y);
  }
  demo_fill_object(d, points, 2 * half, paint);
}
