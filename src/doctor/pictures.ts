import { blankSlot } from "../layout/blank-slot.ts";
import { check, addressOf } from "../native/library.ts";
import { rootArena } from "../ring/arena.ts";
import { openDemo } from "../source/demo.ts";
import { openFeed } from "../source/feed.ts";
import type { FrameGeometry } from "../types.ts";

/** Frames of the demo scene, far enough apart to show other objects. */
const FRAMES: readonly number[] = [20, 130, 240, 350, 460, 570];
/** Busy enough for many objects in each. */
const SCENE = "demo:seed=5:density=2:frames=1";

/** Size and format of the pictures that devices are compared on. */
export const PICTURE_GEOMETRY: FrameGeometry = openDemo(SCENE, "doctor").info.geometry;

/** Pictures that are the same on every machine, each in a slot of its own. */
export async function drawPictures(): Promise<readonly Uint8Array[]> {
  const slots: Uint8Array[] = [];
  for (const frame of FRAMES) {
    const source = openDemo(`${SCENE}:start=${frame}`, "doctor");
    const segment = await source.open();
    if (segment === null) throw new TypeError("drawPictures: the demo scene has no frame");
    const slot = blankSlot(segment.geometry);
    const arena = slot.buffer as SharedArrayBuffer;
    rootArena(arena);
    const address = addressOf(slot);
    const feed = openFeed(segment, { arena, arenaAddress: address, stopAddress: 0 });
    check(feed.fill(address), "demo-failed");
    feed.close();
    slots.push(slot);
  }
  return slots;
}
