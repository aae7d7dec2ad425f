import type { DeviceInstance } from "../backend/backend.ts";
import { formatDevice, parseDevice } from "../backend/device-spec.ts";
import { type Combination, formatCombination, type Part } from "../calibration/combination.ts";
import { CombinationTrials, candidatesOf, type InstanceTrial } from "../calibration/figures.ts";
import { VariantFailed } from "../calibration/rig.ts";
import type { EnergyMeter } from "./energy.ts";

const ROUNDS = 3;
const SLICE_MS_MIN = 60;
const SLICE_MS_MAX = 800;

/** What one device, or all of them at once, did. */
export interface UnitFigures {
  readonly throughputFps: number;
  /** Time of a frame on one instance, in ms. */
  readonly latencyMs: { readonly p50: number; readonly p95: number };
  /** Processor cores that this process kept busy meanwhile. */
  readonly busyCores: number;
  /** Processor time of a frame, in ms; null where none was answered. */
  readonly processorMs: number | null;
  /** Energy of a frame, in J; null where it cannot be read. */
  readonly joulesPerFrame: number | null;
}

export interface Measurements {
  /** One instance of each device alone, by the device's text. */
  readonly single: ReadonlyMap<string, UnitFigures>;
  /** All instances of each device. */
  readonly alone: ReadonlyMap<string, UnitFigures>;
  /** All devices at once; null where there is one, or one has failed. */
  readonly together: UnitFigures | null;
  /** Devices that failed, and why. */
  readonly failures: ReadonlyMap<string, string>;
}

export interface MeasureOptions {
  /** Device texts, each different. */
  readonly devices: readonly string[];
  /** Those that run in `together`. */
  readonly asked: readonly string[];
  readonly plan: (devices: string) => readonly DeviceInstance[];
  /** Time for all of it; a slow device takes what one round takes. */
  readonly measureMs: number;
  /** Opens what a combination needs, and warms it up. See `Rig.open`. */
  readonly open: (combination: Combination) => Promise<void>;
  /** Runs a combination for a while, see `Rig.trial`. */
  readonly trial: (combination: Combination, sliceMs: number) => Promise<readonly InstanceTrial[]>;
  readonly meter: EnergyMeter | null;
  readonly progress: (text: string) => void;
}

/** What the processor did during the trials of one combination. */
interface Effort {
  cpuMs: number;
  wallMs: number;
  joules: number;
  frames: number;
}

/**
 * Measures each device alone, one instance and all, and all devices at once, in turns: what slows
 * the machine for a while slows them all.
 */
export async function measureUnits(options: MeasureOptions): Promise<Measurements> {
  const { devices, asked, plan, progress } = options;
  const parts = new Map(devices.map((device) => [device, partOf(device, plan)]));
  const combinations = new Map<string, Combination>();
  const add = (combination: Combination): string => {
    const name = formatCombination(combination);
    combinations.set(name, combination);
    return name;
  };
  const names = devices.map((device) => {
    const part = parts.get(device) as Part;
    return { device, single: add([{ ...part, replicas: 1 }]), alone: add([part]) };
  });
  const all = asked.map((device) => parts.get(device) as Part);
  const together = all.length > 1 ? add(all) : null;

  const trials = new Map(
    [...combinations].map(([name, one]) => [name, new CombinationTrials(one)]),
  );
  const efforts = new Map([...combinations.keys()].map((name) => [name, noEffort()]));
  const failed = new Map<string, string>();
  const sliceMs = sliceOf(options.measureMs, combinations.size);
  const startedMs = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    if (performance.now() - startedMs > options.measureMs && round > 0) break;
    for (const [name, combination] of combinations) {
      if (combination.some(({ variant }) => failed.has(variant.device))) continue;
      if (round === 0) progress(`measuring ${name}`);
      const effort = efforts.get(name) as Effort;
      try {
        const answered = await observed(options, combination, sliceMs, effort);
        trials.get(name)?.add(round, answered);
      } catch (error) {
        if (!(error instanceof VariantFailed)) throw error;
        failed.set(error.variant.device, error.message);
      }
    }
  }
  const figures = figuresOf([...trials.values()], efforts, options.meter !== null);
  const lookUp = (of: "single" | "alone"): ReadonlyMap<string, UnitFigures> =>
    new Map(
      names.flatMap((name) => {
        const found = figures.get(name[of]);
        return found === undefined ? [] : [[name.device, found] as const];
      }),
    );
  const failures = devices.flatMap((device) => {
    const reason = failed.get(parts.get(device)?.variant.device ?? "");
    return reason === undefined ? [] : [[device, reason] as const];
  });
  return {
    single: lookUp("single"),
    alone: lookUp("alone"),
    together: together === null ? null : (figures.get(together) ?? null),
    failures: new Map(failures),
  };
}

/** A device with its own number of instances. */
function partOf(device: string, plan: MeasureOptions["plan"]): Part {
  const spec = parseDevice(device);
  const options = new Map(spec.options);
  options.delete("replicas");
  options.delete("weight");
  const instances = plan(device);
  const batch = instances[0]?.task.batch ?? 1;
  const replicas = instances.length;
  return {
    variant: {
      kind: spec.kind,
      group: 0,
      device: formatDevice({ kind: spec.kind, options }),
      batch: batch === "auto" ? 1 : batch,
      larger: null,
      replicasMin: replicas,
      replicasMax: replicas,
    },
    replicas,
  };
}

function sliceOf(measureMs: number, combinations: number): number {
  const sliceMs = measureMs / (ROUNDS * combinations);
  return Math.min(SLICE_MS_MAX, Math.max(SLICE_MS_MIN, sliceMs));
}

function noEffort(): Effort {
  return { cpuMs: 0, wallMs: 0, joules: 0, frames: 0 };
}

/** Runs a trial, and adds to the effort what it cost. */
async function observed(
  { open, trial, meter }: MeasureOptions,
  combination: Combination,
  sliceMs: number,
  effort: Effort,
): Promise<readonly InstanceTrial[]> {
  await open(combination);
  const [startedMs, cpu, joules] = [performance.now(), process.cpuUsage(), meter?.joules() ?? 0];
  const trials = await trial(combination, sliceMs);
  const { user, system } = process.cpuUsage(cpu);
  effort.cpuMs += (user + system) / 1000;
  effort.wallMs += performance.now() - startedMs;
  effort.joules += (meter?.joules() ?? 0) - joules;
  effort.frames += trials.reduce((sum, one) => sum + one.trial.frames - one.trial.failures, 0);
  return trials;
}

function figuresOf(
  trials: readonly CombinationTrials[],
  efforts: ReadonlyMap<string, Effort>,
  isMetered: boolean,
): ReadonlyMap<string, UnitFigures> {
  const measured = trials.filter((one) => one.trials.length > 0);
  return new Map(
    candidatesOf(measured, false).map((candidate): [string, UnitFigures] => {
      const effort = efforts.get(candidate.devices) ?? noEffort();
      return [
        candidate.devices,
        {
          throughputFps: candidate.throughput_fps.mean,
          latencyMs: { p50: candidate.latency_ms.p50, p95: candidate.latency_ms.p95 },
          busyCores: effort.wallMs > 0 ? effort.cpuMs / effort.wallMs : 0,
          processorMs: effort.frames > 0 ? effort.cpuMs / effort.frames : null,
          joulesPerFrame: isMetered && effort.frames > 0 ? effort.joules / effort.frames : null,
        },
      ];
    }),
  );
}
