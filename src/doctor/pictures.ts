import { blankSlot } from "../layout/blank-slot.ts";
import { addressOf, check } from "../native/library.ts";
import { rootArena } from "../ring/arena.ts";
import { openDemo } from "../source/demo.ts";
import { openFeed } from "../source/feed.ts";
import type { FrameGeometry } from "../types.ts";

/** Frames of the demo scene, far enough apart to show other objects. */
const FRAMES: readonly number[] = [20, 130, 240, 350, 460, 570];
/** Busy enough for many objects in each. */
const SCENE = "demo:seed=5:density=2:frames=600";

/** Size and format of the pictures that devices are compared on. */
export const PICTURE_GEOMETRY: FrameGeometry = openDemo(SCENE, "doctor").info.geometry;

/** Pictures that are the same on every machine, each in a slot of its own. */
export async function drawPictures(): Promise<readonly Uint8Array[]> {
  const segment = await openDemo(SCENE, "doctor").open();
  if (segment === null) throw new TypeError("drawPictures: the demo scene has no frames");
  const slots = FRAMES.map(() => blankSlot(segment.geometry));
  const arena = (slots[0] as Uint8Array).buffer as SharedArrayBuffer;
  const feed = openFeed(segment, { arena, arenaAddress: 0, stopAddress: 0 });
  let next = 0;
  for (const [index, slot] of slots.entries()) {
    rootArena(slot.buffer as SharedArrayBuffer);
    const address = addressOf(slot);
    for (; next < (FRAMES[index] as number); next += 1) feed.skip(address);
    check(feed.fill(address), "demo-failed");
    next += 1;
  }
  feed.close();
  return slots;
}
