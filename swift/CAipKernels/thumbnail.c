// Thumbnails from the means of areas: arguments, planes, and sums made into bytes.
#include "aip_thumbnail.h"

#include <math.h>

#include "image_internal.h"
#include "thumbnail_internal.h"

static const float WHOLE[4] = {0, 0, 1, 1};

static bool region_ok(const float region[4]) {
  // Written so that NaN is refused.
  return region[0] >= 0 && region[0] < region[2] && region[2] <= 1 && region[1] >= 0 &&
         region[1] < region[3] && region[3] <= 1;
}

static bool arguments_ok(const aip_image *image, const float region[4], uint32_t side,
                         const uint8_t *out) {
  return image != NULL && out != NULL && aip_image_ok(image) && side >= 1 &&
         side <= AIP_THUMBNAIL_SIDE_MAX && region_ok(region);
}

static bool is_packed(const aip_image *image) {
  return image->pixel_format == AIP_PIXEL_FORMAT_RGB24 ||
         image->pixel_format == AIP_PIXEL_FORMAT_BGR24;
}

static int32_t open_plane(aip_area_plane *plane, const aip_image *image, int index,
                          const float region[4], uint32_t side) {
  const bool chroma = index > 0, nv12 = image->pixel_format == AIP_PIXEL_FORMAT_NV12;
  const uint32_t unit = chroma ? AIP_AREA_ONE / 2 : AIP_AREA_ONE;
  const aip_area_shape shape = {
      .width = chroma ? (image->width + 1) / 2 : image->width,
      .height = chroma ? (image->height + 1) / 2 : image->height,
      .channels = is_packed(image) ? 3 : chroma && nv12 ? 2 : 1,
      .units_x = (double)image->width * unit,
      .units_y = (double)image->height * unit,
  };
  plane->bytes = image->plane[index];
  plane->stride_bytes = image->stride_bytes[index];
  return aip_area_plane_open(plane, &shape, region, side);
}

static uint64_t pixels_total(const aip_area_plane *plane, uint32_t x, uint32_t y) {
  const aip_area_band *band = &plane->bands[y];
  uint64_t rows = band->weight_first;
  if (band->count > 1) rows += (uint64_t)(band->count - 2) * AIP_AREA_ONE + band->weight_last;
  return rows * plane->columns.total[x];
}

// Sums to means, rounded to nearest, halves up. The quotient in floating point is one off at most,
// and many times faster than a division of 64-bit integers.
static uint8_t mean_of(uint64_t sum, uint64_t total) {
  const uint64_t dividend = 2 * sum + total, divisor = 2 * total;
  // Signed, as the processor converts those in one instruction; all are below 2^62.
  const int64_t quotient = (int64_t)((double)(int64_t)dividend / (double)(int64_t)divisor);
  const int64_t rest = (int64_t)dividend - quotient * (int64_t)divisor;
  return (uint8_t)(quotient + (rest >= (int64_t)divisor) - (rest < 0));
}

static uint8_t level_of(double value) {
  if (value <= 0) return 0;
  return value >= 255 ? 255 : (uint8_t)(value + 0.5);
}

// Luma of packed RGB in thousandths (ITU-R BT.601-7, 2.5.1).
static uint8_t luma_of(const uint64_t *sums, bool bgr, uint64_t total) {
  const uint64_t red = sums[bgr ? 2 : 0], blue = sums[bgr ? 0 : 2];
  return mean_of(299 * red + 587 * sums[1] + 114 * blue, 1000 * total);
}

int32_t aip_image_thumbnail_luma(const aip_image *image, const float region[4], uint32_t side,
                                 uint8_t *out) {
  if (region == NULL) region = WHOLE;
  if (!arguments_ok(image, region, side, out)) return AIP_STATUS_INVALID_ARGUMENT;
  aip_area_plane plane;
  const int32_t status = open_plane(&plane, image, 0, region, side);
  if (status != AIP_STATUS_OK) return status;
  const bool packed = is_packed(image), bgr = image->pixel_format == AIP_PIXEL_FORMAT_BGR24;
  uint64_t sums[AIP_THUMBNAIL_SIDE_MAX * AIP_AREA_CHANNELS_MAX];
  for (uint32_t y = 0; y < side; y++, out += side) {
    aip_area_plane_sum(&plane, y, sums);
    for (uint32_t x = 0; x < side; x++) {
      const uint64_t total = pixels_total(&plane, x, y);
      out[x] = packed ? luma_of(sums + 3 * x, bgr, total) : mean_of(sums[x], total);
    }
  }
  aip_area_plane_close(&plane);
  return AIP_STATUS_OK;
}

static int32_t packed_rgb(const aip_image *image, const float region[4], uint32_t side,
                          uint8_t *out) {
  aip_area_plane plane;
  const int32_t status = open_plane(&plane, image, 0, region, side);
  if (status != AIP_STATUS_OK) return status;
  const bool bgr = image->pixel_format == AIP_PIXEL_FORMAT_BGR24;
  const size_t pixels = (size_t)side * side;
  uint64_t sums[AIP_THUMBNAIL_SIDE_MAX * AIP_AREA_CHANNELS_MAX];
  for (uint32_t y = 0; y < side; y++) {
    aip_area_plane_sum(&plane, y, sums);
    for (uint32_t x = 0; x < side; x++) {
      const uint64_t total = pixels_total(&plane, x, y);
      for (uint32_t c = 0; c < 3; c++) {
        out[c * pixels + y * side + x] = mean_of(sums[3 * x + (bgr ? 2 - c : c)], total);
      }
    }
  }
  aip_area_plane_close(&plane);
  return AIP_STATUS_OK;
}

/// The planes of a YUV picture: Y, then UV or U and V.
typedef struct yuv_planes {
  aip_area_plane plane[3];
  int count;
} yuv_planes;

static void close_planes(yuv_planes *planes) {
  while (planes->count > 0) aip_area_plane_close(&planes->plane[--planes->count]);
}

static int32_t open_planes(yuv_planes *planes, const aip_image *image, const float region[4],
                           uint32_t side) {
  const int count = image->pixel_format == AIP_PIXEL_FORMAT_NV12 ? 2 : 3;
  for (planes->count = 0; planes->count < count; planes->count++) {
    const int32_t status =
        open_plane(&planes->plane[planes->count], image, planes->count, region, side);
    if (status != AIP_STATUS_OK) {
      close_planes(planes);
      return status;
    }
  }
  return AIP_STATUS_OK;
}

static int32_t yuv_rgb(const aip_image *image, const float region[4], uint32_t side, uint8_t *out) {
  yuv_planes planes;
  const int32_t status = open_planes(&planes, image, region, side);
  if (status != AIP_STATUS_OK) return status;
  const aip_yuv_matrix m = aip_yuv_matrix_of(image);
  const bool nv12 = planes.count == 2;
  const size_t pixels = (size_t)side * side;
  uint64_t luma[AIP_THUMBNAIL_SIDE_MAX], chroma[2][AIP_THUMBNAIL_SIDE_MAX * 2];
  for (uint32_t row = 0; row < side; row++, out += side) {
    aip_area_plane_sum(&planes.plane[0], row, luma);
    aip_area_plane_sum(&planes.plane[1], row, chroma[0]);
    if (!nv12) aip_area_plane_sum(&planes.plane[2], row, chroma[1]);
    for (uint32_t x = 0; x < side; x++) {
      const double chroma_total = (double)pixels_total(&planes.plane[1], x, row);
      const double y = (double)luma[x] / (double)pixels_total(&planes.plane[0], x, row);
      const double u = (double)chroma[0][nv12 ? 2 * x : x] / chroma_total - 128;
      const double v = (double)(nv12 ? chroma[0][2 * x + 1] : chroma[1][x]) / chroma_total - 128;
      const double grey = m.y * (y - m.black);
      out[x] = level_of(grey + m.r_v * v);
      out[pixels + x] = level_of(grey + m.g_u * u + m.g_v * v);
      out[2 * pixels + x] = level_of(grey + m.b_u * u);
    }
  }
  close_planes(&planes);
  return AIP_STATUS_OK;
}

int32_t aip_image_thumbnail_rgb(const aip_image *image, const float region[4], uint32_t side,
                                uint8_t *out) {
  if (region == NULL) region = WHOLE;
  if (!arguments_ok(image, region, side, out)) return AIP_STATUS_INVALID_ARGUMENT;
  return is_packed(image) ? packed_rgb(image, region, side, out)
                          : yuv_rgb(image, region, side, out);
}
