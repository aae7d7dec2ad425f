// Boxes with labels, and captions.
#include "aip_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "draw_internal.h"

static const aip_rgb SHADOW = {0, 0, 0};

static bool image_ok(const aip_mutable_image *image) {
  if (image == NULL || image->width == 0 || image->height == 0) return false;
  if (image->width > AIP_IMAGE_SIDE_MAX || image->height > AIP_IMAGE_SIDE_MAX) return false;
  if (image->pixel_format > AIP_PIXEL_FORMAT_BGR24) return false;
  if (image->color_matrix > AIP_COLOR_MATRIX_BT709 || image->color_range > AIP_COLOR_RANGE_FULL)
    return false;
  const uint32_t chroma = (image->width + 1) / 2;
  const uint32_t row_bytes[4][3] = {{image->width, chroma, chroma},
                                    {image->width, chroma * 2, 0},
                                    {image->width * 3, 0, 0},
                                    {image->width * 3, 0, 0}};
  for (int plane = 0; plane < 3; plane++) {
    const uint32_t needed = row_bytes[image->pixel_format][plane];
    if (needed == 0) continue;
    if (image->plane[plane] == NULL || image->stride_bytes[plane] < needed) return false;
  }
  return true;
}

// Lines 2 and text 13 pixels at 360 lines, 4 and 26 at 1080, 8 and 46 at 2160; below 160 lines text
// stays at 9, the smallest that still reads.
static aip_draw_style style_for(const aip_mutable_image *image) {
  const float side = (float)(image->width < image->height ? image->width : image->height);
  const aip_draw_style style = {.line = fmaxf(1.25f, 0.9f + side / 320),
                                .text = fmaxf(9.0f, 6 + side / 54)};
  return style;
}

// The box with far-off edges drawn near, so that arithmetic stays exact; false: nothing to draw.
static bool cut_box(const aip_mutable_image *image, const aip_detection *box, float margin,
                    aip_rect *out) {
  const float width = (float)image->width, height = (float)image->height;
  if (!(box->x1 <= box->x2) || !(box->y1 <= box->y2)) return false;  // NaN too
  if (box->x2 < 0 || box->y2 < 0 || box->x1 > width || box->y1 > height) return false;
  *out = (aip_rect){within(box->x1, -margin, width), within(box->y1, -margin, height),
                    within(box->x2, 0, width + margin), within(box->y2, 0, height + margin)};
  return true;
}

static aip_rgb colour_of(const aip_detection *box) {
  const int32_t id = box->track_id >= 0 ? box->track_id : box->class_id;
  return aip_draw_palette[(uint32_t)id % AIP_PALETTE_COUNT];
}

// The name of class `class_id` among NUL-ended names; null where it has none.
static const char *label_of(const char *labels, uint32_t label_count, int32_t class_id) {
  if (labels == NULL || class_id < 0 || (uint32_t)class_id >= label_count) return NULL;
  const char *name = labels;
  for (int32_t i = 0; i < class_id; i++) name += strlen(name) + 1;
  return *name != '\0' ? name : NULL;
}

// "person #12 0.87", as far as it is known and wanted.
static void compose(const aip_detection *box, const char *name, uint32_t flags,
                    char text[AIP_TEXT_BYTES_MAX]) {
  char track[16] = "", confidence[16] = "", number[16];
  snprintf(number, sizeof number, "%d", box->class_id);
  if (box->track_id >= 0) snprintf(track, sizeof track, " #%d", box->track_id);
  if (!(flags & AIP_DRAW_NO_CONFIDENCE) && isfinite(box->confidence)) {
    const double shown = within(box->confidence, -9.99f, 9.99f);
    snprintf(confidence, sizeof confidence, " %.2f", shown);
  }
  const int name_bytes_max = AIP_TEXT_BYTES_MAX - 32;
  snprintf(text, AIP_TEXT_BYTES_MAX, "%.*s%s%s", name_bytes_max, name != NULL ? name : number,
           track, confidence);
}

typedef struct label {
  char text[AIP_TEXT_BYTES_MAX];
  aip_rect ground;
  aip_rgb colour;
} label;

static void draw_label(const aip_mutable_image *image, const label *drawn, aip_draw_style style) {
  const aip_rect ground = drawn->ground;
  aip_paint_rect(image, ground, style.line * 0.75f, drawn->colour, 0.92f);
  aip_paint_text(image, drawn->text, ground.x1 + style.text * 0.3f,
                 roundf(ground.y1 + style.text * 1.01f), style.text,
                 aip_text_colour(drawn->colour));
}

int32_t aip_draw_boxes(const aip_mutable_image *image, const aip_detection *boxes, uint32_t count,
                       const char *labels, uint32_t label_count, uint32_t style_flags) {
  if (!image_ok(image) || (boxes == NULL && count > 0)) return AIP_STATUS_INVALID_ARGUMENT;
  if (style_flags > (AIP_DRAW_NO_LABELS | AIP_DRAW_NO_CONFIDENCE)) {
    return AIP_STATUS_INVALID_ARGUMENT;
  }
  const aip_draw_style style = style_for(image);
  const float margin = 8 * style.line + 16, radius = style.line * 1.5f;
  aip_rect rect;
  for (uint32_t i = count; i-- > 0;) {
    if (!cut_box(image, &boxes[i], margin, &rect)) continue;
    aip_paint_outline(image, rect, radius, style.line * 2, SHADOW, 0.25f);
    aip_paint_outline(image, rect, radius, style.line, colour_of(&boxes[i]), 1);
  }
  if (style_flags & AIP_DRAW_NO_LABELS) return AIP_STATUS_OK;
  // The first boxes choose their labels' places first, and are drawn last, on top.
  aip_label_places places = {.count = 0};
  label drawn[AIP_LABELS_MAX];
  uint32_t drawn_count = 0;
  for (uint32_t i = 0; i < count && drawn_count < AIP_LABELS_MAX; i++) {
    if (!cut_box(image, &boxes[i], margin, &rect)) continue;
    label *next = &drawn[drawn_count++];
    compose(&boxes[i], label_of(labels, label_count, boxes[i].class_id), style_flags, next->text);
    const float width = aip_text_width(next->text, style.text) + 2 * style.text * 0.3f;
    next->ground =
        aip_place_label(&places, image, rect, width, style.text * 1.3f, style.line);
    next->colour = colour_of(&boxes[i]);
  }
  while (drawn_count > 0) draw_label(image, &drawn[--drawn_count], style);
  return AIP_STATUS_OK;
}

int32_t aip_draw_text(const aip_mutable_image *image, const char *text, uint32_t corner) {
  if (!image_ok(image) || text == NULL || corner > AIP_CORNER_BOTTOM_RIGHT) {
    return AIP_STATUS_INVALID_ARGUMENT;
  }
  const aip_draw_style style = style_for(image);
  const float inset = style.text * 0.4f, height = style.text * 1.4f, gap = style.text * 0.4f;
  const float width = aip_text_width(text, style.text) + 2 * inset;
  const bool right = corner == AIP_CORNER_TOP_RIGHT || corner == AIP_CORNER_BOTTOM_RIGHT;
  const bool low = corner >= AIP_CORNER_BOTTOM_LEFT;
  const float x = right ? fmaxf(0, (float)image->width - width - gap) : gap;
  const float y = low ? fmaxf(0, (float)image->height - height - gap) : gap;
  const aip_rect ground = {x, y, x + width, y + height};
  aip_paint_rect(image, ground, style.text * 0.25f, SHADOW, 0.65f);
  aip_paint_text(image, text, x + inset, roundf(y + style.text * 1.06f), style.text,
                 (aip_rgb){255, 255, 255});
  return AIP_STATUS_OK;
}
