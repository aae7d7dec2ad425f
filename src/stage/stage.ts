import type { FrameView, RunContext } from "../types.ts";

/**
 * A step every frame passes in order after inference, before the sinks: tracking, zones, counting.
 * It may rewrite detections in place (a track id, say).
 */
export interface Stage {
  readonly name: string;
  /**
   * Which pixels it wants to find in a frame's slot: `native` (default), the source's own size, or
   * `none`. Only where nobody wants them may frames arrive scaled down.
   */
  readonly pixels?: "native" | "none";
  open?(context: RunContext): void | Promise<void>;
  /** In order per source; must not block. */
  process(frame: FrameView): void;
  close?(): void | Promise<void>;
}
