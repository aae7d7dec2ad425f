// Checks of pictures, and the constants of their colour.
#include "image_internal.h"

#include <stddef.h>

static bool side_ok(uint32_t side) { return side >= 1 && side <= AIP_IMAGE_SIDE_MAX; }

static bool plane_ok(const aip_image *image, int plane, uint32_t row_bytes) {
  return image->plane[plane] != NULL && image->stride_bytes[plane] >= row_bytes;
}

bool aip_image_ok(const aip_image *image) {
  if (!side_ok(image->width) || !side_ok(image->height)) return false;
  if (image->source_width > AIP_IMAGE_SIDE_MAX || image->source_height > AIP_IMAGE_SIDE_MAX)
    return false;
  if (image->color_matrix > AIP_COLOR_MATRIX_BT709 || image->color_range > AIP_COLOR_RANGE_FULL)
    return false;
  const uint32_t chroma = (image->width + 1) / 2;
  switch (image->pixel_format) {
    case AIP_PIXEL_FORMAT_YUV420P:
      return plane_ok(image, 0, image->width) && plane_ok(image, 1, chroma) &&
             plane_ok(image, 2, chroma);
    case AIP_PIXEL_FORMAT_NV12:
      return plane_ok(image, 0, image->width) && plane_ok(image, 1, chroma * 2);
    case AIP_PIXEL_FORMAT_RGB24:
    case AIP_PIXEL_FORMAT_BGR24: return plane_ok(image, 0, image->width * 3);
    default: return false;
  }
}

// From the luma weights of red and blue: ITU-R BT.601-7, 2.5.1 to 2.5.3, and BT.709-6, items 3.2 to
// 3.5. Limited range: luma 16...235, chroma 128 +- 112.
aip_yuv_matrix aip_yuv_matrix_of(const aip_image *image) {
  const bool bt709 = image->color_matrix == AIP_COLOR_MATRIX_BT709;
  const bool full = image->color_range == AIP_COLOR_RANGE_FULL;
  const double red = bt709 ? 0.2126 : 0.299, blue = bt709 ? 0.0722 : 0.114;
  const double green = 1 - red - blue;
  const double luma = full ? 1.0 : 255.0 / 219, chroma = full ? 1.0 : 255.0 / 224;
  const aip_yuv_matrix matrix = {
      .y = luma,
      .black = full ? 0 : 16,
      .r_v = chroma * 2 * (1 - red),
      .g_u = -chroma * 2 * (1 - blue) * blue / green,
      .g_v = -chroma * 2 * (1 - red) * red / green,
      .b_u = chroma * 2 * (1 - blue),
  };
  return matrix;
}
