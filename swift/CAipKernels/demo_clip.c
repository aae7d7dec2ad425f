/// The part of a convex polygon that lies in the picture, for boxes that are tight there, too
/// (Sutherland and Hodgman, "Reentrant Polygon Clipping", 1974).
#include "demo_internal.h"

typedef struct half_plane {
  float a, b, c;  // inside where a x + b y + c is 0 or more
} half_plane;

static int clip_by(half_plane plane, const demo_point *points, int count, demo_point *out) {
  int kept = 0;
  for (int i = 0; i < count; i++) {
    const demo_point p = points[i], q = points[i + 1 == count ? 0 : i + 1];
    const float at_p = plane.a * p.x + plane.b * p.y + plane.c;
    const float at_q = plane.a * q.x + plane.b * q.y + plane.c;
    if (at_p >= 0.0f) out[kept++] = p;
    if ((at_p >= 0.0f) == (at_q >= 0.0f)) continue;
    const float k = at_p / (at_p - at_q);
    out[kept++] = (demo_point){p.x + (q.x - p.x) * k, p.y + (q.y - p.y) * k};
  }
  return kept;
}

int demo_clip(const demo_point *points, int count, int width, int height, demo_point *out) {
  // A half-plane adds at most one corner to a convex polygon.
  demo_point other[DEMO_POLYGON_POINTS_MAX + 4];
  count = clip_by((half_plane){1.0f, 0.0f, 0.0f}, points, count, other);
  count = clip_by((half_plane){-1.0f, 0.0f, (float)width}, other, count, out);
  count = clip_by((half_plane){0.0f, 1.0f, 0.0f}, out, count, other);
  return clip_by((half_plane){0.0f, -1.0f, (float)height}, other, count, out);
}
