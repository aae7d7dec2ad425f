// What the parts of the thumbnail kernels share. Not installed.
//
// An output is the sum over its pixels of value * weight across * weight down, divided by the sum
// of the weights' products. Weights are whole 64ths of a pixel, so that sums are exact integers and
// every version gives the same. 64 is also the most that lets one multiply-add-pairs of u8 by i8
// stay within an i16: 2 * 255 * 64 = 32640.
#ifndef AIP_THUMBNAIL_INTERNAL_H
#define AIP_THUMBNAIL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aip_layout.gen.h"

enum {
  AIP_AREA_ONE = 64,     // weight of a whole pixel
  AIP_AREA_WINDOW = 32,  // bytes of a row that are weighted at a time
  AIP_AREA_CHANNELS_MAX = 3,
  // Windows that vector versions add up in 32 bits. One adds 4 * 255 * 64 * 64 to each of eight i32
  // (AVX2), or 8 * 255 * 64 * 64 to each of four u32 (NEON).
  AIP_AREA_WINDOWS_MAX = 512,
};

/// The source rows of one output row.
typedef struct aip_area_band {
  uint32_t first, count;              // at least one row
  uint32_t weight_first, weight_last;  // of one row alone: weight_first; those between weigh 64
} aip_area_band;

/// Weight of a band's row, counted from its first.
static inline uint32_t aip_area_row_weight(const aip_area_band *band, uint32_t row) {
  if (row == 0) return band->weight_first;
  return row + 1 == band->count ? band->weight_last : AIP_AREA_ONE;
}

/// The source columns of every output: runs of windows of `window_bytes` bytes, which never reach
/// beyond a row. Each has a weight for every byte and channel, 0 where the byte is another
/// channel's or lies outside the output.
typedef struct aip_area_columns {
  uint32_t count;          // outputs
  uint32_t channels;       // samples side by side in a pixel
  uint32_t window_bytes;   // AIP_AREA_WINDOW; less where rows are shorter
  uint32_t windows_max;    // of one output
  uint32_t *first_window;  // `count` + 1: output i has windows [i] up to [i + 1]
  uint32_t *offset_bytes;  // per window, from the row's start
  int8_t *weights;         // per window and channel, AIP_AREA_WINDOW of them
  uint32_t *total;         // per output: its pixels' weights, added up
} aip_area_columns;

/// One plane of a picture and how it is taken apart.
typedef struct aip_area_plane {
  const uint8_t *bytes;
  size_t stride_bytes;
  aip_area_columns columns;
  aip_area_band bands[AIP_THUMBNAIL_SIDE_MAX];  // per output row
  void *tables;                                 // one allocation behind the columns' arrays
} aip_area_plane;

/// The shape of a plane. `units_x`, `units_y`: sides of the picture in 64ths of this plane's pixels,
/// which are less than its samples' where chroma was rounded up.
typedef struct aip_area_shape {
  uint32_t width, height;  // samples
  uint32_t channels;
  double units_x, units_y;
} aip_area_shape;

/// Makes the tables of a plane for `side` x `side` outputs of `region`; OK or OUT_OF_MEMORY. The
/// bytes and their stride are left to the caller.
int32_t aip_area_plane_open(aip_area_plane *plane, const aip_area_shape *shape,
                            const float region[4], uint32_t side);
void aip_area_plane_close(aip_area_plane *plane);

/// Writes the sums of output row `y`: u64 [side][channels].
void aip_area_plane_sum(const aip_area_plane *plane, uint32_t y, uint64_t *sums);

/// Sums one band's rows, the first of them at `top`, into u64 [count][channels].
typedef void (*aip_area_kernel)(const aip_area_columns *columns, const aip_area_band *band,
                                const uint8_t *top, size_t stride_bytes, uint64_t *sums);
void aip_area_sum_portable(const aip_area_columns *columns, const aip_area_band *band,
                           const uint8_t *top, size_t stride_bytes, uint64_t *sums);
#if defined(__x86_64__)
void aip_area_sum_avx2(const aip_area_columns *columns, const aip_area_band *band,
                       const uint8_t *top, size_t stride_bytes, uint64_t *sums);
#endif
#if defined(__aarch64__)
void aip_area_sum_neon(const aip_area_columns *columns, const aip_area_band *band,
                       const uint8_t *top, size_t stride_bytes, uint64_t *sums);
#endif

#endif
