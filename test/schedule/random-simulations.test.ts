import { expect, test } from "bun:test";
import { mulberry32 } from "../../src/random.ts";
import { ATTEMPT_COUNT_MAX } from "../../src/schedule/dispatcher.ts";
import { type DeviceModel, deviceModel } from "../../src/schedule/modelled-device.ts";
import { paced, type SourceModel } from "../../src/schedule/modelled-source.ts";
import {
  createScheduler,
  type ScheduleName,
  scheduleNames,
} from "../../src/schedule/schedule-spec.ts";
import { type ProcessorModel, simulate } from "../../src/schedule/simulator.ts";
import { FairnessWatcher } from "./fairness-watcher.ts";
import { type Conservation, Watcher } from "./invariants.ts";

/** Simulations of each policy; `AIP_SIMULATIONS=10000` makes it a long test. */
const SIMULATION_COUNT = Number(process.env["AIP_SIMULATIONS"] ?? 1000);

/** Time a lost device needs to come back. */
const RESTART_MS = 100;

const CONSERVATION: Readonly<Record<ScheduleName, Conservation>> = {
  "look-ahead": "when-saturated",
  "earliest-finish": "none",
  pull: "always",
  smooth: "none",
  weighted: "none",
};

interface Scene {
  readonly devices: readonly DeviceModel[];
  readonly sources: readonly SourceModel[];
}

/** Devices, sources, faults and batches drawn from a seed. */
function scene(seed: number): Scene {
  const random = mulberry32(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const sometimes = <T>(probability: number, value: T, otherwise: T): T =>
    random() < probability ? value : otherwise;
  const device = (): DeviceModel =>
    deviceModel({
      // Few values, so that ties are common.
      serviceMs: [0, 1, 5, 20, 20, 50, 100, 700][below(8)] as number,
      cv: [0, 0, 0.3, 1][below(4)] as number,
      seed: below(2 ** 31),
      weight: 1 + below(9),
      fail: sometimes(0.2, random() * 0.5, 0),
      dieAt: sometimes(0.1, below(30), null),
      hangAt: sometimes(0.1, below(30), null),
      slowAt: sometimes(0.3, [{ frame: below(50), factor: 0.1 + 4 * random() }], []),
      stallAt: sometimes(0.2, [{ frame: below(50), ms: 1000 * random() }], []),
      batch: sometimes(0.3, 2 + below(7), 1),
      batchCost: [0, 0.1, 0.5, 1][below(4)] as number,
      goalMs: sometimes(0.3, 10 + 200 * random(), null),
    });
  const source = (): SourceModel => ({
    frames: 1 + below(60),
    slots: 2 + below(12),
    drop: (["never", "oldest", "newest"] as const)[below(3)] as SourceModel["drop"],
    arrivalMs: sometimes(0.4, null, paced(1 + 100 * random(), below(500))),
    weight: [1, 1, 1, 2, 3, 0.25][below(6)] as number,
    priority: [0, 0, 0, 0, 1, -1][below(6)] as number,
    deadlineMs: sometimes(0.2, 10 + below(500), null),
  });
  const silentAfter = (count: number, { arrivalMs, ...rest }: SourceModel): SourceModel => ({
    ...rest,
    arrivalMs: (frame) => (frame < count ? (arrivalMs?.(frame) ?? 0) : Number.POSITIVE_INFINITY),
  });
  const saturatedNever = (model: SourceModel): SourceModel =>
    model.arrivalMs === null ? { ...model, drop: "never" } : model;
  return {
    devices: Array.from({ length: 1 + below(6) }, device),
    sources: Array.from({ length: 1 + below(5) }, () =>
      sometimes(0.1, silentAfter(below(20), source()), saturatedNever(source())),
    ),
  };
}

/** A processor of few cores, which devices and decoders share. */
function crowded(seed: number, deviceCount: number): ProcessorModel {
  const random = mulberry32(~seed);
  return {
    cores: 1 + Math.floor(random() * 4),
    deviceCores: Array.from(
      { length: deviceCount },
      () => [0, 0.3, 1, 1, 2][Math.floor(random() * 5)] as number,
    ),
    ingestMs: () => 4 * random(),
  };
}

/** Frames that may be served between the arrival of one of a source and its own service. */
function framesBefore(index: number, sources: readonly SourceModel[]): number {
  const { slots, weight = 1 } = sources[index] as SourceModel;
  return sources.reduce(
    (sum, other) => sum + other.slots + ((slots + 1) * (other.weight ?? 1)) / weight + 1,
    0,
  );
}

for (const name of scheduleNames) {
  test(`${name}: frames of ${SIMULATION_COUNT} random simulations leave once, in order and in time, none starves, turns are fair, no device idles where it should not`, () => {
    const faults: string[] = [];
    let batchMax = 0;
    for (let seed = 0; seed < SIMULATION_COUNT; seed += 1) {
      const { devices, sources } = scene(seed);
      const watcher = new Watcher({ devices, sources }, CONSERVATION[name]);
      const fairness = new FairnessWatcher(sources);
      const { frames } = simulate({
        devices,
        sources,
        ...(seed % 3 === 0 && { processor: crowded(seed, devices.length) }),
        scheduler: (states) => createScheduler(name, states),
        observe(event) {
          watcher.observe(event);
          fairness.observe(event);
        },
      });
      watcher.finish();
      batchMax = Math.max(batchMax, watcher.batchMax);
      if (frames.received !== frames.emitted + frames.dropped + frames.failed) {
        watcher.faults.push(`${JSON.stringify(frames)} does not add up`);
      }
      // Nobody waits for more than its turn, unless there are others of a higher priority.
      const highest = Math.max(...sources.map(({ priority = 0 }) => priority));
      for (const [index, waitedMs] of watcher.waitedMsMax.entries()) {
        if ((sources[index]?.priority ?? 0) < highest) continue;
        const frameCount = ATTEMPT_COUNT_MAX * framesBefore(index, sources);
        if (waitedMs > frameCount * (watcher.heldMsMax + RESTART_MS)) {
          watcher.faults.push(`a frame of source ${index} starved for ${waitedMs} ms`);
        }
      }
      if (name === "pull" && watcher.overtook) watcher.faults.push("a frame was overtaken");
      if (name === "pull") watcher.faults.push(...fairness.faults);
      faults.push(...watcher.faults.slice(0, 3).map((fault) => `seed ${seed}: ${fault}`));
      if (faults.length > 10) break;
    }
    expect(faults).toEqual([]);
    expect(batchMax).toBeGreaterThan(4);
  });
}
