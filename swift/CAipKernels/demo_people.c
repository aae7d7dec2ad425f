/// People and cyclists as limbs in the upright plane they move in, and the street's posts.
#include <math.h>

#include "demo_internal.h"

#define FINE_PIXELS_PER_METRE 24.0f

static const demo_rgb skins[5] = {{0.90f, 0.72f, 0.60f}, {0.80f, 0.60f, 0.46f},
                                  {0.62f, 0.43f, 0.31f}, {0.44f, 0.29f, 0.21f},
                                  {0.94f, 0.78f, 0.68f}};
static const demo_rgb tops[10] = {{0.75f, 0.18f, 0.16f}, {0.16f, 0.30f, 0.58f},
                                  {0.90f, 0.88f, 0.84f}, {0.20f, 0.42f, 0.28f},
                                  {0.88f, 0.66f, 0.18f}, {0.12f, 0.12f, 0.14f},
                                  {0.50f, 0.26f, 0.50f}, {0.88f, 0.46f, 0.16f},
                                  {0.36f, 0.60f, 0.70f}, {0.56f, 0.54f, 0.50f}};
static const demo_rgb bottoms[6] = {{0.14f, 0.18f, 0.30f}, {0.12f, 0.12f, 0.13f},
                                    {0.34f, 0.30f, 0.24f}, {0.24f, 0.32f, 0.46f},
                                    {0.60f, 0.54f, 0.42f}, {0.32f, 0.32f, 0.34f}};
static const demo_rgb hairs[5] = {{0.12f, 0.09f, 0.07f}, {0.32f, 0.21f, 0.12f},
                                  {0.70f, 0.56f, 0.32f}, {0.55f, 0.54f, 0.53f},
                                  {0.22f, 0.10f, 0.06f}};

/// A figure drawn with lengths for a person 1.75 m tall, x forward.
typedef struct figure {
  aip_demo *demo;
  float s, t, heading, scale;
  bool fine;  // near enough for hands and spokes to be seen
} figure;

static figure figure_of(aip_demo *d, const demo_object *o, float scale) {
  return (figure){d, o->s, o->t, o->heading, scale, d->camera.focal > FINE_PIXELS_PER_METRE * o->t};
}

static void limb(const figure *f, float x0, float h0, float r0, float x1, float h1, float r1,
                 demo_rgb colour) {
  const float k = f->scale;
  const demo_point a = {f->s + f->heading * x0 * k, h0 * k};
  const demo_point b = {f->s + f->heading * x1 * k, h1 * k};
  demo_fill_capsule(f->demo, f->t, a, r0 * k, b, r1 * k, demo_lit_paint(f->demo, colour));
}

/// One leg: the thigh swings by `swing` radians, the knee bends by `bend`.
static void leg(const figure *f, float hip_x, float swing, float bend, demo_rgb trousers,
                demo_rgb shoe) {
  const float knee_x = hip_x + 0.42f * sinf(swing), knee_h = 0.90f - 0.42f * cosf(swing);
  const float shin = swing - bend;
  const float foot_x = knee_x + 0.42f * sinf(shin), foot_h = knee_h - 0.42f * cosf(shin);
  limb(f, hip_x, 0.90f, 0.095f, knee_x, knee_h, 0.075f, trousers);
  limb(f, knee_x, knee_h, 0.075f, foot_x, foot_h, 0.055f, trousers);
  limb(f, foot_x - 0.02f, foot_h - 0.01f, 0.045f, foot_x + 0.15f, foot_h - 0.015f, 0.035f, shoe);
}

static void arm(const figure *f, float shoulder_x, float swing, demo_rgb sleeve, demo_rgb skin) {
  const float elbow_x = shoulder_x + 0.29f * sinf(swing);
  const float elbow_h = 1.38f - 0.29f * cosf(swing);
  const float lower = swing + 0.25f + 0.3f * fmaxf(swing, 0.0f);
  const float hand_x = elbow_x + 0.27f * sinf(lower), hand_h = elbow_h - 0.27f * cosf(lower);
  limb(f, shoulder_x, 1.38f, 0.065f, elbow_x, elbow_h, 0.055f, sleeve);
  limb(f, elbow_x, elbow_h, 0.052f, hand_x, hand_h, 0.042f, sleeve);
  if (f->fine) limb(f, hand_x, hand_h, 0.048f, hand_x, hand_h, 0.048f, skin);
}

static void head(const figure *f, float x, float h, demo_rgb skin, demo_rgb hair) {
  limb(f, x - 0.02f, h + 0.035f, 0.118f, x - 0.03f, h, 0.115f, hair);
  limb(f, x + 0.03f, h - 0.015f, 0.092f, x + 0.035f, h - 0.045f, 0.080f, skin);
}

void demo_walker_draw(aip_demo *d, const demo_object *o) {
  const figure f = figure_of(d, o, o->height / 1.75f);
  const demo_rgb skin = skins[(o->look >> 3) % 5u], hair = hairs[(o->look >> 6) % 5u];
  const demo_rgb top = tops[(o->look >> 9) % 10u], trousers = bottoms[(o->look >> 13) % 6u];
  const demo_rgb shoe = {0.16f, 0.14f, 0.13f};
  // Two steps of 0.75 m are one turn of the gait.
  const float phase = fmodf(o->travelled, 1.5f * f.scale) * (float)DEMO_TAU / (1.5f * f.scale);
  const float swing = 0.50f * o->gait * sinf(phase);
  const float bend_a = o->gait * (0.12f + 0.55f * fmaxf(0.0f, cosf(phase)));
  const float bend_b = o->gait * (0.12f + 0.55f * fmaxf(0.0f, -cosf(phase)));
  const float apart = 0.05f * (1.0f - o->gait);
  const demo_rgb far_top = demo_scale(top, 0.78f), far_trousers = demo_scale(trousers, 0.78f);
  const bool coat = (o->look >> 17 & 3u) == 0u;
  arm(&f, 0.0f, 0.8f * swing, far_top, demo_scale(skin, 0.8f));
  leg(&f, -apart, -swing, bend_b, far_trousers, demo_scale(shoe, 0.8f));
  leg(&f, apart, swing, bend_a, trousers, shoe);
  if ((o->look >> 19 & 3u) == 0u)  // a backpack
    limb(&f, -0.20f, 1.33f, 0.11f, -0.20f, 1.10f, 0.12f, tops[(o->look >> 22) % 10u]);
  if (coat) limb(&f, 0.0f, 1.0f, 0.165f, 0.0f, 0.72f, 0.19f, top);
  limb(&f, 0.01f, 1.36f, 0.135f, 0.0f, 0.98f, 0.14f, top);
  limb(&f, 0.02f, 1.48f, 0.055f, 0.02f, 1.42f, 0.06f, skin);
  head(&f, 0.02f, 1.62f, skin, hair);
  arm(&f, 0.0f, -0.8f * swing, demo_scale(top, 0.92f), skin);
}

static void bar(const figure *f, float x0, float h0, float x1, float h1, float radius,
                demo_rgb colour) {
  limb(f, x0, h0, radius, x1, h1, radius, colour);
}

static void tyre(const figure *f, float centre_x, float radius, float turn) {
  enum { SEGMENTS_MAX = 14, SEGMENTS_FEW = 10 };
  const demo_paint paint = demo_lit_paint(f->demo, (demo_rgb){0.08f, 0.08f, 0.09f});
  const int segments = f->fine ? SEGMENTS_MAX : SEGMENTS_FEW;
  const float outer = radius, inner = radius - 0.055f, x = f->s + f->heading * centre_x;
  demo_point ring[2][SEGMENTS_MAX];
  for (int i = 0; i < segments; i++) {
    const float angle = (float)DEMO_TAU * (float)i / (float)segments;
    const float c = cosf(angle), s = sinf(angle);
    ring[0][i] = demo_project(&f->demo->camera, x + outer * c, f->t, radius + outer * s);
    ring[1][i] = demo_project(&f->demo->camera, x + inner * c, f->t, radius + inner * s);
  }
  for (int i = 0; i < segments; i++) {
    const int j = i + 1 == segments ? 0 : i + 1;
    const demo_point quad[4] = {ring[0][i], ring[0][j], ring[1][j], ring[1][i]};
    demo_fill_object(f->demo, quad, 4, paint);
  }
  if (!f->fine) return;
  const demo_rgb spoke = {0.45f, 0.46f, 0.48f};
  for (int i = 0; i < 3; i++) {
    const float angle = (float)DEMO_TAU * (float)i / 6.0f - turn;
    const float dx = inner * cosf(angle), dh = inner * sinf(angle);
    bar(f, centre_x - dx, radius - dh, centre_x + dx, radius + dh, 0.010f, spoke);
  }
}

/// Hip and foot are given; the knee is where thigh and shin meet, to the front.
static void pedalling_leg(const figure *f, float hip_x, float hip_h, float foot_x, float foot_h,
                          demo_rgb trousers, demo_rgb shoe) {
  const float thigh = 0.44f, shin = 0.46f;
  const float dx = foot_x - hip_x, dh = foot_h - hip_h;
  const float reach = fminf(sqrtf(dx * dx + dh * dh), thigh + shin - 0.001f);
  const float along = (reach * reach + thigh * thigh - shin * shin) / (2.0f * reach);
  const float aside = sqrtf(fmaxf(thigh * thigh - along * along, 0.0f));
  const float ux = dx / reach, uh = dh / reach;
  const float knee_x = hip_x + along * ux - aside * uh, knee_h = hip_h + along * uh + aside * ux;
  limb(f, hip_x, hip_h, 0.10f, knee_x, knee_h, 0.075f, trousers);
  limb(f, knee_x, knee_h, 0.072f, foot_x, foot_h + 0.05f, 0.05f, trousers);
  limb(f, foot_x - 0.05f, foot_h + 0.03f, 0.04f, foot_x + 0.11f, foot_h + 0.02f, 0.035f, shoe);
}

void demo_bicycle_draw(aip_demo *d, const demo_object *o) {
  const figure f = figure_of(d, o, 1.0f);
  const demo_rgb skin = skins[(o->look >> 3) % 5u];
  const demo_rgb top = tops[(o->look >> 9) % 10u], trousers = bottoms[(o->look >> 13) % 6u];
  const demo_rgb frame = tops[(o->look >> 20) % 10u], shoe = {0.14f, 0.13f, 0.13f};
  const demo_rgb helmet = tops[(o->look >> 25) % 10u];
  const float wheel = 0.34f;
  const float turn = fmodf(o->travelled / wheel, (float)DEMO_TAU);
  const float crank = fmodf(o->travelled / (wheel * 2.4f), (float)DEMO_TAU);
  const float pedal_x = 0.17f * cosf(crank), pedal_h = -0.17f * sinf(crank);
  const float crank_x = -0.05f, crank_h = 0.30f, hip_x = -0.22f, hip_h = 0.98f;
  pedalling_leg(&f, hip_x, hip_h, crank_x - pedal_x, crank_h - pedal_h,
                demo_scale(trousers, 0.75f), shoe);
  tyre(&f, -0.53f, wheel, turn);
  tyre(&f, 0.53f, wheel, turn);
  bar(&f, -0.53f, wheel, crank_x, crank_h, 0.022f, frame);
  bar(&f, -0.53f, wheel, -0.20f, 0.84f, 0.022f, frame);
  bar(&f, crank_x, crank_h, -0.22f, 0.92f, 0.024f, frame);
  bar(&f, crank_x, crank_h, 0.40f, 0.78f, 0.026f, frame);
  bar(&f, -0.19f, 0.80f, 0.39f, 0.84f, 0.024f, frame);
  bar(&f, 0.53f, wheel, 0.37f, 1.02f, 0.024f, frame);
  bar(&f, 0.34f, 1.04f, 0.46f, 1.05f, 0.024f, (demo_rgb){0.1f, 0.1f, 0.1f});
  bar(&f, -0.32f, 0.95f, -0.14f, 0.95f, 0.035f, (demo_rgb){0.1f, 0.1f, 0.1f});
  pedalling_leg(&f, hip_x, hip_h, crank_x + pedal_x, crank_h + pedal_h, trousers, shoe);
  limb(&f, hip_x, 1.02f, 0.125f, 0.12f, 1.42f, 0.125f, top);
  limb(&f, 0.20f, 1.55f, 0.055f, 0.16f, 1.47f, 0.055f, skin);
  head(&f, 0.24f, 1.64f, skin, helmet);
  limb(&f, 0.16f, 1.71f, 0.085f, 0.28f, 1.73f, 0.070f, helmet);
  limb(&f, 0.14f, 1.40f, 0.065f, 0.27f, 1.18f, 0.055f, demo_scale(top, 0.92f));
  limb(&f, 0.27f, 1.18f, 0.052f, 0.43f, 1.07f, 0.042f, skin);
}

void demo_furniture_draw(aip_demo *d, const demo_object *o) {
  const figure f = figure_of(d, o, 1.0f);
  if (o->kind == DEMO_TRUNK) {
    const demo_rgb bark = {0.30f, 0.23f, 0.17f};
    limb(&f, 0.0f, 0.05f, 0.16f, 0.02f, o->height, 0.10f, bark);
    return;
  }
  const demo_rgb steel = {0.42f, 0.43f, 0.45f};
  limb(&f, 0.0f, 0.02f, 0.05f, 0.0f, 2.9f, 0.045f, steel);
  limb(&f, 0.0f, 2.72f, 0.31f, 0.0f, 2.72f, 0.31f, (demo_rgb){0.86f, 0.86f, 0.86f});
  limb(&f, 0.0f, 2.72f, 0.26f, 0.0f, 2.72f, 0.26f, (demo_rgb){0.12f, 0.28f, 0.62f});
}

static void ground_polygon(aip_demo *d, const float (*st)[2], int count, float alpha) {
  demo_point points[8];
  for (int i = 0; i < count; i++) {
    points[i] = demo_project(&d->camera, st[i][0], st[i][1], 0.0f);
  }
  demo_fill(d, points, count, (demo_paint){25, 128, 128, (uint16_t)(alpha * 256.0f)});
}

void demo_shadow_draw(aip_demo *d, const demo_object *o) {
  const float sun = 0.40f * (1.0f - (float)d->light_level / 256.0f);
  const bool vehicle = o->class_id == AIP_DEMO_VEHICLE;
  const bool cyclist = o->class_id == AIP_DEMO_CYCLIST;
  const float half_length = vehicle ? 0.49f * o->length : cyclist ? 0.75f : 0.17f;
  const float half_width = vehicle ? 0.48f * o->width : 0.14f;
  const float s0 = o->s - half_length, s1 = o->s + half_length;
  const float t0 = o->t - half_width, t1 = o->t + half_width;
  if (o->class_id >= 0) {  // where the object keeps the sky's light off the ground
    const float wide = vehicle ? 0.12f : 0.05f;
    const float contact[4][2] = {{s0 - wide, t0 - wide}, {s1 + wide, t0 - wide},
                                 {s1 + wide, t1 + wide}, {s0 - wide, t1 + wide}};
    ground_polygon(d, contact, 4, vehicle ? 0.40f : 0.22f);
  }
  if (sun < 0.02f) return;
  const float reach = vehicle ? 0.92f * o->height : o->height;
  const float ds = DEMO_SHADOW_S * reach, dt = DEMO_SHADOW_T * reach;
  // The hull of the footprint and of the footprint moved away from the sun.
  const float cast[6][2] = {{s0, t1},           {s1, t1},           {s1 + ds, t1 + dt},
                            {s1 + ds, t0 + dt}, {s0 + ds, t0 + dt}, {s0, t0}};
  ground_polygon(d, cast, 6, sun);
}
