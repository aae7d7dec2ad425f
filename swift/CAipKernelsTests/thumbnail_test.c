// Tests of the thumbnails. Every version this processor runs is held against area means written
// from the definition, against OpenCV's and NumPy's, and against values worked by hand; sources lie
// against unmapped pages, so a read past a plane stops the test.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aip_thumbnail.h"
#include "area_fixture.h"
#include "check.h"

enum { SIDE_MAX = AIP_THUMBNAIL_SIDE_MAX };
static const int32_t LEVELS[] = {AIP_LEVEL_PORTABLE, AIP_LEVEL_AVX2, AIP_LEVEL_NEON};
enum { LEVEL_COUNT = sizeof LEVELS / sizeof *LEVELS };

// ---- a frame in guarded memory ----

typedef struct frame {
  guarded planes[3];
  aip_image image;
} frame;

static frame frame_make(uint32_t width, uint32_t height, uint32_t format, uint32_t padding) {
  const uint32_t chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
  const bool packed = format >= AIP_PIXEL_FORMAT_RGB24, nv12 = format == AIP_PIXEL_FORMAT_NV12;
  const uint32_t row_bytes[3] = {
      packed ? width * 3 : width,
      packed ? 0 : nv12 ? chroma_width * 2 : chroma_width,
      packed || nv12 ? 0 : chroma_width,
  };
  frame f = {.image = {.width = width, .height = height, .pixel_format = format}};
  for (int p = 0; p < 3 && row_bytes[p] > 0; p++) {
    const uint32_t rows = p == 0 ? height : chroma_height;
    f.image.stride_bytes[p] = row_bytes[p] + padding;
    const size_t size = (size_t)f.image.stride_bytes[p] * (rows - 1) + row_bytes[p];
    f.planes[p] = guarded_make(size, random_u32() % 2 == 0);
    f.image.plane[p] = f.planes[p].bytes;
    for (size_t i = 0; i < size; i++) f.planes[p].bytes[i] = (uint8_t)random_u32();
  }
  return f;
}

static void frame_free(frame *f) {
  for (int p = 0; p < 3; p++) {
    if (f->planes[p].bytes != NULL) guarded_free(&f->planes[p]);
  }
}

// ---- the expectation, from the definition ----

// The stretch of an axis, in 64ths of a plane's pixel, that output `i` of `side` covers.
static void expect_span(double low, double high, double units, uint32_t i, uint32_t side,
                        double out[2]) {
  out[0] = rint(low * units + (high * units - low * units) * i / side);
  out[1] = rint(low * units + (high * units - low * units) * (i + 1) / side);
}

static double overlap(const double span[2], uint32_t pixel) {
  const double from = fmax(span[0], pixel * 64.0), to = fmin(span[1], pixel * 64.0 + 64);
  return to > from ? to - from : 0;
}

// The mean of a plane's component over output (x, y); `unit`: 64ths of the plane's pixel that a
// pixel of the picture is wide.
static double expect_mean(const aip_image *image, int plane, uint32_t pixel_bytes,
                          uint32_t component, double unit, const float region[4], uint32_t side,
                          uint32_t x, uint32_t y) {
  double across[2], down[2], sum = 0, total = 0;
  expect_span(region[0], region[2], image->width * unit, x, side, across);
  expect_span(region[1], region[3], image->height * unit, y, side, down);
  for (uint32_t row = (uint32_t)(down[0] / 64); row * 64.0 < down[1]; row++) {
    for (uint32_t column = (uint32_t)(across[0] / 64); column * 64.0 < across[1]; column++) {
      const double weight = overlap(across, column) * overlap(down, row);
      sum += weight * image->plane[plane][(size_t)row * image->stride_bytes[plane] +
                                          column * pixel_bytes + component];
      total += weight;
    }
  }
  return sum / total;
}

// R, G, B by the rounded constants that are printed for BT.601 and BT.709.
static void expect_rgb(const aip_image *image, const float region[4], uint32_t side, uint32_t x,
                       uint32_t y, double rgb[3]) {
  if (image->pixel_format >= AIP_PIXEL_FORMAT_RGB24) {
    const bool bgr = image->pixel_format == AIP_PIXEL_FORMAT_BGR24;
    for (uint32_t c = 0; c < 3; c++) {
      rgb[c] = expect_mean(image, 0, 3, bgr ? 2 - c : c, 64, region, side, x, y);
    }
    return;
  }
  const bool nv12 = image->pixel_format == AIP_PIXEL_FORMAT_NV12;
  const bool hd = image->color_matrix == AIP_COLOR_MATRIX_BT709;
  double luma = expect_mean(image, 0, 1, 0, 64, region, side, x, y);
  double u = expect_mean(image, 1, nv12 ? 2 : 1, 0, 32, region, side, x, y) - 128;
  double v = expect_mean(image, nv12 ? 1 : 2, nv12 ? 2 : 1, nv12, 32, region, side, x, y) - 128;
  if (image->color_range == AIP_COLOR_RANGE_LIMITED) {
    luma = (luma - 16) * 255 / 219;
    u = u * 255 / 224;
    v = v * 255 / 224;
  }
  rgb[0] = luma + (hd ? 1.5748 : 1.402) * v;
  rgb[1] = luma - (hd ? 0.187324 : 0.344136) * u - (hd ? 0.468124 : 0.714136) * v;
  rgb[2] = luma + (hd ? 1.8556 : 1.772) * u;
  for (int c = 0; c < 3; c++) rgb[c] = fmin(fmax(rgb[c], 0), 255);
}

static double expect_luma(const aip_image *image, const float region[4], uint32_t side, uint32_t x,
                          uint32_t y) {
  if (image->pixel_format < AIP_PIXEL_FORMAT_RGB24) {
    return expect_mean(image, 0, 1, 0, 64, region, side, x, y);
  }
  double rgb[3];
  expect_rgb(image, region, side, x, y, rgb);
  return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

// Rounded to nearest; the rounded constants may be off by .001 at a half.
static bool near(uint8_t level, double value) { return fabs(level - value) <= 0.502; }

static void check_thumbnails(const aip_image *image, const float region[4], uint32_t side,
                             const char *name) {
  static uint8_t first_luma[SIDE_MAX * SIDE_MAX], first_rgb[3 * SIDE_MAX * SIDE_MAX];
  const size_t pixels = (size_t)side * side;
  for (int k = 0; k < LEVEL_COUNT; k++) {
    if (aip_kernels_select(LEVELS[k]) != AIP_STATUS_OK) continue;
    guarded luma = guarded_make(pixels, false), rgb = guarded_make(3 * pixels, false);
    CHECK(aip_image_thumbnail_luma(image, region, side, luma.bytes) == AIP_STATUS_OK &&
              aip_image_thumbnail_rgb(image, region, side, rgb.bytes) == AIP_STATUS_OK,
          "%s: made", name);
    if (LEVELS[k] == AIP_LEVEL_PORTABLE) {
      memcpy(first_luma, luma.bytes, pixels);
      memcpy(first_rgb, rgb.bytes, 3 * pixels);
      for (uint32_t at = 0; at < pixels; at++) {
        double expected[3];
        const double grey = expect_luma(image, region, side, at % side, at / side);
        expect_rgb(image, region, side, at % side, at / side, expected);
        CHECK(near(luma.bytes[at], grey), "%s: luma %u is %u for %f", name, at, luma.bytes[at],
              grey);
        for (uint32_t c = 0; c < 3; c++) {
          CHECK(near(rgb.bytes[c * pixels + at], expected[c]), "%s: channel %u of %u is %u for %f",
                name, c, at, rgb.bytes[c * pixels + at], expected[c]);
        }
      }
    } else {
      CHECK(memcmp(first_luma, luma.bytes, pixels) == 0, "%s: luma as portable", name);
      CHECK(memcmp(first_rgb, rgb.bytes, 3 * pixels) == 0, "%s: colours as portable", name);
    }
    guarded_free(&luma);
    guarded_free(&rgb);
  }
}

static void test_definition(int rounds) {
  for (int round = 0; round < rounds; round++) {
    const uint32_t width = random_between(1, round % 4 == 0 ? 40 : 300);
    const uint32_t height = random_between(1, 200), format = random_u32() % 4;
    frame f = frame_make(width, height, format, random_u32() % 9);
    f.image.color_matrix = random_u32() % 2;
    f.image.color_range = random_u32() % 2;
    const float x = (float)random_unit() * 0.5f, y = (float)random_unit() * 0.5f;
    const float part[4] = {x, y, x + 0.25f + (float)random_unit() * 0.25f, y + 0.5f};
    static const float whole[4] = {0, 0, 1, 1};
    // Outputs of less than a 64th of a pixel, which are widened to one, have a test of their own.
    const uint32_t smallest = width < height ? width : height;
    const uint32_t limit = smallest >= 12 ? SIDE_MAX : smallest * 8;
    const uint32_t side = random_between(1, limit);
    char name[80];
    snprintf(name, sizeof name, "%ux%u format %u side %u", width, height, format, side);
    check_thumbnails(&f.image, round % 3 == 0 ? part : whole, side, name);
    frame_free(&f);
  }
}

static void test_fixtures(void) {
  frame f = frame_make(AREA_SOURCE_WIDTH, AREA_SOURCE_HEIGHT, AIP_PIXEL_FORMAT_YUV420P, 0);
  memcpy(f.planes[0].bytes, area_source, sizeof area_source);
  for (size_t n = 0; n < sizeof area_cases / sizeof *area_cases; n++) {
    const area_case *one = &area_cases[n];
    const float region[4] = {
        one->region[0] / (64.0f * AREA_SOURCE_WIDTH), one->region[1] / (64.0f * AREA_SOURCE_HEIGHT),
        one->region[2] / (64.0f * AREA_SOURCE_WIDTH), one->region[3] / (64.0f * AREA_SOURCE_HEIGHT)};
    for (int k = 0; k < LEVEL_COUNT; k++) {
      if (aip_kernels_select(LEVELS[k]) != AIP_STATUS_OK) continue;
      uint8_t luma[SIDE_MAX * SIDE_MAX];
      CHECK(aip_image_thumbnail_luma(&f.image, region, one->side, luma) == AIP_STATUS_OK, "made");
      double worst = 0;
      for (uint32_t at = 0; at < one->side * one->side; at++) {
        worst = fmax(worst, fabs(luma[at] - (double)one->values[at]));
      }
      // Half a level for rounding; edges at 64ths of a pixel move a mean by less than another one.
      CHECK(worst < 1.3, "case %zu is off by %f", n, worst);
    }
  }
  frame_free(&f);
}

// 4 x 2 pixels in 2 x 2: the means of two rows' halves, halves rounded up.
static void test_by_hand(void) {
  uint8_t luma[8] = {0, 1, 10, 20, 255, 255, 7, 8}, u[2] = {128, 128}, v[2] = {128, 228}, out[12];
  aip_image image = {.plane = {luma, u, v},
                     .stride_bytes = {4, 2, 2},
                     .width = 4,
                     .height = 2,
                     .pixel_format = AIP_PIXEL_FORMAT_YUV420P,
                     .color_range = AIP_COLOR_RANGE_FULL};
  CHECK(aip_image_thumbnail_luma(&image, NULL, 2, out) == AIP_STATUS_OK, "made");
  CHECK(out[0] == 1 && out[1] == 15 && out[2] == 255 && out[3] == 8, "0.5, 15, 255 and 7.5");
  // The right half is (10 + 20 + 7 + 8) / 4 = 11.25 grey, V 100 above the middle: R 151, B 11.
  const float right[4] = {0.5f, 0, 1, 1};
  CHECK(aip_image_thumbnail_rgb(&image, right, 1, out) == AIP_STATUS_OK, "made");
  CHECK(out[0] == 151 && out[1] == 0 && out[2] == 11, "%u %u %u", out[0], out[1], out[2]);
  // Three outputs across two pixels: 0; half of each; 200.
  uint8_t pair[2] = {0, 200};
  image = (aip_image){.plane = {pair, u, u},
                      .stride_bytes = {2, 1, 1},
                      .width = 2,
                      .height = 1,
                      .pixel_format = AIP_PIXEL_FORMAT_YUV420P};
  CHECK(aip_image_thumbnail_luma(&image, NULL, 3, out) == AIP_STATUS_OK, "made");
  // Edges at 42.67 and 85.33 are rounded to 43 and 85: 21 64ths of either side.
  CHECK(out[0] == 0 && out[1] == 100 && out[2] == 200, "%u %u %u", out[0], out[1], out[2]);
  // One pixel in 128 columns, half a 64th each: every output is that pixel.
  uint8_t one = 77, many[SIDE_MAX * SIDE_MAX];
  image.plane[0] = &one;
  image.width = 1;
  image.stride_bytes[0] = 1;
  CHECK(aip_image_thumbnail_luma(&image, NULL, SIDE_MAX, many) == AIP_STATUS_OK, "made");
  bool all = true;
  for (size_t i = 0; i < sizeof many; i++) all = all && many[i] == 77;
  CHECK(all, "a single pixel fills every output");
  // Pure colours of packed RGB: 0.299, 0.587 and 0.114 of 255.
  uint8_t colours[9] = {255, 0, 0, 0, 255, 0, 0, 0, 255};
  image = (aip_image){.plane = {colours},
                      .stride_bytes = {9},
                      .width = 3,
                      .height = 1,
                      .pixel_format = AIP_PIXEL_FORMAT_RGB24};
  CHECK(aip_image_thumbnail_luma(&image, NULL, 3, out) == AIP_STATUS_OK, "made");
  CHECK(out[0] == 76 && out[1] == 150 && out[2] == 29, "%u %u %u", out[0], out[1], out[2]);
  image.pixel_format = AIP_PIXEL_FORMAT_BGR24;
  CHECK(aip_image_thumbnail_luma(&image, NULL, 3, out) == AIP_STATUS_OK, "made");
  CHECK(out[0] == 29 && out[1] == 150 && out[2] == 76, "%u %u %u", out[0], out[1], out[2]);
}

// Sums that fill 32 bits many times over: white stays white.
static void test_large(void) {
  frame f = frame_make(700, 9000, AIP_PIXEL_FORMAT_RGB24, 0);
  memset(f.planes[0].bytes, 255, f.planes[0].size_bytes);
  f.planes[0].bytes[0] = 254;
  for (int k = 0; k < LEVEL_COUNT; k++) {
    if (aip_kernels_select(LEVELS[k]) != AIP_STATUS_OK) continue;
    uint8_t luma[4], rgb[12];
    CHECK(aip_image_thumbnail_luma(&f.image, NULL, 2, luma) == AIP_STATUS_OK, "made");
    CHECK(aip_image_thumbnail_rgb(&f.image, NULL, 2, rgb) == AIP_STATUS_OK, "made");
    for (int i = 0; i < 12; i++) CHECK(rgb[i] == 255 && luma[i / 3] == 255, "white is %u", rgb[i]);
  }
  frame_free(&f);
}

static void test_refusals(void) {
  frame f = frame_make(8, 8, AIP_PIXEL_FORMAT_NV12, 0);
  uint8_t out[SIDE_MAX * SIDE_MAX];
  const float regions[][4] = {{0, 0, 0, 1},          {0.5f, 0, 0.25f, 1}, {-0.1f, 0, 1, 1},
                              {0, 0, 1, 1.1f},       {NAN, 0, 1, 1},      {0, 0, 1, NAN}};
  for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
    CHECK(aip_image_thumbnail_luma(&f.image, regions[i], 4, out) == AIP_STATUS_INVALID_ARGUMENT,
          "region %zu is refused", i);
  }
  CHECK(aip_image_thumbnail_luma(&f.image, NULL, 0, out) == AIP_STATUS_INVALID_ARGUMENT, "side 0");
  CHECK(aip_image_thumbnail_luma(&f.image, NULL, 129, out) == AIP_STATUS_INVALID_ARGUMENT, "129");
  CHECK(aip_image_thumbnail_luma(NULL, NULL, 4, out) == AIP_STATUS_INVALID_ARGUMENT, "no image");
  CHECK(aip_image_thumbnail_rgb(&f.image, NULL, 4, NULL) == AIP_STATUS_INVALID_ARGUMENT, "no out");
  f.image.stride_bytes[1] = 7;
  CHECK(aip_image_thumbnail_rgb(&f.image, NULL, 4, out) == AIP_STATUS_INVALID_ARGUMENT, "stride");
  frame_free(&f);
}

int main(int count, char **arguments) {
  const int rounds = count > 1 ? atoi(arguments[1]) : 80;
  const char *separator = "";
  for (int k = 0; k < LEVEL_COUNT; k++) {
    if (aip_kernels_select(LEVELS[k]) != AIP_STATUS_OK) continue;
    printf("%s%s", separator, aip_kernels_level_name(LEVELS[k]));
    separator = ", ";
  }
  printf("\n");
  test_by_hand();
  test_fixtures();
  test_large();
  test_refusals();
  test_definition(rounds);
  return check_summary("thumbnail");
}
