// Small copies of pictures by area means: the inputs of the cascade's difference detector and of
// its specialized network. Several versions (AVX2, NEON, portable C), as in aip_kernels.h; all give
// the same bytes.
#ifndef AIP_THUMBNAIL_H
#define AIP_THUMBNAIL_H

#include <stdint.h>

#include "aip_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Writes the luma thumbnail of a picture: u8 `[side, side]`, row-major, the picture (or `region`)
/// stretched to a square.
///
/// Pixel (x, y) is the mean luma over the area it covers, every pixel of the picture counting by
/// the share of it that lies inside, and is rounded to nearest, halves up. The edges between
/// thumbnail pixels are rounded to 64ths of a pixel, halves to even. Luma is what the plane holds:
/// 16...235 in a picture of limited range. Of packed RGB it is 0.299 R + 0.587 G + 0.114 B.
///
/// `region`: left, top, right, bottom as shares of the picture, 0...1; NULL is all of it.
/// `side`: 1 to AIP_THUMBNAIL_SIDE_MAX. Returns OK, INVALID_ARGUMENT or OUT_OF_MEMORY.
int32_t aip_image_thumbnail_luma(const aip_image *image, const float region[4], uint32_t side,
                                 uint8_t *out);

/// Writes the colour thumbnail of a picture: u8 `[3, side, side]`, planes R, G, B of 0...255, the
/// picture (or `region`) stretched to a square.
///
/// The means are taken of Y, U and V over the same area each, and then converted by the picture's
/// matrix and range; of packed RGB they are the thumbnail. Otherwise as aip_image_thumbnail_luma.
int32_t aip_image_thumbnail_rgb(const aip_image *image, const float region[4], uint32_t side,
                                uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
