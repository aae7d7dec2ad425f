import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDemoVideo } from "../../scripts/demo-video.ts";
import { type FindOptions, type FoundVideo, findInVideos } from "../../src/find/find.ts";
import { INTERVAL_LIMITS } from "../../src/find/intervals.ts";
import { resolveVideos } from "../../src/find/videos.ts";
import { BUNDLED_MODELS } from "../../src/model/catalog.ts";
import * as opened from "../../src/pipeline/opened.ts";
import { mulberry32 } from "../../src/random.ts";
import type { FrameView } from "../../src/types.ts";
import { hasFfmpeg } from "../source/media.ts";
import { saveBusyCascade } from "./searched-cascade.ts";

const TIMEOUT_MS = 240_000;
const FRAMES = 600;
const SIZE = { width: 320, height: 180 };
const T_SKIP = 2;
const MAIN = join(import.meta.dir, "../../src/cli/main.ts");
const DEVICE = "sim:4ms:model=demo";
/** Slow enough that what happens to a search happens before its end. */
const SLOW = "sim:60ms";

let folder = "";
let video = "";
let cascade = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-find-"));
  if (!hasFfmpeg) return;
  [video, cascade] = [join(folder, "street.mp4"), join(folder, "busy.aip")];
  const source = `demo:visitors=0.3:stay=2:fps=15:size=320x180:frames=${FRAMES}`;
  await writeDemoVideo({ path: video, source });
  await saveBusyCascade(cascade, { path: video, frames: FRAMES, ...SIZE }, T_SKIP);
}, TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true }));

/** Every frame's answer, without who gave it and how long that took. */
function answersIn(cache: string): string[] {
  const [name = ""] = readdirSync(join(cache, "find")).filter((each) => /\.done\./.test(each));
  const lines = readFileSync(join(cache, "find", name), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => {
    const { frame, time_ms, status, answer, present, score, detections } = JSON.parse(line);
    return JSON.stringify({ frame, time_ms, status, answer, present, score, detections });
  });
}

/** A search in this process; ends itself once so many frames have their answers. */
async function search(
  cache: string,
  stopAfter: number,
): Promise<{ found: FoundVideo; answers: string[] } | "interrupted"> {
  const stop = new AbortController();
  let seen = 0;
  const options: FindOptions = {
    ...{ videos: await resolveVideos([video]), cascade, model: "demo", devices: "cpu" },
    limits: INTERVAL_LIMITS,
    folder: cache,
    signal: stop.signal,
    progress: () => ({
      ...{ name: "count", pixels: "none", frameCount: undefined },
      open: () => undefined,
      write: (_frame: FrameView) => {
        seen += 1;
        if (seen === stopAfter) stop.abort();
      },
      close: async () => undefined,
      outputs: () => [],
    }),
  };
  try {
    for await (const found of findInVideos(options)) return { found, answers: answersIn(cache) };
  } catch (error) {
    expect(error).toMatchObject({ code: "interrupted" });
  }
  return "interrupted";
}

describe.skipIf(!hasFfmpeg)("findInVideos()", () => {
  test(
    "answers every frame as it would have, wherever and however often it is interrupted",
    async () => {
      const opening = spyOn(opened, "openNamedSources");
      const whole = await search(join(folder, "whole"), 0);
      if (whole === "interrupted") throw new Error("nobody interrupted it");
      // Frames that are passed over do not leave the decoder.
      expect(opening.mock.calls).toEqual([[[video], expect.anything(), T_SKIP]]);
      opening.mockRestore();
      const { levels } = whole.found;
      // All levels take part, or this would show nothing.
      expect(Math.min(levels.reused, levels.specialized, levels.inferred)).toBeGreaterThan(20);
      expect(whole.answers).toHaveLength(FRAMES);
      // The network says yes to a quarter of what it sees, and is right by luck: nobody asks it for that.
      const yes = whole.answers
        .map((answer) => JSON.parse(answer))
        .filter(({ present }) => present);
      expect(new Set(yes.map(({ answer }) => answer))).toEqual(new Set(["inferred", "reused"]));
      for (const { first, last, sighting } of whole.found.intervals) {
        const persons = whole.answers.slice(first, last + 1).flatMap((answer) => {
          const { frame, detections } = JSON.parse(answer);
          const [best] = detections.filter(({ label }: { label: string }) => label === "person");
          return best === undefined ? [] : [{ frame, ...best }];
        });
        const [best] = persons.toSorted((a, b) => b.confidence - a.confidence);
        expect(sighting).toMatchObject({ frame: best.frame, confidence: best.confidence });
        expect(sighting?.boxes[0]).toMatchObject({ label: "person", xyxy: best.xyxy });
      }
      const random = mulberry32(8);
      for (let round = 0; round < 2; round += 1) {
        const cache = join(folder, `round-${round}`);
        let result = await search(cache, 1 + Math.floor(150 * random()));
        for (let tries = 0; result === "interrupted"; tries += 1) {
          // A few frames at a time might never get over a long rest.
          result = await search(cache, tries > 4 ? 0 : 60 + Math.floor(200 * random()));
        }
        // As one text: a difference is shown by the line it is in.
        expect(JSON.stringify(result)).toBe(JSON.stringify(whole));
      }
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!hasFfmpeg)("aip find", () => {
  interface Search {
    /** Folder of its own cache. */
    readonly cache: string;
    readonly device?: string;
    readonly model?: string;
    /** KiB a file may have. */
    readonly limit?: number;
    /** What is done once so many frames have their answers. */
    readonly after?: number;
    readonly act?: (child: Bun.Subprocess) => unknown;
    readonly more?: readonly string[];
    readonly videos?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  }

  async function find(search: Search) {
    const { cache, device = DEVICE, model = "demo", limit, after = 1, act } = search;
    const { videos = [video] } = search;
    const asked = ["find", "person", ...videos, "--cascade", cascade, "--json", "--quiet"];
    const words = [...asked, "--device", device, "--model", model, ...(search.more ?? [])];
    const work = join(folder, cache, "find");
    const left = linesIn(work);
    const limits = limit === undefined ? "" : `ulimit -f ${limit};`;
    const command = ["bash", "-c", `${limits} exec "$0" "$@"`, process.execPath, MAIN, ...words];
    const child = Bun.spawn(command, {
      env: { ...process.env, AIP_CACHE_DIR: join(folder, cache), ...search.env },
      ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    });
    const [stdout, stderr] = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    // What an earlier search has left says nothing of how far this one is.
    while (act !== undefined && child.exitCode === null && child.signalCode === null) {
      const lines = linesIn(work);
      if (lines >= after && lines !== left) {
        await act(child);
        break;
      }
      await Bun.sleep(5);
    }
    await child.exited;
    const { exitCode: code, signalCode: signal } = child;
    return { stdout: await stdout, stderr: await stderr, code, signal };
  }

  function linesIn(path: string): number {
    try {
      const [name = ""] = readdirSync(path).filter((each) => /^\w+\.ndjson$/.test(each));
      return readFileSync(join(path, name), "utf8").split("\n").length - 1;
    } catch {
      return 0;
    }
  }

  /** Counts how often ffprobe is called. */
  function watchProbes(name: string) {
    const [bin, log] = [join(folder, name), join(folder, `${name}.log`)];
    mkdirSync(bin);
    const passOn = `echo >> "${log}"\nexec "${Bun.which("ffprobe")}" "$@"\n`;
    writeFileSync(join(bin, "ffprobe"), `#!/bin/sh\n${passOn}`);
    chmodSync(join(bin, "ffprobe"), 0o755);
    const env = { PATH: `${bin}:${process.env["PATH"]}` };
    return { env, calls: () => readFileSync(log, "utf8").length };
  }

  let whole: Awaited<ReturnType<typeof find>>;
  beforeAll(async () => {
    whole = await find({ cache: "sound", more: ["--sheet", join(folder, "whole.jpg")] });
    expect(whole).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(whole.stdout).intervals.length).toBeGreaterThan(1);
  }, TIMEOUT_MS);

  test(
    "prints and shows the same, byte for byte, after SIGINT and kill -9 at several places",
    async () => {
      const sheet = join(folder, "cut.jpg");
      const more = ["--sheet", sheet];
      const signals = ["SIGKILL", "SIGINT", "SIGKILL", "SIGKILL"] as const;
      for (const [index, signal] of signals.entries()) {
        const act = (child: Bun.Subprocess): void => child.kill(signal);
        const device = `${SLOW}:model=demo`;
        const cut = await find({ cache: "cut", device, after: 70 + 130 * index, act, more });
        expect(cut.stdout).toBe("");
        if (signal === "SIGKILL") expect(cut.signal).toBe(signal);
        else expect(cut.code).toBe(130);
      }
      expect(await find({ cache: "cut", more })).toEqual(whole);
      expect(readFileSync(sheet).equals(readFileSync(join(folder, "whole.jpg")))).toBe(true);
      // Nothing is left of the work.
      expect(readdirSync(join(folder, "cut", "find"))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "refuses to search what is being searched, and leaves the first one's answers alone",
    async () => {
      let second: Awaited<ReturnType<typeof find>> | undefined;
      const first = await find({
        ...{ cache: "both", device: `${SLOW}:model=demo`, after: 100 },
        act: async (child) => {
          second = await find({ cache: "both" });
          expect(child.exitCode).toBeNull();
        },
      });
      const refused = `Cannot search "${video}": another search of it is under way`;
      expect(second).toMatchObject({ code: 2, stdout: "" });
      expect(second?.stderr).toBe(`aip: ${refused}; wait for its end\n`);
      expect(first).toEqual(whole);
      expect(readdirSync(join(folder, "both", "find"))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test("looks at all videos before it searches one or writes anything", async () => {
    const [small, empty, clips] = ["small.mp4", "empty.mp4", "clips"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await writeDemoVideo({ path: small, source: "demo:size=160x90:frames=5" });
    writeFileSync(empty, "");
    const absent = join(folder, "absent.mp4");
    const camera = `The cascade was trained on pictures of 320×180, and "${small}" has 160×90`;
    for (const [videos, sentence] of [
      [[video, small], `${camera}: train one for this camera`],
      [[video, empty], `Cannot open source "${empty}": it is empty`],
      [[video, absent], `Cannot open source "${absent}": no such file`],
      [
        [video, small, empty],
        `${camera}: train one for this camera; "${empty}" cannot be searched either`,
      ],
    ] as const) {
      const refused = await find({ cache: "unfit", videos, more: ["--clips", clips] });
      expect(refused).toEqual({ code: 2, signal: null, stdout: "", stderr: `aip: ${sentence}\n` });
    }
    for (const path of [clips, join(folder, "unfit")]) expect(existsSync(path)).toBe(false);
  });

  test("refuses a contact sheet that cannot be written before it searches", async () => {
    for (const [sheet, reason] of [
      [join(folder, "taken.jpg"), "it is a folder; name a file"],
      [join(folder, "no", "x.jpg"), `the folder "${join(folder, "no")}" does not exist`],
      [join(cascade, "x.jpg"), `it lies in the input "${cascade}"; name another file`],
    ] as const) {
      mkdirSync(join(folder, "taken.jpg"), { recursive: true });
      const { code, stderr } = await find({ cache: "sheetless", more: ["--sheet", sheet] });
      expect(stderr).toBe(`aip: Cannot write "${sheet}": ${reason}\n`);
      expect(code).toBe(2);
    }
    expect(existsSync(join(folder, "sheetless"))).toBe(false);
  });

  test(
    "keeps the answers until the contact sheet is written",
    async () => {
      const sheet = join(folder, "found.jpg");
      const bin = join(folder, "bin");
      const reached = join(folder, "reached");
      mkdirSync(bin);
      // Stands in for a picture that takes long to find.
      const real = Bun.which("ffmpeg");
      const script = `case "$*" in *rawvideo\\ pipe:1) : > "${reached}"; exec sleep 60;; esac`;
      writeFileSync(join(bin, "ffmpeg"), `#!/bin/sh\n${script}\nexec "${real}" "$@"\n`);
      chmodSync(join(bin, "ffmpeg"), 0o755);
      const cut = await find({
        ...{ cache: "sheet", more: ["--sheet", sheet] },
        env: { PATH: `${bin}:${process.env["PATH"]}` },
        act: async (child) => {
          while (!existsSync(reached) && child.exitCode === null) await Bun.sleep(5);
          child.kill("SIGINT");
        },
      });
      expect(cut).toEqual({
        ...{ code: 130, signal: null, stdout: whole.stdout },
        stderr: "aip: Interrupted while the contact sheet was made\n",
      });
      expect(existsSync(sheet)).toBe(false);
      const answers = readdirSync(join(folder, "sheet", "find"));
      expect(answers).toEqual([expect.stringMatching(/\.done\.ndjson$/)]);
      // A device that is gone: nothing is searched any more. Nor is a video looked at again.
      const device = "sim:4ms:model=demo:die-at=0";
      const { env, calls } = watchProbes("watched");
      const more = ["--sheet", sheet];
      expect(await find({ cache: "sheet", device, more, env })).toEqual(whole);
      // The one call is for the sheet: when the first picture comes.
      expect(calls()).toBe(1);
      expect(existsSync(sheet)).toBe(true);
      expect(readdirSync(join(folder, "sheet", "find"))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "asks what a video is once for all that it makes of it",
    async () => {
      const { env, calls } = watchProbes("counted");
      const [clips, sheet] = [join(folder, "cut-out"), join(folder, "cut-out.jpg")];
      const more = ["--clips", clips, "--sheet", sheet];
      const { code } = await find({ cache: "once", more, env });
      expect(code).toBe(0);
      expect(readdirSync(clips)).toHaveLength(JSON.parse(whole.stdout).intervals.length);
      expect(existsSync(sheet)).toBe(true);
      // The other two calls are the run's, which opens the video and lists its packets.
      expect(calls()).toBe(3);
    },
    TIMEOUT_MS,
  );

  test(
    "says that the disk is full, and goes on once there is room",
    async () => {
      // A limit of 40 KiB a file stands in for the disk.
      const { code, stdout, stderr } = await find({ cache: "full", limit: 40 });
      expect(stderr).toMatch(/^aip: Cannot write ".*\.ndjson": file too large\n$/);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(await find({ cache: "full" })).toEqual(whole);
    },
    TIMEOUT_MS,
  );

  test(
    "says which reference model is gone, and goes on once it is back",
    async () => {
      const model = join(folder, "reference.onnx");
      const built = BUNDLED_MODELS["demo"] as string;
      const putBack = (): void => {
        copyFileSync(built, model);
        copyFileSync(built.replace(/onnx$/, "json"), model.replace(/onnx$/, "json"));
      };
      putBack();
      const gone = await find({
        ...{ cache: "gone", device: `${SLOW}:model=${model}:die-at=40`, model },
        act: () => rmSync(model),
      });
      expect(gone.stderr).toMatch(
        /^aip: .*Cannot open model ".*reference\.onnx": No such file.*\n$/,
      );
      expect(gone).toMatchObject({ code: 1, stdout: "" });
      putBack();
      const device = `sim:4ms:model=${model}`;
      expect(await find({ cache: "gone", device, model })).toEqual(whole);
    },
    TIMEOUT_MS,
  );
});
