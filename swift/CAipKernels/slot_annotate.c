// Results drawn into the slots they belong to.

#include "aip.h"
#include "aip_draw.h"

int32_t aip_annotate(uint8_t *slot, const uint8_t *result, const char *labels,
                     uint32_t label_count) {
  const aip_slot_header *header = (const aip_slot_header *)slot;
  const aip_result_descriptor *descriptor = (const aip_result_descriptor *)result;
  const aip_detection *detections =
      (const aip_detection *)(result + sizeof(aip_result_descriptor));
  const uint32_t count = descriptor->detection_count;
  if (count > AIP_DETECTION_COUNT_MAX) return AIP_STATUS_INVALID_ARGUMENT;
  aip_mutable_image image = {
      .width = header->width,
      .height = header->height,
      .pixel_format = header->pixel_format,
      .color_matrix = header->color_matrix,
      .color_range = header->color_range,
  };
  for (int plane = 0; plane < 3; plane += 1) {
    image.plane[plane] = slot + header->plane_offset_bytes[plane];
    image.stride_bytes[plane] = header->plane_stride_bytes[plane];
  }
  const int32_t status = aip_draw_boxes(&image, detections, count, labels, label_count, 0);
  return status == 0 ? AIP_STATUS_OK : AIP_STATUS_INVALID_ARGUMENT;
}
