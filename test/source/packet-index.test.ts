import { afterAll, describe, expect, test } from "bun:test";
import { readPacketIndex, timesMsOf } from "../../src/source/packet-index.ts";
import { hasFfmpeg, MediaFolder, testPicture } from "./media.ts";

const folder = new MediaFolder();
afterAll(() => folder.remove());

async function packetTimes(path: string): Promise<Float64Array | null> {
  const index = await readPacketIndex(path);
  return index && timesMsOf(index);
}

describe.skipIf(!hasFfmpeg)("readPacketIndex()", () => {
  test("tells uneven times from the first frame on, in the order of the pictures", async () => {
    // Frames 2 to 9 at ten a second, and of the ten after them every fifth.
    const chosen = "select='gte(n,2)*lt(n,10)+gte(n,10)*not(mod(n,5))'";
    const codec = ["-fps_mode", "passthrough", "-c:v", "libx264", "-bf", "2"];
    const input = testPicture(64, 48, 2, 10);
    for (const name of ["a.mp4", "a.mkv"]) {
      const path = folder.make(name, ...input, "-vf", chosen, ...codec);
      const times = [...((await packetTimes(path)) ?? [])].map((ms) => Math.round(ms));
      expect(times).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 1300]);
    }
  });

  test("knows none where packets carry none, or there is no video", async () => {
    const raw = folder.make("a.h264", ...testPicture(64, 48, 1, 10), "-c:v", "libx264");
    expect(await packetTimes(raw)).toBeNull();
    expect(await packetTimes(folder.file("none.mp4"))).toBeNull();
  });
});
