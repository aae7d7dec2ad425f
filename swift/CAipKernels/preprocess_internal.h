// What the parts of the pre-processor share. Not installed.
//
// Fixed point: vertical weights have 8 bits, horizontal ones 14. Two rows blended give a u16
// (255 * 256 at most); flipping its top bit makes it an i16 that is low by 128 * 256, so that one
// multiply-add-pairs instruction blends two taps. The sum is (value - 128) * 2^22, in an i32, for
// luma, chroma and RGB alike; 2^-22 and the 128 go into the colour constants.
#ifndef AIP_PREPROCESS_INTERNAL_H
#define AIP_PREPROCESS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aip_kernels.h"

enum {
  AIP_GROUP = 8,           // output pixels a vector step makes
  AIP_WEIGHT_Y_ONE = 256,  // vertical weight 1.0
  AIP_WEIGHT_X_ONE = 16384,
};

/// How the two taps of neighbouring outputs are fetched from a source row.
typedef enum {
  /// One output at a time, from `offset_bytes`: any geometry. Vector versions read exactly the
  /// bytes of the two taps.
  AIP_FETCH_SINGLE = 0,
  /// Four outputs from one 16-byte window, spread by a byte shuffle (steps up to about 4.6).
  AIP_FETCH_WINDOW = 1,
} aip_fetch;

/// The taps of one axis of one plane, in bytes from the row's start. Arrays are padded to a whole
/// group by repeating the last output.
typedef struct aip_taps_x {
  uint32_t count;       // outputs
  uint32_t step_bytes;  // from the first tap to the second; 0 where the row has one pixel
  aip_fetch fetch;
  int32_t *offset_bytes;  // per output: its first tap
  int16_t *weights;       // per output: first, second; they add up to AIP_WEIGHT_X_ONE
  int32_t *window_bytes;  // WINDOW: per 4 outputs. RGB: per output, an 8-byte window
  uint8_t *shuffle;       // 16 bytes per window; NV12: U's, then V's. RGB: per 2 outputs, see below
} aip_taps_x;

/// The taps of the other axis: per output row the first source row and the second one's weight.
typedef struct aip_taps_y {
  uint32_t *row;
  uint16_t *weight;   // of the second row, 0...AIP_WEIGHT_Y_ONE
  uint32_t row_step;  // 0 where the plane has one row
} aip_taps_y;

/// Colour and normalisation, with the fixed-point scale folded in. R, G, B.
typedef struct aip_colour {
  float y, y_offset;         // luma part, offset in 0...255
  float r_v, g_u, g_v, b_u;  // chroma parts
  float gain[3], bias[3];    // after clamping to 0...255 (YUV), or straight from fixed point (RGB)
} aip_colour;

/// One output row's sources and destinations.
typedef struct aip_row {
  const uint8_t *top[3], *bottom[3];
  uint16_t weight_y[2];  // the bottom row's: luma (or RGB), chroma
  float *out[3];         // R, G, B: `count` floats each
} aip_row;

struct aip_preprocess {
  aip_preprocess_options options;
  // The geometry that the tables were made for.
  uint32_t image_width, image_height, pixel_format;
  uint32_t source_width, source_height;  // what the letterbox and the scales follow from
  uint32_t width, height, pad_x, pad_y;  // the picture inside the tensor
  double scale_x, scale_y;
  aip_taps_x x[2];  // luma or RGB; chroma
  aip_taps_y y[2];
  bool vector;  // rows are long enough for the vector versions
  aip_colour colour;
  const void *padded;  // the tensor that has this geometry's padding; null: none
  void *tables;        // one allocation behind all arrays
  float *scratch;      // three rows for outputs that are not planar f32, then one interleaved row
};

typedef void (*aip_row_kernel)(const aip_preprocess *plan, const aip_row *row);
typedef void (*aip_half_kernel)(const float *from, uint16_t *to, size_t count);
/// Rounded to nearest, halves to even, saturated; alpha 255.
typedef void (*aip_bgra_kernel)(const float *r, const float *g, const float *b, uint8_t *to,
                                size_t count);

/// One version of the kernels.
typedef struct aip_kernels {
  aip_row_kernel yuv420p, nv12, rgb;
  aip_half_kernel to_half;
  aip_bgra_kernel to_bgra;
} aip_kernels;

extern const aip_kernels aip_kernels_portable;
#if defined(__x86_64__)
extern const aip_kernels aip_kernels_avx2;
#endif
#if defined(__aarch64__)
extern const aip_kernels aip_kernels_neon;
#endif

/// The version in use.
const aip_kernels *aip_kernels_current(void);

/// Makes the tables for the image's geometry unless they are there.
int32_t aip_preprocess_plan(aip_preprocess *plan, const aip_image *image);

/// Fills `plan->colour` for the image's matrix and range.
void aip_preprocess_colour(aip_preprocess *plan, const aip_image *image);

/// Converts scratch rows to the tensor's type and layout, at picture row `y`.
void aip_preprocess_pack(const aip_preprocess *plan, uint32_t y, void *tensor);

/// Writes the padding around the picture.
void aip_preprocess_pad(const aip_preprocess *plan, void *tensor);

/// The portable row kernels; vector versions use them where source rows are too short for theirs.
void aip_row_portable_yuv420p(const aip_preprocess *plan, const aip_row *row);
void aip_row_portable_nv12(const aip_preprocess *plan, const aip_row *row);
void aip_row_portable_rgb(const aip_preprocess *plan, const aip_row *row);

/// Bytes of an element, and of a pixel in a tensor of one plane.
size_t aip_element_bytes(uint32_t dtype);
size_t aip_pixel_bytes(const aip_preprocess_options *options);

/// Whether each channel has a plane of its own.
bool aip_is_planar(const aip_preprocess_options *options);

/// Bytes from one row of the tensor to the next.
size_t aip_row_bytes(const aip_preprocess_options *options);

/// The portable kernel; vector versions use it for the last few pixels of a row.
void aip_bgra_portable(const float *r, const float *g, const float *b, uint8_t *to, size_t count);

/// f32 to IEEE half, rounded to nearest, halves to even; overflow becomes infinity.
uint16_t aip_half_from_float(float value);

#endif
