import { SlotHeader } from "../layout/layout.gen.ts";
import { addressOf, check, closeFd, library } from "../native/library.ts";
import { rootArena } from "../ring/arena.ts";
import { VideoLink } from "./video-link.ts";
import { VideoTrack } from "./video-track.ts";

/** What the worker is started with. */
export interface VideoTask {
  readonly arena: SharedArrayBuffer;
  readonly link: SharedArrayBuffer;
  readonly sourceCount: number;
  readonly labels: readonly string[];
}

/** What the worker tells the sink. */
export type VideoMessage =
  | { readonly kind: "ready" }
  /** Slots wait to be taken back. */
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly message: string }
  /** All frames are written, all pipes closed. */
  | { readonly kind: "ended" };

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<VideoTask>): void => {
  const link = new VideoLink(data.sourceCount, data.link);
  rootArena(data.arena);
  rootArena(data.link);
  try {
    library();
    tell({ kind: "ready" });
    writeFrames(data, link);
  } catch (error) {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
  tell({ kind: "ended" });
};

function tell(message: VideoMessage): void {
  self.postMessage(message);
}

/** Draws and writes frame after frame until the sink says that none will follow. */
function writeFrames(task: VideoTask, link: VideoLink): void {
  const { arena, sourceCount } = task;
  const labels = labelText(task.labels);
  const base = addressOf(new Uint8Array(arena));
  const bytes = new DataView(arena);
  const tracks: (VideoTrack | undefined)[] = Array.from({ length: sourceCount });
  for (let slotIndex = link.takeFrame(); slotIndex >= 0; slotIndex = link.takeFrame()) {
    const slotOffset = link.takeOffsetBytes();
    const resultOffset = link.takeOffsetBytes();
    const sourceIndex = bytes.getUint32(slotOffset + SlotHeader.sourceIndex, true);
    const setup = link.track(sourceIndex);
    if (setup.fd >= 0) {
      tracks[sourceIndex] ??= new VideoTrack(setup, link.abortWord);
      const track = tracks[sourceIndex];
      const isOpen = attempt(() => {
        if (resultOffset > 0) {
          const count = task.labels.length;
          const status = library().aip_annotate(
            base + slotOffset,
            base + resultOffset,
            labels,
            count,
          );
          check(status, "annotate-failed");
        }
        return track.write(new DataView(arena, slotOffset), base + slotOffset);
      });
      if (!isOpen) closeTrack(link, sourceIndex);
    }
    if (link.giveBack(slotIndex)) tell({ kind: "done" });
  }
  for (let sourceIndex = 0; sourceIndex < sourceCount; sourceIndex += 1) {
    closeTrack(link, sourceIndex);
  }
}

/** A frame that cannot be written ends its video, never the loop that gives slots back. */
function attempt(write: () => boolean): boolean {
  try {
    return write();
  } catch (error) {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    return false;
  }
}

function closeTrack(link: VideoLink, sourceIndex: number): void {
  const { fd } = link.track(sourceIndex);
  if (fd < 0) return;
  link.clearTrack(sourceIndex);
  closeFd(fd);
}

/** Class names as `aip_annotate` wants them: each ended by a NUL, in memory that does not move. */
function labelText(labels: readonly string[]): Uint8Array {
  const encoded = new TextEncoder().encode(labels.map((label) => `${label}\0`).join(""));
  const bytes = new Uint8Array(new SharedArrayBuffer(encoded.length + 1));
  bytes.set(encoded);
  return bytes;
}
