// Tests of the pre-processor. Every version this processor runs is held against an expectation
// written from the definitions in double precision, against OpenCV's own results, and against
// values worked by hand; sources lie against unmapped pages, so a read past a plane stops the test.
#define _DEFAULT_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aip_kernels.h"
#include "check.h"
#include "opencv_fixture.h"
#include "preprocess_internal.h"

// ---- a frame in guarded memory ----

typedef struct frame {
  guarded planes[3];
  aip_image image;
} frame;

static frame frame_make(uint32_t width, uint32_t height, uint32_t format, uint32_t padding) {
  const uint32_t chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
  const bool packed = format >= AIP_PIXEL_FORMAT_RGB24;
  const uint32_t row_bytes[3] = {
      packed ? width * 3 : width,
      packed                            ? 0
      : format == AIP_PIXEL_FORMAT_NV12 ? chroma_width * 2
                                        : chroma_width,
      format == AIP_PIXEL_FORMAT_YUV420P ? chroma_width : 0,
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

// ---- the expectation, from the definitions ----

static double sample(const aip_image *image, int plane, uint32_t pixel_bytes, uint32_t component,
                     uint32_t width, uint32_t height, double x, double y) {
  x = fmin(fmax(x, 0), width - 1);
  y = fmin(fmax(y, 0), height - 1);
  const uint32_t left = (uint32_t)x, up = (uint32_t)y;
  const uint32_t right = left + 1 < width ? left + 1 : left;
  const uint32_t down = up + 1 < height ? up + 1 : up;
  const uint8_t *top = image->plane[plane] + (size_t)up * image->stride_bytes[plane] + component;
  const uint8_t *low = image->plane[plane] + (size_t)down * image->stride_bytes[plane] + component;
  const double fx = x - left, fy = y - up;
  const double above = top[left * pixel_bytes] * (1 - fx) + top[right * pixel_bytes] * fx;
  const double below = low[left * pixel_bytes] * (1 - fx) + low[right * pixel_bytes] * fx;
  return above * (1 - fy) + below * fy;
}

// R, G, B in 0...255 at a source position (pixel centres at whole numbers). The constants are the
// rounded ones that are printed for BT.601 and BT.709.
static void expect_rgb(const aip_image *image, double x, double y, double rgb[3]) {
  const uint32_t w = image->width, h = image->height;
  if (image->pixel_format >= AIP_PIXEL_FORMAT_RGB24) {
    for (uint32_t c = 0; c < 3; c++) {
      const uint32_t component = image->pixel_format == AIP_PIXEL_FORMAT_BGR24 ? 2 - c : c;
      rgb[c] = sample(image, 0, 3, component, w, h, x, y);
    }
    return;
  }
  const bool nv12 = image->pixel_format == AIP_PIXEL_FORMAT_NV12;
  const uint32_t cw = (w + 1) / 2, ch = (h + 1) / 2;
  const double cx = (x + 0.5) / 2 - 0.5, cy = (y + 0.5) / 2 - 0.5;
  double luma = sample(image, 0, 1, 0, w, h, x, y);
  double u = sample(image, 1, nv12 ? 2 : 1, 0, cw, ch, cx, cy) - 128;
  double v = sample(image, nv12 ? 1 : 2, nv12 ? 2 : 1, nv12 ? 1 : 0, cw, ch, cx, cy) - 128;
  if (image->color_range == AIP_COLOR_RANGE_LIMITED) {
    luma = (luma - 16) * 255 / 219;
    u = u * 255 / 224;
    v = v * 255 / 224;
  }
  const bool hd = image->color_matrix == AIP_COLOR_MATRIX_BT709;
  rgb[0] = luma + (hd ? 1.5748 : 1.402) * v;
  rgb[1] = luma - (hd ? 0.187324 : 0.344136) * u - (hd ? 0.468124 : 0.714136) * v;
  rgb[2] = luma + (hd ? 1.8556 : 1.772) * u;
  for (int c = 0; c < 3; c++) rgb[c] = fmin(fmax(rgb[c], 0), 255);
}

static double half_to_double(uint16_t half) {
  const int exponent = half >> 10 & 31, mantissa = half & 1023;
  const double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 0) return sign * ldexp(mantissa, -24);
  if (exponent == 31) return mantissa ? NAN : sign * INFINITY;
  return sign * ldexp(1024 + mantissa, exponent - 25);
}

static uint32_t channels_of(const aip_preprocess_options *o) {
  return o->channel_order == AIP_CHANNEL_ORDER_GRAY ? 1 : 3;
}

static double tensor_at(const aip_preprocess_options *o, const void *tensor, uint32_t channel,
                        uint32_t x, uint32_t y) {
  const bool planar = o->layout == AIP_TENSOR_LAYOUT_NCHW;
  const size_t step = o->channel_order == AIP_CHANNEL_ORDER_BGRA ? 4 : channels_of(o);
  const size_t element = o->dtype == AIP_DTYPE_F32 ? 4 : o->dtype == AIP_DTYPE_F16 ? 2 : 1;
  const size_t pixels = planar ? 1 : step;
  const size_t row = o->row_bytes > 0 ? o->row_bytes / element : o->width * pixels;
  const size_t at =
      planar ? (channel * o->height + y) * row + x : y * row + x * step + channel;
  switch (o->dtype) {
    case AIP_DTYPE_F32: return ((const float *)tensor)[at];
    case AIP_DTYPE_F16: return half_to_double(((const uint16_t *)tensor)[at]);
    default: return ((const uint8_t *)tensor)[at];
  }
}

// The value as the tensor's type can hold it, and how far rounding to that type may move it.
static double settle(const aip_preprocess_options *o, double value, double *rounding) {
  *rounding = o->dtype == AIP_DTYPE_U8    ? 0.5
              : o->dtype == AIP_DTYPE_F16 ? fabs(value) / 2048 + 1e-7
                                          : fabs(value) * 1e-6;
  return o->dtype == AIP_DTYPE_U8 ? fmin(fmax(value, 0), 255) : value;
}

static double normalise(const aip_preprocess_options *o, uint32_t slot, double level) {
  return (level * o->scale - o->mean[slot]) / o->std[slot];
}

// Weights have 8 bits down and 14 across, so on noise a sample is off by half a level at most;
// YUV adds the chroma samples' shares (1.164 + 2.11 of one, or 1.164 + .39 + .81).
static double level_tolerance(uint32_t format) {
  return format >= AIP_PIXEL_FORMAT_RGB24 ? 0.53 : 0.53 * 3.3;
}

// The picture's sides as the letterbox modes define them.
static void picture_sides(const aip_preprocess_options *o, const aip_image *image,
                          double sides[2]) {
  const double wide = (double)o->width / image->width, high = (double)o->height / image->height;
  const double ratio = wide < high ? wide : high;
  sides[0] = image->width * ratio;
  sides[1] = image->height * ratio;
  for (int k = 0; k < 2; k++) {
    sides[k] = o->letterbox == AIP_LETTERBOX_CENTRE ? rint(sides[k]) : floor(sides[k]);
    if (sides[k] < 1) sides[k] = 1;
  }
  if (o->letterbox == AIP_LETTERBOX_STRETCH) {
    sides[0] = o->width;
    sides[1] = o->height;
  }
}

static void check_against_definition(const aip_preprocess_options *o, const aip_image *image,
                                     const aip_letterbox *box, const void *tensor,
                                     const char *level) {
  double picture[2];
  picture_sides(o, image, picture);
  const double step_x = image->width / picture[0], step_y = image->height / picture[1];
  double worst = 0;
  for (uint32_t y = 0; y < o->height; y++) {
    for (uint32_t x = 0; x < o->width; x++) {
      const double px = x + 0.5 - box->pad_x, py = y + 0.5 - box->pad_y;
      const bool inside = px > 0 && px < picture[0] && py > 0 && py < picture[1];
      double rgb[3] = {o->pad, o->pad, o->pad};
      if (inside) {
        expect_rgb(image, px * step_x - 0.5, py * step_y - 0.5, rgb);
      }
      if (channels_of(o) == 1) rgb[0] = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
      for (uint32_t c = 0; c < channels_of(o); c++) {
        const bool reversed = o->channel_order == AIP_CHANNEL_ORDER_BGR ||
                              o->channel_order == AIP_CHANNEL_ORDER_BGRA;
        const uint32_t slot = reversed ? 2 - c : c;
        double rounding;
        const double expected = settle(o, normalise(o, slot, rgb[c]), &rounding);
        const double gain = fabs(o->scale / o->std[slot]);
        const double allowed =
            (inside ? level_tolerance(image->pixel_format) * gain : 0) + rounding + 1e-6;
        const double off = fabs(tensor_at(o, tensor, slot, x, y) - expected) / allowed;
        if (off > worst || isnan(off)) worst = isnan(off) ? INFINITY : off;
      }
    }
  }
  CHECK(worst <= 1,
        "%s: %ux%u format %u to %ux%u layout %u order %u dtype %u letterbox %u: %.2f times the "
        "tolerance from the definition",
        level, image->width, image->height, image->pixel_format, o->width, o->height, o->layout,
        o->channel_order, o->dtype, o->letterbox, worst);
}

// ---- cases ----

static const int32_t vector_levels[] = {AIP_LEVEL_AVX2, AIP_LEVEL_NEON};

static aip_preprocess_options plain_options(uint32_t width, uint32_t height) {
  const aip_preprocess_options options = {
      .width = width, .height = height, .scale = 1, .std = {1, 1, 1}, .pad = 114};
  return options;
}

static aip_letterbox run(const aip_preprocess_options *options, const aip_image *image,
                         void *tensor) {
  aip_preprocess *plan = NULL;
  aip_letterbox box = {0};
  CHECK(aip_preprocess_create(options, &plan) == AIP_STATUS_OK, "a plan can be made");
  CHECK(aip_preprocess_run(plan, image, tensor, &box) == AIP_STATUS_OK, "a frame can be run");
  aip_preprocess_destroy(plan);
  return box;
}

static uint32_t random_side(void) {
  switch (random_between(0, 3)) {
    case 0: return random_between(1, 6);
    case 1: return random_between(7, 40);
    case 2: return random_between(41, 130);
    default: return random_between(131, 420);
  }
}

static aip_preprocess_options random_options(void) {
  aip_preprocess_options o = {
      .width = random_between(1, 90),
      .height = random_between(1, 90),
      .layout = random_between(0, 1),
      .channel_order = random_between(0, 2),
      .dtype = random_between(0, 2),
      .scale = random_between(0, 1) ? 1.0f / 255 : 1.0f,
      .letterbox = random_between(0, 2),
      .pad = (float)random_between(0, 255),
      .keep_padding = random_between(0, 1),
  };
  if (random_between(0, 2) == 0) {
    o.channel_order = AIP_CHANNEL_ORDER_BGRA;
    o.layout = AIP_TENSOR_LAYOUT_NHWC;
    o.dtype = AIP_DTYPE_U8;
    o.scale = 1;
  }
  if (random_between(0, 1)) o.row_bytes = o.width * 12 + 4 * random_between(0, 16);
  for (int c = 0; c < 3; c++) {
    o.mean[c] = o.scale == 1.0f ? 0.0f : (float)random_unit();
    o.std[c] = o.scale == 1.0f ? 1.0f : (float)(0.2 + random_unit());
  }
  return o;
}

// Fixed point is exact in every version; only the float steps behind it may round differently.
static void check_same(const aip_preprocess_options *o, const void *a, const void *b,
                       const aip_image *image, const char *level) {
  double worst = 0;
  for (uint32_t y = 0; y < o->height; y++) {
    for (uint32_t x = 0; x < o->width; x++) {
      for (uint32_t c = 0; c < channels_of(o); c++) {
        const double left = tensor_at(o, a, c, x, y), right = tensor_at(o, b, c, x, y);
        const double gain = fabs(o->scale / o->std[c]);
        const double allowed = o->dtype == AIP_DTYPE_U8    ? 1
                               : o->dtype == AIP_DTYPE_F16 ? fabs(left) / 1024 + 1e-4 * gain
                                                           : 1e-4 * gain + fabs(left) * 1e-6;
        worst = fmax(worst, fabs(left - right) / allowed);
      }
    }
  }
  CHECK(worst <= 1, "%s differs from portable: %ux%u format %u to %ux%u dtype %u: %.2f times",
        level, image->width, image->height, image->pixel_format, o->width, o->height, o->dtype,
        worst);
}

// What no pixel's colour is: a BGRA pixel's fourth byte, and what lies between rows.
static void check_between_pixels(const aip_preprocess_options *o, const uint8_t *tensor,
                                 uint8_t untouched, const char *level) {
  const bool bgra = o->channel_order == AIP_CHANNEL_ORDER_BGRA;
  const uint32_t element = o->dtype == AIP_DTYPE_F32 ? 4 : o->dtype == AIP_DTYPE_F16 ? 2 : 1;
  const bool planar = o->layout == AIP_TENSOR_LAYOUT_NCHW;
  const uint32_t row = o->width * (planar ? 1 : bgra ? 4 : channels_of(o)) * element;
  const uint32_t rows = o->height * (planar ? channels_of(o) : 1);
  uint32_t see_through = 0, written = 0;
  for (uint32_t y = 0; bgra && y < o->height; y++) {
    const uint8_t *pixels = tensor + (size_t)y * (o->row_bytes > 0 ? o->row_bytes : row);
    for (uint32_t x = 0; x < o->width; x++) see_through += pixels[4 * x + 3] != 255;
  }
  for (uint32_t y = 0; o->row_bytes > 0 && y < rows; y++) {
    const uint8_t *bytes = tensor + (size_t)y * o->row_bytes;
    for (uint32_t i = row; i < o->row_bytes; i++) written += bytes[i] != untouched;
  }
  CHECK(see_through == 0, "%s: %u pixels of %ux%u have an alpha other than 255", level,
        see_through, o->width, o->height);
  CHECK(written == 0, "%s: %u bytes between rows of %u and %u bytes were written", level, written,
        row, o->row_bytes);
}

static void test_random_frames(int rounds) {
  for (int round = 0; round < rounds; round++) {
    frame f = frame_make(random_side(), random_side(), random_between(0, 3), random_between(0, 40));
    f.image.color_matrix = random_between(0, 1);
    f.image.color_range = random_between(0, 1);
    const aip_preprocess_options o = random_options();
    aip_preprocess *plan = NULL;
    aip_preprocess_create(&o, &plan);
    const size_t size = (size_t)aip_preprocess_size_bytes(plan);
    aip_preprocess_destroy(plan);
    guarded expected = guarded_make(size, false), got = guarded_make(size, round % 2 == 0);
    aip_kernels_select(AIP_LEVEL_PORTABLE);
    memset(expected.bytes, 0x5a, size);
    const aip_letterbox box = run(&o, &f.image, expected.bytes);
    check_between_pixels(&o, expected.bytes, 0x5a, "portable");
    check_against_definition(&o, &f.image, &box, expected.bytes, "portable");
    for (size_t k = 0; k < sizeof vector_levels / sizeof *vector_levels; k++) {
      if (aip_kernels_select(vector_levels[k]) != AIP_STATUS_OK) continue;
      memset(got.bytes, 0xa5, size);
      run(&o, &f.image, got.bytes);
      const char *name = aip_kernels_level_name(vector_levels[k]);
      check_same(&o, expected.bytes, got.bytes, &f.image, name);
      check_between_pixels(&o, got.bytes, 0xa5, name);
    }
    guarded_free(&expected);
    guarded_free(&got);
    frame_free(&f);
  }
}

static void test_opencv_agrees(void) {
  aip_image image = {.plane = {opencv_source},
                     .stride_bytes = {OPENCV_SOURCE_WIDTH * 3},
                     .width = OPENCV_SOURCE_WIDTH,
                     .height = OPENCV_SOURCE_HEIGHT,
                     .pixel_format = AIP_PIXEL_FORMAT_RGB24};
  for (size_t k = 0; k < sizeof opencv_cases / sizeof *opencv_cases; k++) {
    const opencv_case *expected = &opencv_cases[k];
    aip_preprocess_options o = plain_options(expected->width, expected->height);
    o.letterbox = AIP_LETTERBOX_STRETCH;
    o.layout = AIP_TENSOR_LAYOUT_NHWC;
    const size_t count = (size_t)expected->width * expected->height * 3;
    float *tensor = malloc(count * sizeof *tensor);
    run(&o, &image, tensor);
    double worst = 0;
    for (size_t i = 0; i < count; i++) worst = fmax(worst, fabs(tensor[i] - expected->values[i]));
    CHECK(worst < 0.53, "cv2.resize INTER_LINEAR to %ux%u: off by %.3f levels", expected->width,
          expected->height, worst);
    free(tensor);
  }
}

// Colour bars at full strength, 8-bit limited range, as printed in tables of the two standards.
static void test_colour_bars(void) {
  static const struct {
    uint32_t matrix;
    uint8_t yuv[3], rgb[3];
  } bars[] = {
      {AIP_COLOR_MATRIX_BT601, {16, 128, 128}, {0, 0, 0}},
      {AIP_COLOR_MATRIX_BT601, {235, 128, 128}, {255, 255, 255}},
      {AIP_COLOR_MATRIX_BT601, {81, 90, 240}, {255, 0, 0}},
      {AIP_COLOR_MATRIX_BT601, {145, 54, 34}, {0, 255, 0}},
      {AIP_COLOR_MATRIX_BT601, {41, 240, 110}, {0, 0, 255}},
      {AIP_COLOR_MATRIX_BT709, {63, 102, 240}, {255, 0, 0}},
      {AIP_COLOR_MATRIX_BT709, {173, 42, 26}, {0, 255, 0}},
      {AIP_COLOR_MATRIX_BT709, {32, 240, 118}, {0, 0, 255}},
  };
  for (size_t k = 0; k < sizeof bars / sizeof *bars; k++) {
    uint8_t y[64], u[16], v[16];
    memset(y, bars[k].yuv[0], sizeof y);
    memset(u, bars[k].yuv[1], sizeof u);
    memset(v, bars[k].yuv[2], sizeof v);
    const aip_image image = {{y, u, v},      {8, 4, 4}, 8, 8, AIP_PIXEL_FORMAT_YUV420P,
                             bars[k].matrix, 0, 0, 0};
    const aip_preprocess_options o = plain_options(8, 8);
    float tensor[3 * 64];
    run(&o, &image, tensor);
    for (int c = 0; c < 3; c++) {
      CHECK(fabsf(tensor[c * 64 + 21] - bars[k].rgb[c]) <= 2, "bar %zu channel %d is %.2f, not %u",
            k, c, (double)tensor[c * 64 + 21], bars[k].rgb[c]);
    }
  }
}

// Worked by hand: 4 x 2 grey levels halved each way are the means of 2 x 2.
static void test_means_of_four(void) {
  static const uint8_t grey[8] = {0, 10, 100, 200, 20, 30, 60, 40};
  uint8_t rgb[24];
  for (int i = 0; i < 24; i++) rgb[i] = grey[i / 3];
  const aip_image image = {{rgb}, {12}, 4, 2, AIP_PIXEL_FORMAT_RGB24, 0, 0, 0, 0};
  aip_preprocess_options o = plain_options(2, 1);
  o.scale = 0.5f;
  o.mean[0] = 1;
  o.std[2] = 4;
  float tensor[6];
  run(&o, &image, tensor);
  static const float expected[6] = {6.5f, 49, 7.5f, 50, 1.875f, 12.5f};
  for (int i = 0; i < 6; i++) {
    CHECK(fabsf(tensor[i] - expected[i]) < 1e-4f, "mean %d is %f, not %f", i, (double)tensor[i],
          (double)expected[i]);
  }
}

// Sides counted in the tensor: the source is all 255, the padding 0.
static void test_letterbox_places(void) {
  // Source, tensor, mode; picture, padding and scale from the projects' Python, run by hand:
  // YOLOX int(side * r); Ultralytics round(side * r), round(rest / 2 - 0.1).
  static const struct {
    uint32_t source[2], tensor[2], mode, picture[2], pad[2];
    double scale[2];
  } cases[] = {
      {{1280, 720}, {416, 416}, AIP_LETTERBOX_TOP_LEFT, {416, 234}, {0, 0}, {.325, .325}},
      {{768, 432}, {416, 416}, AIP_LETTERBOX_TOP_LEFT, {416, 233}, {0, 0}, {.5416667, .5416667}},
      {{333, 500}, {640, 640}, AIP_LETTERBOX_TOP_LEFT, {426, 640}, {0, 0}, {1.28, 1.28}},
      {{334, 500}, {640, 640}, AIP_LETTERBOX_TOP_LEFT, {427, 640}, {0, 0}, {1.28, 1.28}},
      {{334, 500}, {640, 640}, AIP_LETTERBOX_CENTRE, {428, 640}, {106, 0}, {1.28, 1.28}},
      {{1280, 720}, {640, 640}, AIP_LETTERBOX_CENTRE, {640, 360}, {0, 140}, {.5, .5}},
      {{1280, 718}, {640, 640}, AIP_LETTERBOX_CENTRE, {640, 359}, {0, 140}, {.5, .5}},
      {{810, 1080}, {640, 640}, AIP_LETTERBOX_CENTRE, {480, 640}, {80, 0}, {.5925926, .5925926}},
      {{1280, 720}, {640, 640}, AIP_LETTERBOX_STRETCH, {640, 640}, {0, 0}, {.5, .8888889}},
      {{2000, 1}, {64, 64}, AIP_LETTERBOX_TOP_LEFT, {64, 1}, {0, 0}, {.032, .032}},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    frame f = frame_make(cases[k].source[0], cases[k].source[1], AIP_PIXEL_FORMAT_RGB24, 0);
    memset(f.planes[0].bytes, 255, f.planes[0].size_bytes);
    aip_preprocess_options o = plain_options(cases[k].tensor[0], cases[k].tensor[1]);
    o.letterbox = cases[k].mode;
    o.pad = 0;
    float *tensor = malloc((size_t)o.width * o.height * 3 * sizeof *tensor);
    const aip_letterbox box = run(&o, &f.image, tensor);
    const uint32_t pad_x = (uint32_t)box.pad_x, pad_y = (uint32_t)box.pad_y;
    uint32_t width = 0, height = 0;
    while (pad_x + width < o.width && tensor[pad_y * o.width + pad_x + width] > 200) width++;
    while (pad_y + height < o.height && tensor[(pad_y + height) * o.width + pad_x] > 200) height++;
    CHECK(width == cases[k].picture[0] && height == cases[k].picture[1],
          "case %zu: the picture is %u x %u", k, width, height);
    CHECK(pad_x == cases[k].pad[0] && pad_y == cases[k].pad[1], "case %zu: the padding is %u, %u",
          k, pad_x, pad_y);
    CHECK(fabs(box.scale_x - cases[k].scale[0]) < 1e-6 &&
              fabs(box.scale_y - cases[k].scale[1]) < 1e-6,
          "case %zu: the scale is %f, %f", k, (double)box.scale_x, (double)box.scale_y);
    free(tensor);
    frame_free(&f);
  }
}

// A decoder has scaled the picture to what the letterbox gives its source: every pixel goes into
// the tensor as it is, and place and scale are the source's.
static void test_scaled_picture_keeps_its_source(void) {
  static const struct {
    uint32_t source[2], tensor, mode, picture[2], pad[2];
    double scale;
  } cases[] = {
      {{768, 432}, 416, AIP_LETTERBOX_TOP_LEFT, {416, 233}, {0, 0}, .5416667},
      {{334, 500}, 640, AIP_LETTERBOX_CENTRE, {428, 640}, {106, 0}, 1.28},
      {{3840, 2160}, 416, AIP_LETTERBOX_TOP_LEFT, {416, 234}, {0, 0}, .1083333},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    frame f = frame_make(cases[k].picture[0], cases[k].picture[1], AIP_PIXEL_FORMAT_RGB24, 0);
    f.image.source_width = cases[k].source[0];
    f.image.source_height = cases[k].source[1];
    aip_preprocess_options o = plain_options(cases[k].tensor, cases[k].tensor);
    o.letterbox = cases[k].mode;
    float *tensor = malloc((size_t)o.width * o.height * 3 * sizeof *tensor);
    const aip_letterbox box = run(&o, &f.image, tensor);
    CHECK((uint32_t)box.pad_x == cases[k].pad[0] && (uint32_t)box.pad_y == cases[k].pad[1],
          "scaled case %zu: the padding is %f, %f", k, (double)box.pad_x, (double)box.pad_y);
    CHECK(fabs(box.scale_x - cases[k].scale) < 1e-6 && fabs(box.scale_y - cases[k].scale) < 1e-6,
          "scaled case %zu: the scale is %f, %f", k, (double)box.scale_x, (double)box.scale_y);
    const uint32_t x = cases[k].picture[0] - 1, y = cases[k].picture[1] - 1;
    const uint8_t *last = f.planes[0].bytes + (size_t)y * f.image.stride_bytes[0] + x * 3;
    for (uint32_t c = 0; c < 3; c++) {
      const double got = tensor_at(&o, tensor, c, cases[k].pad[0] + x, cases[k].pad[1] + y);
      CHECK(fabs(got - last[c]) < 1e-3, "scaled case %zu: channel %u is %f, not %u", k, c, got,
            last[c]);
    }
    free(tensor);
    frame_free(&f);
  }
}

static void test_plan_follows_the_source(void) {
  const aip_preprocess_options o = plain_options(24, 24);
  aip_preprocess *kept = NULL;
  aip_preprocess_create(&o, &kept);
  float *again = malloc(24 * 24 * 3 * 4), *fresh = malloc(24 * 24 * 3 * 4);
  for (int round = 0; round < 24; round++) {
    frame f = frame_make(random_side(), random_side(), (uint32_t)round % 4, 3);
    f.image.color_matrix = random_between(0, 1);
    aip_preprocess_run(kept, &f.image, again, NULL);
    run(&o, &f.image, fresh);
    CHECK(memcmp(again, fresh, 24 * 24 * 3 * 4) == 0,
          "a kept plan gives a changed source what a new plan gives (round %d)", round);
    frame_free(&f);
  }
  free(again);
  free(fresh);
  aip_preprocess_destroy(kept);
}

// With keep_padding, padding is written on the first run, and again when the geometry changes.
static void test_padding_can_be_kept(void) {
  enum { SIDE = 32, COUNT = SIDE * SIDE * 3 };
  aip_preprocess_options o = plain_options(SIDE, SIDE);
  o.keep_padding = 1;
  aip_preprocess *plan = NULL;
  CHECK(aip_preprocess_create(&o, &plan) == AIP_STATUS_OK, "such a plan can be made");
  float *tensor = calloc(COUNT, sizeof *tensor);
  frame wide = frame_make(64, 32, AIP_PIXEL_FORMAT_NV12, 0);
  frame flat = frame_make(64, 16, AIP_PIXEL_FORMAT_NV12, 0);
  const int middle = 12 * SIDE, last = COUNT - 1;  // row 12: picture, then padding; the last row
  aip_preprocess_run(plan, &wide.image, tensor, NULL);
  CHECK((int)tensor[last] == 114, "the first run writes padding");
  tensor[last] = -1;
  aip_preprocess_run(plan, &wide.image, tensor, NULL);
  CHECK((int)tensor[last] == -1, "the next run leaves it alone");
  aip_preprocess_run(plan, &flat.image, tensor, NULL);
  CHECK((int)tensor[last] == 114 && (int)tensor[middle] == 114, "another geometry writes it again");
  frame_free(&wide);
  frame_free(&flat);
  free(tensor);
  aip_preprocess_destroy(plan);
}

// Every version's rows of 32BGRA, worked by hand where rounding and saturation decide.
static void test_bgra_rows(void) {
  enum { COUNT = 21 };  // two groups and a rest
  static const struct {
    float level;
    uint8_t byte;
  } cases[] = {{-3, 0},    {0, 0},     {0.5f, 0},      {1.5f, 2},  {2.5f, 2},
               {2.51f, 3}, {127, 127}, {254.49f, 254}, {255, 255}, {300, 255}};
  float r[COUNT], g[COUNT], b[COUNT];
  uint8_t pixels[4 * COUNT];
  for (int i = 0; i < COUNT; i++) {
    r[i] = cases[i % 10].level;
    g[i] = cases[(i + 3) % 10].level;
    b[i] = cases[(i + 7) % 10].level;
  }
  aip_kernels_current()->to_bgra(r, g, b, pixels, COUNT);
  for (int i = 0; i < COUNT; i++) {
    const uint8_t expected[4] = {cases[(i + 7) % 10].byte, cases[(i + 3) % 10].byte,
                                 cases[i % 10].byte, 255};
    CHECK(memcmp(pixels + 4 * i, expected, 4) == 0, "%s: pixel %d is %u %u %u %u",
          aip_kernels_level_name(aip_kernels_level()), i, pixels[4 * i], pixels[4 * i + 1],
          pixels[4 * i + 2], pixels[4 * i + 3]);
  }
}

static void test_half_floats(void) {
  for (uint32_t half = 0; half < 65536; half++) {
    const double value = half_to_double((uint16_t)half);
    if (isnan(value)) continue;
    CHECK(aip_half_from_float((float)value) == half, "half 0x%04x survives the way to f32 and back",
          half);
  }
  static const struct {
    float value;
    uint16_t half;
  } ties[] = {
      {0x1.002p0f, 0x3c00}, {0x1.006p0f, 0x3c02}, {0x1p-25f, 0},       {0x1.8p-24f, 2},
      {65519.0f, 0x7bff},   {65520.0f, 0x7c00},   {-65520.0f, 0xfc00}, {0x1.ffffp-15f, 0x0400},
  };
  for (size_t k = 0; k < sizeof ties / sizeof *ties; k++) {
    const uint16_t half = aip_half_from_float(ties[k].value);
    CHECK(half == ties[k].half, "%a becomes 0x%04x, not 0x%04x", (double)ties[k].value, half,
          ties[k].half);
  }
}

// Every version's conversion of rows is bit for bit the portable one, ties included.
static void test_half_rows(void) {
  enum { COUNT = 4099 };
  static float values[COUNT];
  static uint16_t halves[COUNT];
  for (int i = 0; i < COUNT; i++) {
    // Halves and the ties between neighbours: 12 bits of mantissa, exponents from subnormal on.
    values[i] =
        (float)ldexp((double)random_between(2048, 4095) / 2048, (int)random_between(0, 32) - 20);
  }
  aip_kernels_current()->to_half(values, halves, COUNT);
  for (int i = 0; i < COUNT; i++) {
    CHECK(halves[i] == aip_half_from_float(values[i]), "%s: %a becomes 0x%04x",
          aip_kernels_level_name(aip_kernels_level()), (double)values[i], halves[i]);
  }
}

static void test_bad_arguments(void) {
  aip_preprocess *plan = NULL;
  aip_preprocess_options o = plain_options(8, 8);
  uint8_t bytes[192] = {0};
  float tensor[192];
  o.std[1] = 0;
  CHECK(aip_preprocess_create(&o, &plan) == AIP_STATUS_INVALID_ARGUMENT, "std 0 is refused");
  o = plain_options(0, 8);
  CHECK(aip_preprocess_create(&o, &plan) == AIP_STATUS_INVALID_ARGUMENT, "width 0 is refused");
  o = plain_options(8, 8);
  o.scale = NAN;
  CHECK(aip_preprocess_create(&o, &plan) == AIP_STATUS_INVALID_ARGUMENT, "scale NaN is refused");
  o = plain_options(8, 8);
  CHECK(aip_preprocess_create(&o, &plan) == AIP_STATUS_OK, "a good plan is made");
  aip_image image = {{bytes}, {23}, 8, 8, AIP_PIXEL_FORMAT_RGB24, 0, 0, 0, 0};
  CHECK(aip_preprocess_run(plan, &image, tensor, NULL) == AIP_STATUS_INVALID_ARGUMENT,
        "a stride shorter than a row is refused");
  image.stride_bytes[0] = 24;
  image.pixel_format = 9;
  CHECK(aip_preprocess_run(plan, &image, tensor, NULL) == AIP_STATUS_INVALID_ARGUMENT,
        "an unknown pixel format is refused");
  image.pixel_format = AIP_PIXEL_FORMAT_NV12;
  CHECK(aip_preprocess_run(plan, &image, tensor, NULL) == AIP_STATUS_INVALID_ARGUMENT,
        "nv12 without its UV plane is refused");
  image.pixel_format = AIP_PIXEL_FORMAT_RGB24;
  image.width = AIP_IMAGE_SIDE_MAX + 1;
  CHECK(aip_preprocess_run(plan, &image, tensor, NULL) == AIP_STATUS_INVALID_ARGUMENT,
        "too wide an image is refused");
  o = plain_options(8, 8);
  o.channel_order = AIP_CHANNEL_ORDER_BGRA;
  o.dtype = AIP_DTYPE_U8;
  aip_preprocess *none = NULL;
  CHECK(aip_preprocess_create(&o, &none) == AIP_STATUS_INVALID_ARGUMENT,
        "BGRA in planes is refused");
  o.layout = AIP_TENSOR_LAYOUT_NHWC;
  o.row_bytes = 31;
  CHECK(aip_preprocess_create(&o, &none) == AIP_STATUS_INVALID_ARGUMENT,
        "rows shorter than their pixels are refused");
  o.dtype = AIP_DTYPE_F32;
  o.row_bytes = 0;
  CHECK(aip_preprocess_create(&o, &none) == AIP_STATUS_INVALID_ARGUMENT, "BGRA as f32 is refused");
  o = plain_options(8, 8);
  o.row_bytes = 31;
  CHECK(aip_preprocess_create(&o, &none) == AIP_STATUS_INVALID_ARGUMENT,
        "rows of a plane shorter than their elements are refused");
  CHECK(aip_kernels_select(7) == AIP_STATUS_UNSUPPORTED, "an unknown version is refused");
  aip_preprocess_destroy(plan);
}

int main(int argc, char **argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 400;
  const int32_t best = aip_kernels_level();
  test_half_floats();
  test_bad_arguments();
  test_random_frames(rounds);
  for (int32_t level = AIP_LEVEL_PORTABLE; level <= AIP_LEVEL_NEON; level++) {
    if (aip_kernels_select(level) != AIP_STATUS_OK) continue;
    test_half_rows();
    test_bgra_rows();
    test_opencv_agrees();
    test_colour_bars();
    test_means_of_four();
    test_letterbox_places();
    test_scaled_picture_keeps_its_source();
    test_plan_follows_the_source();
    test_padding_can_be_kept();
  }
  printf("versions: portable%s%s\n", best == AIP_LEVEL_PORTABLE ? "" : ", ",
         best == AIP_LEVEL_PORTABLE ? "" : aip_kernels_level_name(best));
  return check_summary("preprocess");
}
