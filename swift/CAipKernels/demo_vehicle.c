/// Cars, vans, buses and lorries as prisms: a convex side profile, drawn out across the road.
#include "demo_internal.h"

#define PROFILE_POINTS_MAX 8

/// Side view, x forward from the centre and h up, in metres, counter-clockwise as seen with the
/// front to the right.
typedef struct profile {
  int count;
  demo_point points[PROFILE_POINTS_MAX];
  demo_rgb faces[PROFILE_POINTS_MAX];  // of the face between point i and i + 1
  demo_rgb side;
} profile;

typedef struct body {
  aip_demo *demo;
  const demo_object *object;
  float near_t, far_t;
} body;

static demo_point at(const body *b, float x, float h, float t) {
  return demo_project(&b->demo->camera, b->object->s + b->object->heading * x, t, h);
}

static float signed_area(const demo_point *p, int count) {
  float sum = 0.0f;
  for (int i = 0; i < count; i++) {
    const demo_point a = p[i], c = p[i + 1 == count ? 0 : i + 1];
    sum += a.x * c.y - c.x * a.y;
  }
  return sum;
}

static void fill_quad(const body *b, demo_point p0, demo_point p1, demo_point p2, demo_point p3,
                      demo_rgb colour) {
  const demo_point points[4] = {p0, p1, p2, p3};
  demo_fill_object(b->demo, points, 4, demo_lit_paint(b->demo, colour));
}

/// Draws the prism's faces that look at the camera. Its near side always does.
static void draw_prism(const body *b, const profile *p) {
  demo_point near_side[PROFILE_POINTS_MAX], far_side[PROFILE_POINTS_MAX];
  for (int i = 0; i < p->count; i++) {
    near_side[i] = at(b, p->points[i].x, p->points[i].y, b->near_t);
    far_side[i] = at(b, p->points[i].x, p->points[i].y, b->far_t);
  }
  const float facing = signed_area(near_side, p->count);
  for (int i = 0; i < p->count; i++) {
    const int j = i + 1 == p->count ? 0 : i + 1;
    const demo_point face[4] = {near_side[i], far_side[i], far_side[j], near_side[j]};
    if (signed_area(face, 4) * facing <= 0.0f) continue;
    demo_fill_object(b->demo, face, 4, demo_lit_paint(b->demo, p->faces[i]));
  }
  demo_fill_object(b->demo, near_side, p->count, demo_lit_paint(b->demo, p->side));
}

/// A rectangle on the near side.
static void draw_panel(const body *b, float x0, float x1, float h0, float h1, demo_rgb colour) {
  fill_quad(b, at(b, x0, h0, b->near_t), at(b, x1, h0, b->near_t), at(b, x1, h1, b->near_t),
            at(b, x0, h1, b->near_t), colour);
}

/// A rectangle on the front (or rear) at x, from `from` to `to` of the width; only if seen.
static void draw_end_panel(const body *b, float x, float from, float to, float h0, float h1,
                           demo_paint paint) {
  const float ta = b->near_t + (b->far_t - b->near_t) * from;
  const float tb = b->near_t + (b->far_t - b->near_t) * to;
  const demo_point p[4] = {at(b, x, h0, ta), at(b, x, h0, tb), at(b, x, h1, tb), at(b, x, h1, ta)};
  const bool front = x > 0.0f;
  const bool mirrored = b->object->heading < 0.0f;
  // The front of an object heading right is seen when its near edge is left of its far edge.
  if ((signed_area(p, 4) < 0.0f) != (front != mirrored)) return;
  demo_fill_object(b->demo, p, 4, paint);
}

static void draw_wheel(const body *b, float x, float radius) {
  static const float turn_cos[12] = {1.0f, 0.86603f, 0.5f, 0.0f, -0.5f, -0.86603f,
                                     -1.0f, -0.86603f, -0.5f, 0.0f, 0.5f, 0.86603f};
  demo_point tyre[12], rim[12];
  for (int i = 0; i < 12; i++) {
    const float c = turn_cos[i], s = turn_cos[(i + 9) % 12];
    tyre[i] = at(b, x + radius * c, radius + radius * s, b->near_t);
    rim[i] = at(b, x + 0.6f * radius * c, radius + 0.6f * radius * s, b->near_t);
  }
  demo_fill_object(b->demo, tyre, 12, demo_lit_paint(b->demo, (demo_rgb){0.07f, 0.07f, 0.08f}));
  demo_fill_object(b->demo, rim, 12, demo_lit_paint(b->demo, (demo_rgb){0.52f, 0.53f, 0.55f}));
  // Two dark openings turn with the wheel.
  if (rim[0].x - rim[6].x > -6.0f && rim[0].x - rim[6].x < 6.0f) return;
  const int turn = (int)(b->object->travelled / radius * (12.0f / 6.2832f)) % 12;
  for (int half = 0; half < 2; half++) {
    const int i = (12 - turn + 6 * half) % 12;
    const demo_point hub = at(b, x, radius, b->near_t);
    const demo_point spoke[3] = {rim[i], rim[(i + 2) % 12], hub};
    demo_fill_object(b->demo, spoke, 3, demo_lit_paint(b->demo, (demo_rgb){0.16f, 0.16f, 0.18f}));
  }
}

static void draw_lamps(const body *b, float x, float h0, float h1) {
  const bool on = b->demo->light_level > 110 && b->object->travelled != 0.0f;
  const demo_rgb head = on ? (demo_rgb){1.0f, 0.97f, 0.80f} : (demo_rgb){0.85f, 0.87f, 0.88f};
  const demo_rgb tail = on ? (demo_rgb){1.0f, 0.12f, 0.08f} : (demo_rgb){0.55f, 0.05f, 0.05f};
  const demo_paint front = on ? demo_glow_paint(head, 1.0f) : demo_lit_paint(b->demo, head);
  const demo_paint rear = on ? demo_glow_paint(tail, 1.0f) : demo_lit_paint(b->demo, tail);
  for (int i = 0; i < 2; i++) {
    const float from = i ? 0.74f : 0.06f;
    draw_end_panel(b, x, from, from + 0.2f, h0, h1, front);
    draw_end_panel(b, -x, from, from + 0.2f, h0, h1, rear);
  }
}

static const demo_rgb glass = {0.13f, 0.17f, 0.21f};
static const demo_rgb windscreen = {0.30f, 0.37f, 0.43f};
static const demo_rgb dark = {0.09f, 0.09f, 0.10f};

static demo_rgb vehicle_colour(uint32_t look) {
  static const demo_rgb colours[10] = {
      {0.82f, 0.83f, 0.84f}, {0.58f, 0.60f, 0.62f}, {0.16f, 0.17f, 0.19f}, {0.66f, 0.12f, 0.11f},
      {0.13f, 0.24f, 0.50f}, {0.28f, 0.44f, 0.62f}, {0.20f, 0.38f, 0.27f}, {0.86f, 0.68f, 0.16f},
      {0.72f, 0.66f, 0.54f}, {0.42f, 0.16f, 0.24f}};
  return colours[(look >> 9) % 10u];
}

/// Fills a profile's faces: top faces catch the sky, ends less.
static void shade_faces(profile *p, demo_rgb colour) {
  for (int i = 0; i < p->count; i++) {
    const demo_point a = p->points[i], c = p->points[i + 1 == p->count ? 0 : i + 1];
    const float dx = a.x - c.x, dh = a.y > c.y ? a.y - c.y : c.y - a.y;
    const bool top = dx > 0.0f && dx > dh;
    p->faces[i] = demo_scale(colour, top ? 1.12f : 0.92f);
  }
  p->side = demo_scale(colour, 0.80f);
}

static void draw_car(body *b, demo_rgb colour) {
  const float l = b->object->length, top = b->object->height;
  const bool estate = (b->object->look >> 16 & 3u) == 0u;
  const bool hatch = (b->object->look >> 16 & 3u) == 1u;
  profile lower = {.count = 8,
                   .points = {{-0.49f * l, 0.26f}, {0.485f * l, 0.26f}, {0.5f * l, 0.50f},
                              {0.47f * l, 0.72f}, {0.20f * l, 0.92f}, {-0.44f * l, 0.95f},
                              {-0.49f * l, 0.84f}, {-0.5f * l, 0.5f}}};
  shade_faces(&lower, colour);
  draw_prism(b, &lower);
  draw_lamps(b, 0.492f * l, 0.52f, 0.70f);
  draw_end_panel(b, 0.497f * l, 0.3f, 0.7f, 0.42f, 0.52f, demo_lit_paint(b->demo, dark));
  const float tail = estate ? -0.46f : hatch ? -0.44f : -0.36f;
  const float roof_end = estate ? -0.42f : hatch ? -0.34f : -0.20f;
  profile cabin = {.count = 4,
                   .points = {{tail * l, 0.93f}, {0.22f * l, 0.91f}, {0.05f * l, top},
                              {roof_end * l, top}}};
  shade_faces(&cabin, colour);
  cabin.faces[1] = windscreen;
  cabin.faces[3] = demo_scale(windscreen, 0.8f);
  const float near_t = b->near_t, far_t = b->far_t;
  b->near_t += 0.12f;
  b->far_t -= 0.12f;
  draw_prism(b, &cabin);
  const float h0 = 0.96f, h1 = top - 0.10f;
  const demo_point front[4] = {at(b, -0.06f * l, h0, b->near_t), at(b, 0.185f * l, h0, b->near_t),
                               at(b, 0.055f * l, h1, b->near_t), at(b, -0.06f * l, h1, b->near_t)};
  const demo_point rear[4] = {at(b, (tail + 0.04f) * l, h0, b->near_t),
                              at(b, -0.085f * l, h0, b->near_t), at(b, -0.085f * l, h1, b->near_t),
                              at(b, (roof_end + 0.01f) * l, h1, b->near_t)};
  demo_fill_object(b->demo, front, 4, demo_lit_paint(b->demo, glass));
  demo_fill_object(b->demo, rear, 4, demo_lit_paint(b->demo, glass));
  b->near_t = near_t;
  b->far_t = far_t;
  draw_panel(b, -0.44f * l, 0.44f * l, 0.26f, 0.34f, dark);
  draw_wheel(b, 0.30f * l, 0.33f);
  draw_wheel(b, -0.30f * l, 0.33f);
}

static void draw_van(body *b, demo_rgb colour) {
  const float l = b->object->length, top = b->object->height;
  profile shell = {.count = 7,
                   .points = {{-0.5f * l, 0.30f}, {0.5f * l, 0.30f}, {0.5f * l, 0.80f},
                              {0.40f * l, 1.12f}, {0.24f * l, top - 0.06f}, {0.16f * l, top},
                              {-0.5f * l, top}}};
  shade_faces(&shell, colour);
  shell.faces[3] = windscreen;
  draw_prism(b, &shell);
  draw_lamps(b, 0.5f * l, 0.58f, 0.80f);
  draw_end_panel(b, -0.5f * l, 0.12f, 0.88f, 1.2f, 1.75f, demo_lit_paint(b->demo, glass));
  const float sill = 1.18f, lintel = top - 0.2f, t = b->near_t;
  const demo_point door[4] = {at(b, 0.15f * l, sill, t), at(b, 0.36f * l, sill, t),
                              at(b, 0.235f * l, lintel, t), at(b, 0.15f * l, lintel, t)};
  demo_fill_object(b->demo, door, 4, demo_lit_paint(b->demo, glass));
  draw_panel(b, -0.40f * l, 0.10f * l, 0.86f, 0.95f, demo_scale(colour, 0.55f));
  draw_panel(b, -0.48f * l, 0.48f * l, 0.30f, 0.38f, dark);
  draw_wheel(b, 0.31f * l, 0.36f);
  draw_wheel(b, -0.31f * l, 0.36f);
}

static void draw_box(body *b, float x0, float x1, float h0, float h1, demo_rgb colour) {
  profile box = {.count = 4, .points = {{x0, h0}, {x1, h0}, {x1, h1}, {x0, h1}}};
  shade_faces(&box, colour);
  draw_prism(b, &box);
}

static void draw_bus(body *b) {
  static const demo_rgb liveries[4] = {
      {0.72f, 0.12f, 0.12f}, {0.88f, 0.74f, 0.20f}, {0.18f, 0.42f, 0.62f}, {0.26f, 0.50f, 0.34f}};
  const demo_rgb colour = liveries[(b->object->look >> 9) & 3u];
  const float l = b->object->length, top = b->object->height;
  draw_box(b, -0.5f * l, 0.5f * l, 0.36f, top, colour);
  const demo_paint pane = demo_lit_paint(b->demo, windscreen);
  draw_end_panel(b, 0.5f * l, 0.05f, 0.95f, 1.2f, top - 0.45f, pane);
  draw_end_panel(b, -0.5f * l, 0.12f, 0.88f, 1.5f, top - 0.5f, pane);
  draw_end_panel(b, 0.5f * l, 0.15f, 0.85f, top - 0.38f, top - 0.12f,
                 demo_glow_paint((demo_rgb){0.95f, 0.62f, 0.10f}, 1.0f));
  draw_lamps(b, 0.5f * l, 0.62f, 0.86f);
  draw_panel(b, -0.5f * l, 0.5f * l, 0.80f, 1.0f, demo_scale((demo_rgb){0.9f, 0.9f, 0.88f}, 0.85f));
  const bool evening = b->demo->light_level > 110;
  const demo_rgb inside = evening ? (demo_rgb){1.25f, 1.1f, 0.72f} : glass;
  for (int i = 0; i < 7; i++) {
    const float x = (-0.475f + 0.136f * (float)i) * l;
    draw_panel(b, x, x + 0.122f * l, 1.25f, top - 0.55f, inside);
  }
  // Passengers board on the kerb side, the near side of a bus heading right.
  if (b->object->heading > 0.0f) {
    draw_panel(b, 0.36f * l, 0.455f * l, 0.45f, 2.45f, glass);
    draw_panel(b, -0.06f * l, 0.06f * l, 0.45f, 2.45f, glass);
  }
  draw_panel(b, -0.5f * l, 0.5f * l, 0.36f, 0.44f, dark);
  draw_wheel(b, 0.28f * l, 0.48f);
  draw_wheel(b, -0.27f * l, 0.48f);
}

static void draw_lorry(body *b, demo_rgb colour) {
  static const demo_rgb loads[4] = {
      {0.84f, 0.84f, 0.82f}, {0.60f, 0.42f, 0.22f}, {0.30f, 0.46f, 0.40f}, {0.70f, 0.72f, 0.76f}};
  const float l = b->object->length, top = b->object->height;
  const demo_rgb load = loads[(b->object->look >> 18) & 3u];
  draw_box(b, -0.5f * l, 0.48f * l, 0.50f, 0.92f, (demo_rgb){0.20f, 0.20f, 0.21f});
  const bool front_seen =
      at(b, 0.5f * l, 1.0f, b->far_t).x * b->object->heading >
      at(b, 0.5f * l, 1.0f, b->near_t).x * b->object->heading;
  // Of cab and load, the one nearer to the camera goes last.
  for (int pass = 0; pass < 2; pass++) {
    if ((pass == 1) == front_seen) {
      profile cab = {.count = 5,
                     .points = {{0.27f * l, 0.52f}, {0.5f * l, 0.52f}, {0.5f * l, 1.45f},
                                {0.47f * l, 2.55f}, {0.27f * l, 2.6f}}};
      shade_faces(&cab, colour);
      cab.faces[2] = windscreen;
      draw_prism(b, &cab);
      draw_lamps(b, 0.5f * l, 0.66f, 0.90f);
      draw_panel(b, 0.33f * l, 0.455f * l, 1.55f, 2.3f, glass);
    } else {
      draw_box(b, -0.5f * l, 0.235f * l, 0.92f, top, load);
      draw_panel(b, -0.46f * l, 0.20f * l, 1.75f, 2.05f, demo_scale(colour, 0.8f));
    }
  }
  draw_wheel(b, 0.37f * l, 0.47f);
  draw_wheel(b, -0.22f * l, 0.47f);
  draw_wheel(b, -0.36f * l, 0.47f);
}

void demo_vehicle_draw(aip_demo *d, const demo_object *o) {
  body b = {d, o, o->t - 0.5f * o->width, o->t + 0.5f * o->width};
  const demo_rgb colour = vehicle_colour(o->look);
  switch (o->kind) {
    case DEMO_VAN:
      draw_van(&b, colour);
      break;
    case DEMO_BUS:
      draw_bus(&b);
      break;
    case DEMO_LORRY:
      draw_lorry(&b, colour);
      break;
    default:
      draw_car(&b, colour);
      break;
  }
}
