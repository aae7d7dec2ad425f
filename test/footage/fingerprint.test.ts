import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { fingerprintOf } from "../../src/footage/fingerprint.ts";
import { hasFfmpeg, MediaFolder, testPicture } from "../source/media.ts";

const media = new MediaFolder();
afterAll(() => media.remove());

describe.skipIf(!hasFfmpeg)("fingerprintOf() a file", () => {
  const path = hasFfmpeg ? media.make("clip.mp4", ...testPicture(64, 48, 2, 10)) : "";

  test("tells its size, rate and length", async () => {
    const found = await fingerprintOf(path);
    expect(found).toMatchObject({ name: "clip.mp4", width: 64, height: 48, fps: 10, frames: 20 });
    expect(found.bytes).toBe(Bun.file(path).size);
    expect(found.id).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is the same for a copy under another name", async () => {
    const copy = media.file("copy.mp4");
    copyFileSync(path, copy);
    expect((await fingerprintOf(copy)).id).toBe((await fingerprintOf(path)).id);
  });

  test("is another for one changed byte in the middle of a small file, and for other pictures", async () => {
    const bytes = await Bun.file(path).bytes();
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] as number) ^ 1;
    const changed = media.file("changed.mp4");
    await Bun.write(changed, bytes);
    const other = media.make("other.mp4", ...testPicture(64, 48, 2.1, 10));
    const ids = await Promise.all(
      [path, changed, other].map(async (it) => (await fingerprintOf(it)).id),
    );
    expect(new Set(ids).size).toBe(3);
  });
});

describe("fingerprintOf() the demo scene", () => {
  test("is the same for a longer scene and another order of options, not for another seed", async () => {
    const id = async (spec: string): Promise<string> => (await fingerprintOf(spec)).id;
    const short = await id("demo:seed=3:fps=15:frames=100");
    expect(await id("demo:fps=15:frames=9000:seed=3")).toBe(short);
    expect(await id("demo:seed=4:fps=15:frames=100")).not.toBe(short);
    expect(await id("demo:seed=3:fps=15:visitors=0.02")).not.toBe(short);
  });

  test("refuses what cannot be read twice", async () => {
    await expect(fingerprintOf(media.path)).rejects.toThrow();
  });
});
