// Blending a shape's coverage into a frame of any pixel format, two rows by 64 columns at a time.
#include <math.h>

#include "draw_internal.h"

enum { TILE = 64, OPAQUE = 255 };

/// A colour as the picture's samples: Y, U, V, or the components in the order they are stored.
typedef struct samples {
  uint8_t value[3];
} samples;

static uint8_t to_sample(double value) {
  return (uint8_t)lrint(value < 0 ? 0 : value > 255 ? 255 : value);
}

// The inverse of the pre-processor's conversion (ITU-R BT.601-7 and BT.709-6).
static samples samples_of(const aip_mutable_image *image, aip_rgb colour) {
  if (image->pixel_format == AIP_PIXEL_FORMAT_RGB24)
    return (samples){{colour.r, colour.g, colour.b}};
  if (image->pixel_format == AIP_PIXEL_FORMAT_BGR24)
    return (samples){{colour.b, colour.g, colour.r}};
  const bool bt709 = image->color_matrix == AIP_COLOR_MATRIX_BT709;
  const bool full = image->color_range == AIP_COLOR_RANGE_FULL;
  const double red = bt709 ? 0.2126 : 0.299, blue = bt709 ? 0.0722 : 0.114;
  const double luma = red * colour.r + (1 - red - blue) * colour.g + blue * colour.b;
  const double u = (colour.b - luma) / (2 * (1 - blue)), v = (colour.r - luma) / (2 * (1 - red));
  const double luma_scale = full ? 1 : 219.0 / 255, chroma_scale = full ? 1 : 224.0 / 255;
  return (samples){{to_sample(luma * luma_scale + (full ? 0 : 16)),
                    to_sample(u * chroma_scale + 128), to_sample(v * chroma_scale + 128)}};
}

static inline void mix(uint8_t *sample, uint8_t colour, uint32_t alpha) {
  const uint32_t sum = *sample * (OPAQUE - alpha) + colour * alpha;
  *sample = (uint8_t)((sum + OPAQUE / 2) / OPAQUE);
}

// One row of luma, or of packed pixels.
static void mix_row(const aip_mutable_image *image, int32_t x, int32_t y, int32_t count,
                    const uint8_t *alpha, samples colour) {
  uint8_t *row = image->plane[0] + (size_t)y * image->stride_bytes[0];
  if (image->pixel_format >= AIP_PIXEL_FORMAT_RGB24) {
    for (int32_t i = 0; i < count; i++) {
      for (int c = 0; c < 3; c++) mix(&row[(x + i) * 3 + c], colour.value[c], alpha[i]);
    }
    return;
  }
  for (int32_t i = 0; i < count; i++) mix(&row[x + i], colour.value[0], alpha[i]);
}

// The chroma samples of two rows (`low` is null below an odd picture's last row). `x` and `y` are
// even; a sample takes the mean coverage of the pixels it serves.
static void mix_chroma(const aip_mutable_image *image, int32_t x, int32_t y, int32_t count,
                       const uint8_t *top, const uint8_t *low, samples colour) {
  const bool nv12 = image->pixel_format == AIP_PIXEL_FORMAT_NV12;
  uint8_t *u = image->plane[1] + (size_t)(y / 2) * image->stride_bytes[1];
  uint8_t *v = nv12 ? u + 1 : image->plane[2] + (size_t)(y / 2) * image->stride_bytes[2];
  for (int32_t i = 0; i < count; i += 2) {
    const bool pair = i + 1 < count;
    uint32_t sum = top[i], pixels = 1;
    if (pair) sum += top[i + 1], pixels++;
    if (low != NULL) sum += low[i], pixels++;
    if (low != NULL && pair) sum += low[i + 1], pixels++;
    const uint32_t alpha = (sum + pixels / 2) / pixels;
    const int32_t at = (x + i) / 2 * (nv12 ? 2 : 1);
    mix(&u[at], colour.value[1], alpha);
    mix(&v[at], colour.value[2], alpha);
  }
}

static void fade(uint8_t *alpha, int32_t count, uint32_t opacity) {
  for (int32_t i = 0; i < count; i++) {
    alpha[i] = (uint8_t)((alpha[i] * opacity + OPAQUE / 2) / OPAQUE);
  }
}

// A bound as a pixel index within 0...limit.
static int32_t pixel_within(float at, uint32_t limit) {
  if (!(at > 0)) return 0;
  return at < (float)limit ? (int32_t)at : (int32_t)limit;
}

void aip_paint(const aip_mutable_image *image, aip_rect bounds, aip_coverage coverage,
               const void *shape, aip_rgb colour, float opacity) {
  // Whole chroma samples: their coverage is taken over all the pixels they serve.
  const int32_t left = pixel_within(floorf(bounds.x1), image->width) & ~1;
  const int32_t top = pixel_within(floorf(bounds.y1), image->height) & ~1;
  int32_t right = pixel_within(ceilf(bounds.x2) + 1, image->width);
  int32_t bottom = pixel_within(ceilf(bounds.y2) + 1, image->height);
  const bool planar = image->pixel_format < AIP_PIXEL_FORMAT_RGB24;
  const samples value = samples_of(image, colour);
  const uint32_t alpha = (uint32_t)lrintf(opacity * OPAQUE);
  uint8_t rows[2][TILE];
  for (int32_t y = top; y < bottom; y += 2) {
    const bool two = y + 1 < (int32_t)image->height;
    for (int32_t x = left; x < right; x += TILE) {
      const int32_t rest = (int32_t)image->width - x;
      const int32_t wanted = (right - x + 1) & ~1;
      int32_t count = wanted < TILE ? wanted : TILE;
      if (count > rest) count = rest;
      for (int32_t k = 0; k < (two ? 2 : 1); k++) {
        coverage(shape, x, y + k, count, rows[k]);
        if (alpha < OPAQUE) fade(rows[k], count, alpha);
        mix_row(image, x, y + k, count, rows[k], value);
      }
      if (planar) mix_chroma(image, x, y, count, rows[0], two ? rows[1] : NULL, value);
    }
  }
}
