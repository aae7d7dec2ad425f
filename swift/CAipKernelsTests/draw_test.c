// Tests of the drawing code: pictures lie in guarded memory with marked bytes between the rows, so
// a write outside the picture's own pixels is seen.
#define _DEFAULT_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aip_draw.h"
#include "check.h"
#include "draw_internal.h"

enum { GREY = 90, MARK = 0xa5 };

// ---- a picture in guarded memory ----

typedef struct picture {
  guarded planes[3];
  uint32_t row_bytes[3], rows[3];
  aip_mutable_image image;
} picture;

static picture picture_make(uint32_t width, uint32_t height, uint32_t format, uint32_t padding) {
  const uint32_t chroma = (width + 1) / 2, chroma_rows = (height + 1) / 2;
  const uint32_t row_bytes[4][3] = {
      {width, chroma, chroma}, {width, chroma * 2, 0}, {width * 3, 0, 0}, {width * 3, 0, 0}};
  picture p = {.image = {.width = width,
                         .height = height,
                         .pixel_format = format,
                         .color_range = AIP_COLOR_RANGE_FULL}};
  for (int k = 0; k < 3 && row_bytes[format][k] > 0; k++) {
    p.row_bytes[k] = row_bytes[format][k];
    p.rows[k] = k == 0 ? height : chroma_rows;
    p.image.stride_bytes[k] = p.row_bytes[k] + padding;
    const size_t size = (size_t)p.image.stride_bytes[k] * (p.rows[k] - 1) + p.row_bytes[k];
    p.planes[k] = guarded_make(size, random_u32() % 2 == 0);
    p.image.plane[k] = p.planes[k].bytes;
    memset(p.planes[k].bytes, MARK, size);
    for (uint32_t y = 0; y < p.rows[k]; y++) {
      uint8_t *row = p.planes[k].bytes + (size_t)y * p.image.stride_bytes[k];
      memset(row, k == 0 ? GREY : 128, p.row_bytes[k]);
    }
  }
  return p;
}

static void picture_free(picture *p) {
  for (int k = 0; k < 3; k++) {
    if (p->planes[k].bytes != NULL) guarded_free(&p->planes[k]);
  }
}

static bool marks_stand(const picture *p) {
  for (int k = 0; k < 3 && p->planes[k].bytes != NULL; k++) {
    for (uint32_t y = 0; y + 1 < p->rows[k]; y++) {
      const uint8_t *row = p->planes[k].bytes + (size_t)y * p->image.stride_bytes[k];
      for (uint32_t x = p->row_bytes[k]; x < p->image.stride_bytes[k]; x++) {
        if (row[x] != MARK) return false;
      }
    }
  }
  return true;
}

static bool same(const picture *a, const picture *b) {
  for (int k = 0; k < 3 && a->planes[k].bytes != NULL; k++) {
    if (memcmp(a->planes[k].bytes, b->planes[k].bytes, a->planes[k].size_bytes) != 0) return false;
  }
  return true;
}

static const uint8_t *pixel(const picture *p, uint32_t x, uint32_t y) {
  return p->planes[0].bytes + (size_t)y * p->image.stride_bytes[0] + x * 3;
}

static bool is_grey(const uint8_t *rgb) {
  return rgb[0] == GREY && rgb[1] == GREY && rgb[2] == GREY;
}

static bool is_colour(const uint8_t *rgb, aip_rgb colour) {
  return rgb[0] == colour.r && rgb[1] == colour.g && rgb[2] == colour.b;
}

static aip_detection box_at(float x1, float y1, float x2, float y2) {
  return (aip_detection){
      .x1 = x1, .y1 = y1, .x2 = x2, .y2 = y2, .confidence = 0.87f, .track_id = -1};
}

// ---- cases ----

static float wild(uint32_t side) {
  static const float odd[] = {NAN,  INFINITY, -INFINITY, 3e38f, -3e38f,
                              1e9f, -1e9f,    0,         -0.0f, 1e-40f};
  if (random_between(0, 3) == 0) return odd[random_between(0, 9)];
  return (float)((random_unit() * 3 - 1) * side);
}

static void test_nothing_outside_is_written(int rounds) {
  static const char labels[] =
      "person\0\0caf\xc3\xa9 \xe2\x98\x95\0a name that is much longer than any "
      "label that anybody would want to read, and then some more of it, and "
      "more, until it is cut";
  for (int round = 0; round < rounds; round++) {
    const uint32_t width = random_between(0, 3) ? random_between(1, 300) : random_between(1, 9);
    const uint32_t height = random_between(0, 3) ? random_between(1, 200) : random_between(1, 9);
    picture p = picture_make(width, height, random_between(0, 3), random_between(0, 9));
    aip_detection boxes[6];
    for (int i = 0; i < 6; i++) {
      boxes[i] = box_at(wild(width), wild(height), wild(width), wild(height));
      boxes[i].confidence = random_between(0, 3) ? (float)random_unit() : wild(1);
      boxes[i].class_id = (int32_t)random_between(0, 6) - 1;
      boxes[i].track_id = random_between(0, 1) ? (int32_t)random_u32() : -1;
    }
    CHECK(aip_draw_boxes(&p.image, boxes, 6, labels, 4, random_between(0, 3)) == AIP_STATUS_OK,
          "any boxes can be drawn into %ux%u", width, height);
    CHECK(aip_draw_text(&p.image, "frame 12  cpu-0", random_between(0, 3)) == AIP_STATUS_OK,
          "a caption can be drawn into %ux%u", width, height);
    CHECK(marks_stand(&p), "bytes between rows stay as they were, %ux%u", width, height);
    picture_free(&p);
  }
}

// At 360 lines the line is 2.025 wide: an edge at 100 covers 99 and 100 wholly.
static void test_outline_lies_on_the_edges(void) {
  picture p = picture_make(640, 360, AIP_PIXEL_FORMAT_RGB24, 0);
  aip_detection box = box_at(100, 120, 300, 280);
  box.class_id = 5;
  aip_draw_boxes(&p.image, &box, 1, NULL, 0, AIP_DRAW_NO_LABELS);
  const aip_rgb colour = aip_draw_palette[5];
  static const uint32_t on[][2] = {{99, 200},  {100, 200}, {299, 200}, {300, 200},
                                   {200, 119}, {200, 120}, {200, 279}, {200, 280}};
  for (size_t k = 0; k < sizeof on / sizeof *on; k++) {
    CHECK(is_colour(pixel(&p, on[k][0], on[k][1]), colour), "(%u, %u) has the box's colour",
          on[k][0], on[k][1]);
  }
  static const uint32_t off[][2] = {{95, 200},  {104, 200}, {200, 200}, {304, 200}, {200, 115},
                                    {200, 124}, {200, 284}, {0, 0},     {639, 359}};
  for (size_t k = 0; k < sizeof off / sizeof *off; k++) {
    CHECK(is_grey(pixel(&p, off[k][0], off[k][1])), "(%u, %u) is untouched", off[k][0], off[k][1]);
  }
  picture_free(&p);
}

// A line at half a pixel puts half its colour on either side.
static void test_fractions_of_a_pixel_count(void) {
  picture p = picture_make(64, 64, AIP_PIXEL_FORMAT_RGB24, 0);
  aip_paint_rect(&p.image, (aip_rect){10.5f, 10, 20.25f, 20}, 0, (aip_rgb){190, 190, 190}, 1);
  CHECK(abs(pixel(&p, 10, 15)[0] - 140) <= 1, "half covered: %d", pixel(&p, 10, 15)[0]);
  CHECK(pixel(&p, 11, 15)[0] == 190, "covered: %d", pixel(&p, 11, 15)[0]);
  CHECK(abs(pixel(&p, 20, 15)[0] - 115) <= 1, "a quarter covered: %d", pixel(&p, 20, 15)[0]);
  CHECK(pixel(&p, 9, 15)[0] == GREY && pixel(&p, 21, 15)[0] == GREY, "not covered");
  picture_free(&p);
}

// The four bands of an outline must not overlap: half of 190 over 90 is 140 at most, and no more.
static void test_outlines_are_blended_once(void) {
  for (uint32_t format = 0; format < 3; format++) {
    for (int k = 0; k < 40; k++) {
      picture p = picture_make(101, 83, format, 0);
      const float x = (float)(20 * random_unit()), y = (float)(20 * random_unit());
      const aip_rect rect = {x, y, x + 40 + (float)(30 * random_unit()), y + 50};
      aip_paint_outline(&p.image, rect, 3, 4, (aip_rgb){190, 190, 190}, 0.5f);
      uint8_t most = 0;
      for (size_t i = 0; i < p.planes[0].size_bytes; i++) {
        if (p.planes[0].bytes[i] > most) most = p.planes[0].bytes[i];
      }
      CHECK(most == 140, "format %u: an outline at half opacity reaches %u, not 140", format, most);
      picture_free(&p);
    }
  }
}

// Rows of the picture that hold anything but grey: first and one past last.
static void touched_rows(const picture *p, uint32_t x, uint32_t range[2]) {
  range[0] = range[1] = 0;
  for (uint32_t y = 0; y < p->image.height; y++) {
    if (is_grey(pixel(p, x, y))) continue;
    if (range[1] == 0) range[0] = y;
    range[1] = y + 1;
  }
}

static void test_labels_stand_above_or_inside(void) {
  uint32_t range[2];
  picture above = picture_make(640, 360, AIP_PIXEL_FORMAT_RGB24, 0);
  aip_detection box = box_at(100, 120, 300, 280);
  aip_draw_boxes(&above.image, &box, 1, "person", 1, 0);
  touched_rows(&above, 104, range);
  CHECK(range[0] >= 100 && range[0] < 110, "the label begins above the box, at row %u", range[0]);
  picture inside = picture_make(640, 360, AIP_PIXEL_FORMAT_RGB24, 0);
  box = box_at(100, 6, 300, 280);
  aip_draw_boxes(&inside.image, &box, 1, "person", 1, 0);
  CHECK(is_grey(pixel(&inside, 104, 0)), "nothing stands above a box near the top");
  CHECK(!is_grey(pixel(&inside, 104, 16)), "its label stands inside");
  picture right = picture_make(640, 360, AIP_PIXEL_FORMAT_RGB24, 0);
  box = box_at(630, 120, 700, 280);
  aip_draw_boxes(&right.image, &box, 1, "person", 1, 0);
  CHECK(!is_grey(pixel(&right, 590, 112)), "at the right edge the label moves into the picture");
  picture_free(&above);
  picture_free(&inside);
  picture_free(&right);
}

static void draw_labelled(picture *p, int32_t class_id, int32_t track_id, const char *labels,
                          uint32_t count) {
  *p = picture_make(320, 200, AIP_PIXEL_FORMAT_YUV420P, 3);
  aip_detection box = box_at(40, 60, 200, 180);
  box.class_id = class_id;
  box.track_id = track_id;
  CHECK(aip_draw_boxes(&p->image, &box, 1, labels, count, 0) == AIP_STATUS_OK,
        "a box can be drawn");
}

static void check_pair(const char *sentence, bool equal, picture *a, picture *b) {
  CHECK(same(a, b) == equal, "%s", sentence);
  picture_free(a);
  picture_free(b);
}

static void test_labels_say_what_is_known(void) {
  picture a, b;
  draw_labelled(&a, 2, -1, NULL, 0);
  draw_labelled(&b, 2, -1,
                "x\0y\0"
                "2",
                3);
  check_pair("a class without names shows its number", true, &a, &b);
  draw_labelled(&a, 1, -1, "x\0\0z", 3);
  draw_labelled(&b, 1, -1,
                "x\0"
                "1",
                2);
  check_pair("an empty name shows the class's number", true, &a, &b);
  draw_labelled(&a, 0, -1, "caf\xc3\xa9", 1);
  draw_labelled(&b, 0, -1, "caf?", 1);
  check_pair("a character outside ASCII shows as one question mark", true, &a, &b);
  draw_labelled(&a, 0, -1, "car", 1);
  draw_labelled(&b, 0, -1, "bus", 1);
  check_pair("names differ", false, &a, &b);
  draw_labelled(&a, 3, 7, NULL, 0);
  draw_labelled(&b, 7, -1,
                "\0\0\0\0\0\0\0"
                "3 #7",
                8);
  check_pair("a track lends its number to label and colour", true, &a, &b);
}

// DejaVu Sans Bold's advances in its hmtx table: m 2134, i 702, space 713, of 2048 an em.
static void test_labels_do_not_stand_on_one_another(void) {
  const aip_mutable_image image = {.width = 640, .height = 360};
  const aip_rect box = {100, 100, 200, 300};
  aip_label_places places = {.count = 0};
  // Boxes alike, labels 80 by 17, lines 2 wide: above, inside, below; at the right they overlap.
  const float wanted[3][2] = {{99, 84}, {99, 99}, {99, 299}};
  for (int i = 0; i < 3; i++) {
    const aip_rect place = aip_place_label(&places, &image, box, 80, 17, 2);
    const float *expected = wanted[i];
    CHECK(place.x1 == expected[0] && place.y1 == expected[1], "label %d stands at %.0f, %.0f", i,
          (double)place.x1, (double)place.y1);
  }
  const aip_rect crowded = aip_place_label(&places, &image, box, 80, 17, 2);
  CHECK(crowded.x1 == 99 && crowded.y1 == 84, "without room a label stands above its box");
}

static void test_text_has_the_fonts_width(void) {
  CHECK(fabsf(aip_text_width("mi m", 2048) - (2134 + 702 + 713 + 2134)) < 4,
        "\"mi m\" is %.1f wide", (double)aip_text_width("mi m", 2048));
  CHECK(fabsf(aip_text_width("mmmm", 20) - 4 * 20 * 2134 / 2048.0f) < 0.1f,
        "width follows the size");
}

// Ink by hand: an underscore is a bar, low and wide; a full stop a square on the baseline.
static void test_glyphs_stand_on_the_baseline(void) {
  picture p = picture_make(64, 64, AIP_PIXEL_FORMAT_RGB24, 0);
  aip_paint_text(&p.image, ".", 20, 40, 28, (aip_rgb){255, 255, 255});
  uint32_t range[2];
  touched_rows(&p, 25, range);
  CHECK(range[1] == 40 && range[0] >= 32 && range[0] <= 36, "a full stop covers rows %u to %u",
        range[0], range[1]);
  picture_free(&p);
  // At the atlas's own size, above its bar, every row of "H" is two unbroken stems.
  p = picture_make(64, 64, AIP_PIXEL_FORMAT_RGB24, 0);
  aip_paint_text(&p.image, "H", 20, 40, 28, (aip_rgb){255, 255, 255});
  for (uint32_t y = 22; y < 27; y++) {
    int stems = 0;
    for (uint32_t x = 1; x < 64; x++)
      stems += pixel(&p, x, y)[0] > 160 && pixel(&p, x - 1, y)[0] <= 160;
    CHECK(stems == 2, "row %u of \"H\" has %d stems", y, stems);
  }
  picture_free(&p);
  // Ink of "H" against its bounding box at three sizes: the share must not depend on the size.
  for (float em = 14; em <= 56; em *= 2) {
    p = picture_make(96, 96, AIP_PIXEL_FORMAT_RGB24, 0);
    aip_paint_text(&p.image, "H", 10, 80, em, (aip_rgb){GREY + 100, 0, 0});
    double ink = 0;
    for (uint32_t y = 0; y < 96; y++) {
      for (uint32_t x = 0; x < 96; x++) ink += (pixel(&p, x, y)[0] - GREY) / 100.0;
    }
    // Two stems of .188 em and a bar, all .729 em high or .142 thick: about .336 em^2.
    CHECK(fabs(ink / (em * em) - 0.336) < 0.03, "\"H\" at %.0f pixels has %.3f em^2 of ink",
          (double)em, ink / (em * em));
    picture_free(&p);
  }
}

static uint32_t line_pixels(uint32_t width, uint32_t height) {
  picture p = picture_make(width, height, AIP_PIXEL_FORMAT_RGB24, 0);
  const float x = (float)(width / 2), y = (float)(height / 4);
  const aip_detection box = box_at(x, y, (float)width - 20, (float)height - 20);
  aip_draw_boxes(&p.image, &box, 1, NULL, 0, AIP_DRAW_NO_LABELS);
  uint32_t count = 0;
  for (uint32_t at = 0; at < width * 3 / 4; at++) {
    count += pixel(&p, at, height / 2)[0] > 170;  // more than half of the colour's red, 255
  }
  picture_free(&p);
  return count;
}

static void test_lines_follow_the_picture(void) {
  const uint32_t small = line_pixels(320, 180), middle = line_pixels(1280, 720);
  const uint32_t large = line_pixels(3840, 2160);
  CHECK(small >= 1 && small <= 2, "at 180 lines a line is %u pixels wide", small);
  CHECK(middle >= 2 && middle <= 4, "at 720 lines %u", middle);
  CHECK(large >= 6 && large <= 9, "at 2160 lines %u", large);
}

// The same drawing in every format, as RGB: luma everywhere the same, but for rounding.
static void test_formats_agree(void) {
  static const char labels[] = "person";
  const aip_detection box = box_at(41.3f, 60.7f, 200, 180);
  picture rgb = picture_make(321, 201, AIP_PIXEL_FORMAT_RGB24, 0);
  aip_draw_boxes(&rgb.image, &box, 1, labels, 1, 0);
  for (uint32_t format = 0; format < 4; format++) {
    picture p = picture_make(321, 201, format, 5);
    aip_draw_boxes(&p.image, &box, 1, labels, 1, 0);
    double worst = 0;
    for (uint32_t y = 0; y < 201; y++) {
      for (uint32_t x = 0; x < 321; x++) {
        const uint8_t *c = pixel(&rgb, x, y);
        const uint8_t *got = p.planes[0].bytes + (size_t)y * p.image.stride_bytes[0];
        const double expected = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
        const uint8_t *t = got + x * 3;
        const double luma = format < 2    ? got[x]
                            : format == 2 ? 0.299 * t[0] + 0.587 * t[1] + 0.114 * t[2]
                                          : 0.299 * t[2] + 0.587 * t[1] + 0.114 * t[0];
        worst = fmax(worst, fabs(luma - expected));
      }
    }
    CHECK(worst <= 3, "format %u's luma is off by %.1f", format, worst);
    picture_free(&p);
  }
  picture_free(&rgb);
  // A filled red square: BT.601 full range gives Y 76, Cb 85, Cr 255 (rounded from 255.5).
  picture planar = picture_make(16, 16, AIP_PIXEL_FORMAT_YUV420P, 0);
  picture semi = picture_make(16, 16, AIP_PIXEL_FORMAT_NV12, 0);
  const aip_rect square = {4, 4, 12, 12};
  aip_paint_rect(&planar.image, square, 0, (aip_rgb){255, 0, 0}, 1);
  aip_paint_rect(&semi.image, square, 0, (aip_rgb){255, 0, 0}, 1);
  const uint8_t y = planar.planes[0].bytes[6 * 16 + 6];
  const uint8_t u = planar.planes[1].bytes[3 * 8 + 3], v = planar.planes[2].bytes[3 * 8 + 3];
  CHECK(y == 76 && u == 85 && v == 255, "red is %u, %u, %u", y, u, v);
  CHECK(semi.planes[1].bytes[3 * 16 + 6] == 85 && semi.planes[1].bytes[3 * 16 + 7] == 255,
        "nv12 interleaves the same chroma");
  CHECK(planar.planes[1].bytes[1 * 8 + 1] == 128, "chroma outside the square stays");
  picture_free(&planar);
  picture_free(&semi);
}

static void test_nothing_to_draw_changes_nothing(void) {
  picture a = picture_make(64, 48, AIP_PIXEL_FORMAT_NV12, 2);
  picture b = picture_make(64, 48, AIP_PIXEL_FORMAT_NV12, 2);
  const aip_detection boxes[] = {box_at(NAN, 1, 20, 20), box_at(20, 10, 10, 20),
                                 box_at(-90, -90, -50, -50), box_at(200, 10, 300, 20)};
  CHECK(aip_draw_boxes(&a.image, boxes, 4, NULL, 0, 0) == AIP_STATUS_OK, "such boxes are no error");
  check_pair("boxes with a NaN, reversed or outside leave the picture as it was", true, &a, &b);
}

static void test_bad_arguments(void) {
  picture p = picture_make(16, 16, AIP_PIXEL_FORMAT_YUV420P, 0);
  const aip_detection box = box_at(2, 2, 8, 8);
  aip_mutable_image image = p.image;
  image.plane[2] = NULL;
  CHECK(aip_draw_boxes(&image, &box, 1, NULL, 0, 0) == AIP_STATUS_INVALID_ARGUMENT,
        "a missing plane is refused");
  image = p.image;
  image.stride_bytes[1] = 7;
  CHECK(aip_draw_boxes(&image, &box, 1, NULL, 0, 0) == AIP_STATUS_INVALID_ARGUMENT,
        "a stride shorter than a row is refused");
  CHECK(aip_draw_boxes(&p.image, NULL, 1, NULL, 0, 0) == AIP_STATUS_INVALID_ARGUMENT,
        "boxes without a pointer are refused");
  CHECK(aip_draw_boxes(&p.image, &box, 1, NULL, 0, 8) == AIP_STATUS_INVALID_ARGUMENT,
        "an unknown style flag is refused");
  CHECK(aip_draw_text(&p.image, NULL, 0) == AIP_STATUS_INVALID_ARGUMENT, "no text is refused");
  CHECK(aip_draw_text(&p.image, "x", 4) == AIP_STATUS_INVALID_ARGUMENT, "corner 4 is refused");
  picture_free(&p);
}

int main(int argc, char **argv) {
  test_nothing_outside_is_written(argc > 1 ? atoi(argv[1]) : 400);
  test_outline_lies_on_the_edges();
  test_fractions_of_a_pixel_count();
  test_outlines_are_blended_once();
  test_labels_stand_above_or_inside();
  test_labels_say_what_is_known();
  test_labels_do_not_stand_on_one_another();
  test_text_has_the_fonts_width();
  test_glyphs_stand_on_the_baseline();
  test_lines_follow_the_picture();
  test_formats_agree();
  test_nothing_to_draw_changes_nothing();
  test_bad_arguments();
  return check_summary("draw");
}
