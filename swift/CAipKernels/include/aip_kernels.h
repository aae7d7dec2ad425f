// The hot pixel kernels: frames to model input.
//
// A frame is read in the format the decoder wrote (planar or semi-planar YUV, or packed RGB), and
// only the pixels the model sees are converted: each output pixel takes two taps from each of two
// source rows, in luma and in chroma, and becomes RGB afterwards. There are three versions of the
// row kernels (AVX2, NEON, portable C); the best one this processor runs is chosen on first use.
//
// Enumerators (pixel formats, colour, layout, type, letterbox) are those of the binary definition.
// Every function that can fail returns AIP_STATUS_OK, INVALID_ARGUMENT (a null pointer, an unknown
// enumerator, a zero or too large size, a stride shorter than a row) or OUT_OF_MEMORY.
#ifndef AIP_KERNELS_H
#define AIP_KERNELS_H

#include <stdint.h>

#include "aip_layout.gen.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Largest width and height of an image or a tensor, in pixels.
#define AIP_IMAGE_SIDE_MAX 32768u

/// Versions of the kernels.
enum { AIP_LEVEL_PORTABLE = 0, AIP_LEVEL_AVX2 = 1, AIP_LEVEL_NEON = 2 };

/// A frame to read. Nothing outside a row's own pixels is read, neither the bytes between a row's
/// end and the next stride nor those behind the last row.
///
/// Planes: yuv420p Y, U, V; nv12 Y, UV interleaved; rgb24 and bgr24 one. Chroma planes hold
/// ceil(width / 2) x ceil(height / 2) samples. `color_matrix` and `color_range` say what the YUV
/// samples mean; packed RGB ignores them.
///
/// `source_width` x `source_height`: the picture's size before a decoder scaled it down, 0 for
/// `width` x `height`. The letterbox follows from it, whatever the size that has arrived.
typedef struct aip_image {
  const uint8_t *plane[3];
  uint32_t stride_bytes[3];
  uint32_t width, height;
  uint32_t pixel_format;
  uint32_t color_matrix;
  uint32_t color_range;
  uint32_t source_width, source_height;
} aip_image;

/// What the model wants. The tensor holds `3 * height * width` elements of `dtype` (f32, f16 or
/// u8); with channel order gray `height * width`, of 0.299 R + 0.587 G + 0.114 B, which takes the
/// first `mean` and `std`; with BGRA, of layout NHWC and dtype u8, `4 * height * width` bytes, the
/// fourth of a pixel 255, as Core Video's 32BGRA has them.
///
/// A channel value v in 0...255 becomes `(v * scale - mean) / std`, with `mean` and `std` in the
/// OUTPUT's channel order. `pad` is a grey in 0...255 and takes the same way. u8 output is rounded
/// to nearest, halves to even, and saturated.
///
/// `letterbox`: with r = min(width / source width, height / source height), top-left makes sides of
/// floor(side * r) at the top left (YOLOX); centre makes sides of round(side * r), the odd pixel of
/// padding at the right and the bottom (Ultralytics); stretch fills the tensor. The products are
/// taken in double precision, as those projects do: 432 * (416 / 768) gives 233 rows.
///
/// `keep_padding`: 1 says that the padding of the tensor stays as it is between runs, which then
/// write it only where the tensor's address or the source's geometry has changed; 0 writes it every
/// time.
///
/// `row_bytes`: from one row of the tensor to the next, a whole number of elements; 0 where rows
/// touch. The planes of an NCHW tensor follow one another as rows do. What lies between a row's end
/// and the next row is not written.
typedef struct aip_preprocess_options {
  uint32_t width, height;
  uint32_t layout;
  uint32_t channel_order;
  uint32_t dtype;
  float scale;
  float mean[3];
  float std[3];
  uint32_t letterbox;
  float pad;
  uint32_t keep_padding;
  uint32_t row_bytes;
} aip_preprocess_options;

/// Where the picture lies in the tensor: source = (x - pad) / scale, in pixels, per axis.
/// Letterboxed, both scales are r, as the models' own code maps boxes back, though the rounded
/// sides differ from side * r by up to a pixel.
typedef struct aip_letterbox {
  float scale_x, scale_y;
  float pad_x, pad_y;
} aip_letterbox;

/// A plan: offset, shuffle and weight tables for one source geometry, with its scratch rows. Made
/// on the first frame and remade when the geometry changes. One thread at a time may use a plan.
typedef struct aip_preprocess aip_preprocess;

/// Makes a plan for `options`, which are copied. Release it with `aip_preprocess_destroy`.
int32_t aip_preprocess_create(const aip_preprocess_options *options, aip_preprocess **out);

/// Releases a plan; null is ignored.
void aip_preprocess_destroy(aip_preprocess *plan);

/// Bytes of the tensor that `aip_preprocess_run` fills.
uint64_t aip_preprocess_size_bytes(const aip_preprocess *plan);

/// Resizes (bilinear, half-pixel centres, edges clamped: OpenCV's INTER_LINEAR), converts to RGB,
/// normalises and writes the whole tensor, padding included. `out` may be null.
///
/// `tensor` must be aligned to its element.
int32_t aip_preprocess_run(aip_preprocess *plan, const aip_image *image, void *tensor,
                           aip_letterbox *out);

/// What `aip_find_not_finite_*` have found.
enum { AIP_FINITE = 0, AIP_INFINITE = 1, AIP_NOT_A_NUMBER = 2 };

/// Looks through `count` values of single or half precision: NOT_A_NUMBER where one is none, else
/// INFINITE where one is infinite, else FINITE.
int32_t aip_find_not_finite_f32(const void *values, uint64_t count);
int32_t aip_find_not_finite_f16(const void *values, uint64_t count);

/// The version in use (`AIP_LEVEL_*`).
int32_t aip_kernels_level(void);

/// Forces a version, for tests and comparisons; not while kernels run on other threads.
/// UNSUPPORTED: this processor cannot run it.
int32_t aip_kernels_select(int32_t level);

/// "portable", "avx2", "neon", or "unknown".
const char *aip_kernels_level_name(int32_t level);

#ifdef __cplusplus
}
#endif

#endif
