/// Shapes made of convex polygons, and the bounds of what an object draws.
#include <math.h>

#include "demo_internal.h"

/// Circles of a smaller radius, in pixels, get by with fewer corners.
#define SMALL_RADIUS 3.0f

static inline float lesser(float a, float b) { return a < b ? a : b; }
static inline float greater(float a, float b) { return a > b ? a : b; }

static void extend(demo_box *box, const demo_point *points, int count) {
  for (int i = 0; i < count; i++) {
    box->x1 = lesser(box->x1, points[i].x);
    box->y1 = lesser(box->y1, points[i].y);
    box->x2 = greater(box->x2, points[i].x);
    box->y2 = greater(box->y2, points[i].y);
  }
}

void demo_fill(aip_demo *d, const demo_point *points, int count, demo_paint paint) {
  demo_box bounds = demo_box_empty();
  extend(&bounds, points, count);
  d->kernels->fill(d, points, count, bounds, paint, NULL);
}

void demo_fill_object(aip_demo *d, const demo_point *points, int count, demo_paint paint) {
  demo_box bounds = demo_box_empty();
  extend(&bounds, points, count);
  const demo_point corners[2] = {{bounds.x1, bounds.y1}, {bounds.x2, bounds.y2}};
  extend(&d->current->whole, corners, 2);
  if (bounds.x1 >= 0.0f && bounds.y1 >= 0.0f && bounds.x2 <= (float)d->width &&
      bounds.y2 <= (float)d->height) {
    extend(&d->current->inside, corners, 2);
  } else {
    demo_point clipped[DEMO_POLYGON_POINTS_MAX + 4];
    extend(&d->current->inside, clipped, demo_clip(points, count, d->width, d->height, clipped));
  }
  demo_object *owner = d->current->counts_pixels ? d->current : NULL;
  d->kernels->fill(d, points, count, bounds, paint, owner);
}

void demo_fill_capsule(aip_demo *d, float t, demo_point a, float radius_a, demo_point b,
                       float radius_b, demo_paint paint) {
  // Half a turn around each end, starting square to the axis: five steps, or three if small.
  static const float turn_cos[2][6] = {{1.0f, 0.80902f, 0.30902f, -0.30902f, -0.80902f, -1.0f},
                                       {1.0f, 0.5f, -0.5f, -1.0f, 0.0f, 0.0f}};
  static const float turn_sin[2][6] = {{0.0f, 0.58779f, 0.95106f, 0.95106f, 0.58779f, 0.0f},
                                       {0.0f, 0.86603f, 0.86603f, 0.0f, 0.0f, 0.0f}};
  const bool small = greater(radius_a, radius_b) * d->camera.focal < SMALL_RADIUS * t;
  const int half = small ? 4 : 6;
  float dx = b.x - a.x, dy = b.y - a.y;
  const float length = sqrtf(dx * dx + dy * dy);
  if (length > 1e-5f) {
    dx /= length;
    dy /= length;
  } else {
    dx = 1.0f;
    dy = 0.0f;
  }
  demo_point points[12];
  for (int i = 0; i < half; i++) {
    const float along = turn_sin[small][i], square = turn_cos[small][i];
    const float x = along * dx + square * dy, y = along * dy - square * dx;
    points[i] = demo_project(&d->camera, b.x + radius_b * x, t, b.y + radius_b * y);
    points[half + i] = demo_project(&d->camera, a.x - radius_a * x, t, a.y - radius_a * y);
  }
  demo_fill_object(d, points, 2 * half, paint);
}
