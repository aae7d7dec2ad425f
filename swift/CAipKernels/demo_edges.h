/// Where sample lines, four to a row, enter and leave a polygon, and what of each pixel they cover:
/// exactly along a line.
#ifndef AIP_DEMO_EDGES_H
#define AIP_DEMO_EDGES_H

#include <math.h>

#include "demo_internal.h"
#include "demo_vectors.h"

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

/// Finds where sample lines, `crossed` and all others of the same pairs of rows, enter and leave
/// the polygon; a line that misses it gets left > right.
static void scan_edges(aip_demo *d, const demo_point *points, int count, range crossed,
                       int limit) {
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

#endif
