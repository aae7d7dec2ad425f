/// Synthetic traffic scene with exact ground truth: a street seen by one fixed, raised camera.
///
/// The picture is a pure function of (options, frame index): any frame may be rendered at any
/// time, in any order, on any instance of the same build, and has the same bytes.
///
/// Pixels are yuv420p, BT.601, limited range; chroma planes are (width + 1) / 2 by
/// (height + 1) / 2. Classes: 0 vehicle (cars, vans, buses, lorries), 1 person, 2 cyclist.
#ifndef AIP_DEMO_H
#define AIP_DEMO_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AIP_DEMO_SIDE_MIN 64u
#define AIP_DEMO_WIDTH_MAX 7680u
#define AIP_DEMO_HEIGHT_MAX 4320u
/// No frame holds more objects than this.
#define AIP_DEMO_OBJECTS_MAX 240u
/// An object of which less than this share can be seen is not asked of a detector.
#define AIP_DEMO_VISIBILITY_MIN 0.25f
/// The same for visitors, who are asked for only while they are whole.
#define AIP_DEMO_VISITOR_VISIBILITY_MIN 0.6f
#define AIP_DEMO_VISITOR_SHARE_MAX 0.5f
#define AIP_DEMO_VISITOR_SECONDS_MIN 1.0f
#define AIP_DEMO_VISITOR_SECONDS_MAX 600.0f

enum {
  AIP_DEMO_OK = 0,
  AIP_DEMO_INVALID_ARGUMENT = 1,
  AIP_DEMO_OUT_OF_MEMORY = 2,
  /// The picture was drawn, but `truth` was too small: it holds the first `truth_capacity`.
  AIP_DEMO_TRUTH_TRUNCATED = 3,
};

enum { AIP_DEMO_VEHICLE = 0, AIP_DEMO_PERSON = 1, AIP_DEMO_CYCLIST = 2, AIP_DEMO_CLASSES = 3 };

enum {
  AIP_DEMO_NO_NOISE = 1u << 0,
  AIP_DEMO_NO_SHADOWS = 1u << 1,
  /// Always midday.
  AIP_DEMO_FIXED_LIGHT = 1u << 2,
  /// Draw only the object whose track id is `solo_track_id` (none if there is no such object).
  /// What may hide objects, such as lamp posts, is left out too.
  AIP_DEMO_SOLO = 1u << 3,
  /// No standing vehicles.
  AIP_DEMO_NO_PARKED = 1u << 4,
};

/// Layout, 48 bytes:
///   0 width u32 | 4 height u32 | 8 fps f64 | 16 seed u32 | 20 density f32 | 24 flags u32
///   28 person_share f32 | 32 day_seconds f32 | 36 solo_track_id i32 | 40 visitor_share f32
///   44 visitor_seconds f32
typedef struct aip_demo_options {
  /// 64–7680.
  uint32_t width;
  /// 64–4320.
  uint32_t height;
  /// Frames per second of scene time, above 0.
  double fps;
  uint32_t seed;
  /// Traffic density, 0–4; 1 is normal, 0 leaves standing vehicles only.
  float density;
  /// AIP_DEMO_NO_NOISE and others.
  uint32_t flags;
  /// Chance (0–1) that someone walks by in each of a pavement's time slots of 2.4 s. Negative:
  /// as in the scene's rush hours and empty stretches. 0.002 makes people rare for hours.
  float person_share;
  /// Seconds of scene time from day through dusk to day; 0 means 120.
  float day_seconds;
  /// With AIP_DEMO_SOLO alone.
  int32_t solo_track_id;
  /// Share of the time (0–0.5) in which one person, a visitor, is in the picture, besides those
  /// `person_share` makes; 0 for no visitors. Where there are visitors there are no cyclists.
  float visitor_share;
  /// Mean length of a visit in seconds of scene time, 1–600; read where there are visitors.
  float visitor_seconds;
} aip_demo_options;

/// One object's ground truth, the layout of the runtime's DetectionRecord, 32 bytes:
///   0 x1 f32 | 4 y1 f32 | 8 x2 f32 | 12 y2 f32 | 16 visibility f32 | 20 class_id i32
///   24 track_id i32 | 28 reserved u32
///
/// The box is the tight `xyxy` bounds, in pixels, of the object's part inside the picture, without
/// its shadow, parts hidden by nearer objects included.
typedef struct aip_demo_truth {
  float x1, y1, x2, y2;
  /// Share of the object that can be seen, 0–1: its pixels no nearer object covers, times the
  /// area of its box in proportion to that of a box that includes what lies outside the picture.
  float visibility;
  /// 0–2. Negative, `-1 - class`, when an evaluation must ignore the object: visibility below
  /// AIP_DEMO_VISIBILITY_MIN (of a visitor AIP_DEMO_VISITOR_VISIBILITY_MIN), or a box lower than 8 or narrower than 4 pixels as measured in a
  /// picture 640 wide.
  int32_t class_id;
  /// Stays with the object from its first to its last frame; never 0.
  int32_t track_id;
  uint32_t reserved;
} aip_demo_truth;

typedef struct aip_demo aip_demo;

#if defined(__GNUC__)
#define AIP_DEMO_API __attribute__((visibility("default")))
#else
#define AIP_DEMO_API
#endif

/// Prepares a scene (renders its background once). An instance serves one thread at a time.
AIP_DEMO_API int32_t aip_demo_create(const aip_demo_options *options, aip_demo **out);

AIP_DEMO_API void aip_demo_destroy(aip_demo *demo);

/// Draws frame `frame_index` into three planes and writes the truth of every object in it.
///
/// Strides are in bytes, at least the plane's width; bytes beyond it are left alone. `truth` may
/// be null if `truth_capacity` is 0 and the objects are not wanted; `truth_count` (may be null)
/// receives the number of records there are, also when they do not fit.
AIP_DEMO_API int32_t aip_demo_render(aip_demo *demo, uint32_t frame_index, uint8_t *y,
                                     uint32_t y_stride, uint8_t *u, uint32_t u_stride, uint8_t *v,
                                     uint32_t v_stride, aip_demo_truth *truth,
                                     uint32_t truth_capacity, uint32_t *truth_count);

#ifdef __cplusplus
}
#endif

#endif
