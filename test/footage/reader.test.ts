import { afterAll, describe, expect, test } from "bun:test";
import type { FootageBlock } from "../../src/footage/footage-room.ts";
import { readFootage } from "../../src/footage/read-footage.ts";
import { FootageReader } from "../../src/footage/reader.ts";
import { childrenOf } from "../e2e/processes.ts";
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

const request = { region: null, sides: [] } as const;

describe.skipIf(!hasFfmpeg)("readFootage()", () => {
  const spec = hasFfmpeg ? steps() : "";

  test("keeps every frame of a stretch, with its number, time and luma", async () => {
    const found = await readFootage({ ...request, spec, start: 2, end: 6 });
    expect(found).toMatchObject({ start: 2, count: 4 });
    expect([...found.timesMs].map(Math.round)).toEqual([200, 300, 400, 500]);
    expect(found.luma).toHaveLength(4 * 2500);
    const lefts = [0, 1, 2, 3].map((index) => found.luma[index * 2500]);
    expect(lefts).toEqual([60, 70, 80, 90]);
    expect(found.luma[49]).toBe(200);
  });

  test("makes colour thumbnails of chosen frames alone", async () => {
    const chosen = Uint32Array.of(0, 3, 9, 40);
    const found = await readFootage({ ...request, spec, end: 50, sides: [32], chosen });
    expect([...found.chosen]).toEqual([0, 3, 9]);
    const reds = found.colour.get(32) as Uint8Array;
    expect(reds).toHaveLength(3 * 3 * 32 * 32);
    // (40 + 10 n - 16) * 255 / 219: 27.9, 62.9, 132.8.
    expect([0, 1, 2].map((index) => reds[index * 3 * 32 * 32])).toEqual([28, 63, 133]);
  });

  test("makes colour thumbnails of several sizes, of a region", async () => {
    const { colour } = await readFootage({
      ...{ spec, end: 1, region: [0.5, 0, 1, 1], sides: [32, 64] },
    });
    expect(colour.get(32)).toHaveLength(3 * 32 * 32);
    expect(colour.get(64)).toHaveLength(3 * 64 * 64);
    // Luma 200 of 16-235 without colour is (200 - 16) * 255 / 219 = 214.2 in each channel.
    for (const value of colour.get(64) ?? []) expect(Math.abs(value - 214)).toBeLessThanOrEqual(1);
  });

  test("returns what there is of footage that ends early", async () => {
    const { count, luma } = await readFootage({ ...request, spec, start: 8, end: 500 });
    expect(count).toBe(4);
    expect(luma).toHaveLength(4 * 2500);
  });

  test("says where footage ends before the first frame wanted", async () => {
    const reading = readFootage({ ...request, spec, start: 50, end: 60 });
    await expect(reading).rejects.toThrow(`"${spec}" ends after 12 frames, before frame 50`);
  });

  test("ends at a signal", async () => {
    const reading = readFootage({ ...request, spec, end: 12, signal: AbortSignal.abort() });
    await expect(reading).rejects.toMatchObject({ code: "interrupted" });
  });

  test("tells how far it is", async () => {
    const told: number[] = [];
    await readFootage({ ...request, spec, end: 12, onProgress: (frames) => told.push(frames) });
    expect(told.at(-1)).toBe(12);
  });
});

describe("readFootage() of the demo scene", () => {
  test("gives the same frame however it is come by", async () => {
    const spec = "demo:frames=30:seed=4";
    const whole = await readFootage({ ...request, spec, end: 30, sides: [32] });
    const chosen = Uint32Array.of(17, 29);
    const part = await readFootage({ ...request, spec, start: 17, end: 30, chosen, sides: [32] });
    expect(part.luma).toEqual(whole.luma.subarray(17 * 2500));
    const [few, all] = [part, whole].map(({ colour }) => colour.get(32) as Uint8Array);
    const at = (frame: number) => all?.subarray(frame * 3 * 32 * 32, (frame + 1) * 3 * 32 * 32);
    expect(few).toEqual(Uint8Array.of(...(at(17) ?? []), ...(at(29) ?? [])));
  });

  test("refuses a selection that is empty, out of order, or larger than memory can be", async () => {
    const read = (more: { start?: number; end: number; chosen?: Uint32Array }) =>
      readFootage({ ...request, spec: "demo", ...more });
    await expect(read({ start: 3, end: 3 })).rejects.toThrow("No frames are selected");
    await expect(read({ end: 9, chosen: Uint32Array.of(4, 4) })).rejects.toThrow(RangeError);
    await expect(read({ end: 2_000_000 })).rejects.toThrow(
      "2000000 frames are too many to hold at once: select 1717986 at most",
    );
  });
});

describe("FootageReader", () => {
  const spec = "demo:frames=900:size=128x96:seed=2";

  test("shows every frame once, stretch after stretch, as one reading would", async () => {
    const whole = await readFootage({ ...request, spec, end: 900, sides: [32] });
    await using reader = await FootageReader.open({ spec, region: null });
    const starts: number[] = [];
    const look = ({ start, count, luma, colour }: FootageBlock): void => {
      starts.push(start);
      expect(luma).toEqual(whole.luma.subarray(start * 2500, (start + count) * 2500));
      const all = whole.colour.get(32) as Uint8Array;
      const bytes = 3 * 32 * 32;
      expect(colour.get(32)).toEqual(all.subarray(start * bytes, (start + count) * bytes));
    };
    expect(await reader.visit({ end: 300, sides: [32] }, look)).toBe(300);
    // Nobody asks for a while: the decoder waits.
    await Bun.sleep(50);
    expect(await reader.visit({ end: 5000, sides: [32] }, look)).toBe(600);
    expect(starts).toEqual([0, 256, 300, 556, 812]);
    expect(await reader.visit({ end: 5000, sides: [] }, look)).toBe(0);
  });

  test.skipIf(!hasFfmpeg)("leaves no decoder behind when a visitor fails", async () => {
    const open = async (): Promise<void> => {
      await using reader = await FootageReader.open({ spec: steps(), region: null });
      await reader.visit({ end: 4, sides: [] }, () => {
        throw new Error("enough");
      });
    };
    await expect(open()).rejects.toThrow("enough");
    const decoders = childrenOf(process.pid).filter(({ command }) => command.includes("steps.mp4"));
    expect(decoders).toEqual([]);
  });
});
