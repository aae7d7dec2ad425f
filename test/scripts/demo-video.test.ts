import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { truthPathOf, writeDemoVideo } from "../../scripts/demo-video.ts";
import { importLabels } from "../../src/cascade/labels/import.ts";
import { LabelStore } from "../../src/cascade/labels/store.ts";
import { IGNORED } from "../../src/cascade/types.ts";
import { fingerprintOf } from "../../src/footage/fingerprint.ts";
import { hasFfmpeg, MediaFolder } from "../source/media.ts";

const folder = new MediaFolder();
afterAll(() => folder.remove());

const SOURCE = "demo:visitors=0.4:stay=2:fps=15:seed=3:frames=150";

describe.skipIf(!hasFfmpeg)("writeDemoVideo()", () => {
  test("writes H.264 of the scene's rate and length, and a line of truth a frame", async () => {
    const path = folder.file("rare.mp4");
    const made = await writeDemoVideo({ path, source: SOURCE });
    expect(made).toEqual({ path, truthPath: folder.file("rare.truth.ndjson"), frames: 150 });
    const footage = await fingerprintOf(path);
    expect(footage).toMatchObject({ width: 640, height: 360, fps: 15, frames: 150 });
    const lines = (await Bun.file(truthPathOf(path)).text()).trimEnd().split("\n");
    expect(lines).toHaveLength(150);
    for (const [index, line] of lines.entries()) {
      const { frame, present, ignored, detections } = JSON.parse(line);
      expect(frame).toBe(index);
      expect(present).toBe(detections.some((one: { ignored: boolean }) => !one.ignored));
      expect(ignored).toBe(!present && detections.length > 0);
      // A visitor in most of the picture's height would be a mistake; so would one of 5 pixels.
      for (const { label, xyxy, visible } of detections) {
        expect(label).toBe("person");
        if (visible > 0.9) expect(xyxy[3] - xyxy[1]).toBeWithin(35, 100);
      }
    }
  });

  test("tells a truth that labels can be made of, with coming and going ignored", async () => {
    const path = folder.file("rare.mp4");
    const footage = await fingerprintOf(path);
    const labels = folder.file("truth.labels");
    await importLabels({ path: labels, footage, from: truthPathOf(path) });
    using store = LabelStore.open(labels, { footage });
    const question = { classes: ["person"], confidence: 0.5, region: null };
    const { truth } = store.span({ start: 0, end: 150 }, question);
    const count = (value: number): number => truth.filter((one) => one === value).length;
    // Two visits of 2 s on average in 10 s at 15 frames a second.
    expect(count(1) + count(IGNORED)).toBeWithin(40, 81);
    expect(count(IGNORED)).toBeWithin(2, 13);
  });

  test("leaves nothing where it is interrupted", async () => {
    const path = folder.file("cut.mp4");
    const signal = AbortSignal.timeout(700);
    const source = "demo:visitors=0.1:frames=100000";
    expect(await writeDemoVideo({ path, source, signal })).toBeNull();
    expect(readdirSync(folder.path).filter((name) => /cut|demo-video/.test(name))).toEqual([]);
  });

  test.each([
    [
      "clip.mp4",
      "person",
      'A demo video is made of the demo scene (demo:key=value…), not of "clip.mp4"',
    ],
    [
      "demo:frames=endless",
      "person",
      '"demo:frames=endless" has no end: say how long with frames=N',
    ],
    [
      "demo:frames=9",
      "horse",
      'The demo scene has no class "horse" (it has vehicle, person, cyclist)',
    ],
  ])("refuses %s for %s", async (source, target, message) => {
    const path = folder.file("bad.mp4");
    await expect(writeDemoVideo({ path, source, target })).rejects.toThrow(message);
    expect(existsSync(path)).toBe(false);
  });

  test("refuses a folder that is not there, and a name that is no MP4's", async () => {
    const path = join(folder.path, "none", "x.mp4");
    await expect(writeDemoVideo({ path, source: SOURCE })).rejects.toThrow(
      `Cannot write "${path}": no such file or directory`,
    );
    const other = folder.file("x.avi");
    await expect(writeDemoVideo({ path: other, source: SOURCE })).rejects.toThrow(
      "must end in .mp4",
    );
  });
});

describe("bun scripts/demo-video.ts", () => {
  async function demoVideo(...words: string[]) {
    const script = join(import.meta.dir, "../../scripts/demo-video.ts");
    const child = Bun.spawn([process.execPath, script, ...words], {
      ...{ cwd: folder.path, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }

  test.each(["--help", "-h"])("%s prints what it takes, with examples", async (flag) => {
    const { code, stdout, stderr } = await demoVideo(flag);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("USAGE bun scripts/demo-video.ts [OPTIONS] <FILE> [SOURCE]");
    for (const word of ["--for=<CLASS>", "--crf=<N>", "EXAMPLES"]) expect(stdout).toContain(word);
  });

  test.each([
    [[], "Nothing to write: write bun scripts/demo-video.ts FILE.mp4 [SOURCE]"],
    [["x.mp4", "--croff", "3"], 'Unknown flag "--croff"; did you mean "--crf"?'],
    [["x.mp4", "--crf"], "Flag --crf needs a value: --crf N"],
    [["x.mp4", "--crf", ""], '--crf must be a whole number from 0 to 51, not ""'],
    [["x.mp4", "--crf=52"], '--crf must be a whole number from 0 to 51, not "52"'],
    [["x.mp4", "demo:frames=9", "y"], 'Unexpected "y": one video is written at a time'],
  ])("%j is refused with one sentence and exit code 2", async (words, sentence) => {
    expect(await demoVideo(...words)).toEqual({
      code: 2,
      stdout: "",
      stderr: `aip: ${sentence}\n`,
    });
  });
});
