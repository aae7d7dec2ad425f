/// What a ray from the camera can meet, and the noise that roughens it.
#ifndef AIP_DEMO_SURFACE_H
#define AIP_DEMO_SURFACE_H

#include "demo_internal.h"

typedef struct demo_surface {
  demo_rgb albedo;
  demo_rgb glow;  // light of its own at dusk
  float shade;    // 0–1: how much of the sun is hidden by day
} demo_surface;

/// Streams of value noise; each has a second, finer one 50 further on.
enum { NOISE_GROUND = 101, NOISE_LEAVES, NOISE_HOUSE, NOISE_WINDOW, NOISE_TREELINE };

#define DEMO_TREE_HEIGHT 4.6f  // of a crown's centre

static inline float demo_fraction(float x) { return x - floorf(x); }

static inline demo_rgb demo_mix(demo_rgb a, demo_rgb b, float k) {
  return (demo_rgb){a.r + (b.r - a.r) * k, a.g + (b.g - a.g) * k, a.b + (b.b - a.b) * k};
}

/// Smooth value noise, 0–1, one cell per unit.
float demo_value_noise(uint32_t seed, uint32_t stream, float x, float y);
/// Whether the crown of a tree is at height h, as seen in the plane of the trees.
bool demo_in_crown(uint32_t seed, float s, float h);
demo_surface demo_ground_at(uint32_t seed, float s, float t);
/// Of the plane t = DEMO_WALL_T; `rise` is the ray's slope, for the sky above it.
demo_surface demo_front_at(uint32_t seed, float s, float h, float rise);
demo_surface demo_sky_at(uint32_t seed, float s, float rise);

#endif
