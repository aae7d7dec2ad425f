import type { FrameGeometry, PictureSize } from "../types.ts";
import type { DecodeRequest } from "./ffmpeg.ts";
import { EXACT_FLAGS } from "./geometry.ts";
import type { SourceInfo } from "./source.ts";

/**
 * swscale's algorithm. Of those that stay well within the tolerance of the reference detections it
 * is the cheapest: `bilinear` widens its filter on the way down and costs more, `fast_bilinear`
 * costs less and moves the picture by up to half an output pixel.
 */
const FLAGS = "flags=area";

/** The same request with pictures of another size; what they were stays known as `sourceSize`. */
export function scaledRequest(request: DecodeRequest, size: PictureSize): DecodeRequest {
  const { format } = request;
  const { width, height } = format.geometry.sourceSize ?? format.geometry;
  const colour = format.scale.slice(
    `scale=${format.geometry.width}:${format.geometry.height}`.length,
  );
  const flags = format.scale.endsWith(EXACT_FLAGS) ? `${FLAGS}+${EXACT_FLAGS}` : FLAGS + colour;
  return {
    ...request,
    format: {
      ...format,
      geometry: { ...format.geometry, ...size, sourceSize: { width, height } },
      scale: `scale=${size.width}:${size.height}:${flags}`,
    },
  };
}

/** What arrives in the slots: smaller pictures where the decoder scales them. */
export function deliveredGeometry(info: SourceInfo): FrameGeometry {
  return info.delivered ?? info.geometry;
}

/** Size a source's frames arrive in: `native 768x432`, `scaled 3840x2160 → 416x234`. */
export function ingestText({ geometry, delivered }: SourceInfo): string {
  if (delivered === undefined) return `native ${sizeText(geometry)}`;
  return `scaled ${sizeText(geometry)} → ${sizeText(delivered)}`;
}

function sizeText({ width, height }: PictureSize): string {
  return `${width}x${height}`;
}
