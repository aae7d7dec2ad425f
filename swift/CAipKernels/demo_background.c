/// The empty street: every pixel's ray meets the ground, the house fronts or the sky.
#include <math.h>

#include "demo_internal.h"

typedef struct surface {
  demo_rgb albedo;
  demo_rgb glow;  // light of its own at dusk
  float shade;    // 0–1: how much of the sun is hidden by day
} surface;

enum { NOISE_GROUND = 101, NOISE_LEAVES, NOISE_HOUSE, NOISE_WINDOW, NOISE_TREELINE };

const float demo_tree_s[DEMO_TREE_COUNT] = {-31.0f, -19.5f, -8.0f, 4.5f};
static const float lamp_s[] = {-26.0f, -13.5f, -1.5f, 10.5f};
#define LAMP_COUNT ((int)(sizeof lamp_s / sizeof lamp_s[0]))
#define TREE_HEIGHT 4.6f
#define TREE_RADIUS 1.75f

void demo_camera_init(demo_camera *c, int width, int height) {
  // The same street in every shape of picture: 69° across at 16:9, never more than 90°.
  const float fitted = fminf((float)height, (float)width * 9.0f / 16.0f);
  const float yaw = 0.31f, pitch = 0.315f;
  c->focal = fmaxf(1.3f * fitted, 0.5f * (float)width);
  c->centre_x = 0.5f * (float)width;
  c->centre_y = 0.5f * (float)height;
  c->yaw_cos = cosf(yaw);
  c->yaw_sin = sinf(yaw);
  c->pitch_cos = cosf(pitch);
  c->pitch_sin = sinf(pitch);
}

float demo_camera_s_at(const demo_camera *c, float x, float t) {
  // Solves right = k * depth for s, both linear in s.
  const float k = (x - c->centre_x) / c->focal;
  const float depth_at_0 = t * c->yaw_cos * c->pitch_cos + DEMO_CAMERA_HEIGHT * c->pitch_sin;
  const float slope = c->yaw_cos + k * c->yaw_sin * c->pitch_cos;
  return (k * depth_at_0 - t * c->yaw_sin) / fmaxf(slope, 0.05f);
}

demo_rgb demo_dusk_light(void) { return (demo_rgb){0.40f, 0.42f, 0.55f}; }

void demo_rgb_to_yuv(demo_rgb c, uint8_t yuv[3]) {
  const float y = 16.0f + 65.481f * c.r + 128.553f * c.g + 24.966f * c.b;
  const float u = 128.0f - 37.797f * c.r - 74.203f * c.g + 112.0f * c.b;
  const float v = 128.0f + 112.0f * c.r - 93.786f * c.g - 18.214f * c.b;
  // Leaves room for the noise, which is added without saturation.
  yuv[0] = (uint8_t)(demo_clamp(y, 25.0f, 226.0f) + 0.5f);
  yuv[1] = (uint8_t)(demo_clamp(u, 25.0f, 230.0f) + 0.5f);
  yuv[2] = (uint8_t)(demo_clamp(v, 25.0f, 230.0f) + 0.5f);
}

static demo_rgb mix(demo_rgb a, demo_rgb b, float k) {
  return (demo_rgb){a.r + (b.r - a.r) * k, a.g + (b.g - a.g) * k, a.b + (b.b - a.b) * k};
}

/// Smooth value noise, 0–1, one cell per unit.
static float value_noise(uint32_t seed, uint32_t stream, float x, float y) {
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

static bool in_tree(uint32_t seed, float s, float h, int *tree) {
  for (int i = 0; i < DEMO_TREE_COUNT; i++) {
    const float ds = s - demo_tree_s[i], dh = (h - TREE_HEIGHT) * 1.1f;
    const float r2 = ds * ds + dh * dh;
    if (r2 > 5.0f) continue;
    const float edge = 0.65f + 0.6f * value_noise(seed, NOISE_LEAVES, s * 2.2f, h * 2.2f);
    if (r2 < TREE_RADIUS * TREE_RADIUS * edge) {
      *tree = i;
      return true;
    }
  }
  return false;
}

static float stripe(float value, float centre, float width) {
  return fabsf(value - centre) < 0.5f * width ? 1.0f : 0.0f;
}

static float fraction(float x) { return x - floorf(x); }

static surface pavement(uint32_t seed, float s, float t) {
  surface m = {{0.56f, 0.54f, 0.51f}, {0, 0, 0}, 0.0f};
  const float slab_s = fraction(s / 0.8f), slab_t = fraction(t / 0.8f);
  const uint32_t slab = (uint32_t)((int)floorf(s / 0.8f) * 131 + (int)floorf(t / 0.8f));
  m.albedo = demo_scale(m.albedo, 0.95f + 0.1f * demo_unit(demo_hash(seed, NOISE_GROUND, slab)));
  if (slab_s < 0.045f || slab_t < 0.045f) m.albedo = demo_scale(m.albedo, 0.82f);
  return m;
}

static surface road(float s, float t) {
  surface m = {{0.31f, 0.31f, 0.325f}, {0, 0, 0}, 0.0f};
  const demo_rgb white = {0.80f, 0.80f, 0.77f};
  const bool bikes = t < DEMO_NEAR_LANE_T || (t > DEMO_FAR_BIKE_T && t < DEMO_PARKING_T);
  if (bikes) m.albedo = (demo_rgb){0.43f, 0.27f, 0.24f};
  if (t > DEMO_PARKING_T) m.albedo = (demo_rgb){0.37f, 0.36f, 0.36f};
  // Tyres polish two tracks into each lane.
  if (!bikes && t < DEMO_FAR_BIKE_T) {
    const float across = fabsf(fabsf(t - DEMO_CENTRE_T) - 1.5f);
    m.albedo = demo_scale(m.albedo, 1.0f - 0.10f * expf(-12.0f * (across - 0.75f) * (across - 0.75f)));
  }
  float paint = stripe(t, DEMO_CENTRE_T, 0.14f) * (fraction(s / 6.0f) < 0.5f ? 1.0f : 0.0f);
  paint += stripe(t, DEMO_NEAR_LANE_T, 0.15f) + stripe(t, DEMO_FAR_BIKE_T, 0.15f);
  paint += stripe(t, DEMO_PARKING_T, 0.10f) * (fraction(s / 1.2f) < 0.6f ? 1.0f : 0.0f);
  if (t > DEMO_PARKING_T) paint += stripe(fraction(s / 6.2f), 0.5f, 0.018f);
  if (paint > 0.0f) m.albedo = mix(m.albedo, white, 0.85f);
  const float ds = fraction(s / 17.0f) * 17.0f - 6.0f, dt = t - 15.3f;
  const float hole = ds * ds + dt * dt;
  if (hole < 0.12f) m.albedo = demo_scale(m.albedo, hole > 0.09f ? 0.6f : 0.8f);
  return m;
}

static surface ground(uint32_t seed, float s, float t) {
  surface m;
  if (t < DEMO_NEAR_KERB_T - 0.18f || t > DEMO_FAR_KERB_T + 0.18f) {
    m = pavement(seed, s, t);
  } else if (t < DEMO_NEAR_KERB_T || t > DEMO_FAR_KERB_T) {
    m = (surface){{0.66f, 0.65f, 0.62f}, {0, 0, 0}, 0.0f};
    if (fraction(s) < 0.03f) m.albedo = demo_scale(m.albedo, 0.75f);
  } else {
    m = road(s, t);
  }
  const float patches = value_noise(seed, NOISE_GROUND, s * 0.45f, t * 0.9f);
  const float grain = value_noise(seed, NOISE_GROUND + 50, s * 7.0f, t * 7.0f);
  m.albedo = demo_scale(m.albedo, 0.90f + 0.12f * patches + 0.08f * grain);
  for (int i = 0; i < DEMO_TREE_COUNT; i++) {  // beds the trees stand in
    if (fabsf(s - demo_tree_s[i]) < 0.55f && fabsf(t - DEMO_TREE_T - 0.1f) < 0.3f)
      m.albedo = (demo_rgb){0.27f, 0.22f, 0.16f};
  }
  // The sun comes over the houses on the right: a crown's shadow lies towards the camera.
  const float up = TREE_HEIGHT;
  int tree;
  const float crown_s = s - DEMO_SHADOW_S * up, crown_t = t - DEMO_SHADOW_T * up;
  if (in_tree(seed, crown_s, up + (crown_t - DEMO_TREE_T), &tree)) m.shade = 1.0f;
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

static surface sky(uint32_t seed, float s, float rise) {
  const float k = demo_clamp(rise * 4.0f, 0.0f, 1.0f);
  surface m = {mix((demo_rgb){0.80f, 0.86f, 0.91f}, (demo_rgb){0.50f, 0.68f, 0.88f}, k),
               mix((demo_rgb){0.42f, 0.20f, 0.05f}, (demo_rgb){0.05f, 0.05f, 0.08f}, k), 0.0f};
  const float trees = 0.045f + 0.03f * value_noise(seed, NOISE_TREELINE, s * 0.9f, 0.0f) +
                      0.015f * value_noise(seed, NOISE_TREELINE, s * 4.0f, 9.0f);
  if (rise < trees) m = (surface){{0.30f, 0.40f, 0.26f}, {0, 0, 0}, 0.0f};
  return m;
}

typedef struct house {
  float from, width, height;
  uint32_t hash;
  bool gap;
} house;

static house house_at(uint32_t seed, float s) {
  const float pitch = 9.0f;
  const int index = (int)floorf(s / pitch);
  house h = {(float)index * pitch, pitch, 0.0f, demo_hash(seed, NOISE_HOUSE, (uint32_t)index), false};
  h.height = 5.6f + 3.4f * demo_unit(h.hash);
  h.gap = (h.hash & 7u) == 3u;
  return h;
}

static surface window_pane(uint32_t seed, uint32_t id, float x, float y) {
  surface m = {{0.20f, 0.25f, 0.31f}, {0, 0, 0}, 0.0f};
  m.albedo = demo_scale(m.albedo, 0.8f + 0.5f * y + 0.1f * x);
  const uint32_t hash = demo_hash(seed, NOISE_WINDOW, id);
  if ((hash & 255u) < 110u) {
    const float k = 0.45f + 0.4f * demo_unit(hash * 2654435761u);
    m.glow = (demo_rgb){k, k * 0.78f, k * 0.42f};
  }
  return m;
}

static surface house_front(uint32_t seed, house b, float s, float h) {
  static const demo_rgb walls[6] = {{0.62f, 0.38f, 0.30f}, {0.78f, 0.71f, 0.58f},
                                    {0.70f, 0.69f, 0.66f}, {0.55f, 0.60f, 0.64f},
                                    {0.74f, 0.56f, 0.40f}, {0.60f, 0.62f, 0.52f}};
  static const demo_rgb shops[5] = {{0.18f, 0.32f, 0.42f}, {0.48f, 0.16f, 0.16f},
                                    {0.16f, 0.34f, 0.24f}, {0.30f, 0.24f, 0.20f},
                                    {0.42f, 0.36f, 0.16f}};
  const demo_rgb shop = shops[(b.hash >> 8) % 5u];
  surface m = {walls[(b.hash >> 4) % 6u], {0, 0, 0}, 0.0f};
  const float x = s - b.from;
  const float brick = value_noise(seed, NOISE_HOUSE + 50, s * 3.0f, h * 9.0f);
  m.albedo = demo_scale(m.albedo, 0.94f + 0.1f * brick);
  if (x < 0.06f) return (surface){demo_scale(m.albedo, 0.6f), {0, 0, 0}, 0.0f};
  if (h < 2.9f) {  // ground floor: a shop with door, windows and sign
    m.albedo = shop;
    if (h > 2.35f) {
      m.albedo = mix(shop, (demo_rgb){0.9f, 0.88f, 0.8f}, h > 2.5f && h < 2.75f &&
                     x > 2.5f && x < 6.5f && fraction(x * 2.3f) < 0.7f ? 0.7f : 0.12f);
    } else if (x > 0.5f && x < 1.6f) {
      if (h < 2.2f && x > 0.6f && x < 1.5f && h > 0.9f) m = window_pane(seed, b.hash + 1, x, 0.3f);
    } else if (h > 0.55f && h < 2.25f && fraction((x - 1.9f) / 2.3f) > 0.05f && x > 1.9f && x < 8.8f) {
      m = window_pane(seed, b.hash + 2, x * 0.1f, h * 0.2f);
      m.glow = (demo_rgb){0.62f, 0.52f, 0.34f};
      if ((b.hash & 0x3000u) == 0u) m.glow = (demo_rgb){0, 0, 0};
    }
    return m;
  }
  if (h < 3.05f || h > b.height - 0.25f) return (surface){demo_scale(m.albedo, 0.8f), {0, 0, 0}, 0.0f};
  const float floor_height = 2.7f, cell = 1.8f;
  const float wx = fraction(x / cell) * cell, wy = fraction((h - 3.05f) / floor_height) * floor_height;
  const uint32_t id = b.hash + 16u + (uint32_t)(x / cell) + 8u * (uint32_t)((h - 3.05f) / floor_height);
  if (wx > 0.38f && wx < 1.42f && wy > 0.55f && wy < 2.1f) {
    if (wx < 0.46f || wx > 1.34f || wy < 0.64f || wy > 2.02f || fabsf(wx - 0.9f) < 0.035f)
      m.albedo = (demo_rgb){0.84f, 0.83f, 0.80f};
    else
      m = window_pane(seed, id, wx, wy * 0.5f);
  }
  return m;
}

static surface ray_surface(const aip_demo *d, float px, float py) {
  const demo_camera *c = &d->camera;
  const uint32_t seed = d->options.seed;
  const float x = (px - c->centre_x) / c->focal, y = (py - c->centre_y) / c->focal;
  const float ahead = c->pitch_cos - y * c->pitch_sin, below = c->pitch_sin + y * c->pitch_cos;
  const float dir_s = x * c->yaw_cos - ahead * c->yaw_sin;
  const float dir_t = x * c->yaw_sin + ahead * c->yaw_cos;
  if (dir_t > 1e-3f) {
    int tree;
    const float kt = DEMO_TREE_T / dir_t;
    const float tree_h = DEMO_CAMERA_HEIGHT - below * kt, at_s = dir_s * kt;
    if (in_tree(seed, at_s, tree_h, &tree)) {
      const float leaf = value_noise(seed, NOISE_LEAVES + 50, at_s * 5.0f, tree_h * 5.0f);
      const float lit = 0.55f + 0.25f * (tree_h - TREE_HEIGHT + 1.75f) / 3.5f + 0.35f * leaf;
      return (surface){demo_scale((demo_rgb){0.28f, 0.42f, 0.20f}, lit), {0, 0, 0}, 0.0f};
    }
  }
  const float to_wall = dir_t > 1e-3f ? DEMO_WALL_T / dir_t : INFINITY;
  if (below > 1e-4f) {
    const float k = DEMO_CAMERA_HEIGHT / below;
    if (k < to_wall) return ground(seed, dir_s * k, dir_t * k);
  }
  const float rise = -below;
  if (to_wall == INFINITY) return sky(seed, 0.0f, rise);
  const float s = dir_s * to_wall, h = DEMO_CAMERA_HEIGHT - below * to_wall;
  const house b = house_at(seed, s);
  if (!b.gap && h < b.height) {
    surface m = house_front(seed, b, s, h);
    m.shade = 0.18f;
    if (h < 0.5f) m.albedo = demo_scale(m.albedo, 0.75f + 0.5f * h);
    return m;
  }
  if (b.gap && h < 1.5f + 0.25f * value_noise(seed, NOISE_LEAVES, s * 3.0f, 1.0f)) {  // a hedge
    const float leaf = value_noise(seed, NOISE_LEAVES + 50, s * 6.0f, h * 6.0f);
    return (surface){demo_scale((demo_rgb){0.25f, 0.36f, 0.18f}, 0.6f + 0.5f * leaf), {0, 0, 0}, 0};
  }
  return sky(seed, s, rise + 0.03f);
}

typedef struct light_sum {
  demo_rgb day, dusk;
} light_sum;

static void add_sample(light_sum *sum, surface m, float weight) {
  const demo_rgb dusk = demo_dusk_light();
  const float sun = 1.0f - 0.38f * m.shade;
  sum->day.r += weight * m.albedo.r * sun;
  sum->day.g += weight * m.albedo.g * sun;
  sum->day.b += weight * m.albedo.b * (sun + 0.04f * m.shade);
  sum->dusk.r += weight * (m.albedo.r * dusk.r + m.glow.r);
  sum->dusk.g += weight * (m.albedo.g * dusk.g + m.glow.g);
  sum->dusk.b += weight * (m.albedo.b * dusk.b + m.glow.b);
}

static light_sum pixel_light(const aip_demo *d, int x, int y, int samples) {
  light_sum sum = {{0, 0, 0}, {0, 0, 0}};
  const float weight = 1.0f / (float)(samples * samples), step = 1.0f / (float)samples;
  for (int i = 0; i < samples * samples; i++) {
    const float px = (float)x + ((float)(i % samples) + 0.5f) * step;
    const float py = (float)y + ((float)(i / samples) + 0.5f) * step;
    add_sample(&sum, ray_surface(d, px, py), weight);
  }
  return sum;
}

void demo_background_render(aip_demo *d) {
  const int64_t area = (int64_t)d->width * d->height;
  const int samples = area <= 1000000 ? 3 : area <= 4000000 ? 2 : 1;
  const size_t luma_size = (size_t)area;
  const size_t chroma_size = (size_t)d->chroma_width * (size_t)d->chroma_height;
  for (int cy = 0; cy < d->chroma_height; cy++) {
    for (int cx = 0; cx < d->chroma_width; cx++) {
      int u_day = 0, v_day = 0, u_dusk = 0, v_dusk = 0, count = 0;
      for (int i = 0; i < 4; i++) {
        const int x = 2 * cx + (i & 1), y = 2 * cy + (i >> 1);
        if (x >= d->width || y >= d->height) continue;
        const light_sum sum = pixel_light(d, x, y, samples);
        uint8_t day[3], dusk[3];
        demo_rgb_to_yuv(sum.day, day);
        demo_rgb_to_yuv(sum.dusk, dusk);
        d->day[(size_t)y * (size_t)d->width + (size_t)x] = day[0];
        d->dusk[(size_t)y * (size_t)d->width + (size_t)x] = dusk[0];
        u_day += day[1];
        v_day += day[2];
        u_dusk += dusk[1];
        v_dusk += dusk[2];
        count++;
      }
      const size_t u_at = luma_size + (size_t)cy * (size_t)d->chroma_width + (size_t)cx;
      const size_t v_at = u_at + chroma_size;
      d->day[u_at] = (uint8_t)((u_day + count / 2) / count);
      d->day[v_at] = (uint8_t)((v_day + count / 2) / count);
      d->dusk[u_at] = (uint8_t)((u_dusk + count / 2) / count);
      d->dusk[v_at] = (uint8_t)((v_dusk + count / 2) / count);
    }
  }
}
