import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { uniqueNames } from "../../src/source/open.ts";
import { resolveSpec } from "../../src/source/spec.ts";
import { MediaFolder } from "./media.ts";

describe("resolveSpec()", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
    for (const folder of ["videos", "mixed", "pictures", "lists"]) mkdirSync(media.file(folder));
    const files = [
      "videos/cam10.mp4",
      "videos/cam2.mp4",
      "videos/cam1.MKV",
      "mixed/a.mp4",
      "mixed/b.jpg",
      "mixed/c.png",
      "mixed/a.json",
      "pictures/10.jpg",
      "pictures/9.jpg",
      "pictures/.hidden.jpg",
      "lists/[1].mp4",
    ];
    for (const file of files) writeFileSync(media.file(file), "");
  });
  afterAll(() => media.remove());

  test("tells demo, webcam and URLs by their form", async () => {
    expect(await resolveSpec("demo:seed=2")).toEqual([
      { kind: "demo", spec: "demo:seed=2", stem: "demo" },
    ]);
    expect(await resolveSpec("webcam:1")).toEqual([
      { kind: "webcam", spec: "webcam:1", stem: "webcam-1" },
    ]);
    const stems: [string, string][] = [
      ["rtsp://user:pw@yard.local:554/live/0", "yard.local"],
      ["https://example.org/videos/my%20clip.mp4?x=1", "my clip"],
      ["http://10.0.0.7/", "10.0.0.7"],
    ];
    for (const [spec, stem] of stems) {
      expect(await resolveSpec(spec)).toEqual([{ kind: "stream", spec, stem }]);
    }
  });

  test("a glob of videos is several sources, in natural order", async () => {
    const inputs = await resolveSpec(media.file("videos/*"));
    expect(inputs.map((input) => [input.kind, input.stem])).toEqual([
      ["video", "cam1"],
      ["video", "cam2"],
      ["video", "cam10"],
    ]);
  });

  test("a glob's pictures are one source beside its videos; notes are left out", async () => {
    const inputs = await resolveSpec(media.file("mixed/*"));
    expect(inputs).toMatchObject([
      {
        kind: "pictures",
        stem: "mixed",
        paths: ["b.jpg", "c.png"].map((name) => media.file(`mixed/${name}`)),
      },
      { kind: "video", stem: "a" },
    ]);
  });

  test("a folder is its pictures in natural order, without hidden files", async () => {
    expect(await resolveSpec(media.file("pictures"))).toEqual([
      {
        kind: "pictures",
        spec: media.file("pictures"),
        paths: [media.file("pictures/9.jpg"), media.file("pictures/10.jpg")],
        stem: "pictures",
      },
    ]);
  });

  test("a file whose name looks like a glob is that file", async () => {
    expect(await resolveSpec(media.file("lists/[1].mp4"))).toMatchObject([
      { kind: "video", stem: "[1]" },
    ]);
  });

  test("what can be read only once is refused, and what is no file", async () => {
    const pipe = media.file("pipe");
    Bun.spawnSync(["mkfifo", pipe]);
    const reason = "it is a pipe, which can be read only once: write it to a file first";
    for (const spec of [pipe, "-"]) {
      await expect(resolveSpec(spec)).rejects.toThrow(`Cannot open source "${spec}": ${reason}`);
    }
    await expect(resolveSpec("/dev/null")).rejects.toThrow("it is neither a file nor a folder");
  });

  test("what is not there is refused, with the nearest file where one is near", async () => {
    const missing = media.file("videos/cam3.mp4");
    await expect(resolveSpec(missing)).rejects.toMatchObject({
      code: "source-not-found",
      category: "usage",
      message: `Cannot open source "${missing}": no such file; did you mean "cam2.mp4"?`,
    });
    await expect(resolveSpec(media.file("nowhere/a.mp4"))).rejects.toThrow(
      `there is no folder "${media.file("nowhere")}"`,
    );
    await expect(resolveSpec(media.file("videos/*.avi"))).rejects.toThrow(
      "no video or picture matches",
    );
    await expect(resolveSpec("demmo")).rejects.toThrow('no such file; did you mean "demo"?');
    await expect(resolveSpec("gopher://user:pw@host/a")).rejects.toThrow(
      'Cannot open source "gopher://host/a": unknown protocol "gopher://" ' +
        "(known: rtsp:// rtsps:// http:// https://)",
    );
    await expect(resolveSpec("rtsp://")).rejects.toThrow("it is no valid URL");
  });
});

describe("uniqueNames()", () => {
  test("numbers the second and later bearers of a name, past names that are taken", () => {
    expect(uniqueNames(["a", "b", "a", "a-2", "a"])).toEqual(["a", "b", "a-2", "a-2-2", "a-3"]);
  });
});
