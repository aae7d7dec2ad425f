import { afterAll, describe, expect, test } from "bun:test";
import { readFootage } from "../../src/footage/reader.ts";
import { hasFfmpeg, MediaFolder } from "../source/media.ts";

const media = new MediaFolder();
afterAll(() => media.remove());

/** Frame n has luma 40 + 10 n on the left and 200 on the right, without loss. */
function steps(): string {
  const lum = "if(lt(X\\,W/2)\\,40+10*N\\,200)";
  const filter = `color=gray:size=200x100:rate=10:duration=1.2,geq=lum=${lum}:cb=128:cr=128`;
  return media.make(
    "steps.mp4",
    ...["-f", "lavfi", "-i", filter, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-qp", "0"],
  );
}

const request = { region: null, luma: true, sides: [] } as const;

describe.skipIf(!hasFfmpeg)("readFootage()", () => {
  const spec = hasFfmpeg ? steps() : "";

  test("keeps every frame of a stretch, with its number, time and luma", async () => {
    const selection = { start: 2, end: 6 };
    const { ids, timesMs, luma, decoded } = await readFootage({ ...request, spec, selection });
    expect([...ids]).toEqual([2, 3, 4, 5]);
    expect([...timesMs].map(Math.round)).toEqual([200, 300, 400, 500]);
    expect(luma).toHaveLength(4 * 2500);
    const lefts = [0, 1, 2, 3].map((index) => luma?.[index * 2500]);
    expect(lefts).toEqual([60, 70, 80, 90]);
    expect(luma?.[49]).toBe(200);
    expect(decoded).toBe(6);
  });

  test("keeps chosen frames alone", async () => {
    const selection = { frames: Uint32Array.of(0, 3, 9) };
    const { ids, timesMs, luma } = await readFootage({ ...request, spec, selection });
    expect([...ids]).toEqual([0, 3, 9]);
    expect([...timesMs].map(Math.round)).toEqual([0, 300, 900]);
    expect([0, 1, 2].map((index) => luma?.[index * 2500])).toEqual([40, 70, 130]);
  });

  test("makes colour thumbnails of several sizes, of a region", async () => {
    const { luma, colour } = await readFootage({
      ...request,
      ...{ spec, selection: { start: 0, end: 1 } },
      ...{ region: [0.5, 0, 1, 1], luma: false, sides: [32, 64] },
    });
    expect(luma).toBeNull();
    expect(colour.get(32)).toHaveLength(3 * 32 * 32);
    expect(colour.get(64)).toHaveLength(3 * 64 * 64);
    // Luma 200 of 16-235 without colour is (200 - 16) * 255 / 219 = 214.2 in each channel.
    for (const value of colour.get(64) ?? []) expect(Math.abs(value - 214)).toBeLessThanOrEqual(1);
  });

  test("returns what there is of footage that ends early", async () => {
    const { ids } = await readFootage({ ...request, spec, selection: { start: 8, end: 500 } });
    expect([...ids]).toEqual([8, 9, 10, 11]);
  });

  test("says where footage ends before the first frame wanted", async () => {
    const reading = readFootage({ ...request, spec, selection: { start: 50, end: 60 } });
    await expect(reading).rejects.toThrow(`"${spec}" ends after 12 frames, before frame 50`);
  });

  test("ends at a signal and returns what was read", async () => {
    const signal = AbortSignal.abort();
    const selection = { start: 0, end: 12 };
    const found = await readFootage({ ...request, spec, selection, signal });
    expect(found.interrupted).toBe(true);
    expect(found.ids.length).toBeLessThan(12);
  });

  test("tells how far it is", async () => {
    const told: number[] = [];
    const onProgress = (kept: number): number => told.push(kept);
    await readFootage({ ...request, spec, selection: { start: 0, end: 12 }, onProgress });
    expect(told.at(-1)).toBe(12);
  });
});

describe("readFootage() of the demo scene", () => {
  test("gives the same frame however it is come by", async () => {
    const spec = "demo:frames=30:seed=4";
    const whole = await readFootage({ ...request, spec, selection: { start: 0, end: 30 } });
    const frames = Uint32Array.of(17, 29);
    const chosen = await readFootage({ ...request, spec, selection: { frames } });
    const at = (index: number) => whole.luma?.subarray(index * 2500, (index + 1) * 2500);
    expect(chosen.luma?.subarray(0, 2500)).toEqual(at(17) as Uint8Array);
    expect(chosen.luma?.subarray(2500)).toEqual(at(29) as Uint8Array);
  });

  test("refuses a selection that is empty, out of order, or larger than memory can be", async () => {
    const read = (selection: { start: number; end: number } | { frames: Uint32Array }) =>
      readFootage({ ...request, spec: "demo", selection });
    await expect(read({ start: 3, end: 3 })).rejects.toThrow("No frames are selected");
    await expect(read({ frames: Uint32Array.of(4, 4) })).rejects.toThrow(RangeError);
    await expect(read({ start: 0, end: 2_000_000 })).rejects.toThrow(
      "2000000 frames are too many to hold at once: select 1717986 at most",
    );
  });
});
