import { selectDevices } from "../backend/auto.ts";
import type { DeviceSpec } from "../backend/backend.ts";
import { parseDevices } from "../backend/device-spec.ts";
import { discoverMachine, type Machine } from "../backend/discover.ts";
import { planDevices } from "../backend/plan.ts";
import { resolveDevices } from "../backend/resolve.ts";
import type { ModelTask } from "../backend/session-task.ts";
import { calibrate } from "../calibration/calibrate.ts";
import { batchSizesFor, loneKinds } from "../calibration/combination.ts";
import { calibrationKey } from "../calibration/key.ts";
import { findCalibration, storeCalibration } from "../calibration/store.ts";
import { runDefaults } from "../config/run-config.ts";
import { coreMlFormat } from "../coreml/inspect.ts";
import { AipError } from "../errors.ts";
import { type LoadedModel, loadModel } from "../pipeline/load-model.ts";
import type { Calibration } from "../schedule/calibration.ts";
import { busyNote } from "../schedule/noisy-choice.ts";
import type { FrameGeometry } from "../types.ts";

/** Time a calibration gets that nobody has made before, in s. */
const SECONDS = 15;

export interface DeviceCalibrationOptions {
  /** What `--device` takes; `auto` alone is what a stored calibration is of. */
  readonly devices: string;
  readonly model: string;
  /** Of the cameras' pictures. */
  readonly geometry: FrameGeometry;
  readonly signal: AbortSignal;
  /** Told what takes time, or was not used, for people. */
  readonly onNote: (text: string) => void;
}

/** A calibration, and the machine it is of. */
export interface DeviceCalibration {
  readonly calibration: Calibration;
  readonly machine: Machine;
}

/**
 * The stored calibration of this machine and model. Where there is none, it is made now, and
 * stored; for devices named one by one it is always made, and not stored.
 *
 * @throws {AipError} for devices or a model that cannot be used; `interrupted`
 */
export async function deviceCalibration(
  options: DeviceCalibrationOptions,
): Promise<DeviceCalibration> {
  const { signal, onNote } = options;
  const found = discoverMachine();
  const specs = parseDevices(options.devices);
  const isAuto = options.devices === "auto";
  const config = { ...runDefaults, model: options.model };
  const models = new Map<string, LoadedModel>();
  const load = (name: string): Promise<ModelTask> => {
    const loaded = loadModel(name, config);
    models.set(name, loaded);
    return Promise.resolve(loaded.task);
  };
  // Checks the devices, and prepares the process for them.
  const resolved = await resolveDevices(specs, {
    model: () => load(options.model),
    loadModel: load,
    machine: found,
    isCoreMl: coreMlFormat(options.model) !== undefined,
    signal,
    tell: onNote,
  });
  const machine = resolved.machine ?? found;
  const loaded = models.get(options.model);
  const spec = loaded?.spec;
  const key = calibrationKey(
    machine,
    spec === undefined ? null : { path: spec.path, name: spec.name, input: spec.input },
  );
  const name = spec?.name ?? "none";
  if (isAuto) {
    const { calibration, ignored } = await findCalibration(key, name);
    if (ignored !== null) onNote(`the stored calibration is not used: ${ignored}`);
    if (calibration?.quick === false) {
      const busy = busyNote(calibration);
      if (busy !== null) onNote(busy);
      return { calibration, machine };
    }
  }
  onNote(
    `measuring the devices for about ${SECONDS} s${isAuto ? ": no calibration of use is stored" : ""}`,
  );
  const simulatedModels = new Map([...models].map(([file, { task }]) => [file, task]));
  const calibration = await calibrate({
    devices: expand(specs, machine),
    plan: (text) =>
      planDevices(parseDevices(text), { machine, model: resolved.model, simulatedModels })
        .instances,
    key,
    batches: batchSizesFor(loaded?.task.batchSize),
    lone: loneKinds(machine),
    ...(resolved.model?.coreMl !== undefined && { threads: [] }),
    ...(isAuto && { usual: selectDevices(machine, false).devices.map(({ kind }) => kind) }),
    geometry: options.geometry,
    openSource: null,
    goal: "throughput",
    seconds: SECONDS,
    signal,
  });
  const busy = busyNote(calibration);
  if (busy !== null) onNote(busy);
  if (isAuto) onNote(await store(calibration, name));
  return { calibration, machine };
}

/** Says where it was stored, or why it was not: the plan at hand does not need it to be. */
async function store(calibration: Calibration, name: string): Promise<string> {
  try {
    return `stored as "${await storeCalibration(calibration, name)}"`;
  } catch (error) {
    if (error instanceof AipError) return `not stored: ${error.message}`;
    throw error;
  }
}

/** The devices that `auto` and `all` stand for. */
function expand(specs: readonly DeviceSpec[], machine: Machine): readonly DeviceSpec[] {
  return specs.flatMap((spec) => {
    if (spec.kind !== "auto" && spec.kind !== "all") return [spec];
    const { devices } = selectDevices(machine, spec.kind === "all");
    return parseDevices(devices.map(({ kind }) => kind).join(","));
  });
}
