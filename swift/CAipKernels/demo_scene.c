/// The demo scene's public functions: background, light, objects from far to near, noise, truth.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aip_kernels.h"
#include "demo_internal.h"

enum { RANDOM_NOISE = 200, RANDOM_LIGHT = 201, RANDOM_ROW = 202 };

/// Noise repeats after this many samples along a row, which starts anywhere in them.
#define NOISE_PERIOD 32768u
#define NOISE_SIGMA 2.4f
#define NOISE_MAX 8.0f

#define DAY_SECONDS 120.0f
/// A picture 640 wide, in which truth's smallest boxes are defined.
#define REFERENCE_WIDTH 640.0f
#define BOX_HEIGHT_MIN 8.0f
#define BOX_WIDTH_MIN 4.0f

static size_t frame_bytes(const aip_demo *d) {
  return (size_t)d->width * (size_t)d->height +
         2 * (size_t)d->chroma_width * (size_t)d->chroma_height;
}

static void fill_noise(aip_demo *d) {
  for (uint32_t i = 0; i < NOISE_PERIOD + AIP_DEMO_WIDTH_MAX; i++) {
    if (i >= NOISE_PERIOD) {
      d->noise[i] = d->noise[i - NOISE_PERIOD];
      continue;
    }
    // A sum of four uniform numbers is near enough to a normal distribution; its variance is 1/3.
    const uint32_t a = demo_hash(d->options.seed, RANDOM_NOISE, i);
    const float sum = (float)((a & 255u) + (a >> 8 & 255u) + (a >> 16 & 255u) + (a >> 24)) / 255.0f;
    const float value = (sum - 2.0f) * 1.732f * NOISE_SIGMA;
    d->noise[i] = (int8_t)lrintf(demo_clamp(value, -NOISE_MAX, NOISE_MAX));
  }
}

static bool visitors_valid(const aip_demo_options *o) {
  if (o->visitor_share == 0.0f) return true;
  return o->visitor_share > 0.0f && o->visitor_share <= AIP_DEMO_VISITOR_SHARE_MAX &&
         o->visitor_seconds >= AIP_DEMO_VISITOR_SECONDS_MIN &&
         o->visitor_seconds <= AIP_DEMO_VISITOR_SECONDS_MAX;
}

static bool options_valid(const aip_demo_options *o) {
  return o->width >= AIP_DEMO_SIDE_MIN && o->width <= AIP_DEMO_WIDTH_MAX &&
         o->height >= AIP_DEMO_SIDE_MIN && o->height <= AIP_DEMO_HEIGHT_MAX && o->fps > 0.0 &&
         isfinite(o->fps) && o->density >= 0.0f && o->density <= 4.0f &&
         o->person_share <= 1.0f && o->day_seconds >= 0.0f && isfinite(o->day_seconds) &&
         visitors_valid(o);
}

static const demo_kernels *kernels_best(void) {
#if defined(__x86_64__)
  if (aip_kernels_level() == AIP_LEVEL_AVX2) return &demo_kernels_avx2;
#endif
  return &demo_kernels_portable;
}

int32_t aip_demo_create(const aip_demo_options *options, aip_demo **out) {
  if (!out) return AIP_DEMO_INVALID_ARGUMENT;
  *out = NULL;
  if (!options || !options_valid(options)) return AIP_DEMO_INVALID_ARGUMENT;
  aip_demo *d = calloc(1, sizeof *d);
  if (!d) return AIP_DEMO_OUT_OF_MEMORY;
  d->options = *options;
  d->kernels = kernels_best();
  d->width = (int)options->width;
  d->height = (int)options->height;
  d->chroma_width = (d->width + 1) / 2;
  d->chroma_height = (d->height + 1) / 2;
  d->lit_level = -1;
  demo_camera_init(&d->camera, d->width, d->height);
  const size_t bytes = frame_bytes(d);
  const size_t lines = ((size_t)d->height + 1) * 4;
  d->day = malloc(bytes);
  d->dusk = malloc(bytes);
  d->lit = malloc(bytes);
  d->owners_stride = ((size_t)d->width + DEMO_OWNERS_STEP - 1) & -(size_t)DEMO_OWNERS_STEP;
  d->owners = calloc(d->owners_stride, (size_t)d->height);
  d->noise = malloc(NOISE_PERIOD + AIP_DEMO_WIDTH_MAX);
  d->edges_left = calloc(lines, sizeof(float));
  d->edges_right = calloc(lines, sizeof(float));
  if (!d->day || !d->dusk || !d->lit || !d->owners || !d->noise || !d->edges_left ||
      !d->edges_right) {
    aip_demo_destroy(d);
    return AIP_DEMO_OUT_OF_MEMORY;
  }
  demo_background_render(d);
  fill_noise(d);
  *out = d;
  return AIP_DEMO_OK;
}

void aip_demo_destroy(aip_demo *d) {
  if (!d) return;
  free(d->day);
  free(d->dusk);
  free(d->lit);
  free(d->owners);
  free(d->noise);
  free(d->edges_left);
  free(d->edges_right);
  free(d);
}

demo_paint demo_lit_paint(const aip_demo *d, demo_rgb c) {
  uint8_t yuv[3];
  demo_rgb_to_yuv((demo_rgb){c.r * d->light.r, c.g * d->light.g, c.b * d->light.b}, yuv);
  return (demo_paint){yuv[0], yuv[1], yuv[2], 256};
}

demo_paint demo_glow_paint(demo_rgb c, float alpha) {
  uint8_t yuv[3];
  demo_rgb_to_yuv(c, yuv);
  return (demo_paint){yuv[0], yuv[1], yuv[2], (uint16_t)(alpha * 256.0f)};
}

/// Day lasts longer than dusk; the level moves between them without a step.
static void set_light(aip_demo *d, double seconds) {
  float dusk = 0.0f;
  if (!(d->options.flags & AIP_DEMO_FIXED_LIGHT)) {
    const double period = d->options.day_seconds > 0.0f ? d->options.day_seconds : DAY_SECONDS;
    const double phase = demo_unit(demo_hash(d->options.seed, RANDOM_LIGHT, 0));
    const double turn = fmod(seconds, period) / period + phase;
    const float wave = 0.5f - 0.5f * (float)cos(DEMO_TAU * turn);
    const float x = demo_clamp((wave - 0.30f) / 0.60f, 0.0f, 1.0f);
    dusk = x * x * (3.0f - 2.0f * x);
  }
  // Every other level is enough to look smooth and halves the work of light_background().
  d->light_level = (int)lrintf(128.0f * dusk) * 2;
  const float k = (float)d->light_level / 256.0f;
  const demo_rgb end = demo_dusk_light();
  d->light = (demo_rgb){1.0f + (end.r - 1.0f) * k, 1.0f + (end.g - 1.0f) * k,
                        1.0f + (end.b - 1.0f) * k};
}

/// Mixes the backgrounds of day and dusk; most frames have the light of the frame before.
static void light_background(aip_demo *d) {
  if (d->lit_level == d->light_level) return;
  d->kernels->mix(d->lit, d->day, d->dusk, frame_bytes(d), (uint16_t)(d->light_level / 2));
  d->lit_level = d->light_level;
}

static void copy_plane(uint8_t *to, uint32_t stride, const uint8_t *from, int width, int height) {
  for (int r = 0; r < height; r++)
    memcpy(to + (size_t)r * stride, from + (size_t)r * (size_t)width, (size_t)width);
}

static void copy_background(aip_demo *d) {
  const size_t luma = (size_t)d->width * (size_t)d->height;
  const size_t chroma = (size_t)d->chroma_width * (size_t)d->chroma_height;
  copy_plane(d->planes.y, d->planes.y_stride, d->lit, d->width, d->height);
  copy_plane(d->planes.u, d->planes.u_stride, d->lit + luma, d->chroma_width, d->chroma_height);
  copy_plane(d->planes.v, d->planes.v_stride, d->lit + luma + chroma, d->chroma_width,
             d->chroma_height);
}

static void add_noise(aip_demo *d, uint32_t frame_index) {
  for (int r = 0; r < d->height; r++) {
    const uint32_t start = demo_hash(d->options.seed ^ frame_index * 0x9e3779b1u, RANDOM_ROW,
                                     (uint32_t)r) % NOISE_PERIOD;
    d->kernels->add(d->planes.y + (size_t)r * d->planes.y_stride,
                    (const uint8_t *)d->noise + start, (size_t)d->width);
  }
}

static void sort_far_to_near(demo_object *objects, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    const demo_object o = objects[i];
    uint32_t j = i;
    for (; j > 0 && objects[j - 1].t < o.t; j--) objects[j] = objects[j - 1];
    objects[j] = o;
  }
}

/// Keeps only what can touch the picture; sets bounds that are certain to hold each object.
static void cull(aip_demo *d) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < d->object_count; i++) {
    demo_object o = d->objects[i];
    if ((d->options.flags & AIP_DEMO_SOLO) && o.track_id != d->options.solo_track_id) continue;
    demo_box box = demo_box_empty();
    const float half_length = 0.55f * o.length + 0.3f, half_width = 0.5f * o.width + 0.1f;
    for (int corner = 0; corner < 8; corner++) {
      const demo_point p = demo_project(
          &d->camera, o.s + (corner & 1 ? half_length : -half_length),
          o.t + (corner & 2 ? half_width : -half_width), corner & 4 ? o.height * 1.1f : -0.1f);
      box.x1 = fminf(box.x1, p.x);
      box.y1 = fminf(box.y1, p.y);
      box.x2 = fmaxf(box.x2, p.x);
      box.y2 = fmaxf(box.y2, p.y);
    }
    // A shadow may lie in the picture when its object does not.
    const float margin = box.y2 - box.y1;
    if (box.x2 < -margin || box.y2 < 0.0f || box.x1 > (float)d->width + margin ||
        box.y1 > (float)d->height + margin)
      continue;
    o.whole = box;
    d->objects[kept++] = o;
  }
  d->object_count = kept;
}

/// Only objects that may overlap need their pixels counted.
static void find_overlaps(aip_demo *d) {
  for (uint32_t i = 0; i < d->object_count; i++) {
    const demo_box a = d->objects[i].whole;
    for (uint32_t j = i + 1; j < d->object_count; j++) {
      const demo_box b = d->objects[j].whole;
      if (a.x1 > b.x2 || b.x1 > a.x2 || a.y1 > b.y2 || b.y1 > a.y2) continue;
      d->objects[i].counts_pixels = d->objects[j].counts_pixels = true;
    }
  }
  if (d->owners_used + d->object_count > UINT8_MAX) {
    memset(d->owners, 0, d->owners_stride * (size_t)d->height);
    d->owners_used = 0;
  }
  for (uint32_t i = 0; i < d->object_count; i++)
    if (d->objects[i].counts_pixels) d->objects[i].owner = (uint8_t)++d->owners_used;
}

static void draw_objects(aip_demo *d) {
  sort_far_to_near(d->objects, d->object_count);
  cull(d);
  find_overlaps(d);
  if (!(d->options.flags & AIP_DEMO_NO_SHADOWS))
    for (uint32_t i = 0; i < d->object_count; i++) demo_shadow_draw(d, &d->objects[i]);
  for (uint32_t i = 0; i < d->object_count; i++) {
    demo_object *o = &d->objects[i];
    o->whole = o->inside = demo_box_empty();
    o->pixels = (demo_region){d->width, d->height, 0, 0};
    d->current = o;
    switch (o->class_id) {
      case AIP_DEMO_VEHICLE:
        demo_vehicle_draw(d, o);
        break;
      case AIP_DEMO_PERSON:
        demo_walker_draw(d, o);
        break;
      case AIP_DEMO_CYCLIST:
        demo_bicycle_draw(d, o);
        break;
      default:
        demo_furniture_draw(d, o);
        break;
    }
    if (o->counts_pixels) o->pixels_drawn = d->kernels->count_owned(d, o);
  }
}

static float area_of(demo_box box) { return (box.x2 - box.x1) * (box.y2 - box.y1); }

/// False if no part of the object is inside the picture.
static bool truth_of(const aip_demo *d, const demo_object *o, aip_demo_truth *truth) {
  // Clipping may round a corner to just outside.
  const float width = (float)d->width, height = (float)d->height;
  const demo_box box = {fmaxf(o->inside.x1, 0.0f), fmaxf(o->inside.y1, 0.0f),
                        fminf(o->inside.x2, width), fminf(o->inside.y2, height)};
  if (o->class_id < 0 || box.x2 <= box.x1 || box.y2 <= box.y1) return false;
  float visible = fminf(area_of(box) / area_of(o->whole), 1.0f);
  if (o->counts_pixels && o->pixels_drawn > 0) {
    const uint32_t hidden = o->pixels_drawn - d->kernels->count_owned(d, o);
    visible *= 1.0f - (float)hidden / (float)o->pixels_drawn;
  }
  const float scale = REFERENCE_WIDTH / (float)d->width;
  const float visible_min =
      o->is_visitor ? AIP_DEMO_VISITOR_VISIBILITY_MIN : AIP_DEMO_VISIBILITY_MIN;
  const bool ask = visible >= visible_min &&
                   (box.y2 - box.y1) * scale >= BOX_HEIGHT_MIN &&
                   (box.x2 - box.x1) * scale >= BOX_WIDTH_MIN;
  *truth = (aip_demo_truth){box.x1, box.y1, box.x2, box.y2, visible,
                            ask ? o->class_id : -1 - o->class_id, o->track_id, 0};
  return true;
}

int32_t aip_demo_render(aip_demo *d, uint32_t frame_index, uint8_t *y, uint32_t y_stride,
                        uint8_t *u, uint32_t u_stride, uint8_t *v, uint32_t v_stride,
                        aip_demo_truth *truth, uint32_t truth_capacity, uint32_t *truth_count) {
  if (!d || !y || !u || !v || (!truth && truth_capacity > 0)) return AIP_DEMO_INVALID_ARGUMENT;
  if (y_stride < (uint32_t)d->width || u_stride < (uint32_t)d->chroma_width ||
      v_stride < (uint32_t)d->chroma_width)
    return AIP_DEMO_INVALID_ARGUMENT;
  d->planes = (demo_planes){y, u, v, y_stride, u_stride, v_stride};
  const double seconds = (double)frame_index / d->options.fps;
  set_light(d, seconds);
  light_background(d);
  copy_background(d);
  demo_traffic_at(d, seconds);
  draw_objects(d);
  if (!(d->options.flags & AIP_DEMO_NO_NOISE)) add_noise(d, frame_index);
  uint32_t count = 0;
  for (uint32_t i = 0; i < d->object_count; i++) {
    aip_demo_truth record;
    if (!truth_of(d, &d->objects[i], &record)) continue;
    if (count < truth_capacity) truth[count] = record;
    count++;
  }
  if (truth_count) *truth_count = count;
  return truth && count > truth_capacity ? AIP_DEMO_TRUTH_TRUNCATED : AIP_DEMO_OK;
}
