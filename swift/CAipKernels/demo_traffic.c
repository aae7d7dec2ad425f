/// Who is where at a time, in closed form: nothing is carried from frame to frame.
///
/// A lane is a conveyor of numbered places that moves smoothly and never backwards, so vehicles
/// in it cannot collide. A pavement has numbered time slots; who walks in one does so at a pace
/// of their own. Whether a place or slot is taken depends on its number and on how busy the
/// street is at that time.
#include <math.h>

#include "demo_internal.h"

enum { RANDOM_PHASE = 1, RANDOM_LANE = 16, RANDOM_PAVEMENT = 48, RANDOM_PARKED = 80 };

typedef struct lane {
  float t, direction, pitch, speed;
  bool bicycles;
} lane;

static const lane lanes[] = {
    {14.65f, 1.0f, 15.5f, 10.0f, false},
    {17.75f, -1.0f, 15.5f, 11.0f, false},
    {12.35f, 1.0f, 6.5f, 5.2f, true},
    {20.05f, -1.0f, 6.5f, 4.8f, true},
};
#define LANE_COUNT ((int)(sizeof lanes / sizeof lanes[0]))

typedef struct pavement {
  float t_from, t_to;
} pavement;

static const pavement pavements[] = {{10.0f, 11.2f}, {23.7f, 25.5f}};
#define PAVEMENT_COUNT ((int)(sizeof pavements / sizeof pavements[0]))
#define PAVEMENT_SLOT_SECONDS 2.4
#define WALK_PACE_MIN 1.0f
#define WALK_PACE_MAX 1.7f
#define WAIT_SECONDS_MAX 25.0f

#define PARKING_PITCH 6.2f
#define PARKED_SHARE 0.38f

static float random_unit(const aip_demo *d, uint32_t stream, uint32_t index) {
  return demo_unit(demo_hash(d->options.seed, stream, index));
}

/// A sum of two slow waves with phases of the seed's choice.
static float waves(const aip_demo *d, uint32_t stream, double seconds, double period_a,
                   double period_b, float base, float a, float b) {
  const double phase_a = DEMO_TAU * random_unit(d, RANDOM_PHASE, stream);
  const double phase_b = DEMO_TAU * random_unit(d, RANDOM_PHASE, stream + 1);
  return base + a * (float)sin(DEMO_TAU * fmod(seconds, period_a) / period_a + phase_a) +
         b * (float)sin(DEMO_TAU * fmod(seconds, period_b) / period_b + phase_b);
}

/// Share of a lane's places taken, 0–1: rush hours and empty stretches within half a minute.
static float lane_share(const aip_demo *d, int index, double seconds) {
  const float rush = waves(d, 10, seconds, 31.0, 173.0, 0.42f, 0.5f, 0.3f);
  const float scale = lanes[index].bicycles ? 0.42f : 0.95f;
  return demo_clamp(rush, 0.0f, 1.0f) * scale * d->options.density;
}

static float pavement_share(const aip_demo *d, double seconds) {
  if (d->options.person_share >= 0.0f) return d->options.person_share;
  const float rush = waves(d, 20, seconds, 137.0, 431.0, 0.36f, 0.5f, 0.35f);
  return demo_clamp(rush, 0.0f, 1.0f) * 0.7f * d->options.density;
}

static demo_object *add(aip_demo *d) {
  if (d->object_count >= AIP_DEMO_OBJECTS_MAX) return NULL;
  demo_object *o = &d->objects[d->object_count++];
  *o = (demo_object){0};
  return o;
}

static void add_vehicle(aip_demo *d, demo_kind kind, float s, float t, float heading,
                        float travelled, uint32_t look, int32_t track) {
  demo_object *o = add(d);
  if (!o) return;
  static const float sizes[4][3] = {
      {4.3f, 1.80f, 1.46f}, {5.3f, 1.95f, 2.15f}, {10.8f, 2.50f, 3.00f}, {8.2f, 2.40f, 3.20f}};
  const float scale = 0.95f + 0.1f * demo_unit(look * 2654435761u);
  o->kind = kind;
  o->class_id = AIP_DEMO_VEHICLE;
  o->track_id = track;
  o->look = look;
  o->s = s;
  o->t = t;
  o->heading = heading;
  o->travelled = travelled;
  o->length = sizes[kind][0] * scale;
  o->width = sizes[kind][1];
  o->height = sizes[kind][2] * scale;
}

/// A place of a lane holds one long vehicle or up to two short ones.
static void add_lane_place(aip_demo *d, int index, int64_t number, float s, float travelled,
                           float share) {
  const lane *l = &lanes[index];
  const uint32_t stream = RANDOM_LANE + 4u * (uint32_t)index;
  const uint32_t hash = demo_hash(d->options.seed, stream, (uint32_t)number);
  const uint32_t look = demo_hash(d->options.seed, stream + 1, (uint32_t)number);
  const uint32_t group = 1u + (uint32_t)index;
  const float chance = demo_unit(hash);
  if (l->bicycles) {
    if (chance >= share) return;
    demo_object *o = add(d);
    if (!o) return;
    o->kind = DEMO_BICYCLE;
    o->class_id = AIP_DEMO_CYCLIST;
    o->track_id = demo_track_id(group, number);
    o->look = look;
    o->s = s + 1.6f * (demo_unit(look) - 0.5f);
    o->t = l->t + 0.4f * (demo_unit(look * 747796405u) - 0.5f);
    o->heading = l->direction;
    o->travelled = travelled;
    o->gait = 1.0f;
    o->length = 1.75f;
    o->width = 0.5f;
    o->height = 1.75f;
    return;
  }
  const uint32_t type = look % 100u;
  if (type < 18u) {
    if (chance >= share) return;
    const demo_kind kind = type < 8u ? DEMO_BUS : DEMO_LORRY;
    add_vehicle(d, kind, s, l->t, l->direction, travelled, look, demo_track_id(group, 2 * number));
    return;
  }
  for (int half = 0; half < 2; half++) {
    const uint32_t h = demo_hash(d->options.seed, stream + 2 + (uint32_t)half, (uint32_t)number);
    if (demo_unit(h) >= share) continue;
    const float offset = ((float)half - 0.5f) * 0.5f * l->pitch + 1.2f * (demo_unit(h * 3u) - 0.5f);
    const demo_kind kind = (h >> 4) % 6u == 0u ? DEMO_VAN : DEMO_CAR;
    add_vehicle(d, kind, s + offset, l->t + 0.3f * (demo_unit(h * 5u) - 0.5f), l->direction,
                travelled, h, demo_track_id(group, 2 * number + half));
  }
}

static void add_lane(aip_demo *d, int index, double seconds) {
  const lane *l = &lanes[index];
  const double period = 21.0 + 4.0 * index;
  const double phase = DEMO_TAU * random_unit(d, RANDOM_PHASE, 40u + (uint32_t)index);
  // Speed varies by 45 % and stays positive.
  const double wave = sin(DEMO_TAU * fmod(seconds, period) / period + phase) - sin(phase);
  const double moved = l->speed * (seconds + 0.45 * wave * period / DEMO_TAU);
  const float margin = l->bicycles ? 2.0f : 8.0f;
  // Tall objects reach into the picture from below the ground line's end.
  const float s_left = fmaxf(demo_camera_s_at(&d->camera, 0.0f, l->t) - margin, -150.0f);
  const float s_right =
      fminf(demo_camera_s_at(&d->camera, (float)d->width, l->t) + margin, 150.0f);
  // Place n is at direction * (moved - n * pitch).
  const double front = l->direction > 0 ? s_right : -s_left;
  const double back = l->direction > 0 ? s_left : -s_right;
  const int64_t first = (int64_t)ceil((moved - front) / l->pitch);
  const int64_t last = (int64_t)floor((moved - back) / l->pitch);
  for (int64_t n = first; n <= last; n++) {
    const float along = (float)(moved - (double)n * l->pitch);
    const double entered = (double)n * l->pitch / l->speed;
    // Fewer than 2^20 metres keep their centimetres in a float.
    const float travelled = (float)fmod(moved, 1048576.0);
    add_lane_place(d, index, n, l->direction * along, travelled, lane_share(d, index, entered));
  }
}

static void add_walker(aip_demo *d, int index, int64_t number, double seconds, float s_left,
                       float s_right) {
  const uint32_t stream = RANDOM_PAVEMENT + 8u * (uint32_t)index;
  const uint32_t slot = (uint32_t)number;
  const double slot_start = (double)number * PAVEMENT_SLOT_SECONDS;
  if (random_unit(d, stream, slot) >= pavement_share(d, slot_start)) return;
  const double start = slot_start + PAVEMENT_SLOT_SECONDS * random_unit(d, stream + 1, slot);
  const float since = (float)(seconds - start);
  if (since < 0.0f) return;
  const uint32_t look = demo_hash(d->options.seed, stream + 2, slot);
  const float pace =
      WALK_PACE_MIN + (WALK_PACE_MAX - WALK_PACE_MIN) * random_unit(d, stream + 3, slot);
  float walked = pace * since, gait = 1.0f;
  const float span = s_right - s_left;
  if (random_unit(d, stream + 4, slot) < 0.3f) {  // stops on the way
    const float stop_after = span * (0.15f + 0.7f * random_unit(d, stream + 5, slot)) / pace;
    const float wait = 5.0f + (WAIT_SECONDS_MAX - 5.0f) * random_unit(d, stream + 6, slot);
    const float waited = demo_clamp(since - stop_after, 0.0f, wait);
    walked -= pace * waited;
    if (since > stop_after - 0.4f && since < stop_after + wait + 0.4f)
      gait = demo_clamp(fmaxf(stop_after - since, since - stop_after - wait) / 0.4f, 0.0f, 1.0f);
  }
  if (walked > span) return;
  const pavement *p = &pavements[index];
  demo_object *o = add(d);
  if (!o) return;
  o->kind = DEMO_WALKER;
  o->class_id = AIP_DEMO_PERSON;
  o->track_id = demo_track_id(9u + (uint32_t)index, number);
  o->look = look;
  o->heading = (look & 1u) ? 1.0f : -1.0f;
  o->s = o->heading > 0 ? s_left + walked : s_right - walked;
  o->t = p->t_from + (p->t_to - p->t_from) * random_unit(d, stream + 7, slot);
  o->travelled = walked;
  o->gait = gait;
  o->length = 0.8f;
  o->width = 0.5f;
  o->height = 1.58f + 0.28f * demo_unit(look * 2246822519u);
}

static void add_pavement(aip_demo *d, int index, double seconds) {
  const float t = 0.5f * (pavements[index].t_from + pavements[index].t_to);
  const float s_left = fmaxf(demo_camera_s_at(&d->camera, 0.0f, t) - 2.0f, -100.0f);
  const float s_right = fminf(demo_camera_s_at(&d->camera, (float)d->width, t) + 2.0f, 100.0f);
  const double longest = (s_right - s_left) / WALK_PACE_MIN + WAIT_SECONDS_MAX;
  const int64_t last = (int64_t)floor(seconds / PAVEMENT_SLOT_SECONDS);
  const int64_t first = (int64_t)floor((seconds - longest) / PAVEMENT_SLOT_SECONDS) - 1;
  for (int64_t n = first; n <= last; n++) add_walker(d, index, n, seconds, s_left, s_right);
}

static void add_visitor(aip_demo *d, double seconds) {
  demo_object visitor;
  if (!demo_visitor_at(d, seconds, &visitor)) return;
  demo_object *o = add(d);
  if (o) *o = visitor;
}

static void add_parked(aip_demo *d) {
  const float t = 0.5f * (DEMO_PARKING_T + DEMO_FAR_KERB_T) - 0.05f;
  const float s_left = fmaxf(demo_camera_s_at(&d->camera, 0.0f, t) - 4.0f, -150.0f);
  const float s_right = fminf(demo_camera_s_at(&d->camera, (float)d->width, t) + 4.0f, 150.0f);
  const int first = (int)floorf(s_left / PARKING_PITCH);
  const int last = (int)ceilf(s_right / PARKING_PITCH);
  for (int n = first; n <= last; n++) {
    const uint32_t hash = demo_hash(d->options.seed, RANDOM_PARKED, (uint32_t)n);
    if (demo_unit(hash) >= PARKED_SHARE) continue;
    const float s = PARKING_PITCH * (float)n + 0.5f * (demo_unit(hash * 3u) - 0.5f);
    const demo_kind kind = (hash >> 3) % 7u == 0u ? DEMO_VAN : DEMO_CAR;
    add_vehicle(d, kind, s, t, -1.0f, 0.0f, hash, demo_track_id(15u, n));
  }
}

static void add_furniture(aip_demo *d) {
  static const float post_s[] = {-9.2f, 2.6f};
  for (int i = 0; i < DEMO_TREE_COUNT + 2; i++) {
    demo_object *o = add(d);
    if (!o) return;
    o->class_id = -1;
    o->heading = 1.0f;
    o->kind = i < DEMO_TREE_COUNT ? DEMO_TRUNK : DEMO_POST;
    o->s = i < DEMO_TREE_COUNT ? demo_tree_s[i] : post_s[i - DEMO_TREE_COUNT];
    o->t = i < DEMO_TREE_COUNT ? DEMO_TREE_T : 11.45f;
    o->length = o->width = 0.3f;
    o->height = i < DEMO_TREE_COUNT ? 3.6f : 3.1f;
  }
}

void demo_traffic_at(aip_demo *d, double seconds) {
  d->object_count = 0;
  if (!(d->options.flags & AIP_DEMO_SOLO)) add_furniture(d);
  if (!(d->options.flags & AIP_DEMO_NO_PARKED)) add_parked(d);
  add_visitor(d, seconds);
  // A cyclist half hidden looks like a person: where people are rare, nothing else shall.
  const bool has_bicycles = !(d->options.visitor_share > 0.0f);
  for (int i = 0; i < LANE_COUNT; i++)
    if (has_bicycles || !lanes[i].bicycles) add_lane(d, i, seconds);
  for (int i = 0; i < PAVEMENT_COUNT; i++) add_pavement(d, i, seconds);
}
