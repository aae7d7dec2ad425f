import type { FrameView, RunContext } from "../types.ts";

/**
 * Where results go: a file, a video, a socket. A sink that needs a frame's pixels or records after
 * `write` returns calls `frame.hold()` and later `context.release(frame.slotIndex)`; held slots are
 * the back-pressure.
 */
export interface Sink {
  readonly name: string;
  /**
   * Which pixels it wants to find in a frame's slot: `native` (default), the source's own size, or
   * `none`. Only where nobody wants them may frames arrive scaled down.
   */
  readonly pixels?: "native" | "none";
  /** The option that asks for it, for messages: `--annotate`. */
  readonly option?: string;
  /** @throws {AipError} where the output cannot be written */
  open(context: RunContext): void | Promise<void>;
  /** In order per source; must not block. Dropped and failed frames come too. */
  write(frame: FrameView): void;
  /** All frames have been written. `complete` is false after an error or an interruption. */
  close(complete: boolean): Promise<void>;
  /** What was written where, for the end of the run: `["annotated.mp4"]`. */
  outputs(): readonly string[];
  /** What people should know of it, for the report: `"libx264 is missing: encoded as MPEG-4"`. */
  notes?(): readonly string[];
}
