/// Several numbers at once, for DEMO_LANES pixels side by side: the compilers' vectors give one
/// source for every processor.
#ifndef AIP_DEMO_VECTORS_H
#define AIP_DEMO_VECTORS_H

#include <stdint.h>
#include <string.h>

#define DEMO_INLINE static inline __attribute__((always_inline))
#define LINES 4
#define BLOCK (2 * DEMO_LANES)

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


#endif
