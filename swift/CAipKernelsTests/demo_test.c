// Tests of the demo scene. Truth is held against pixels: an object drawn alone, minus the empty
// street, is where its box must be; planes lie against unmapped pages.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aip_demo.h"
#include "aip_kernels.h"
#include "check.h"

// Under an emulator, which takes a hundred times as long: small pictures, few frames.
static bool brief;

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = true };
#elif defined(__has_feature)
enum { SANITIZED = __has_feature(address_sanitizer) };
#else
enum { SANITIZED = false };
#endif

enum { PLAIN = AIP_DEMO_NO_NOISE | AIP_DEMO_NO_SHADOWS | AIP_DEMO_FIXED_LIGHT };

static aip_demo_options options_of(uint32_t width, uint32_t height, uint32_t seed) {
  return (aip_demo_options){.width = width,
                            .height = height,
                            .fps = 25.0,
                            .seed = seed,
                            .density = 1.0f,
                            .person_share = -1.0f,
                            .solo_track_id = -1};
}

/// A scene and the planes it draws into, each ending at an unmapped page.
typedef struct canvas {
  aip_demo *demo;
  uint32_t width, height, strides[3];
  guarded planes[3];
  aip_demo_truth truth[AIP_DEMO_OBJECTS_MAX];
  uint32_t truth_count;
} canvas;

static canvas canvas_make(aip_demo_options options, uint32_t padding) {
  canvas c = {.width = options.width, .height = options.height};
  CHECK(aip_demo_create(&options, &c.demo) == AIP_DEMO_OK, "a %ux%u scene is made", c.width,
        c.height);
  for (int p = 0; p < 3; p++) {
    const uint32_t width = p ? (c.width + 1) / 2 : c.width;
    const uint32_t height = p ? (c.height + 1) / 2 : c.height;
    c.strides[p] = width + padding;
    c.planes[p] = guarded_make((size_t)c.strides[p] * (height - 1) + width, false);
    memset(c.planes[p].bytes, 0xA5, c.planes[p].size_bytes);
  }
  return c;
}

static void canvas_free(canvas *c) {
  aip_demo_destroy(c->demo);
  for (int p = 0; p < 3; p++) guarded_free(&c->planes[p]);
}

static void draw(canvas *c, uint32_t frame) {
  const int32_t status = aip_demo_render(
      c->demo, frame, c->planes[0].bytes, c->strides[0], c->planes[1].bytes, c->strides[1],
      c->planes[2].bytes, c->strides[2], c->truth, AIP_DEMO_OBJECTS_MAX, &c->truth_count);
  CHECK(status == AIP_DEMO_OK, "frame %u is drawn", frame);
}

static bool same_picture(const canvas *a, const canvas *b) {
  for (int p = 0; p < 3; p++)
    if (memcmp(a->planes[p].bytes, b->planes[p].bytes, a->planes[p].size_bytes) != 0) return false;
  return a->truth_count == b->truth_count &&
         memcmp(a->truth, b->truth, a->truth_count * sizeof(aip_demo_truth)) == 0;
}

static int class_of(const aip_demo_truth *t) {
  return t->class_id < 0 ? -1 - t->class_id : t->class_id;
}

static void test_same_frame_same_bytes(void) {
  canvas forward = canvas_make(options_of(160, 90, 5), 0);
  canvas random = canvas_make(options_of(160, 90, 5), 0);
  for (uint32_t frame = 0; frame < (brief ? 70 : 600); frame += 7) {
    draw(&forward, frame);
    draw(&random, random_between(0, 100000));
    draw(&random, frame);
    CHECK(same_picture(&forward, &random), "frame %u is the same after any other frame", frame);
  }
  draw(&random, 8);
  CHECK(!same_picture(&forward, &random), "another frame is another picture");
  canvas other = canvas_make(options_of(160, 90, 6), 0);
  draw(&other, 8);
  CHECK(!same_picture(&other, &random), "another seed is another picture");
  canvas_free(&forward);
  canvas_free(&random);
  canvas_free(&other);
}

/// Sizes that no step divides, and so much traffic that rows are cut at every border.
static void test_versions_agree(void) {
  static const uint32_t sizes[][2] = {{64, 64}, {97, 131}, {322, 202}, {641, 361}};
  const int32_t best = aip_kernels_level();
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    aip_demo_options options = options_of(sizes[i][0], sizes[i][1], 7);
    options.density = 3.0f;
    canvas fast = canvas_make(options, 0);
    aip_kernels_select(AIP_LEVEL_PORTABLE);
    canvas portable = canvas_make(options, 0);
    aip_kernels_select(best);
    for (uint32_t frame = 0; frame < 3000; frame += 307) {
      draw(&fast, frame);
      draw(&portable, frame);
      CHECK(same_picture(&fast, &portable), "frame %u at %ux%u is that of the portable version",
            frame, fast.width, fast.height);
    }
    canvas_free(&fast);
    canvas_free(&portable);
  }
}

static void test_sizes_and_guards(void) {
  static const uint32_t sizes[][2] = {{64, 64},   {65, 67},  {127, 1081}, {641, 361},
                                      {1920, 64}, {64, 900}, {767, 433},  {1280, 720}};
  for (size_t i = 0; i < (brief ? 2 : sizeof sizes / sizeof sizes[0]); i++) {
    const uint32_t padding = (uint32_t)(i % 3) * 5;
    aip_demo_options options = options_of(sizes[i][0], sizes[i][1], 3);
    options.density = 2.0f;
    // Where there are visitors there are no cyclists.
    options.visitor_share = (float)(i % 2) * 0.5f;
    options.visitor_seconds = 2.0f;
    canvas c = canvas_make(options, padding);
    for (uint32_t frame = 0; frame < 200; frame += 9) {
      draw(&c, frame);
      for (uint32_t t = 0; t < c.truth_count; t++) {
        const aip_demo_truth *o = &c.truth[t];
        CHECK(o->x1 >= 0 && o->y1 >= 0 && o->x2 <= (float)c.width && o->y2 <= (float)c.height &&
                  o->x1 < o->x2 && o->y1 < o->y2,
              "a box lies in the %ux%u picture", c.width, c.height);
        CHECK(o->visibility >= 0 && o->visibility <= 1, "visibility is 0 to 1");
      }
    }
    for (int p = 0; p < 3; p++) {
      const uint32_t width = c.strides[p] - padding;
      size_t touched = 0, left = 0;
      for (size_t at = 0; at < c.planes[p].size_bytes; at++) {
        if (at % c.strides[p] >= width) {
          touched += c.planes[p].bytes[at] != 0xA5;
        } else {
          left += c.planes[p].bytes[at] == 0xA5;
        }
      }
      CHECK(touched == 0, "bytes between the rows of plane %d are left alone", p);
      CHECK(left < c.planes[p].size_bytes / 8, "plane %d is filled", p);
    }
    canvas_free(&c);
  }
}

/// The luma pixels in which two pictures differ: bounds, and how many of them are alike in a third.
typedef struct difference {
  int x1, y1, x2, y2;
  uint32_t count, seen;
} difference;

static difference compare(const canvas *with, const canvas *without, const canvas *all) {
  difference d = {INT32_MAX, INT32_MAX, -1, -1, 0, 0};
  for (uint32_t y = 0; y < with->height; y++) {
    for (uint32_t x = 0; x < with->width; x++) {
      const size_t at = (size_t)y * with->strides[0] + x;
      const int here = with->planes[0].bytes[at];
      if (here == without->planes[0].bytes[at]) continue;
      if ((int)x < d.x1) d.x1 = (int)x;
      if ((int)y < d.y1) d.y1 = (int)y;
      if ((int)x + 1 > d.x2) d.x2 = (int)x + 1;
      if ((int)y + 1 > d.y2) d.y2 = (int)y + 1;
      d.count++;
      d.seen += abs(here - all->planes[0].bytes[at]) <= 1;
    }
  }
  return d;
}

static void test_boxes_bound_the_pixels(void) {
  aip_demo_options options = brief ? options_of(128, 72, 1) : options_of(320, 180, 1);
  options.flags = PLAIN;
  canvas all = canvas_make(options, 0);
  options.flags = PLAIN | AIP_DEMO_SOLO;
  canvas empty = canvas_make(options, 0);
  draw(&empty, 0);
  CHECK(empty.truth_count == 0, "no object has track id -1");
  for (uint32_t frame = 40; frame < (brief || SANITIZED ? 41 : 400); frame += 173) {
    draw(&all, frame);
    for (uint32_t i = 0; i < all.truth_count; i++) {
      const aip_demo_truth t = all.truth[i];
      options.solo_track_id = t.track_id;
      canvas solo = canvas_make(options, 0);
      draw(&solo, frame);
      CHECK(solo.truth_count == 1, "track %d is drawn alone", t.track_id);
      const aip_demo_truth s = solo.truth[0];
      CHECK(s.x1 == t.x1 && s.y1 == t.y1 && s.x2 == t.x2 && s.y2 == t.y2,
            "a box does not depend on what hides the object");
      const difference d = compare(&solo, &empty, &all);
      if (d.count > 0) {
        const int x1 = (int)floorf(t.x1), y1 = (int)floorf(t.y1);
        const int x2 = (int)ceilf(t.x2), y2 = (int)ceilf(t.y2);
        CHECK(d.x1 >= x1 && d.y1 >= y1 && d.x2 <= x2 && d.y2 <= y2,
              "frame %u track %d: pixels %d,%d-%d,%d lie in the box %.1f,%.1f-%.1f,%.1f", frame,
              t.track_id, d.x1, d.y1, d.x2, d.y2, (double)t.x1, (double)t.y1, (double)t.x2,
              (double)t.y2);
        CHECK(d.x1 <= x1 + 1 && d.y1 <= y1 + 1 && d.x2 >= x2 - 1 && d.y2 >= y2 - 1,
              "frame %u track %d: pixels %d,%d-%d,%d fill the box %.1f,%.1f-%.1f,%.1f", frame,
              t.track_id, d.x1, d.y1, d.x2, d.y2, (double)t.x1, (double)t.y1, (double)t.x2,
              (double)t.y2);
        // Thin limbs are all edges, which take the colour of what lies behind them.
        if (class_of(&t) != AIP_DEMO_VEHICLE) {
          canvas_free(&solo);
          continue;
        }
        const double seen = (double)d.seen / d.count * (double)s.visibility;
        CHECK(fabs(seen - (double)t.visibility) < 0.12,
              "frame %u track %d: %.2f of it is seen, truth says %.2f", frame, t.track_id, seen,
              (double)t.visibility);
      }
      canvas_free(&solo);
    }
  }
  canvas_free(&all);
  canvas_free(&empty);
}

static void test_traffic(void) {
  aip_demo_options options = options_of(128, 72, 1);
  options.flags = AIP_DEMO_NO_PARKED | AIP_DEMO_NO_NOISE;
  options.fps = 1.0;
  canvas c = canvas_make(options, 0);
  uint32_t seen[AIP_DEMO_CLASSES] = {0}, ignored = 0, empty = 0, busy = 0;
  for (uint32_t second = 0; second < 1800; second++) {
    draw(&c, second);
    empty += c.truth_count == 0;
    busy += c.truth_count >= 20;
    for (uint32_t i = 0; i < c.truth_count; i++) {
      const aip_demo_truth *t = &c.truth[i];
      const bool hidden = t->visibility < AIP_DEMO_VISIBILITY_MIN;
      CHECK(!hidden || t->class_id < 0, "what is hidden is to be ignored");
      ignored += t->class_id < 0;
      seen[class_of(t)]++;
      for (uint32_t j = 0; j < i; j++)
        CHECK(c.truth[j].track_id != t->track_id, "a track id is one object's");
    }
  }
  for (int i = 0; i < AIP_DEMO_CLASSES; i++) CHECK(seen[i] > 500, "class %d occurs", i);
  CHECK(ignored > 100, "some objects are hidden");
  CHECK(empty > 20, "half an hour has empty stretches (%u s)", empty);
  CHECK(busy > 100, "half an hour has rush hours (%u s)", busy);
  canvas_free(&c);
}

static void test_movement_is_smooth(void) {
  canvas c = canvas_make(options_of(640, 360, 2), 0);
  aip_demo_truth before[AIP_DEMO_OBJECTS_MAX];
  uint32_t before_count = 0, followed = 0;
  for (uint32_t frame = 0; frame < 500; frame++) {
    draw(&c, frame);
    for (uint32_t i = 0; i < c.truth_count; i++) {
      const aip_demo_truth *t = &c.truth[i];
      const aip_demo_truth *b = NULL;
      for (uint32_t j = 0; j < before_count; j++)
        if (before[j].track_id == t->track_id) b = &before[j];
      if (!b) {
        CHECK(frame == 0 || t->x1 < 40 || t->x2 > 600 || t->y2 > 350,
              "frame %u: track %d enters at the border (%.0f-%.0f)", frame, t->track_id,
              (double)t->x1, (double)t->x2);
        continue;
      }
      followed++;
      CHECK(class_of(b) == class_of(t), "a track keeps its class");
      // At the border a box is that of a growing part.
      if (t->x1 < 1 || t->x2 > 639 || t->y2 > 359 || b->x1 < 1 || b->x2 > 639 || b->y2 > 359)
        continue;
      // 16 m/s at 55 pixels per metre.
      CHECK(fabsf(t->x1 - b->x1) < 36 && fabsf(t->y2 - b->y2) < 12,
            "frame %u: track %d moves smoothly", frame, t->track_id);
    }
    memcpy(before, c.truth, sizeof before);
    before_count = c.truth_count;
  }
  CHECK(followed > 2000, "objects are followed (%u)", followed);
  canvas_free(&c);
}

static uint32_t count_people(aip_demo_options options, uint32_t frames) {
  canvas c = canvas_make(options, 0);
  uint32_t frames_with_people = 0;
  for (uint32_t frame = 0; frame < frames; frame++) {
    draw(&c, frame);
    bool any = false;
    for (uint32_t i = 0; i < c.truth_count; i++) any |= class_of(&c.truth[i]) == AIP_DEMO_PERSON;
    frames_with_people += any;
  }
  canvas_free(&c);
  return frames_with_people;
}

static void test_options(void) {
  aip_demo_options options = options_of(128, 72, 4);
  options.fps = 0.2;
  options.person_share = 0.0f;
  CHECK(count_people(options, 500) == 0, "person_share 0 leaves the pavements empty");
  options.person_share = 0.004f;
  const uint32_t rare = count_people(options, 2000);  // close to three hours
  CHECK(rare > 20 && rare < 1000, "person_share 0.004 makes people rare (%u of 2000)", rare);
  options.density = 0.0f;
  options.person_share = -1.0f;
  options.flags = AIP_DEMO_NO_PARKED;
  canvas c = canvas_make(options, 0);
  for (uint32_t frame = 0; frame < 200; frame++) {
    draw(&c, frame);
    CHECK(c.truth_count == 0, "density 0 leaves standing vehicles only");
  }
  canvas_free(&c);
}

/// An hour of a scene with visitors, 15 frames a second.
static void test_visitors(void) {
  aip_demo_options options = options_of(64, 64, 9);
  options.fps = 15.0;
  options.density = 0.3f;
  options.person_share = 0.0f;
  options.visitor_share = 0.02f;
  options.visitor_seconds = 4.0f;
  options.flags = PLAIN;
  enum { FRAMES = 54000, ENTERING_FRAMES_MAX = 5 };
  canvas c = canvas_make(options, 0);
  uint32_t shown = 0, visits = 0, ignored_run = 0, ignored_longest = 0, others = 0;
  int32_t last = 0;
  for (uint32_t frame = 0; frame < FRAMES; frame++) {
    draw(&c, frame);
    uint32_t people = 0, ignored = 0;
    for (uint32_t i = 0; i < c.truth_count; i++) {
      const aip_demo_truth *o = &c.truth[i];
      others += class_of(o) == AIP_DEMO_CYCLIST;
      if (class_of(o) != AIP_DEMO_PERSON) continue;
      people++;
      ignored += o->class_id < 0;
      visits += o->track_id != last;
      last = o->track_id;
    }
    CHECK(people <= 1, "frame %u has one visitor at most", frame);
    shown += people;
    ignored_run = ignored ? ignored_run + 1 : 0;
    if (ignored_run > ignored_longest) ignored_longest = ignored_run;
  }
  const double share = (double)shown / FRAMES;
  CHECK(fabs(share - 0.02) < 0.002, "a fiftieth of an hour shows a visitor (%.4f)", share);
  // 3,600 s * 0.02 / 4 s.
  CHECK(visits >= 17 && visits <= 19, "18 come in an hour (%u)", visits);
  CHECK(ignored_longest > 0 && ignored_longest <= ENTERING_FRAMES_MAX,
        "coming and going take few frames (%u)", ignored_longest);
  CHECK(others == 0, "no cyclist is there to be taken for a person");
  canvas_free(&c);
}

static void test_light_changes(void) {
  aip_demo_options options = options_of(128, 72, 4);
  options.fps = 1.0;
  double darkest = 255, brightest = 0;
  canvas c = canvas_make(options, 0);
  for (uint32_t second = 0; second < 120; second++) {
    draw(&c, second);
    double sum = 0;
    for (size_t i = 0; i < c.planes[0].size_bytes; i++) sum += c.planes[0].bytes[i];
    const double mean = sum / (double)c.planes[0].size_bytes;
    darkest = fmin(darkest, mean);
    brightest = fmax(brightest, mean);
  }
  CHECK(brightest > darkest * 1.3, "dusk is darker than day (%.0f, %.0f)", darkest, brightest);
  canvas_free(&c);
}

static void test_bad_arguments(void) {
  aip_demo *demo = NULL;
  const aip_demo_options good = options_of(64, 64, 1);
  aip_demo_options bad = good;
  CHECK(aip_demo_create(NULL, &demo) == AIP_DEMO_INVALID_ARGUMENT, "no options are refused");
  CHECK(aip_demo_create(&good, NULL) == AIP_DEMO_INVALID_ARGUMENT, "no result is refused");
  bad.width = 63;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "63 wide is refused");
  bad = good;
  bad.height = AIP_DEMO_HEIGHT_MAX + 1;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "4321 high is refused");
  bad = good;
  bad.fps = NAN;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "fps NaN is refused");
  bad = good;
  bad.density = -1.0f;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "density -1 is refused");
  bad = good;
  bad.person_share = NAN;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "person_share NaN is refused");
  bad = good;
  bad.visitor_share = 0.6f;
  bad.visitor_seconds = 6.0f;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "visitors 0.6 is refused");
  bad.visitor_share = NAN;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "visitors NaN is refused");
  bad.visitor_share = 0.1f;
  bad.visitor_seconds = 0.5f;
  CHECK(aip_demo_create(&bad, &demo) == AIP_DEMO_INVALID_ARGUMENT, "visits of 0.5 s are refused");
  CHECK(demo == NULL, "nothing is made of bad options");

  aip_demo_options options = options_of(640, 360, 1);
  canvas c = canvas_make(options, 0);
  uint8_t *y = c.planes[0].bytes, *u = c.planes[1].bytes, *v = c.planes[2].bytes;
  CHECK(aip_demo_render(c.demo, 0, y, 639, u, 320, v, 320, NULL, 0, NULL) ==
            AIP_DEMO_INVALID_ARGUMENT,
        "a stride below the width is refused");
  uint32_t count = 0;
  CHECK(aip_demo_render(c.demo, 0, y, 640, u, 320, v, 320, c.truth, 1, &count) ==
                AIP_DEMO_TRUTH_TRUNCATED && count > 1,
        "truth that does not fit is said to be cut");
  CHECK(aip_demo_render(c.demo, 0, y, 640, u, 320, v, 320, NULL, 0, &count) == AIP_DEMO_OK,
        "a frame is drawn without its truth");
  canvas_free(&c);
}

/// With any argument, only what depends on the processor, briefly. Under the address sanitizer, which
/// takes four times as long, only what draws: hours of traffic touch no other memory.
int main(int argc, char **argv) {
  (void)argv;
  brief = argc > 1;
  test_bad_arguments();
  test_same_frame_same_bytes();
  test_sizes_and_guards();
  test_boxes_bound_the_pixels();
  if (!brief) test_versions_agree();
  if (!brief && !SANITIZED) {
    test_traffic();
    test_movement_is_smooth();
    test_options();
    test_visitors();
    test_light_changes();
  }
  return check_summary("demo");
}
