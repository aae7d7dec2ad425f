// A glyph atlas for ASCII 32-126, made by scripts/gen-font.py. Not installed.
#ifndef AIP_FONT_H
#define AIP_FONT_H

#include <stdint.h>

enum {
  AIP_FONT_FIRST = 32,
  AIP_FONT_GLYPH_COUNT = 95,
  AIP_FONT_COVERAGE_ONE = 15,
  AIP_FONT_GLYPH_WIDTH_MAX = 48,
};

/// In atlas pixels.
typedef struct aip_font_metrics {
  uint16_t em, ascent, descent;
} aip_font_metrics;

/// One glyph's ink. Sizes in atlas pixels; `advance` in 1/64 of one; `top` above the baseline.
typedef struct aip_glyph {
  uint16_t offset_bytes, advance;
  uint8_t width, height;
  int8_t left, top;
} aip_glyph;

extern const aip_font_metrics aip_font;
extern const aip_glyph aip_font_glyphs[AIP_FONT_GLYPH_COUNT];

/// Coverage 0...15, two pixels a byte, the left one in the low half; rows without padding.
extern const uint8_t aip_font_coverage[];

#endif
