/// What closes the street off: house fronts, hedges in the gaps between them, and the sky.
#include "demo_surface.h"

demo_surface demo_sky_at(uint32_t seed, float s, float rise) {
  const float k = demo_clamp(rise * 4.0f, 0.0f, 1.0f);
  demo_surface m = {demo_mix((demo_rgb){0.80f, 0.86f, 0.91f}, (demo_rgb){0.50f, 0.68f, 0.88f}, k),
               demo_mix((demo_rgb){0.42f, 0.20f, 0.05f}, (demo_rgb){0.05f, 0.05f, 0.08f}, k), 0.0f};
  const float trees = 0.045f + 0.03f * demo_value_noise(seed, NOISE_TREELINE, s * 0.9f, 0.0f) +
                      0.015f * demo_value_noise(seed, NOISE_TREELINE, s * 4.0f, 9.0f);
  if (rise < trees) m = (demo_surface){{0.30f, 0.40f, 0.26f}, {0, 0, 0}, 0.0f};
  return m;
}

typedef struct house {
  float from, height;
  uint32_t hash;
  bool gap;
} house;

static house house_at(uint32_t seed, float s) {
  const float pitch = 9.0f;
  const int index = (int)floorf(s / pitch);
  house h = {.from = (float)index * pitch, .hash = demo_hash(seed, NOISE_HOUSE, (uint32_t)index)};
  h.height = 5.6f + 3.4f * demo_unit(h.hash);
  h.gap = (h.hash & 7u) == 3u;
  return h;
}

static demo_surface window_pane(uint32_t seed, uint32_t id, float x, float y) {
  demo_surface m = {{0.20f, 0.25f, 0.31f}, {0, 0, 0}, 0.0f};
  m.albedo = demo_scale(m.albedo, 0.8f + 0.5f * y + 0.1f * x);
  const uint32_t hash = demo_hash(seed, NOISE_WINDOW, id);
  if ((hash & 255u) < 110u) {
    const float k = 0.45f + 0.4f * demo_unit(hash * 2654435761u);
    m.glow = (demo_rgb){k, k * 0.78f, k * 0.42f};
  }
  return m;
}

static demo_surface house_front(uint32_t seed, house b, float s, float h) {
  static const demo_rgb walls[6] = {{0.62f, 0.38f, 0.30f}, {0.78f, 0.71f, 0.58f},
                                    {0.70f, 0.69f, 0.66f}, {0.55f, 0.60f, 0.64f},
                                    {0.74f, 0.56f, 0.40f}, {0.60f, 0.62f, 0.52f}};
  static const demo_rgb shops[5] = {{0.18f, 0.32f, 0.42f}, {0.48f, 0.16f, 0.16f},
                                    {0.16f, 0.34f, 0.24f}, {0.30f, 0.24f, 0.20f},
                                    {0.42f, 0.36f, 0.16f}};
  const demo_rgb shop = shops[(b.hash >> 8) % 5u];
  demo_surface m = {walls[(b.hash >> 4) % 6u], {0, 0, 0}, 0.0f};
  const float x = s - b.from;
  const float brick = demo_value_noise(seed, NOISE_HOUSE + 50, s * 3.0f, h * 9.0f);
  m.albedo = demo_scale(m.albedo, 0.94f + 0.1f * brick);
  if (x < 0.06f) return (demo_surface){demo_scale(m.albedo, 0.6f), {0, 0, 0}, 0.0f};
  if (h < 2.9f) {  // ground floor: a shop with door, windows and sign
    m.albedo = shop;
    if (h > 2.35f) {
      m.albedo = demo_mix(shop, (demo_rgb){0.9f, 0.88f, 0.8f}, h > 2.5f && h < 2.75f &&
                     x > 2.5f && x < 6.5f && demo_fraction(x * 2.3f) < 0.7f ? 0.7f : 0.12f);
    } else if (x > 0.5f && x < 1.6f) {
      if (h < 2.2f && x > 0.6f && x < 1.5f && h > 0.9f) m = window_pane(seed, b.hash + 1, x, 0.3f);
    } else if (h > 0.55f && h < 2.25f && x > 1.9f && x < 8.8f &&
               demo_fraction((x - 1.9f) / 2.3f) > 0.05f) {
      m = window_pane(seed, b.hash + 2, x * 0.1f, h * 0.2f);
      m.glow = (demo_rgb){0.62f, 0.52f, 0.34f};
      if ((b.hash & 0x3000u) == 0u) m.glow = (demo_rgb){0, 0, 0};
    }
    return m;
  }
  if (h < 3.05f || h > b.height - 0.25f)
    return (demo_surface){demo_scale(m.albedo, 0.8f), {0, 0, 0}, 0.0f};
  const float floor_height = 2.7f, cell = 1.8f;
  const float storey = (h - 3.05f) / floor_height;
  const float wx = demo_fraction(x / cell) * cell, wy = demo_fraction(storey) * floor_height;
  const uint32_t id = b.hash + 16u + (uint32_t)(x / cell) + 8u * (uint32_t)storey;
  if (wx > 0.38f && wx < 1.42f && wy > 0.55f && wy < 2.1f) {
    if (wx < 0.46f || wx > 1.34f || wy < 0.64f || wy > 2.02f || fabsf(wx - 0.9f) < 0.035f)
      m.albedo = (demo_rgb){0.84f, 0.83f, 0.80f};
    else
      m = window_pane(seed, id, wx, wy * 0.5f);
  }
  return m;
}

demo_surface demo_front_at(uint32_t seed, float s, float h, float rise) {
  const house b = house_at(seed, s);
  if (!b.gap && h < b.height) {
    demo_surface m = house_front(seed, b, s, h);
    m.shade = 0.18f;
    if (h < 0.5f) m.albedo = demo_scale(m.albedo, 0.75f + 0.5f * h);
    return m;
  }
  // A hedge.
  if (b.gap && h < 1.5f + 0.25f * demo_value_noise(seed, NOISE_LEAVES, s * 3.0f, 1.0f)) {
    const float leaf = demo_value_noise(seed, NOISE_LEAVES + 50, s * 6.0f, h * 6.0f);
    const demo_rgb green = {0.25f, 0.36f, 0.18f};
    return (demo_surface){demo_scale(green, 0.6f + 0.5f * leaf), {0, 0, 0}, 0.0f};
  }
  return demo_sky_at(seed, s, rise + 0.03f);
}
