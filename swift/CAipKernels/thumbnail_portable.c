// The portable kernel, and the choice among the versions.
#include <string.h>

#include "aip_kernels.h"
#include "thumbnail_internal.h"

static uint64_t sum_window(const uint8_t *at, size_t stride_bytes, const aip_area_band *band,
                           const int8_t *weights, uint32_t window_bytes) {
  uint64_t sum = 0;
  for (uint32_t row = 0; row < band->count; row++, at += stride_bytes) {
    int32_t across = 0;
    for (uint32_t i = 0; i < window_bytes; i++) across += at[i] * weights[i];
    sum += (uint64_t)across * aip_area_row_weight(band, row);
  }
  return sum;
}

void aip_area_sum_portable(const aip_area_columns *columns, const aip_area_band *band,
                           const uint8_t *top, size_t stride_bytes, uint64_t *sums) {
  const uint32_t channels = columns->channels;
  memset(sums, 0, (size_t)columns->count * channels * sizeof *sums);
  for (uint32_t i = 0; i < columns->count; i++, sums += channels) {
    for (uint32_t w = columns->first_window[i]; w < columns->first_window[i + 1]; w++) {
      const uint8_t *at = top + columns->offset_bytes[w];
      for (uint32_t c = 0; c < channels; c++) {
        const int8_t *weights = columns->weights + ((size_t)w * channels + c) * AIP_AREA_WINDOW;
        sums[c] += sum_window(at, stride_bytes, band, weights, columns->window_bytes);
      }
    }
  }
}

static aip_area_kernel kernel_for(const aip_area_columns *columns) {
  if (columns->window_bytes < AIP_AREA_WINDOW) return aip_area_sum_portable;
  if (columns->windows_max > AIP_AREA_WINDOWS_MAX) return aip_area_sum_portable;
  switch (aip_kernels_level()) {
#if defined(__x86_64__)
    case AIP_LEVEL_AVX2: return aip_area_sum_avx2;
#endif
#if defined(__aarch64__)
    case AIP_LEVEL_NEON: return aip_area_sum_neon;
#endif
    default: return aip_area_sum_portable;
  }
}

void aip_area_plane_sum(const aip_area_plane *plane, uint32_t y, uint64_t *sums) {
  const aip_area_band *band = &plane->bands[y];
  const uint8_t *top = plane->bytes + band->first * plane->stride_bytes;
  kernel_for(&plane->columns)(&plane->columns, band, top, plane->stride_bytes, sums);
}
