import { SlotHeader } from "../layout/layout.gen.ts";
import { BoxPainter } from "../native/box-painter.ts";
import { addressOf, closeFd, library } from "../native/library.ts";
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

const DONE: VideoMessage = { kind: "done" };

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

/**
 * Draws and writes frame after frame until the sink says that none will follow. HOT: this thread
 * never comes back to its event loop, where garbage would be collected; its loop makes none.
 */
function writeFrames(task: VideoTask, link: VideoLink): void {
  const { arena, sourceCount } = task;
  const painter = new BoxPainter(task.labels);
  const base = addressOf(new Uint8Array(arena));
  const slots: DataView[] = [];
  const tracks: (VideoTrack | undefined)[] = Array.from({ length: sourceCount });
  for (let slotIndex = link.takeFrame(); slotIndex >= 0; slotIndex = link.takeFrame()) {
    const slotOffset = link.takeOffsetBytes();
    const resultOffset = link.takeOffsetBytes();
    const slot = slots[slotIndex] ?? new DataView(arena, slotOffset);
    slots[slotIndex] = slot;
    const sourceIndex = slot.getUint32(SlotHeader.sourceIndex, true);
    if (link.isOpen(sourceIndex)) {
      tracks[sourceIndex] ??= new VideoTrack(link.track(sourceIndex), link.abortWord);
      const track = tracks[sourceIndex];
      const slotAddress = base + slotOffset;
      let isWritten = false;
      try {
        if (resultOffset > 0) painter.draw(slotAddress, base + resultOffset);
        isWritten = track.write(slot, slotAddress);
      } catch (error) {
        // A frame that cannot be written ends its video, never the loop that gives slots back.
        tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      }
      if (!isWritten) closeTrack(link, sourceIndex);
    }
    if (link.giveBack(slotIndex)) self.postMessage(DONE);
  }
  for (let sourceIndex = 0; sourceIndex < sourceCount; sourceIndex += 1) {
    closeTrack(link, sourceIndex);
  }
}

function closeTrack(link: VideoLink, sourceIndex: number): void {
  if (!link.isOpen(sourceIndex)) return;
  const { fd } = link.track(sourceIndex);
  link.clearTrack(sourceIndex);
  closeFd(fd);
}
