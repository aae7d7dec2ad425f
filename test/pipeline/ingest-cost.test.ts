import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import {
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
import { type RunCost, scalingGain } from "../../src/pipeline/ingest-cost.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "aip-ingest-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FROM = { width: 640, height: 360 };
const TO = { width: 160, height: 90 };

/** What a run costs in ms, round by round; the last is that of all rounds to come. */
interface Costs {
  readonly start: readonly number[];
  readonly native: readonly number[];
  readonly scaled: readonly number[];
}

/** (60 − 10) / (30 − 10) = 2.5. */
const COSTS: Costs = { start: [10], native: [60], scaled: [30] };
const GAIN = 2.5;

/** Of one picture it is a start; of several at their own size, native. */
function fakeCost(costs: Costs): RunCost {
  const next = { start: 0, native: 0, scaled: 0 };
  return async (_from, to, frames) => {
    const run = frames === 1 ? "start" : to.width === FROM.width ? "native" : "scaled";
    const ms = costs[run][Math.min(next[run], costs[run].length - 1)];
    next[run] += 1;
    return ms ?? Number.NaN;
  };
}

/** What it found at given costs, and what it said of the file. */
async function gain(
  path: string,
  costs = COSTS,
): Promise<{ gain: number; said: readonly string[] }> {
  const said: string[] = [];
  const tell = (text: string): void => void said.push(text);
  return { gain: await scalingGain(FROM, TO, { path, tell, cost: fakeCost(costs) }), said };
}

function stored(path: string): Record<string, number> {
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
}

test("scalingGain() measures once, and takes what is stored from then on", async () => {
  const path = join(folder, "new", "ingest.json");
  expect(await gain(path)).toEqual({ gain: GAIN, said: [] });
  const [key = ""] = Object.keys(stored(path));
  expect(key).toContain("640x360, 160x90");
  expect(stored(path)).toEqual({ [key]: GAIN });
  writeFileSync(path, JSON.stringify({ [key]: 42 }));
  expect(await gain(path)).toEqual({ gain: 42, said: [] });
});

test("scalingGain() measures as many pictures as make 33 million pixels, without the first", async () => {
  const asked: string[] = [];
  const cost: RunCost = async (from, to, frames) => {
    asked.push(`${from.width}→${to.width} ×${frames}`);
    return 1;
  };
  await scalingGain(FROM, TO, { path: join(folder, "none.json"), tell: () => {}, cost });
  // 33 000 000 / (640 × 360) = 143.2
  const round = ["640→160 ×1", "640→640 ×145", "640→160 ×145"];
  expect(asked).toEqual([...round, ...round, ...round]);
});

test("scalingGain() takes the least that each run cost, in whichever round that was", async () => {
  const path = join(folder, "noise.json");
  const noisy = { start: [500, 10, 11], native: [70, 900, 60], scaled: [30, 31, 400] };
  expect(await gain(path, noisy)).toEqual({ gain: GAIN, said: [] });
});

test.each([
  ["a start cost more than scaling", { ...COSTS, start: [40] }],
  ["a start cost more than all else", { ...COSTS, start: [100] }],
  ["a start cost as much as scaling", { ...COSTS, start: [30] }],
  ["bringing frames over cost no more than a start", { ...COSTS, native: [10] }],
  ["a start failed", { ...COSTS, start: [10, Number.NaN, 10] }],
  ["a native run failed", { ...COSTS, native: [60, 60, Number.NaN] }],
  ["a scaled run failed", { ...COSTS, scaled: [Number.NaN, 30] }],
])("scalingGain() is 0 where %s, and stores nothing", async (_, costs) => {
  const path = join(folder, "unmeasured.json");
  expect(await gain(path, costs)).toEqual({ gain: 0, said: [] });
  expect(existsSync(path)).toBe(false);
});

test("scalingGain() measures ffmpeg itself, and never finds a ratio below 0", async () => {
  const path = join(folder, "real.json");
  const measured = await scalingGain(FROM, TO, { path, tell: () => {} });
  expect(Number.isFinite(measured)).toBe(true);
  expect(measured).toBeGreaterThanOrEqual(0);
});

test.each([
  ['{"half a fi', "it is no JSON"],
  ['{"AMD EPYC": "fast"}', "it holds something else than ratios by sizes"],
  ['{"AMD EPYC": -0.446}', "it holds something else than ratios by sizes"],
  ["[1, 2]", "it holds something else than ratios by sizes"],
])("scalingGain() measures anew where the file holds %s, saying so once", async (text, reason) => {
  const path = join(folder, "corrupt.json");
  writeFileSync(path, text);
  const first = await gain(path);
  expect(first.gain).toBe(GAIN);
  expect(first.said).toEqual([
    `"${path}" cannot be used: ${reason}, and is ignored: measured anew`,
  ]);
  expect(Object.values(stored(path))).toEqual([GAIN]);
  expect((await gain(path)).said).toEqual([]);
});

test("scalingGain() works where nothing can be stored, and says so", async () => {
  const { gain: measured, said } = await gain("/dev/null/ingest.json");
  expect(measured).toBe(GAIN);
  expect(said).toHaveLength(1);
  expect(said[0]).toStartWith('Cannot write "/dev/null/ingest.json": ');
  expect(said[0]).toEndWith("; what scaling saves is measured in every run");
});

test("scalingGain() leaves no part of a file that could not be renamed", async () => {
  const path = join(folder, "taken", "ingest.json");
  mkdirSync(join(path, "full"), { recursive: true });
  const { said } = await gain(path);
  expect(said).toHaveLength(2);
  expect(readdirSync(join(folder, "taken"))).toEqual(["ingest.json"]);
});
