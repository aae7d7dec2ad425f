import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDemoVideo } from "../../scripts/demo-video.ts";
import { type FindOptions, type FoundVideo, findInVideos } from "../../src/find/find.ts";
import { INTERVAL_LIMITS } from "../../src/find/intervals.ts";
import { mulberry32 } from "../../src/random.ts";
import type { FrameView } from "../../src/types.ts";
import { spawnAip } from "../cli/process.ts";
import { hasFfmpeg } from "../source/media.ts";
import { saveBusyCascade } from "./searched-cascade.ts";

const TIMEOUT_MS = 240_000;
const FRAMES = 600;
const SIZE = { width: 320, height: 180 };
const T_SKIP = 2;

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
    ...{ videos: [video], cascade, model: "demo", devices: "cpu" },
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
      const whole = await search(join(folder, "whole"), 0);
      if (whole === "interrupted") throw new Error("nobody interrupted it");
      const { levels } = whole.found;
      // All levels take part, or this would show nothing.
      expect(Math.min(levels.reused, levels.specialized, levels.inferred)).toBeGreaterThan(20);
      expect(whole.answers).toHaveLength(FRAMES);
      const random = mulberry32(8);
      for (let round = 0; round < 3; round += 1) {
        const cache = join(folder, `round-${round}`);
        let result = await search(cache, 1 + Math.floor(150 * random()));
        for (let tries = 0; result === "interrupted"; tries += 1) {
          // A few frames at a time might never get over a long rest.
          result = await search(cache, tries > 4 ? 0 : 60 + Math.floor(200 * random()));
        }
        expect(result).toEqual(whole);
      }
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!hasFfmpeg)("aip find", () => {
  /** Runs in a cache of its own; is sent a signal once so many frames have their answers. */
  async function find(cache: string, signal: NodeJS.Signals, after: number) {
    const words = ["find", "person", video, "--cascade", cascade, "--json", "--quiet"];
    const devices = ["--device", "sim:4ms:model=demo"];
    const child = spawnAip([...words, ...devices], { env: { AIP_CACHE_DIR: join(folder, cache) } });
    const stdout = new Response(child.stdout).text();
    while (child.exitCode === null && child.signalCode === null) {
      if (linesIn(join(folder, cache, "find")) >= after) {
        child.kill(signal);
        break;
      }
      await Bun.sleep(5);
    }
    await child.exited;
    return { stdout: await stdout, code: child.exitCode, signal: child.signalCode };
  }

  function linesIn(path: string): number {
    try {
      const [name = ""] = readdirSync(path).filter((each) => !each.includes("done"));
      return readFileSync(join(path, name), "utf8").split("\n").length - 1;
    } catch {
      return 0;
    }
  }

  test(
    "prints the same, byte for byte, after SIGINT and kill -9 at several places",
    async () => {
      const whole = await find("sound", "SIGINT", Number.POSITIVE_INFINITY);
      expect(whole.code).toBe(0);
      expect(JSON.parse(whole.stdout).intervals.length).toBeGreaterThan(1);
      const signals = ["SIGKILL", "SIGINT", "SIGKILL", "SIGKILL"] as const;
      for (const [index, signal] of signals.entries()) {
        const cut = await find("cut", signal, 70 + 130 * index);
        expect(cut.stdout).toBe("");
        expect(signal === "SIGINT" ? cut.code : cut.signal).toBe(
          signal === "SIGINT" ? 130 : signal,
        );
      }
      expect(await find("cut", "SIGINT", Number.POSITIVE_INFINITY)).toEqual(whole);
      // Nothing is left of the work.
      expect(readdirSync(join(folder, "cut", "find"))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
