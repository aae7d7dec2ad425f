/// Several numbers at once; the compilers' vectors give one source for every processor. Four floats
/// are where a row's four sample lines enter or leave a polygon, or what of four pixels they cover.
#ifndef AIP_DEMO_VECTORS_H
#define AIP_DEMO_VECTORS_H

#include <stdint.h>
#include <string.h>

typedef float lines4 __attribute__((vector_size(16)));
typedef int32_t ints4 __attribute__((vector_size(16)));
typedef uint16_t words4 __attribute__((vector_size(8)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint8_t bytes8 __attribute__((vector_size(8)));

static inline lines4 lines_load(const float *p) {
  lines4 v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void lines_store(float *p, lines4 v) { memcpy(p, &v, sizeof v); }

static inline lines4 lines_all(float v) { return (lines4){v, v, v, v}; }

/// `a` where the mask is set, `b` elsewhere.
static inline lines4 lines_pick(ints4 mask, lines4 a, lines4 b) {
  return (lines4)(((ints4)a & mask) | ((ints4)b & ~mask));
}

static inline lines4 lines_min(lines4 a, lines4 b) { return lines_pick(a < b, a, b); }
static inline lines4 lines_max(lines4 a, lines4 b) { return lines_pick(a > b, a, b); }

static inline float lines_least(lines4 v) {
  const lines4 halves = lines_min(v, (lines4){v[2], v[3], v[2], v[3]});
  return halves[0] < halves[1] ? halves[0] : halves[1];
}

static inline float lines_greatest(lines4 v) {
  const lines4 halves = lines_max(v, (lines4){v[2], v[3], v[2], v[3]});
  return halves[0] > halves[1] ? halves[0] : halves[1];
}

/// Lines 1, 2, 5 and 6 of eight, halved: a chroma row's lines out of two luma rows'.
static inline lines4 lines_halved(const float *p) {
  const lines4 upper = lines_load(p), lower = lines_load(p + 4);
  return (lines4){upper[1], upper[2], lower[1], lower[2]} * lines_all(0.5f);
}

/// How much of four pixels lies between a line's ends, 0–1 each.
static inline lines4 lines_share(float left, float right, lines4 pixels) {
  const lines4 from = lines_max(lines_all(left), pixels);
  const lines4 to = lines_min(lines_all(right), pixels + lines_all(1.0f));
  return lines_max(to - from, lines_all(0.0f));
}

/// Coverage 0–256 of pixels x to x + 3 of a row.
static inline words4 lines_coverage(lines4 left, lines4 right, int x) {
  const lines4 pixels = lines_all((float)x) + (lines4){0.0f, 1.0f, 2.0f, 3.0f};
  const lines4 even =
      lines_share(left[0], right[0], pixels) + lines_share(left[2], right[2], pixels);
  const lines4 odd =
      lines_share(left[1], right[1], pixels) + lines_share(left[3], right[3], pixels);
  const lines4 scaled = (even + odd) * lines_all(64.0f) + lines_all(0.5f);
  return __builtin_convertvector(__builtin_convertvector(scaled, ints4), words4);
}

static inline words4 words_all(uint16_t v) { return (words4){v, v, v, v}; }

/// coverage * alpha / 256, for an alpha of 0–256.
static inline words4 lines_alpha(words4 coverage, uint16_t alpha) {
  // The product of 256 and 256 alone exceeds 16 bits.
  return alpha == 256 ? coverage : (coverage * words_all(alpha)) >> words_all(8);
}

/// Blends a value into four bytes, with an alpha of 0–256 each. Nothing exceeds 16 bits.
static inline void lines_blend(uint8_t *bytes, uint8_t value, words4 alpha) {
  bytes4 old;
  memcpy(&old, bytes, sizeof old);
  const words4 mixed = __builtin_convertvector(old, words4) * (words_all(256) - alpha) +
                       words_all(value) * alpha + words_all(128);
  const bytes4 blended = __builtin_convertvector(mixed >> words_all(8), bytes4);
  memcpy(bytes, &blended, sizeof blended);
}

/// Which of four pixels are covered by half or more: 255 those, 0 the others.
static inline bytes4 lines_covered(words4 coverage) {
  return __builtin_convertvector(coverage >= words_all(128), bytes4);
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

static inline words8 words8_all(uint16_t v) { return (words8){v, v, v, v, v, v, v, v}; }

#endif
