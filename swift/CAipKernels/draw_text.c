// Lines of text from the glyph atlas, at any size.
#include <math.h>
#include <string.h>

#include "draw_internal.h"
#include "font.h"

typedef struct placed_glyph {
  const aip_glyph *glyph;
  float left, top;  // of the ink, in picture pixels
  float step;       // atlas pixels per picture pixel
} placed_glyph;

static uint32_t texel(const aip_glyph *glyph, int32_t x, int32_t y) {
  const uint32_t at = (uint32_t)(y * glyph->width + x);
  const uint8_t pair = aip_font_coverage[glyph->offset_bytes + at / 2];
  return at % 2 == 0 ? pair & 15 : pair >> 4;
}

static float overlap(float low, float high, int32_t texel_low) {
  const float from = low > (float)texel_low ? low : (float)texel_low;
  const float to = high < (float)(texel_low + 1) ? high : (float)(texel_low + 1);
  return to > from ? to - from : 0;
}

static int32_t first_texel(float low) { return low > 0 ? (int32_t)low : 0; }

static int32_t end_texel(float high, int32_t limit) {
  if (!(high > 0)) return 0;
  return high < (float)limit ? (int32_t)ceilf(high) : limit;
}

// Mean coverage over a window as wide as the picture's pixel, or as the atlas's where that is
// larger: an area average when text shrinks, bilinear when it grows. Down first, then across.
static void cover_glyph(const void *shape, int32_t x, int32_t y, int32_t count, uint8_t *out) {
  const placed_glyph *g = shape;
  const int32_t width = g->glyph->width, height = g->glyph->height;
  const float half = (g->step > 1 ? g->step : 1) / 2;
  const float v = ((float)y + 0.5f - g->top) * g->step;
  float column[AIP_FONT_GLYPH_WIDTH_MAX] = {0};
  for (int32_t row = first_texel(v - half); row < end_texel(v + half, height); row++) {
    const float share = overlap(v - half, v + half, row);
    for (int32_t i = 0; i < width; i++) column[i] += (float)texel(g->glyph, i, row) * share;
  }
  const float level = 255 / (4 * half * half * AIP_FONT_COVERAGE_ONE);
  for (int32_t i = 0; i < count; i++) {
    const float u = ((float)(x + i) + 0.5f - g->left) * g->step;
    const int32_t end = end_texel(u + half, width);
    float sum = 0;
    for (int32_t at = first_texel(u - half); at < end; at++) {
      sum += column[at] * overlap(u - half, u + half, at);
    }
    out[i] = (uint8_t)(sum * level + 0.5f);
  }
}

// The glyph of the next character; a whole UTF-8 sequence counts as one.
static const aip_glyph *next_glyph(const char **text) {
  const unsigned char byte = (unsigned char)*(*text)++;
  if (byte >= 0x80) {
    while (((unsigned char)**text & 0xc0) == 0x80) (*text)++;
  }
  const bool known = byte >= AIP_FONT_FIRST && byte < AIP_FONT_FIRST + AIP_FONT_GLYPH_COUNT;
  return &aip_font_glyphs[(known ? byte : '?') - AIP_FONT_FIRST];
}

static float advance_of(const aip_glyph *glyph, float em) {
  return (float)glyph->advance / 64 * em / aip_font.em;
}

void aip_paint_text(const aip_mutable_image *image, const char *text, float x, float baseline,
                    float em, aip_rgb colour) {
  const float scale = em / aip_font.em;
  while (*text != '\0' && x < (float)image->width) {
    const aip_glyph *glyph = next_glyph(&text);
    const placed_glyph shape = {glyph, x + (float)glyph->left * scale,
                                baseline - (float)glyph->top * scale, 1 / scale};
    const float right = shape.left + (float)glyph->width * scale;
    const float bottom = shape.top + (float)glyph->height * scale;
    if (glyph->width > 0 && right > 0) {
      // Bilinear edges reach half an atlas pixel past the ink.
      const float edge = scale / 2 + 1;
      const aip_rect bounds = {shape.left - edge, shape.top - edge, right + edge, bottom + edge};
      aip_paint(image, bounds, cover_glyph, &shape, colour, 1);
    }
    x += advance_of(glyph, em);
  }
}

float aip_text_width(const char *text, float em) {
  float width = 0;
  while (*text != '\0') width += advance_of(next_glyph(&text), em);
  return width;
}

// Luma above which black reads better than white: where both have the same contrast ratio by WCAG
// 2.1 (relative luminance 0.179), as a gamma-coded level.
aip_rgb aip_text_colour(aip_rgb ground) {
  const double luma = 0.2126 * ground.r + 0.7152 * ground.g + 0.0722 * ground.b;
  return luma > 118 ? (aip_rgb){16, 16, 16} : (aip_rgb){255, 255, 255};
}
