import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkVideos, resolveVideos } from "../../src/find/videos.ts";
import { hasFfmpeg, MediaFolder, plainColor } from "../source/media.ts";

const ENDLESS = new AbortController().signal;
const CASCADE = { camera: { width: 64, height: 48 } };

const folder = new MediaFolder();
afterAll(() => folder.remove());

describe("resolveVideos()", () => {
  test("names videos of one base name apart", async () => {
    const [a, b] = [folder.file("door.mp4"), folder.file("door.mkv")];
    for (const path of [a, b]) writeFileSync(path, "");
    expect(await resolveVideos([a, b])).toEqual([
      { path: a, name: "door" },
      { path: b, name: "door-2" },
    ]);
  });

  test("names every video that is missing", async () => {
    const [a, b, there, c] = ["a.mp4", "b.mp4", "door.mp4", "c.mp4"].map((name) =>
      join(folder.path, name),
    ) as [string, string, string, string];
    await expect(resolveVideos([a])).rejects.toThrow(`Cannot open source "${a}": no such file`);
    await expect(resolveVideos([a, b, there, c])).rejects.toThrow(
      `Cannot open source "${a}": no such file; "${b}" and "${c}" cannot be searched either`,
    );
  });
});

describe.skipIf(!hasFfmpeg)("checkVideos()", () => {
  let fit = "";
  let large = "";
  beforeAll(() => {
    fit = folder.make("fit.mp4", ...plainColor("red", "64x48"));
    large = folder.make("large.mp4", ...plainColor("red", "96x64"));
  });
  const copyOf = (path: string, name: string): string => {
    copyFileSync(path, folder.file(name));
    return folder.file(name);
  };

  test("takes videos of the camera's size, also those that are stored on their side", async () => {
    const turned = folder.file("turned.mp4");
    const upright = folder.make("upright.mp4", ...plainColor("blue", "48x64"));
    folder.make("turned.mp4", "-i", upright, "-c", "copy", "-metadata:s:v", "rotate=90");
    expect(await checkVideos([fit, turned], CASCADE, ENDLESS)).toBeUndefined();
    await expect(checkVideos([upright], CASCADE, ENDLESS)).rejects.toThrow("has 48×64");
  });

  test("names a video of another size, by its path, however late it comes", async () => {
    const copies = Array.from({ length: 20 }, (_, index) => copyOf(fit, `fit-${index}.mp4`));
    const paths = [...copies, large];
    await expect(checkVideos(paths, CASCADE, ENDLESS)).rejects.toMatchObject({
      ...{ code: "cascade-camera", category: "usage" },
      message:
        `The cascade was trained on pictures of 64×48, and "${large}" has 96×64: ` +
        "train one for this camera",
    });
  });

  test("names those that cannot be read, the first with why, each once, at most six", async () => {
    const text = folder.file("text.mp4");
    writeFileSync(text, "");
    const wrong = Array.from({ length: 7 }, (_, index) => copyOf(large, `large-${index}.mp4`));
    const check = (...paths: string[]) => checkVideos([fit, ...paths], CASCADE, ENDLESS);
    const empty = `Cannot open source "${text}": it is empty`;
    await expect(check(text, text)).rejects.toMatchObject({
      ...{ code: "source-unreadable", category: "usage", message: empty },
    });
    const [a, b, c, d, e] = wrong.map((path) => `"${path}"`);
    await expect(check(text, wrong[0] as string)).rejects.toThrow(
      `${empty}; ${a} cannot be searched either`,
    );
    await expect(check(text, ...wrong)).rejects.toThrow(
      `${empty}; ${a}, ${b}, ${c}, ${d}, ${e} and 2 more cannot be searched either`,
    );
  });

  test("ends where it is interrupted", async () => {
    const checking = checkVideos([fit], CASCADE, AbortSignal.abort());
    await expect(checking).rejects.toMatchObject({ code: "interrupted" });
  });
});
