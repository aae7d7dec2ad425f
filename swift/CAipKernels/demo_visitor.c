/// Visitors: people who are rare, plain to see, and quick to come and go.
///
/// Time is cut into equal stretches with one visit each. A visitor runs in at one edge of the
/// picture along the near pavement, where nothing hides people, strolls, and runs out at the other.
#include <math.h>

#include "demo_internal.h"

enum { RANDOM_VISIT = 96 };

#define VISITOR_TRACK_GROUP 11u
/// The near pavement's far half: feet stay in the picture.
#define VISITOR_T_FROM 10.6f
#define VISITOR_T_TO 11.2f
/// Metres a second: two or three frames at 15 a second from the first toe to the whole body.
#define RUN_PACE 5.0f
#define STROLL_PACE_MAX 1.2f
/// Metres outside the picture where visits begin and end: half a stride.
#define VISIT_MARGIN 0.4f
/// Metres run at either end, at least.
#define RUN_LENGTH_MIN 2.5f
/// Visits last this much less or more than asked for.
#define STAY_SPREAD 0.3f

static float random_unit(const aip_demo *d, uint32_t stream, uint32_t index) {
  return demo_unit(demo_hash(d->options.seed, RANDOM_VISIT + stream, index));
}

/// A way of `span` metres in `stay` seconds: run, stroll, run.
typedef struct visit {
  float run_pace, stroll_pace, stroll_from, stroll_to;  // from and to in seconds
} visit;

static visit visit_of(float span, float stay, float run_share) {
  visit v = {.run_pace = fmaxf(RUN_PACE, span / stay)};
  const float run_seconds_min = 2.0f * RUN_LENGTH_MIN / v.run_pace;
  // A long visit strolls slowly; a short one has no time to.
  v.stroll_pace = fminf(STROLL_PACE_MAX, (span - 2.0f * RUN_LENGTH_MIN) /
                                             fmaxf(stay - run_seconds_min, 1.0f));
  const float stroll_seconds = (v.run_pace * stay - span) / (v.run_pace - v.stroll_pace);
  v.stroll_from = (stay - stroll_seconds) * run_share;
  v.stroll_to = v.stroll_from + stroll_seconds;
  return v;
}

bool demo_visitor_at(const aip_demo *d, double seconds, demo_object *o) {
  if (!(d->options.visitor_share > 0.0f)) return false;
  const double stretch = (double)d->options.visitor_seconds / d->options.visitor_share;
  const double number = floor(seconds / stretch);
  const uint32_t index = (uint32_t)(int64_t)number;
  const float spread = STAY_SPREAD * (2.0f * random_unit(d, 0, index) - 1.0f);
  const float stay = d->options.visitor_seconds * (1.0f + spread);
  const float since = (float)(seconds - number * stretch -
                              (stretch - stay) * (double)random_unit(d, 1, index));
  if (since < 0.0f || since > stay) return false;
  const float t = VISITOR_T_FROM + (VISITOR_T_TO - VISITOR_T_FROM) * random_unit(d, 2, index);
  const float s_left = demo_camera_s_at(&d->camera, 0.0f, t) - VISIT_MARGIN;
  const float s_right = demo_camera_s_at(&d->camera, (float)d->width, t) + VISIT_MARGIN;
  const visit v = visit_of(s_right - s_left, stay, 0.35f + 0.3f * random_unit(d, 3, index));
  const float strolled = demo_clamp(since - v.stroll_from, 0.0f, v.stroll_to - v.stroll_from);
  const float walked = v.run_pace * (since - strolled) + v.stroll_pace * strolled;
  const bool strolls = since > v.stroll_from && since < v.stroll_to;
  *o = (demo_object){.kind = DEMO_WALKER, .class_id = AIP_DEMO_PERSON, .is_visitor = true};
  o->track_id = demo_track_id(VISITOR_TRACK_GROUP, (int64_t)number);
  o->look = demo_hash(d->options.seed, RANDOM_VISIT + 4u, index);
  o->heading = (o->look & 1u) ? 1.0f : -1.0f;
  o->s = o->heading > 0 ? s_left + walked : s_right - walked;
  o->t = t;
  o->travelled = walked;
  o->gait = strolls ? demo_clamp(v.stroll_pace / STROLL_PACE_MAX, 0.0f, 1.0f) : 1.0f;
  o->length = 0.8f;
  o->width = 0.5f;
  o->height = 1.65f + 0.2f * random_unit(d, 5, index);
  return true;
}
