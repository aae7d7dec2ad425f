import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openSource, openSources } from "../../src/source/open.ts";
import { hasFfmpeg, MediaFolder, testPicture } from "./media.ts";
import { pipes } from "./pipes.ts";
import { readSource } from "./segment-reader.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

const SHARED = fileURLToPath(new URL("../../../shared/videos", import.meta.url));

describe.skipIf(!hasFfmpeg)("openSources()", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
    for (const name of ["a.mp4", "b.mp4"]) {
      media.make(name, ...testPicture(320, 240, 0.2), "-pix_fmt", "yuv420p");
    }
  });
  afterAll(() => media.remove());

  test("expands globs and gives every source a name of its own", async () => {
    const specs = [media.file("*.mp4"), "demo", media.file("a.mp4"), "demo:seed=2"];
    const sources = await openSources(specs, { pipes });
    expect(sources.map(({ name }) => name)).toEqual(["a", "b", "demo", "a-2", "demo-2"]);
    for (const source of sources) {
      if (source.info.truthClasses !== undefined) continue;
      const { segments } = await readSource(source);
      expect(segments[0]?.frames).toBe(5);
    }
  });

  test("openSource() takes one source only", async () => {
    await expect(openSource(media.file("*.mp4"), { pipes })).rejects.toMatchObject({
      code: "source-several",
      category: "usage",
    });
  });

  test("throws the first source's error in the order given", async () => {
    const specs = [media.file("a.mp4"), media.file("x/y.mp4"), "demo:fps=0"];
    await expect(openSources(specs, { pipes })).rejects.toMatchObject({ code: "source-not-found" });
  });
});

describe.skipIf(!hasFfmpeg || !existsSync(SHARED))(
  "the shared videos (skipped where they are missing)",
  () => {
    test.each([
      ["car-detection.mp4", 377, 80],
      ["one-by-one-person-detection.mp4", 1394, 100],
    ])(
      "%s: every frame, at its time",
      async (name, frames, intervalMs) => {
        const source = await openSource(`${SHARED}/${name}`, { pipes });
        expect(source.info).toMatchObject({
          frameCount: frames,
          geometry: { width: 768, height: 432, colorMatrix: "bt601", colorRange: "limited" },
        });
        const { segments, errors } = await readSource(source);
        expect(errors).toEqual([null]);
        expect(segments[0]?.frames).toBe(frames);
        expect(segments[0]?.timesMs.at(-1)).toBeCloseTo((frames - 1) * intervalMs, 3);
        expect(source.notes()).toEqual([]);
      },
      30_000,
    );
  },
);
