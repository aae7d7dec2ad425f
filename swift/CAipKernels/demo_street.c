/// The street itself: pavements, kerbs, road markings, trees and what light falls there.
#include "demo_surface.h"

const float demo_tree_s[DEMO_TREE_COUNT] = {-31.0f, -19.5f, -8.0f, 4.5f};
static const float lamp_s[] = {-26.0f, -13.5f, -1.5f, 10.5f};
#define LAMP_COUNT ((int)(sizeof lamp_s / sizeof lamp_s[0]))
#define TREE_RADIUS 1.75f

/// Smooth value noise, 0–1, one cell per unit.
float demo_value_noise(uint32_t seed, uint32_t stream, float x, float y) {
  const float fx = floorf(x), fy = floorf(y);
  const float ax = x - fx, ay = y - fy;
  const float wx = ax * ax * (3.0f - 2.0f * ax), wy = ay * ay * (3.0f - 2.0f * ay);
  float corner[4];
  for (int i = 0; i < 4; i++) {
    const uint32_t cx = (uint32_t)((int)fx + (i & 1)), cy = (uint32_t)((int)fy + (i >> 1));
    corner[i] = demo_unit(demo_hash(seed, stream, cx * 0x9e3779b1u + cy * 0x85ebca77u));
  }
  const float top = corner[0] + (corner[1] - corner[0]) * wx;
  const float bottom = corner[2] + (corner[3] - corner[2]) * wx;
  return top + (bottom - top) * wy;
}

bool demo_in_crown(uint32_t seed, float s, float h) {
  for (int i = 0; i < DEMO_TREE_COUNT; i++) {
    const float ds = s - demo_tree_s[i], dh = (h - DEMO_TREE_HEIGHT) * 1.1f;
    const float r2 = ds * ds + dh * dh;
    if (r2 > 5.0f) continue;
    const float edge = 0.65f + 0.6f * demo_value_noise(seed, NOISE_LEAVES, s * 2.2f, h * 2.2f);
    if (r2 < TREE_RADIUS * TREE_RADIUS * edge) return true;
  }
  return false;
}

static float stripe(float value, float centre, float width) {
  return fabsf(value - centre) < 0.5f * width ? 1.0f : 0.0f;
}

static demo_surface pavement(uint32_t seed, float s, float t) {
  demo_surface m = {{0.56f, 0.54f, 0.51f}, {0, 0, 0}, 0.0f};
  const float slab_s = demo_fraction(s / 0.8f), slab_t = demo_fraction(t / 0.8f);
  const uint32_t slab = (uint32_t)((int)floorf(s / 0.8f) * 131 + (int)floorf(t / 0.8f));
  m.albedo = demo_scale(m.albedo, 0.95f + 0.1f * demo_unit(demo_hash(seed, NOISE_GROUND, slab)));
  if (slab_s < 0.045f || slab_t < 0.045f) m.albedo = demo_scale(m.albedo, 0.82f);
  return m;
}

static demo_surface road(float s, float t) {
  demo_surface m = {{0.31f, 0.31f, 0.325f}, {0, 0, 0}, 0.0f};
  const demo_rgb white = {0.80f, 0.80f, 0.77f};
  const bool bikes = t < DEMO_NEAR_LANE_T || (t > DEMO_FAR_BIKE_T && t < DEMO_PARKING_T);
  if (bikes) m.albedo = (demo_rgb){0.43f, 0.27f, 0.24f};
  if (t > DEMO_PARKING_T) m.albedo = (demo_rgb){0.37f, 0.36f, 0.36f};
  // Tyres polish two tracks into each lane.
  if (!bikes && t < DEMO_FAR_BIKE_T) {
    const float across = fabsf(fabsf(t - DEMO_CENTRE_T) - 1.5f);
    const float beside = across - 0.75f;
    m.albedo = demo_scale(m.albedo, 1.0f - 0.10f * expf(-12.0f * beside * beside));
  }
  float paint = stripe(t, DEMO_CENTRE_T, 0.14f) * (demo_fraction(s / 6.0f) < 0.5f ? 1.0f : 0.0f);
  paint += stripe(t, DEMO_NEAR_LANE_T, 0.15f) + stripe(t, DEMO_FAR_BIKE_T, 0.15f);
  paint += stripe(t, DEMO_PARKING_T, 0.10f) * (demo_fraction(s / 1.2f) < 0.6f ? 1.0f : 0.0f);
  if (t > DEMO_PARKING_T) paint += stripe(demo_fraction(s / 6.2f), 0.5f, 0.018f);
  if (paint > 0.0f) m.albedo = demo_mix(m.albedo, white, 0.85f);
  const float ds = demo_fraction(s / 17.0f) * 17.0f - 6.0f, dt = t - 15.3f;
  const float hole = ds * ds + dt * dt;
  if (hole < 0.12f) m.albedo = demo_scale(m.albedo, hole > 0.09f ? 0.6f : 0.8f);
  return m;
}

demo_surface demo_ground_at(uint32_t seed, float s, float t) {
  demo_surface m;
  if (t < DEMO_NEAR_KERB_T - 0.18f || t > DEMO_FAR_KERB_T + 0.18f) {
    m = pavement(seed, s, t);
  } else if (t < DEMO_NEAR_KERB_T || t > DEMO_FAR_KERB_T) {
    m = (demo_surface){{0.66f, 0.65f, 0.62f}, {0, 0, 0}, 0.0f};
    if (demo_fraction(s) < 0.03f) m.albedo = demo_scale(m.albedo, 0.75f);
  } else {
    m = road(s, t);
  }
  const float patches = demo_value_noise(seed, NOISE_GROUND, s * 0.45f, t * 0.9f);
  const float grain = demo_value_noise(seed, NOISE_GROUND + 50, s * 7.0f, t * 7.0f);
  m.albedo = demo_scale(m.albedo, 0.90f + 0.12f * patches + 0.08f * grain);
  for (int i = 0; i < DEMO_TREE_COUNT; i++) {  // beds the trees stand in
    if (fabsf(s - demo_tree_s[i]) < 0.55f && fabsf(t - DEMO_TREE_T - 0.1f) < 0.3f)
      m.albedo = (demo_rgb){0.27f, 0.22f, 0.16f};
  }
  // The sun comes over the houses on the right: a crown's shadow lies towards the camera.
  const float up = DEMO_TREE_HEIGHT;
  const float crown_s = s - DEMO_SHADOW_S * up, crown_t = t - DEMO_SHADOW_T * up;
  if (demo_in_crown(seed, crown_s, up + (crown_t - DEMO_TREE_T))) m.shade = 1.0f;
  for (int i = 0; i < LAMP_COUNT; i++) {
    const float ds = s - lamp_s[i], dt = t - (DEMO_FAR_KERB_T - 1.2f);
    const float k = 0.42f * expf(-(ds * ds / 14.0f + dt * dt / 11.0f));
    m.glow.r += k * 1.0f;
    m.glow.g += k * 0.74f;
    m.glow.b += k * 0.38f;
  }
  m.glow = (demo_rgb){m.glow.r * m.albedo.r, m.glow.g * m.albedo.g, m.glow.b * m.albedo.b};
  return m;
}
