/// The empty street: every pixel's ray meets the ground, a tree, the house fronts or the sky.
#include "demo_surface.h"

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

static demo_surface ray_surface(const aip_demo *d, float px, float py) {
  const demo_camera *c = &d->camera;
  const uint32_t seed = d->options.seed;
  const float x = (px - c->centre_x) / c->focal, y = (py - c->centre_y) / c->focal;
  const float ahead = c->pitch_cos - y * c->pitch_sin, below = c->pitch_sin + y * c->pitch_cos;
  const float dir_s = x * c->yaw_cos - ahead * c->yaw_sin;
  const float dir_t = x * c->yaw_sin + ahead * c->yaw_cos;
  if (dir_t > 1e-3f) {
    const float kt = DEMO_TREE_T / dir_t;
    const float tree_h = DEMO_CAMERA_HEIGHT - below * kt, at_s = dir_s * kt;
    if (demo_in_crown(seed, at_s, tree_h)) {
      const float leaf = demo_value_noise(seed, NOISE_LEAVES + 50, at_s * 5.0f, tree_h * 5.0f);
      const float lit = 0.55f + 0.25f * (tree_h - DEMO_TREE_HEIGHT + 1.75f) / 3.5f + 0.35f * leaf;
      return (demo_surface){demo_scale((demo_rgb){0.28f, 0.42f, 0.20f}, lit), {0, 0, 0}, 0.0f};
    }
  }
  const float to_wall = dir_t > 1e-3f ? DEMO_WALL_T / dir_t : INFINITY;
  if (below > 1e-4f) {
    const float k = DEMO_CAMERA_HEIGHT / below;
    if (k < to_wall) return demo_ground_at(seed, dir_s * k, dir_t * k);
  }
  const float rise = -below;
  if (to_wall == INFINITY) return demo_sky_at(seed, 0.0f, rise);
  const float s = dir_s * to_wall, h = DEMO_CAMERA_HEIGHT - below * to_wall;
  return demo_front_at(seed, s, h, rise);
}

typedef struct light_sum {
  demo_rgb day, dusk;
} light_sum;

static void add_sample(light_sum *sum, demo_surface m, float weight) {
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
