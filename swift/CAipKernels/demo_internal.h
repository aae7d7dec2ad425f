/// Parts of the demo scene, in the order a frame passes through them:
///   demo_traffic.c, demo_visitor.c  who is where at a time
///   demo_background.c  the empty street, by day and at dusk
///   demo_vehicle.c, demo_people.c   an object as convex polygons
///   demo_shape.c, demo_clip.c       shapes made of polygons, and their bounds
///   demo_edges.h, demo_raster.h     anti-aliased polygons into the planes
///   demo_kernels.h     all that touches pixels, for each kind of processor
///   demo_scene.c       the public functions, light, noise, truth
///
/// World coordinates in metres: s along the road (to the right), t across it (away from the
/// camera), h above the ground. The camera is at s = t = 0.
#ifndef AIP_DEMO_INTERNAL_H
#define AIP_DEMO_INTERNAL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aip_demo.h"

#define DEMO_TAU 6.28318530717958647692
#define DEMO_POLYGON_POINTS_MAX 16

// The street, by distance across from the camera.
#define DEMO_NEAR_KERB_T 11.6f
#define DEMO_NEAR_LANE_T 13.1f
#define DEMO_CENTRE_T 16.2f
#define DEMO_FAR_BIKE_T 19.3f
#define DEMO_PARKING_T 20.8f
#define DEMO_FAR_KERB_T 22.9f
#define DEMO_WALL_T 26.0f

#define DEMO_TREE_COUNT 4
#define DEMO_TREE_T 23.3f
extern const float demo_tree_s[DEMO_TREE_COUNT];

// Shadows reach this far along s and t per metre of height.
#define DEMO_SHADOW_S 0.55f
#define DEMO_SHADOW_T (-0.40f)

typedef struct demo_point {
  float x, y;
} demo_point;

typedef struct demo_box {
  float x1, y1, x2, y2;
} demo_box;

/// Whole pixels; x2 and y2 exclusive.
typedef struct demo_region {
  int x1, y1, x2, y2;
} demo_region;

typedef struct demo_rgb {
  float r, g, b;
} demo_rgb;

typedef struct demo_camera {
  float focal, centre_x, centre_y;
  float yaw_cos, yaw_sin, pitch_cos, pitch_sin;
} demo_camera;

typedef enum demo_kind {
  DEMO_CAR,
  DEMO_VAN,
  DEMO_BUS,
  DEMO_LORRY,
  DEMO_WALKER,
  DEMO_BICYCLE,
  DEMO_POST,
  DEMO_TRUNK,
} demo_kind;

/// An object of one frame: where it is, what it looks like, and, once drawn, its bounds.
typedef struct demo_object {
  demo_kind kind;
  int32_t class_id;  // -1 for street furniture
  int32_t track_id;
  uint32_t look;  // random bits that choose colours and variants
  float s, t;     // centre of the footprint
  float heading;  // +1 or -1 along s
  float travelled;
  float gait;  // 0 standing to 1 walking or pedalling
  float length, width, height;
  bool is_visitor;
  bool counts_pixels;
  uint8_t owner;  // its number in aip_demo.owners
  uint32_t pixels_drawn;
  demo_region pixels;  // luma pixels whose owner it has become are in here
  demo_box whole;   // of everything drawn, also beyond the picture
  demo_box inside;  // of what is drawn in the picture
} demo_object;

typedef struct demo_planes {
  uint8_t *y, *u, *v;
  uint32_t y_stride, u_stride, v_stride;
} demo_planes;

typedef struct demo_paint {
  uint8_t y, u, v;
  uint16_t alpha;  // 0–256
} demo_paint;

/// Rows of owners are whole steps.
#define DEMO_OWNERS_STEP 32

/// What touches pixels, in one of its versions; all give the same.
typedef struct demo_kernels {
  /// Fills a convex polygon with these bounds. The object, if any, becomes the owner of the pixels
  /// of which it covers half or more.
  void (*fill)(aip_demo *demo, const demo_point *points, int count, demo_box bounds,
               demo_paint paint, demo_object *owner);
  /// Luma pixels that an object owns.
  uint32_t (*count_owned)(const aip_demo *demo, const demo_object *object);
  /// Mixes two pictures: `of_b` (0–128) 128ths are the second's.
  void (*mix)(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t count, uint16_t of_b);
  void (*add)(uint8_t *bytes, const uint8_t *noise, size_t count);
} demo_kernels;

extern const demo_kernels demo_kernels_portable;
#if defined(__x86_64__)
extern const demo_kernels demo_kernels_avx2;
#endif

struct aip_demo {
  aip_demo_options options;
  const demo_kernels *kernels;
  int width, height, chroma_width, chroma_height;
  demo_camera camera;
  // One allocation each: the y, u and v planes, packed.
  uint8_t *day, *dusk, *lit;
  int lit_level;
  int8_t *noise;
  // Per luma pixel: the number of the object seen there. Frames count on from each other's, so that
  // nothing need be cleared until numbers run out.
  uint8_t *owners;
  size_t owners_stride;
  uint32_t owners_used;
  float *edges_left, *edges_right;
  demo_object objects[AIP_DEMO_OBJECTS_MAX];
  uint32_t object_count;
  // The frame being drawn.
  demo_planes planes;
  int light_level;  // 0 day to 256 dusk
  demo_rgb light;
  demo_object *current;
};

/// Mixes a seed, a stream and an index into 32 random bits (finaliser of MurmurHash3, public
/// domain, applied three times).
static inline uint32_t demo_hash(uint32_t seed, uint32_t stream, uint32_t index) {
  uint32_t h = seed ^ 0x9e3779b9u;
  const uint32_t words[3] = {stream, index, seed};
  for (int i = 0; i < 3; i++) {
    h ^= words[i];
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
  }
  return h;
}

#define DEMO_TRACK_GROUP_SHIFT 26
#define DEMO_TRACK_NUMBER_MASK 0x3ffffffu

/// Track ids never meet: each lane, pavement and kind of object has a group of its own.
static inline int32_t demo_track_id(uint32_t group, int64_t number) {
  const uint32_t low = (uint32_t)((uint64_t)number & DEMO_TRACK_NUMBER_MASK);
  return (int32_t)((group << DEMO_TRACK_GROUP_SHIFT) | low);
}

/// 0 ≤ result < 1.
static inline float demo_unit(uint32_t hash) { return (float)(hash >> 8) * (1.0f / 16777216.0f); }

static inline float demo_clamp(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

/// A box that any point extends.
static inline demo_box demo_box_empty(void) {
  return (demo_box){INFINITY, INFINITY, -INFINITY, -INFINITY};
}

static inline demo_rgb demo_scale(demo_rgb c, float k) {
  return (demo_rgb){c.r * k, c.g * k, c.b * k};
}

/// World to picture. Points less than 1 m in front of the camera are taken to be 1 m away.
static inline demo_point demo_project(const demo_camera *c, float s, float t, float h);

void demo_camera_init(demo_camera *camera, int width, int height);
/// The s at which a ground point at distance t appears in picture column x.
float demo_camera_s_at(const demo_camera *camera, float x, float t);

void demo_background_render(aip_demo *demo);
/// Light at dusk relative to light by day.
demo_rgb demo_dusk_light(void);
void demo_rgb_to_yuv(demo_rgb c, uint8_t yuv[3]);

void demo_traffic_at(aip_demo *demo, double seconds);
/// False while no visitor is there.
bool demo_visitor_at(const aip_demo *demo, double seconds, demo_object *visitor);

void demo_vehicle_draw(aip_demo *demo, const demo_object *object);
void demo_walker_draw(aip_demo *demo, const demo_object *object);
void demo_bicycle_draw(aip_demo *demo, const demo_object *object);
void demo_furniture_draw(aip_demo *demo, const demo_object *object);
void demo_shadow_draw(aip_demo *demo, const demo_object *object);

/// Paint of a surface of colour `albedo` in the frame's light.
demo_paint demo_lit_paint(const aip_demo *demo, demo_rgb albedo);
/// Paint of something that shines by itself.
demo_paint demo_glow_paint(demo_rgb colour, float alpha);
/// Fills a convex polygon without counting it as part of an object.
void demo_fill(aip_demo *demo, const demo_point *points, int count, demo_paint paint);
/// Fills a convex polygon of the current object: extends its bounds, owns its pixels.
void demo_fill_object(aip_demo *demo, const demo_point *points, int count, demo_paint paint);
/// Writes the part of a convex polygon inside the picture: up to count + 4 points, whose number it
/// returns.
int demo_clip(const demo_point *points, int count, int width, int height, demo_point *out);
/// As demo_fill_object, for a hull of two circles in the plane t = const: a limb, a bar, or (with
/// both ends the same) a disc. Coordinates and radii in metres.
void demo_fill_capsule(aip_demo *demo, float t, demo_point a, float radius_a, demo_point b,
                       float radius_b, demo_paint paint);

#define DEMO_DEPTH_MIN 1.0f
#define DEMO_CAMERA_HEIGHT 7.5f

static inline demo_point demo_project(const demo_camera *c, float s, float t, float h) {
  const float right = s * c->yaw_cos + t * c->yaw_sin;
  const float ahead = t * c->yaw_cos - s * c->yaw_sin;
  const float below = DEMO_CAMERA_HEIGHT - h;
  float depth = ahead * c->pitch_cos + below * c->pitch_sin;
  if (depth < DEMO_DEPTH_MIN) depth = DEMO_DEPTH_MIN;
  const float k = c->focal / depth;
  return (demo_point){c->centre_x + right * k,
                      c->centre_y + (below * c->pitch_cos - ahead * c->pitch_sin) * k};
}

#endif
