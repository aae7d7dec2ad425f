/// Anti-aliased convex polygons in yuv420p. A narrow polygon is blended throughout; on a wide one's
/// rows only the pixels between the outermost and innermost crossings are, the rest is filled.
#ifndef AIP_DEMO_RASTER_H
#define AIP_DEMO_RASTER_H

#include "demo_edges.h"

/// A polygon this wide, in pixels, is blended throughout, in as many steps on every row: that takes
/// less than to find each row's inner span, and branches no processor foresees.
#define NARROW (4 * DEMO_LANES)

/// A row of one plane, or of both chroma planes, and the luma pixels' owners.
typedef struct row {
  uint8_t *bytes, *bytes_v, *owners;  // the last two may be null
  int width;
} row;

typedef struct pen {
  uint8_t value, value_v, owner;
  uint16_t alpha;  // 0–256
} pen;

static inline void blend(uint8_t *at, uint8_t value, words alpha) {
  bytes old;
  memcpy(&old, at, sizeof old);
  // Nothing exceeds 16 bits.
  const words mixed = __builtin_convertvector(old, words) * (words_all(256) - alpha) +
                      words_all(value) * alpha + words_all(128);
  const bytes blended = __builtin_convertvector(mixed >> words_all(8), bytes);
  memcpy(at, &blended, sizeof blended);
}

/// Blends as many pixels from x on as there are lanes. What is covered by half or more is owned.
DEMO_INLINE void blend_step(const row *r, pen p, const crossings *c, int x) {
  const words coverage = coverage_at(c, x);
  // The product of 256 and 256 alone exceeds 16 bits.
  const words alpha =
      p.alpha == 256 ? coverage : (coverage * words_all(p.alpha)) >> words_all(8);
  blend(r->bytes + x, p.value, alpha);
  if (r->bytes_v) blend(r->bytes_v + x, p.value_v, alpha);
  if (!r->owners) return;
  bytes old;
  memcpy(&old, r->owners + x, sizeof old);
  const bytes covered = __builtin_convertvector(coverage >= words_all(128), bytes);
  const bytes owners = (old & ~covered) | ((p.owner + (bytes){0}) & covered);
  memcpy(r->owners + x, &owners, sizeof owners);
}

static inline void fill_bytes(uint8_t *at, uint8_t value) {
  const block_bytes all = value + (block_bytes){0};
  memcpy(at, &all, sizeof all);
}

static inline void mix_bytes(uint8_t *at, uint8_t value, uint16_t alpha) {
  block_bytes old;
  memcpy(&old, at, sizeof old);
  const block_words mixed = __builtin_convertvector(old, block_words) * block_all(256 - alpha) +
                            block_all((uint16_t)(value * alpha + 128));
  const block_bytes blended = __builtin_convertvector(mixed >> block_all(8), block_bytes);
  memcpy(at, &blended, sizeof blended);
}

/// As blend_step for a block of pixels that are covered whole.
static inline void fill_block(const row *r, pen p, int x) {
  if (p.alpha == 256) {
    fill_bytes(r->bytes + x, p.value);
    if (r->bytes_v) fill_bytes(r->bytes_v + x, p.value_v);
  } else {
    mix_bytes(r->bytes + x, p.value, p.alpha);
    if (r->bytes_v) mix_bytes(r->bytes_v + x, p.value_v, p.alpha);
  }
  if (r->owners) fill_bytes(r->owners + x, p.owner);
}

/// Pixels of a row that a polygon touches, and those of them that it covers whole.
typedef struct spans {
  int from, inner_from, inner_to, to;
} spans;

static inline spans spans_of(lines left, lines right, int width) {
  const range outer = pixels_between(least(left), greatest(right), width);
  spans s = {outer.from, outer.to, outer.to, outer.to};
  const float inner_left = greatest(left), inner_right = least(right);
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

/// Returns the end of the pixels it has touched: steps may go beyond the polygon, where nothing is
/// covered and pixels keep their values.
DEMO_INLINE int fill_row(const row *r, pen p, crossings c, spans s) {
  const int last = r->width - DEMO_LANES;
  int x = s.from;
  for (; x < s.inner_from && x <= last; x += DEMO_LANES) blend_step(r, p, &c, x);
  for (; x + BLOCK <= s.inner_to; x += BLOCK) fill_block(r, p, x);
  for (; x < s.to && x <= last; x += DEMO_LANES) blend_step(r, p, &c, x);
  if (x >= s.to) return x;
  // A step that ends with the row begins where pixels are done.
  for (int i = 0; i < LINES; i++) c.left[i] = greater(c.left[i], floats_all((float)x));
  blend_step(r, p, &c, last);
  return r->width;
}

static inline lines lines_at(const float *edges) {
  lines v;
  memcpy(&v, edges, sizeof v);
  return v;
}

/// Lines 1, 2, 5 and 6 of eight, halved: a chroma row's lines out of two luma rows'.
static inline lines lines_halved(const float *edges) {
  const lines v = {edges[1], edges[2], edges[5], edges[6]};
  return v * (lines){0.5f, 0.5f, 0.5f, 0.5f};
}

static void fill_luma(aip_demo *d, range rows, range columns, bool narrow, demo_paint paint,
                      demo_object *owner) {
  if (rows.to > d->height) rows.to = d->height;
  const pen p = {.value = paint.y, .owner = owner ? owner->owner : 0, .alpha = paint.alpha};
  range touched = {d->width, 0};
  for (int y = rows.from; y < rows.to; y++) {
    const lines left = lines_at(d->edges_left + y * LINES);
    const lines right = lines_at(d->edges_right + y * LINES);
    const row r = {.bytes = d->planes.y + (size_t)y * d->planes.y_stride,
                   .owners = owner ? d->owners + (size_t)y * d->owners_stride : NULL,
                   .width = d->width};
    const spans s = narrow ? (spans){columns.from, columns.to, columns.to, columns.to}
                           : spans_of(left, right, d->width);
    const int end = fill_row(&r, p, crossings_of(left, right), s);
    if (s.from < touched.from) touched.from = s.from;
    if (end > touched.to) touched.to = end;
  }
  if (!owner) return;
  demo_region *pixels = &owner->pixels;
  if (touched.from < pixels->x1) pixels->x1 = touched.from;
  if (touched.to > pixels->x2) pixels->x2 = touched.to;
  if (rows.from < pixels->y1) pixels->y1 = rows.from;
  if (rows.to > pixels->y2) pixels->y2 = rows.to;
}

static void fill_chroma(aip_demo *d, range rows, range columns, bool narrow, demo_paint paint) {
  const pen p = {.value = paint.u, .value_v = paint.v, .alpha = paint.alpha};
  for (int y = rows.from; y < rows.to; y++) {
    const lines left = lines_halved(d->edges_left + y * 2 * LINES);
    const lines right = lines_halved(d->edges_right + y * 2 * LINES);
    const row r = {.bytes = d->planes.u + (size_t)y * d->planes.u_stride,
                   .bytes_v = d->planes.v + (size_t)y * d->planes.v_stride,
                   .width = d->chroma_width};
    const spans s = narrow ? (spans){columns.from, columns.to, columns.to, columns.to}
                           : spans_of(left, right, d->chroma_width);
    fill_row(&r, p, crossings_of(left, right), s);
  }
}

// HOT: some 400 polygons a frame; no allocation, no libm inside.
static void fill(aip_demo *d, const demo_point *points, int count, demo_box bounds,
                 demo_paint paint, demo_object *owner) {
  const range columns = pixels_between(bounds.x1, bounds.x2, d->width);
  if (columns.from >= columns.to || bounds.y1 >= (float)d->height) return;
  // Whole pairs of rows, so that chroma has all its lines too.
  const int limit = d->chroma_height * 2 * LINES;
  const range crossed = {level_of(bounds.y1, limit).line, level_of(bounds.y2, limit).line};
  if (crossed.from >= crossed.to) return;
  scan_edges(d, points, count, crossed, limit);
  const bool narrow = columns.to - columns.from <= NARROW;
  const range rows = {crossed.from / LINES, (crossed.to + LINES - 1) / LINES};
  fill_luma(d, rows, columns, narrow, paint, owner);
  const range chroma_rows = {rows.from / 2, (rows.to + 1) / 2};
  const range chroma_columns = {columns.from / 2, (columns.to + 1) / 2};
  fill_chroma(d, chroma_rows, chroma_columns, narrow, paint);
}

#endif
