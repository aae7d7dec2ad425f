import { fileURLToPath } from "node:url";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare, median } from "./comparison.ts";
import { findPython, type Python } from "./python.ts";
import { runSubject } from "./subject.ts";

const SIZE = "640x480";
const ROUNDS = 5;
const QUICK_ROUNDS = 1;
const OURS = "aip";
const SEED = "seed protocol in Python";
/** The same with sleeps in place of its conditions: quicker on few cores, all of them kept busy. */
const SEED_POLLING = "seed protocol in Python, polling";
const WRITE_ONLY = "writing the bytes alone";
const KEPT = "kept after collection (the claim)";
const ALLOCATED = "allocated in all (information)";
/** Bytes of the main thread's heap that a frame may leave behind. */
const HEAP_BYTES_MAX = 16;

/** Frames without pixels: slots, the frames each side moves, and what the ratio must reach. */
const WITHOUT_PIXELS = [
  { slots: 10, frames: 300_000, seedFrames: 20_000, atLeast: 4 },
  { slots: 256, frames: 3_000_000, seedFrames: 20_000, atLeast: 80 },
  { slots: 1024, frames: 8_000_000, seedFrames: 20_000, atLeast: 150 },
];
/**
 * Frames with pixels. Those of 10 slots stay in the processor's cache: writing them again and again
 * without a reader takes less than the wake-ups that hand on so few at a time, and says nothing of
 * memory; no claim there.
 */
const WITH_PIXELS = [
  { slots: 10, frames: 30_000, seedFrames: 10_000 },
  { slots: 256, frames: 20_000, seedFrames: 10_000, atLeast: 0.8 },
];
/** Quick runs move this share of the frames. */
const QUICK_SHARE = 0.02;

/** What the pipeline itself costs a frame: three devices that do nothing, as a run has them. */
export const dispatch: Benchmark = {
  name: "dispatch",
  summary: "frames through 3 devices that do nothing, against the seed's protocol",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  const python = await findPython(options.progress);
  const comparisons: Comparison[] = [];
  for (const each of WITHOUT_PIXELS) comparisons.push(await withoutPixels(each, python, options));
  for (const each of WITH_PIXELS) comparisons.push(await withPixels(each, python, options));
  for (const { slots, frames } of WITHOUT_PIXELS) {
    comparisons.push(await heap(slots, frames, options));
  }
  return comparisons;
}

async function withoutPixels(
  { slots, frames, seedFrames, atLeast }: (typeof WITHOUT_PIXELS)[number],
  python: Python,
  { quick, progress }: BenchmarkOptions,
): Promise<Comparison> {
  progress(`${slots} slots without pixels`);
  const scale = quick ? QUICK_SHARE : 1;
  const ways = {
    [OURS]: () => rate(ours(slots, frames * scale, "leave")),
    ...(python.path !== null && {
      [SEED]: () => rate([...seed(python.path, slots, seedFrames * scale), "--no-pixels"]),
      [SEED_POLLING]: () =>
        rate([...seed(python.path, slots, seedFrames * scale), "--no-pixels", "--poll"]),
    }),
  };
  return compare({
    title: `${slots} slots, no pixels`,
    unit: "frames/s",
    better: "higher",
    ways: await alternate(ways, quick ? QUICK_ROUNDS : ROUNDS),
    claims: [
      { of: OURS, to: SEED, atLeast },
      { of: OURS, to: SEED_POLLING },
    ],
    notes: python.path === null ? [python.reason] : [],
  });
}

async function withPixels(
  { slots, frames, seedFrames, atLeast }: (typeof WITH_PIXELS)[number],
  python: Python,
  { quick, progress }: BenchmarkOptions,
): Promise<Comparison> {
  progress(`${slots} slots with pixels`);
  const scale = quick ? QUICK_SHARE : 1;
  const writer = ["baselines/write-only.ts", String(slots), String(frames * scale), SIZE];
  const ways = {
    [OURS]: () => rate(ours(slots, frames * scale, "write")),
    [WRITE_ONLY]: () => rate(script(writer)),
    ...(python.path !== null && {
      [SEED]: () => rate(seed(python.path, slots, seedFrames * scale)),
    }),
  };
  return compare({
    title: `${slots} slots, ${SIZE} rgb24 written`,
    unit: "frames/s",
    better: "higher",
    ways: await alternate(ways, quick ? QUICK_ROUNDS : ROUNDS),
    claims: [
      { of: OURS, to: WRITE_ONLY, ...(atLeast !== undefined && { atLeast }) },
      { of: OURS, to: SEED },
    ],
    notes: [
      `${WRITE_ONLY}: one Worker with the same fill and as many slots, nobody reads`,
      ...(python.path === null ? [python.reason] : []),
    ],
  });
}

/**
 * Memory the frames cost: what stays after a full collection, and what is allocated at all. Without
 * the collector every allocated byte becomes resident; all threads count, so it is an upper bound
 * for the main thread.
 */
async function heap(
  slots: number,
  frames: number,
  { quick, progress }: BenchmarkOptions,
): Promise<Comparison> {
  progress(`${slots} slots, memory`);
  const command = ours(slots, frames * (quick ? QUICK_SHARE : 1), "leave");
  const kept: number[] = [];
  const allocated: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round += 1) {
    const collected = await runSubject(command);
    const uncollected = await runSubject(command, { BUN_JSC_useGC: "0" });
    kept.push(collected.heapBytesPerFrame ?? Number.NaN);
    allocated.push(uncollected.residentBytesPerFrame ?? Number.NaN);
  }
  return compare({
    title: `${slots} slots, memory in the steady state`,
    unit: "bytes a frame",
    better: "lower",
    ways: [
      { name: KEPT, values: kept },
      { name: ALLOCATED, values: allocated },
    ],
    claims: [],
    notes: [
      `claim: at most ${HEAP_BYTES_MAX} bytes a frame are kept: ${
        median(kept) <= HEAP_BYTES_MAX ? "held" : "NOT held"
      }`,
      `${KEPT}: growth of the main thread's live objects between full collections`,
      `${ALLOCATED}: growth of the whole process with the collector off, all threads; no claim`,
    ],
  });
}

function ours(slots: number, frames: number, write: "write" | "leave"): string[] {
  return script(["dispatch-subject.ts", String(slots), String(frames), SIZE, write]);
}

function script([name = "", ...args]: readonly string[]): string[] {
  return [process.execPath, fileURLToPath(new URL(name, import.meta.url)), ...args];
}

function seed(python: string, slots: number, frames: number): string[] {
  const path = fileURLToPath(new URL("baselines/seed_protocol.py", import.meta.url));
  return [python, path, "--slots", String(slots), "--frames", String(frames), "--size", SIZE];
}

async function rate(command: readonly string[]): Promise<number> {
  return (await runSubject(command)).fps;
}
