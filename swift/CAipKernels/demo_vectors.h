/// Several numbers at once; clang's vectors give one source for every processor. Four floats are
/// where a row's four sample lines enter or leave a polygon, or what of four pixels they cover.
#ifndef AIP_DEMO_VECTORS_H
#define AIP_DEMO_VECTORS_H

#include <stdint.h>
#include <string.h>

typedef float lines4 __attribute__((ext_vector_type(4)));
typedef int32_t ints4 __attribute__((ext_vector_type(4)));
typedef uint16_t words4 __attribute__((ext_vector_type(4)));
typedef uint8_t bytes4 __attribute__((ext_vector_type(4)));
typedef uint16_t words8 __attribute__((ext_vector_type(8)));
typedef uint8_t bytes8 __attribute__((ext_vector_type(8)));

static inline lines4 lines_load(const float *p) {
  lines4 v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void lines_store(float *p, lines4 v) { memcpy(p, &v, sizeof v); }

static inline lines4 lines_min(lines4 a, lines4 b) { return a < b ? a : b; }
static inline lines4 lines_max(lines4 a, lines4 b) { return a > b ? a : b; }

static inline float lines_least(lines4 v) {
  const lines4 halves = lines_min(v, v.zwzw);
  return halves.x < halves.y ? halves.x : halves.y;
}

static inline float lines_greatest(lines4 v) {
  const lines4 halves = lines_max(v, v.zwzw);
  return halves.x > halves.y ? halves.x : halves.y;
}

/// Lines 1, 2, 5 and 6 of eight, halved: a chroma row's lines out of two luma rows'.
static inline lines4 lines_halved(const float *p) {
  return __builtin_shufflevector(lines_load(p), lines_load(p + 4), 1, 2, 5, 6) * 0.5f;
}

/// How much of pixels x to x + 3 lies between two lines' ends, 0–1 each.
static inline lines4 lines_share(float left, float right, lines4 pixels) {
  const lines4 from = lines_max((lines4)left, pixels);
  const lines4 to = lines_min((lines4)right, pixels + 1.0f);
  return lines_max(to - from, (lines4)0.0f);
}

/// Coverage 0–256 of pixels x to x + 3 of a row.
static inline words4 lines_coverage(lines4 left, lines4 right, int x) {
  const lines4 pixels = (lines4)(float)x + (lines4){0.0f, 1.0f, 2.0f, 3.0f};
  const lines4 even =
      lines_share(left.x, right.x, pixels) + lines_share(left.z, right.z, pixels);
  const lines4 odd = lines_share(left.y, right.y, pixels) + lines_share(left.w, right.w, pixels);
  const ints4 coverage = __builtin_convertvector((even + odd) * 64.0f + 0.5f, ints4);
  return __builtin_convertvector(coverage, words4);
}

/// coverage * alpha / 256, for an alpha of 0–256.
static inline words4 lines_alpha(words4 coverage, uint16_t alpha) {
  // The product of 256 and 256 alone exceeds 16 bits.
  return alpha == 256 ? coverage : coverage * alpha >> 8;
}

/// Blends a value into four bytes, with an alpha of 0–256 each. Nothing exceeds 16 bits.
static inline void lines_blend(uint8_t *bytes, uint8_t value, words4 alpha) {
  bytes4 old;
  memcpy(&old, bytes, sizeof old);
  const words4 mixed = __builtin_convertvector(old, words4) * ((words4)256 - alpha) +
                       (words4)value * alpha + (words4)128;
  const bytes4 blended = __builtin_convertvector(mixed >> 8, bytes4);
  memcpy(bytes, &blended, sizeof blended);
}

/// Eight bytes as 16-bit numbers, to compute with.
static inline words8 bytes_load(const uint8_t *p) {
  bytes8 v;
  memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, words8);
}

static inline void bytes_store(uint8_t *p, words8 v) {
  const bytes8 bytes = __builtin_convertvector(v, bytes8);
  memcpy(p, &bytes, sizeof bytes);
}

#endif
