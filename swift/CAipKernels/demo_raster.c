/// Anti-aliased convex polygons in yuv420p. Coverage is exact along a line and sampled on four
/// lines per row. A narrow polygon is blended throughout; on a wide one's rows only the pixels
/// between the outermost and innermost crossings are, and the rest is one plain fill.
#include <math.h>
#include <string.h>

#include "demo_internal.h"
#include "demo_vectors.h"

#define LINES 4

typedef struct range {
  int from, to;  // `to` exclusive
} range;

/// Of a number not below 0.
static inline int round_up(float value) {
  const int whole = (int)value;
  return whole + ((float)whole < value);
}

/// No polygon is on these lines.
static inline void miss(float *left, float *right, int from, int to) {
  for (int line = from; line < to; line++) {
    left[line] = INFINITY;
    right[line] = -INFINITY;
  }
}

/// Whole pixels from `low` to `high` that are inside a picture of `side`; empty where none are.
static inline range pixels_between(float low, float high, int side) {
  if (!(high > 0.0f) || !(low < (float)side)) return (range){0, 0};
  return (range){low > 0.0f ? (int)low : 0, high < (float)side ? round_up(high) : side};
}

/// Finds where each sample line of these rows enters and leaves the polygon; a line that misses it
/// gets left > right.
static void scan_edges(aip_demo *d, const demo_point *points, int count, range rows) {
  const int line_first = rows.from * LINES, line_last = rows.to * LINES;
  float *left = d->edges_left, *right = d->edges_right;
  int crossed_first = line_last, crossed_last = line_first;
  demo_point b = points[count - 1];
  for (int i = 0; i < count; i++) {
    const demo_point a = b;
    b = points[i];
    const bool down = a.y < b.y;
    const demo_point upper = down ? a : b, lower = down ? b : a;
    const float y0 = upper.y * LINES - 0.5f, y1 = lower.y * LINES - 0.5f;
    const int from = y0 > (float)line_first ? round_up(y0) : line_first;
    const int to = y1 < (float)line_last ? round_up(y1 > 0.0f ? y1 : 0.0f) : line_last;
    if (from >= to) continue;
    if (from < crossed_first) crossed_first = from;
    if (to > crossed_last) crossed_last = to;
    const float slope = (lower.x - upper.x) / (y1 - y0);
    float x = upper.x + ((float)from - y0) * slope;
    // A line crosses one edge that goes down and one that goes up; which is left, shows later.
    float *crossings = down ? left : right;
    for (int line = from; line < to; line++, x += slope) crossings[line] = x;
  }
  for (int i = crossed_first & -LINES; i < crossed_last; i += LINES) {
    const lines4 down = lines_load(left + i), up = lines_load(right + i);
    lines_store(left + i, lines_min(down, up));
    lines_store(right + i, lines_max(down, up));
  }
  miss(left, right, line_first, crossed_first);
  miss(left, right, crossed_last, line_last);
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
  // Nothing exceeds 16 bits.
  const uint16_t keep = (uint16_t)(256 - alpha), add = (uint16_t)(value * alpha + 128);
  int x = from;
  for (; x + 8 <= to; x += 8) {
    const words8 mixed = bytes_load(row + x) * words8_all(keep) + words8_all(add);
    bytes_store(row + x, mixed >> words8_all(8));
  }
  for (; x < to; x++) row[x] = (uint8_t)((row[x] * keep + add) >> 8);
}

/// Pixels of a row that a polygon touches, and those of them that it covers whole.
typedef struct row_spans {
  int from, inner_from, inner_to, to;
} row_spans;

static inline row_spans spans_of(lines4 left, lines4 right, int width) {
  const range outer = pixels_between(lines_least(left), lines_greatest(right), width);
  row_spans s = {outer.from, outer.to, outer.to, outer.to};
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

/// As own() for those of four pixels that are covered by half or more.
static inline void own_covered(aip_demo *d, uint8_t *owners, words4 coverage) {
  bytes4 old;
  memcpy(&old, owners, sizeof old);
  const bytes4 covered = lines_covered(coverage);
  const uint8_t mine = d->current_owner;
  const bytes4 changed = covered & (old ^ (bytes4){mine, mine, mine, mine});
  uint32_t any;
  memcpy(&any, &changed, sizeof any);
  if (any == 0) return;
  for (int i = 0; i < 4; i++)
    if (covered[i]) own(d, &owners[i]);
}

/// Blends pixels `from` to `to` of a row, four at a time; what lies in such a four beside them is
/// not covered and keeps its value.
static inline void edge_luma(aip_demo *d, uint8_t *row, uint8_t *owners, lines4 left, lines4 right,
                             int from, int to, demo_paint paint) {
  right = lines_min(right, lines_all((float)to));
  for (; from < to; from += 4) {
    const int x = from < d->width - 4 ? from : d->width - 4;
    const words4 coverage = lines_coverage(lines_max(left, lines_all((float)from)), right, x);
    lines_blend(row + x, paint.y, lines_alpha(coverage, paint.alpha));
    if (owners) own_covered(d, owners + x, coverage);
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

static inline void edge_chroma(aip_demo *d, uint8_t *row_u, uint8_t *row_v, lines4 left,
                               lines4 right, int from, int to, demo_paint paint) {
  right = lines_min(right, lines_all((float)to));
  for (; from < to; from += 4) {
    const int x = from < d->chroma_width - 4 ? from : d->chroma_width - 4;
    const words4 coverage = lines_coverage(lines_max(left, lines_all((float)from)), right, x);
    const words4 alpha = lines_alpha(coverage, paint.alpha);
    lines_blend(row_u + x, paint.u, alpha);
    lines_blend(row_v + x, paint.v, alpha);
  }
}

static void fill_chroma_row(aip_demo *d, int r, demo_paint paint) {
  const lines4 left = lines_halved(d->edges_left + r * 2 * LINES);
  const lines4 right = lines_halved(d->edges_right + r * 2 * LINES);
  const row_spans s = spans_of(left, right, d->chroma_width);
  uint8_t *row_u = d->planes.u + (size_t)r * d->planes.u_stride;
  uint8_t *row_v = d->planes.v + (size_t)r * d->planes.v_stride;
  edge_chroma(d, row_u, row_v, left, right, s.from, s.inner_from, paint);
  if (s.inner_from >= s.inner_to) return;
  fill_span(row_u, s.inner_from, s.inner_to, paint.u, paint.alpha);
  fill_span(row_v, s.inner_from, s.inner_to, paint.v, paint.alpha);
  edge_chroma(d, row_u, row_v, left, right, s.inner_to, s.to, paint);
}

/// A polygon this wide, in pixels, is blended throughout, in as many steps on every row: that takes
/// less than to find each row's inner span, and branches no processor foresees.
#define NARROW 16

static void fill_narrow_luma(aip_demo *d, range rows, range columns, demo_paint paint, bool owned) {
  const int steps = (columns.to - columns.from + 3) / 4;
  const int first = columns.from < d->width - 4 * steps ? columns.from : d->width - 4 * steps;
  for (int r = rows.from; r < rows.to; r++) {
    const lines4 left = lines_load(d->edges_left + r * LINES);
    const lines4 right = lines_load(d->edges_right + r * LINES);
    uint8_t *row = d->planes.y + (size_t)r * d->planes.y_stride;
    uint8_t *owners = d->owners + (size_t)r * (size_t)d->width;
    for (int x = first; x < first + 4 * steps; x += 4) {
      const words4 coverage = lines_coverage(left, right, x);
      lines_blend(row + x, paint.y, lines_alpha(coverage, paint.alpha));
      if (owned) own_covered(d, owners + x, coverage);
    }
  }
}

static void fill_narrow_chroma(aip_demo *d, range rows, range columns, demo_paint paint) {
  const int steps = (columns.to - columns.from + 3) / 4, width = d->chroma_width;
  const int first = columns.from < width - 4 * steps ? columns.from : width - 4 * steps;
  for (int r = rows.from; r < rows.to; r++) {
    const lines4 left = lines_halved(d->edges_left + r * 2 * LINES);
    const lines4 right = lines_halved(d->edges_right + r * 2 * LINES);
    uint8_t *row_u = d->planes.u + (size_t)r * d->planes.u_stride;
    uint8_t *row_v = d->planes.v + (size_t)r * d->planes.v_stride;
    for (int x = first; x < first + 4 * steps; x += 4) {
      const words4 alpha = lines_alpha(lines_coverage(left, right, x), paint.alpha);
      lines_blend(row_u + x, paint.u, alpha);
      lines_blend(row_v + x, paint.v, alpha);
    }
  }
}

// HOT: some 400 polygons a frame; no allocation, no libm inside.
void demo_raster_fill(aip_demo *d, const demo_point *points, int count, demo_box bounds,
                      demo_paint paint, bool owned) {
  const range columns = pixels_between(bounds.x1, bounds.x2, d->width);
  const range touched = pixels_between(bounds.y1, bounds.y2, d->height);
  if (columns.from >= columns.to || touched.from >= touched.to) return;
  // Whole pairs, so that chroma has all its lines too.
  const range pairs = {touched.from & ~1, (touched.to + 1) & ~1};
  scan_edges(d, points, count, pairs);
  const range rows = {pairs.from, pairs.to < d->height ? pairs.to : d->height};
  const range chroma_rows = {pairs.from / 2, pairs.to / 2};
  if (columns.to - columns.from <= NARROW) {
    const range chroma_columns = {columns.from / 2, (columns.to + 1) / 2};
    fill_narrow_luma(d, rows, columns, paint, owned);
    fill_narrow_chroma(d, chroma_rows, chroma_columns, paint);
    return;
  }
  for (int r = rows.from; r < rows.to; r++) fill_luma_row(d, r, paint, owned);
  for (int r = chroma_rows.from; r < chroma_rows.to; r++) fill_chroma_row(d, r, paint);
}
