// What kernels that read pictures share. Not installed.
#ifndef AIP_IMAGE_INTERNAL_H
#define AIP_IMAGE_INTERNAL_H

#include <stdbool.h>

#include "aip_kernels.h"

/// Whether a picture's sides, format, colour and strides are possible, and its planes are there.
bool aip_image_ok(const aip_image *image);

/// From YUV to RGB, all 0...255: with Y' = y (Y - black) and U, V less 128,
/// R = Y' + r_v V, G = Y' + g_u U + g_v V, B = Y' + b_u U.
typedef struct aip_yuv_matrix {
  double y, black;
  double r_v, g_u, g_v, b_u;
} aip_yuv_matrix;

/// The conversion that a picture's matrix and range ask for.
aip_yuv_matrix aip_yuv_matrix_of(const aip_image *image);

#endif
