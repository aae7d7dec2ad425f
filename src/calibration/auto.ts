import { selectDevices } from "../backend/auto.ts";
import type { DeviceInstance, DeviceSpec } from "../backend/backend.ts";
import { parseDevice, parseDevices } from "../backend/device-spec.ts";
import type { Machine } from "../backend/discover.ts";
import { planDevices } from "../backend/plan.ts";
import type { ModelTask } from "../backend/session-task.ts";
import { AipError } from "../errors.ts";
import { setNativeEnvironment } from "../native/environment.ts";
import { CALLS_PER_GOAL } from "../schedule/batch-limit.ts";
import { batchFactor } from "../schedule/batching.ts";
import {
  type Calibration,
  type Candidate,
  chosenCandidate,
  type InstanceFigures,
} from "../schedule/calibration.ts";
import { busyNote } from "../schedule/noisy-choice.ts";
import type { FrameGeometry } from "../types.ts";
import { type CalibratedModel, calibrationKey } from "./key.ts";
import { calibrateQuickly } from "./quick.ts";
import { findCalibration, storeCalibration } from "./store.ts";

/** A call may take so many times its mean and still be as chosen. */
const CALL_SPREAD = 1.25;

export interface AutoOptions {
  readonly machine: Machine;
  readonly model: CalibratedModel;
  readonly task: ModelTask;
  /** Frames of the run's first source. */
  readonly geometry: FrameGeometry;
  readonly signal: AbortSignal;
  /** Says at once what is about to take a while. */
  readonly tell: (text: string) => void;
}

/** What `auto` stands for, here and for this model. */
export interface AutoDevices {
  readonly specs: readonly DeviceSpec[];
  /** What was measured of them; null where nothing was. */
  readonly measured: Candidate | null;
  /** Sentences for the user. */
  readonly notes: readonly string[];
}

/**
 * The devices that the stored calibration of this model on this machine chose. Where there is none,
 * a quick one is made, which is said, and stored for the runs to come, if it measured anything.
 *
 * An aborted signal ends it at once; nothing is stored then.
 */
export async function autoDevices(options: AutoOptions): Promise<AutoDevices> {
  const { machine, model, tell, signal } = options;
  const key = calibrationKey(machine, model);
  const { calibration, ignored } = await findCalibration(key, model.name);
  // One that measured nothing chose nothing, either.
  if (calibration !== null && calibration.candidates.length > 0) {
    // A quick one has said when it was made that it is rough.
    const busy = calibration.quick ? null : busyNote(calibration);
    return chosenDevices(machine, calibration, busy === null ? [] : [busy]);
  }
  const reason = ignored === null ? "" : `${ignored}, and is ignored; `;
  tell(
    `${reason}calibrating ${model.name} for this machine once, in at most 3 s ` +
      '("aip calibrate" takes longer, and is more exact)',
  );
  try {
    const quick = await calibrateQuickly({ ...planning(options), machine, key, signal });
    return chosenDevices(machine, quick, await keepQuick(quick, model.name));
  } catch (error) {
    if (!(error instanceof AipError && error.code === "interrupted")) throw error;
    return { specs: parseDevices("auto"), measured: null, notes: [] };
  }
}

/** The instances of a run with the shares and times that were measured of them. */
export function withMeasured(
  instances: readonly DeviceInstance[],
  measured: Candidate | null,
): readonly DeviceInstance[] {
  if (measured === null || measured.instances.length !== instances.length) return instances;
  const slowest = Math.min(...measured.instances.map((one) => one.throughput_fps));
  return instances.map((instance) => {
    const figures = measured.instances.find(({ id }) => id === instance.id);
    if (figures === undefined || slowest <= 0) return instance;
    const weight = figures.throughput_fps / slowest;
    return { ...instance, weight, ...timesOf(figures) };
  });
}

/** Time of a single frame, and the goal that lets calls be as large as those that were chosen. */
function timesOf(figures: InstanceFigures): Pick<DeviceInstance, "expectedMs" | "goalFrames"> {
  const { batch, batch_cost: batchCost, service_ms: service } = figures;
  if (batch === 1) return { expectedMs: service.mean };
  const callFrames = batchFactor({ batchCost }, batch);
  const spread = Math.max(CALL_SPREAD, service.mean > 0 ? service.p95 / service.mean : 1);
  return {
    expectedMs: service.mean / callFrames,
    goalFrames: CALLS_PER_GOAL * callFrames * spread,
  };
}

function planning(
  options: AutoOptions,
): Pick<Parameters<typeof calibrateQuickly>[0], "plan" | "geometry"> {
  const { machine, task: model, geometry } = options;
  const plan = (devices: string): readonly DeviceInstance[] =>
    planDevices(parseDevices(devices), { machine, model }).instances;
  // Before any worker runs native code.
  setNativeEnvironment(planDevices(parseDevices("auto"), { machine, model }).environment);
  return { plan, geometry };
}

function chosenDevices(
  machine: Machine,
  calibration: Calibration,
  notes: readonly string[],
): AutoDevices {
  const specs = parseDevices(calibration.chosen[calibration.goal]);
  const kinds = specs.map(({ kind }) => kind);
  const failed = calibration.left_out
    .filter(({ devices }) => !kinds.includes(parseDevice(devices).kind))
    .map(
      ({ devices, reason }) => `${devices} is left out, as it failed when calibrated: ${reason}`,
    );
  // Software GPUs that a calibration kept are not left out.
  const unused = selectDevices(machine, false).notes.filter(
    (note) => !kinds.some((kind) => note.startsWith(`${kind} (`)),
  );
  return {
    specs,
    measured: chosenCandidate(calibration) ?? null,
    notes: [...unused, ...failed, ...notes],
  };
}

/**
 * Stores it, if it measured anything: a busy moment must not decide for all runs to come. Where it
 * is not stored, the run goes on and says so.
 */
export async function keepQuick(
  calibration: Calibration,
  modelName: string,
  folder?: string,
): Promise<readonly string[]> {
  if (calibration.candidates.length === 0) {
    return [
      `${modelName} could not be measured in 3 s, as the machine is busy or the model slow: ` +
        `devices are chosen unmeasured ("aip calibrate" takes the time it needs)`,
    ];
  }
  try {
    await storeCalibration(calibration, modelName, folder);
    return [];
  } catch (error) {
    if (!(error instanceof AipError)) throw error;
    return [`the calibration is not stored: ${error.message}`];
  }
}
