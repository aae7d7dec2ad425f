// Drawing detections into frames, in place, in the format the decoder wrote.
//
// Everything is anti-aliased and placed at fractions of a pixel, so boxes move smoothly from frame
// to frame; line width and text size follow the picture's size. Nothing outside the picture's own
// pixels is written.
#ifndef AIP_DRAW_H
#define AIP_DRAW_H

#include <stdint.h>

#include "aip_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A frame to draw into: `aip_image` with planes that may be written.
typedef struct aip_mutable_image {
  uint8_t *plane[3];
  uint32_t stride_bytes[3];
  uint32_t width, height;
  uint32_t pixel_format;
  uint32_t color_matrix;
  uint32_t color_range;
} aip_mutable_image;

/// `aip_draw_boxes`, or-ed.
enum {
  AIP_DRAW_NO_LABELS = 1,      // outlines alone
  AIP_DRAW_NO_CONFIDENCE = 2,  // "person" instead of "person 0.87"
};

/// `aip_draw_text`: where the caption stands.
enum {
  AIP_CORNER_TOP_LEFT = 0,
  AIP_CORNER_TOP_RIGHT = 1,
  AIP_CORNER_BOTTOM_LEFT = 2,
  AIP_CORNER_BOTTOM_RIGHT = 3,
};

/// Draws boxes with "person 0.87", or "person #12 0.87" with a track id, above them; where there is
/// no room, or another label stands, inside or below. At most 512 boxes have labels. Colours go by track id, or by class id where there is none. Boxes earlier in
/// the list lie above later ones. Boxes with a NaN, or that do not touch the picture, are left out.
///
/// `labels`: `label_count` class names in UTF-8, each ended by a NUL, class 0 first (null: none). A
/// class without a name is shown as its number. Characters outside ASCII show as "?".
int32_t aip_draw_boxes(const aip_mutable_image *image, const aip_detection *boxes, uint32_t count,
                       const char *labels, uint32_t label_count, uint32_t style_flags);

/// Draws a line of text (UTF-8, NUL-ended) on a dark ground in a corner. What does not fit the
/// picture is cut off.
int32_t aip_draw_text(const aip_mutable_image *image, const char *text, uint32_t corner);

#ifdef __cplusplus
}
#endif

#endif
