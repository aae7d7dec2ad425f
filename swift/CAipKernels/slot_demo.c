// The demo scene drawn into slots.

#include "aip.h"
#include "aip_demo.h"

int32_t aip_demo_open(uint32_t width, uint32_t height, double fps, uint32_t seed, float density,
                      float person_share, float visitor_share, float visitor_seconds,
                      aip_demo **demo) {
  const aip_demo_options options = {
      .width = width,
      .height = height,
      .fps = fps,
      .seed = seed,
      .density = density,
      .person_share = person_share,
      .solo_track_id = -1,
      .visitor_share = visitor_share,
      .visitor_seconds = visitor_seconds,
  };
  switch (aip_demo_create(&options, demo)) {
    case AIP_DEMO_OK:
      return AIP_STATUS_OK;
    case AIP_DEMO_OUT_OF_MEMORY:
      return AIP_STATUS_OUT_OF_MEMORY;
    default:
      return AIP_STATUS_INVALID_ARGUMENT;
  }
}

int32_t aip_demo_draw(aip_demo *demo, uint32_t frame_index, uint8_t *slot) {
  aip_slot_header *header = (aip_slot_header *)slot;
  if (header->pixel_format != AIP_PIXEL_FORMAT_YUV420P) return AIP_STATUS_INVALID_ARGUMENT;
  _Static_assert(sizeof(aip_demo_truth) == sizeof(aip_detection), "one record for both");
  // A slot without room for truth is a frame that will be dropped.
  aip_demo_truth *truth =
      header->truth_capacity == 0 ? 0 : (aip_demo_truth *)(slot + header->truth_offset_bytes);
  uint32_t count = 0;
  const int32_t status = aip_demo_render(
      demo, frame_index, slot + header->plane_offset_bytes[0], header->plane_stride_bytes[0],
      slot + header->plane_offset_bytes[1], header->plane_stride_bytes[1],
      slot + header->plane_offset_bytes[2], header->plane_stride_bytes[2],
      truth, header->truth_capacity, &count);
  header->truth_count = count;
  return status == AIP_DEMO_OK ? AIP_STATUS_OK : AIP_STATUS_INVALID_ARGUMENT;
}
