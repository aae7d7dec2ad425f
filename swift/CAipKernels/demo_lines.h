/// Four numbers at once: where a row's four sample lines enter or leave a polygon.
#ifndef AIP_DEMO_LINES_H
#define AIP_DEMO_LINES_H

#if defined(__SSE2__)
#include <emmintrin.h>
typedef __m128 lines4;
static inline lines4 lines_load(const float *p) { return _mm_loadu_ps(p); }
static inline lines4 lines_all(float v) { return _mm_set1_ps(v); }
static inline lines4 lines_min(lines4 a, lines4 b) { return _mm_min_ps(a, b); }
static inline lines4 lines_max(lines4 a, lines4 b) { return _mm_max_ps(a, b); }
static inline lines4 lines_subtract(lines4 a, lines4 b) { return _mm_sub_ps(a, b); }
static inline float lines_sum(lines4 v) {
  v = _mm_add_ps(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(_mm_add_ss(v, _mm_shuffle_ps(v, v, 1)));
}
static inline float lines_least(lines4 v) {
  v = _mm_min_ps(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(_mm_min_ss(v, _mm_shuffle_ps(v, v, 1)));
}
static inline float lines_greatest(lines4 v) {
  v = _mm_max_ps(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(_mm_max_ss(v, _mm_shuffle_ps(v, v, 1)));
}
/// Lines 1, 2, 5 and 6 of eight, halved: a chroma row's lines out of two luma rows'.
static inline lines4 lines_halved(const float *p) {
  const lines4 upper = _mm_loadu_ps(p), lower = _mm_loadu_ps(p + 4);
  return _mm_mul_ps(_mm_shuffle_ps(upper, lower, _MM_SHUFFLE(2, 1, 2, 1)), _mm_set1_ps(0.5f));
}
#elif defined(__aarch64__)
#include <arm_neon.h>
typedef float32x4_t lines4;
static inline lines4 lines_load(const float *p) { return vld1q_f32(p); }
static inline lines4 lines_all(float v) { return vdupq_n_f32(v); }
static inline lines4 lines_min(lines4 a, lines4 b) { return vminq_f32(a, b); }
static inline lines4 lines_max(lines4 a, lines4 b) { return vmaxq_f32(a, b); }
static inline lines4 lines_subtract(lines4 a, lines4 b) { return vsubq_f32(a, b); }
static inline float lines_sum(lines4 v) { return vaddvq_f32(v); }
static inline float lines_least(lines4 v) { return vminvq_f32(v); }
static inline float lines_greatest(lines4 v) { return vmaxvq_f32(v); }
static inline lines4 lines_halved(const float *p) {
  const lines4 picked = {p[1], p[2], p[5], p[6]};
  return vmulq_n_f32(picked, 0.5f);
}
#else
typedef struct lines4 {
  float v[4];
} lines4;
static inline lines4 lines_load(const float *p) { return (lines4){{p[0], p[1], p[2], p[3]}}; }
static inline lines4 lines_all(float v) { return (lines4){{v, v, v, v}}; }
static inline lines4 lines_min(lines4 a, lines4 b) {
  for (int i = 0; i < 4; i++) a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
  return a;
}
static inline lines4 lines_max(lines4 a, lines4 b) {
  for (int i = 0; i < 4; i++) a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
  return a;
}
static inline lines4 lines_subtract(lines4 a, lines4 b) {
  for (int i = 0; i < 4; i++) a.v[i] -= b.v[i];
  return a;
}
static inline float lines_sum(lines4 a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
static inline float lines_least(lines4 a) {
  float least = a.v[0];
  for (int i = 1; i < 4; i++) least = a.v[i] < least ? a.v[i] : least;
  return least;
}
static inline float lines_greatest(lines4 a) {
  float greatest = a.v[0];
  for (int i = 1; i < 4; i++) greatest = a.v[i] > greatest ? a.v[i] : greatest;
  return greatest;
}
static inline lines4 lines_halved(const float *p) {
  return (lines4){{p[1] * 0.5f, p[2] * 0.5f, p[5] * 0.5f, p[6] * 0.5f}};
}
#endif

#endif
