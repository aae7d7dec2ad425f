/// What touches pixels: anti-aliased convex polygons in yuv420p, whose pixels are whose, light and
/// noise. Written in the compilers' vectors, and compiled once for each kind of processor, with
/// DEMO_LANES pixels side by side, as DEMO_KERNELS.
///
/// Coverage is exact along a line and sampled on four lines per row. A narrow polygon is blended
/// throughout; on a wide one's rows only the pixels between the outermost and innermost crossings
/// are, and the rest is filled in blocks.
#include <math.h>
#include <string.h>

#include "demo_internal.h"

#define DEMO_INLINE static inline __attribute__((always_inline))
#define LINES 4
#define BLOCK (2 * DEMO_LANES)
/// A polygon this wide, in pixels, is blended throughout, in as many steps on every row: that takes
/// less than to find each row's inner span, and branches no processor foresees.
#define NARROW (4 * DEMO_LANES)

typedef float floats __attribute__((vector_size(4 * DEMO_LANES)));
typedef int32_t ints __attribute__((vector_size(4 * DEMO_LANES)));
typedef uint16_t words __attribute__((vector_size(2 * DEMO_LANES)));
typedef uint8_t bytes __attribute__((vector_size(DEMO_LANES)));
typedef uint16_t block_words __attribute__((vector_size(2 * BLOCK)));
typedef uint8_t block_bytes __attribute__((vector_size(BLOCK)));
/// The sample lines of one row.
typedef float lines __attribute__((vector_size(4 * LINES)));

static inline floats floats_all(float v) { return v - (floats){0}; }
static inline words words_all(uint16_t v) { return v + (words){0}; }
static inline block_words block_all(uint16_t v) { return v + (block_words){0}; }

/// 0, 1, 2 …
static inline floats floats_counting(void) {
  static const float numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  floats v;
  memcpy(&v, numbers, sizeof v);
  return v;
}

/// `a` where the mask is set, `b` elsewhere.
static inline floats pick(ints mask, floats a, floats b) {
  return (floats)(((ints)a & mask) | ((ints)b & ~mask));
}

static inline floats lesser(floats a, floats b) { return pick(a < b, a, b); }
static inline floats greater(floats a, floats b) { return pick(a > b, a, b); }

static inline float least(lines v) {
  const float a = v[0] < v[2] ? v[0] : v[2], b = v[1] < v[3] ? v[1] : v[3];
  return a < b ? a : b;
}

static inline float greatest(lines v) {
  const float a = v[0] > v[2] ? v[0] : v[2], b = v[1] > v[3] ? v[1] : v[3];
  return a > b ? a : b;
}

/// Of a number not below 0.
static inline int round_up(float value) {
  const int whole = (int)value;
  return whole + ((float)whole < value);
}

typedef struct range {
  int from, to;  // `to` exclusive
} range;

/// Whole pixels from `low` to `high` that are inside a picture of `side`; empty where none are.
static inline range pixels_between(float low, float high, int side) {
  if (!(high > 0.0f) || !(low < (float)side)) return (range){0, 0};
  return (range){low > 0.0f ? (int)low : 0, high < (float)side ? round_up(high) : side};
}

/// A height in the picture, in sample lines, and the first line that is not above it.
typedef struct level {
  float at;
  int line;
} level;

static inline level level_of(float y, int lines) {
  const float at = y * LINES - 0.5f;
  return (level){at, at < (float)lines ? round_up(at > 0.0f ? at : 0.0f) : lines};
}

/// Finds where sample lines, `crossed` and all others of the same pairs of rows, enter and leave the
/// polygon; a line that misses it gets left > right.
static void scan_edges(aip_demo *d, const demo_point *points, int count, range crossed, int limit) {
  float *left = d->edges_left, *right = d->edges_right;
  demo_point b = points[count - 1];
  level b_level = level_of(b.y, limit);
  for (int i = 0; i < count; i++) {
    const demo_point a = b;
    const level a_level = b_level;
    b = points[i];
    b_level = level_of(b.y, limit);
    if (a_level.line == b_level.line) continue;
    const bool down = a_level.line < b_level.line;
    const level from = down ? a_level : b_level;
    const int to = down ? b_level.line : a_level.line;
    const float slope = (b.x - a.x) / (b_level.at - a_level.at);
    float x = (down ? a.x : b.x) + ((float)from.line - from.at) * slope;
    // A line crosses one edge that goes down and one that goes up; which is left, shows later.
    float *crossings = down ? left : right;
    for (int line = from.line; line < to; line++, x += slope) crossings[line] = x;
  }
  const range pairs = {crossed.from & -2 * LINES, (crossed.to + 2 * LINES - 1) & -2 * LINES};
  for (int line = pairs.from; line < pairs.to; line += DEMO_LANES) {
    floats down, up;
    memcpy(&down, left + line, sizeof down);
    memcpy(&up, right + line, sizeof up);
    const floats number = floats_all((float)line) + floats_counting();
    const ints hit = (number >= floats_all((float)crossed.from)) &
                     (number < floats_all((float)crossed.to));
    const floats from = pick(hit, lesser(down, up), floats_all(INFINITY));
    const floats to = pick(hit, greater(down, up), floats_all(-INFINITY));
    memcpy(left + line, &from, sizeof from);
    memcpy(right + line, &to, sizeof to);
  }
}

/// Where a row's sample lines enter and leave a polygon, each number in all lanes.
typedef struct crossings {
  floats left[LINES], right[LINES];
} crossings;

DEMO_INLINE crossings crossings_of(lines left, lines right) {
  crossings c;
  for (int i = 0; i < LINES; i++) {
    c.left[i] = floats_all(left[i]);
    c.right[i] = floats_all(right[i]);
  }
  return c;
}

/// Coverage 0–256 of pixel x of a row and those right of it.
DEMO_INLINE words coverage_at(const crossings *c, int x) {
  const floats pixels = floats_all((float)x) + floats_counting();
  floats share[LINES];
  for (int i = 0; i < LINES; i++) {
    const floats from = greater(c->left[i], pixels);
    const floats to = lesser(c->right[i], pixels + floats_all(1.0f));
    share[i] = greater(to - from, floats_all(0.0f));
  }
  const floats sum = (share[0] + share[2]) + (share[1] + share[3]);
  const floats scaled = sum * floats_all(64.0f) + floats_all(0.5f);
  return __builtin_convertvector(__builtin_convertvector(scaled, ints), words);
}

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

static uint32_t count_owned(const aip_demo *d, const demo_object *o) {
  typedef uint8_t owners __attribute__((vector_size(DEMO_OWNERS_STEP)));
  enum { ROWS_MAX = 255 };  // what a byte can count
  uint32_t count = 0;
  for (int x = o->pixels.x1 & -DEMO_OWNERS_STEP; x < o->pixels.x2; x += DEMO_OWNERS_STEP) {
    for (int y = o->pixels.y1; y < o->pixels.y2;) {
      const int end = o->pixels.y2 - y > ROWS_MAX ? y + ROWS_MAX : o->pixels.y2;
      owners sum = {0};
      for (; y < end; y++) {
        owners at;
        memcpy(&at, d->owners + (size_t)y * d->owners_stride + x, sizeof at);
        sum -= (owners)(at == o->owner + (owners){0});
      }
      for (int i = 0; i < DEMO_OWNERS_STEP; i++) count += sum[i];
    }
  }
  return count;
}

static void mix(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t count, uint16_t of_b) {
  const uint16_t of_a = 128 - of_b;
  size_t i = 0;
  // Nothing exceeds 16 bits.
  for (; i + BLOCK <= count; i += BLOCK) {
    block_bytes from_a, from_b;
    memcpy(&from_a, a + i, sizeof from_a);
    memcpy(&from_b, b + i, sizeof from_b);
    const block_words mixed = __builtin_convertvector(from_a, block_words) * block_all(of_a) +
                              __builtin_convertvector(from_b, block_words) * block_all(of_b) +
                              block_all(64);
    const block_bytes done = __builtin_convertvector(mixed >> block_all(7), block_bytes);
    memcpy(out + i, &done, sizeof done);
  }
  for (; i < count; i++) out[i] = (uint8_t)((a[i] * of_a + b[i] * of_b + 64) >> 7);
}

// HOT: touches every luma byte of every frame. All values drawn leave room for the noise, so
// bytes wrap nowhere and no saturation is needed.
static void add(uint8_t *bytes, const uint8_t *noise, size_t count) {
  // A known number of bytes per step lets every compiler vectorise the loop.
  enum { STEP = 64 };
  size_t x = 0;
  for (; x + STEP <= count; x += STEP)
    for (size_t i = 0; i < STEP; i++) bytes[x + i] = (uint8_t)(bytes[x + i] + noise[x + i]);
  for (; x < count; x++) bytes[x] = (uint8_t)(bytes[x] + noise[x]);
}

const demo_kernels DEMO_KERNELS = {
    .fill = fill,
    .count_owned = count_owned,
    .mix = mix,
    .add = add,
};
