import type { Report } from "../src/metrics/report.ts";
import type { Benchmark, BenchmarkOptions, Comparison, Way } from "./benchmark.ts";
import { compare } from "./comparison.ts";
import {
  capacityFps,
  fairnessByArrival,
  type MixFigures,
  runMix,
  simulateMix,
  sourceMix,
} from "./source-mix.ts";

const SOURCES = 64;
const SECONDS = 60;
const SECONDS_QUICK = 4;
const DEVICES_MS = [20, 50, 100];
const ROUNDS = 3;
const FAIRNESS_MIN = 0.99;
const WORST_GAP_MAX = 2;
const OURS = "aip, real workers";
const SIMULATED = "aip, simulated";
const ARRIVAL = "answered as they come, computed";
const BOUND = "what the devices can do";

/** Many sources on few devices: who gets what, and how evenly. */
export const sources: Benchmark = {
  name: "sources",
  summary: "64 paced sources of unequal rates and two stalled ones share three devices by weight",
  run,
};

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const seconds = quick ? SECONDS_QUICK : SECONDS;
  const mix = sourceMix(SOURCES, { seconds, devicesMs: DEVICES_MS });
  const real: MixFigures[] = [];
  const simulated: MixFigures[] = [];
  const notes: string[] = [];
  for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
    progress(`${seconds} s of ${SOURCES} sources on real workers`);
    const { report, ...figures } = await runMix(mix);
    real.push(figures);
    simulated.push(simulateMix(mix, round));
    notes.push(accounting(report));
  }
  const ways = (of: keyof MixFigures): Way[] => [
    { name: OURS, values: real.map((figures) => figures[of]) },
    { name: SIMULATED, values: simulated.map((figures) => figures[of]) },
  ];
  const constant = (name: string, value: number): Way => ({ name, values: real.map(() => value) });
  const claims = [{ of: OURS, to: SIMULATED }];
  const isFair = real.every(({ fairness }) => fairness >= FAIRNESS_MIN);
  const isEven = real.every(({ worstGap }) => worstGap <= WORST_GAP_MAX);
  return [
    compare({
      title: "what sources got beside their fair shares by weight",
      unit: "Jain's index",
      better: "higher",
      ways: [...ways("fairness"), constant(ARRIVAL, fairnessByArrival(mix))],
      claims: [...claims, { of: OURS, to: ARRIVAL }],
      notes: [`claim: at least ${FAIRNESS_MIN}: ${held(isFair)}`, ...notes],
    }),
    compare({
      title: "largest gap between two answered frames, of the worst source",
      unit: "mean gaps",
      better: "lower",
      ways: ways("worstGap"),
      claims,
      notes: [`claim: at most ${WORST_GAP_MAX}: ${held(isEven)}`],
    }),
    compare({
      title: "throughput",
      unit: "frames/s",
      better: "higher",
      ways: [...ways("throughputFps"), constant(BOUND, capacityFps(mix))],
      claims: [...claims, { of: OURS, to: BOUND }],
    }),
  ];
}

function held(isHeld: boolean): string {
  return isHeld ? "held" : "NOT held";
}

function accounting({ frames, sources: each }: Report): string {
  const { received, emitted, dropped, failed } = frames;
  const stalled = each.slice(SOURCES).map((of) => `${of.frames.emitted} of ${of.frames.received}`);
  return (
    `${received} received = ${emitted} emitted + ${dropped} dropped + ${failed} failed; ` +
    `of the stalled ones ${stalled.join(" and ")} answered`
  );
}
