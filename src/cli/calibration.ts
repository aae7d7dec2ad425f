import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { selectDevices } from "../backend/auto.ts";
import type { DeviceInstance, DeviceSpec } from "../backend/backend.ts";
import { coreMlMachine } from "../backend/coreml/devices.ts";
import { readyModel } from "../backend/coreml/ready.ts";
import { parseDevice, parseDevices } from "../backend/device-spec.ts";
import { discoverMachine, type Machine } from "../backend/discover.ts";
import { checkDevices, planDevices } from "../backend/plan.ts";
import { needsModel } from "../backend/resolve.ts";
import type { ModelTask } from "../backend/session-task.ts";
import { readSimulatedOptions } from "../backend/simulated-options.ts";
import { calibrate } from "../calibration/calibrate.ts";
import { batchSizesFor, loneKinds } from "../calibration/combination.ts";
import type { SourceFactory } from "../calibration/feeder.ts";
import { calibrationKey } from "../calibration/key.ts";
import {
  checkStorable,
  findCalibration,
  storeCalibration,
  writeCalibration,
} from "../calibration/store.ts";
import { resolveRunConfig } from "../config/schema.ts";
import { coreMlFormat } from "../coreml/inspect.ts";
import { AipError, runtimeError, usageError } from "../errors.ts";
import { setNativeEnvironment } from "../native/environment.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { settleIngest } from "../pipeline/ingest-size.ts";
import { type LoadedModel, loadModel } from "../pipeline/load-model.ts";
import type { Calibration } from "../schedule/calibration.ts";
import { busyNote } from "../schedule/noisy-choice.ts";
import { openSource } from "../source/open.ts";
import type { FrameGeometry } from "../types.ts";
import { type CalibrationFlags, checkFiles, checkThreads } from "./calibration-options.ts";
import { formatCalibration } from "./calibration-table.ts";
import { ExitCode } from "./exit-code.ts";
import { printOut } from "./print-out.ts";
import { onSignals } from "./signals.ts";

/** Frames the devices get where no source says otherwise. */
const GEOMETRY: FrameGeometry = {
  width: 1280,
  height: 720,
  pixelFormat: "yuv420p",
  colorMatrix: "bt709",
  colorRange: "limited",
};
/** Above this load for each core, figures are those of a busy machine. */
const LOAD_MAX = 0.5;

/**
 * Calibrates for people: progress on stderr, a table on stdout, then the files.
 * @returns the exit code
 * @throws {AipError} where it cannot begin, or no device could be measured
 */
export async function runCalibration(flags: CalibrationFlags): Promise<number> {
  const say = (text: string): void => {
    if (!flags.quiet) process.stderr.write(`${text}\n`);
  };
  const found = discoverMachine();
  const seen = coreMlFormat(flags.model) === undefined ? found : coreMlMachine(found);
  checkThreads(flags, seen);
  const specs = flags.devices.flatMap((spec) => expand(spec, seen));
  checkDevices(specs, seen);
  const config = resolveRunConfig({
    ...(flags.inputSize !== undefined && { inputSize: flags.inputSize }),
  });
  const abort = new AbortController();
  using _signals = onSignals((_, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    abort.abort();
  });
  const loaded = needsModel(specs) ? loadModel(flags.model, config) : null;
  const ready =
    loaded === null
      ? { specs, machine: seen, model: null, notes: [] }
      : await readyModel({
          specs,
          machine: seen,
          model: loaded.task,
          signal: abort.signal,
          tell: say,
        });
  const { specs: devices, machine } = ready;
  const model = loaded === null || ready.model === null ? null : { ...loaded, task: ready.model };
  for (const note of ready.notes) say(note);
  const calibrated = model === null ? null : { ...model.spec };
  const key = calibrationKey(machine, calibrated);
  const { factory, geometry, notes } = await openFactory(flags, model);
  for (const note of notes) say(note);
  const isStored = model !== null && isForAuto(flags);
  const name = model?.spec.name ?? "";
  if (isStored) {
    await checkStorable();
    const { ignored } = await findCalibration(key, name);
    if (ignored !== null) say(`${ignored}, and is ignored: measured anew`);
  }
  const load = (loadavg()[0] ?? 0) / machine.coreCount;
  if (load > LOAD_MAX)
    say(`this machine is busy (load ${load.toFixed(1)} a core): figures are rough`);
  let calibration: Calibration;
  try {
    calibration = await calibrate({
      devices,
      plan: planner(devices, machine, model, config),
      key,
      batches: batchSizesFor(model?.task.batchSize),
      lone: loneKinds(machine),
      ...(isStored && { usual: selectDevices(machine, false).devices.map(({ kind }) => kind) }),
      geometry,
      openSource: factory,
      goal: flags.goal,
      ...(flags.seconds !== undefined && { seconds: flags.seconds }),
      ...(flags.replicas !== undefined && { replicas: flags.replicas }),
      ...(flags.threads !== undefined && { threads: flags.threads }),
      ...(model?.task.coreMl !== undefined && { threads: [] }),
      signal: abort.signal,
      progress: say,
    });
  } catch (error) {
    if (!(error instanceof AipError && error.code === "interrupted")) throw error;
    process.stderr.write(`aip: ${error.message}\n`);
    return ExitCode.interrupted;
  }
  await print(calibration, flags);
  const busy = busyNote(calibration);
  // What later runs will use is warned of under --quiet, too.
  if (busy !== null && isStored) process.stderr.write(`aip: ${busy}\n`);
  else if (busy !== null) say(busy);
  if (isStored) {
    const path = await storeCalibration(calibration, name);
    say(`stored in "${path}": --device auto uses the best for ${flags.goal}`);
  } else {
    say("not stored: what --device auto uses is measured of all devices, without --replicas");
  }
  return ExitCode.done;
}

async function print(calibration: Calibration, { output, plot }: CalibrationFlags): Promise<void> {
  if (output === "-") printOut(`${JSON.stringify(calibration, null, 2)}\n`);
  else printOut(`${formatCalibration(calibration)}\n`);
  if (output !== undefined && output !== "-") await writeCalibration(output, calibration);
  if (plot === undefined) return;
  const { plotCalibration } = await import("./calibration-plot.ts");
  try {
    await writeFile(plot, plotCalibration(calibration));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw runtimeError("output-failed", `Cannot write "${plot}": ${reason}`, cause);
  }
}

/** Whether what is measured is what `auto` may choose from: every device, as far as it helps. */
function isForAuto({ devices, replicas, threads }: CalibrationFlags): boolean {
  const isAll = devices.every(({ kind }) => kind === "auto" || kind === "all");
  return isAll && replicas === undefined && threads === undefined;
}

/** A software GPU is measured as well: it is chosen only where it helps. */
function expand(spec: DeviceSpec, machine: Machine): readonly DeviceSpec[] {
  if (spec.kind !== "auto" && spec.kind !== "all") return [spec];
  const { devices } = selectDevices(machine, true);
  // An empty machine is refused, with its reasons, by the check that follows.
  return devices.length === 0 ? [spec] : devices.map(({ kind }) => parseDevice(kind));
}

function planner(
  devices: readonly DeviceSpec[],
  machine: Machine,
  model: LoadedModel | null,
  config: ReturnType<typeof resolveRunConfig>,
): (devices: string) => readonly DeviceInstance[] {
  const simulatedModels = new Map<string, ModelTask>();
  for (const spec of devices) {
    const file = spec.kind === "sim" ? readSimulatedOptions(spec).modelFile : null;
    if (file !== null) simulatedModels.set(file, loadModel(file, config).task);
  }
  const options = { machine, model: model?.task ?? null, simulatedModels };
  // Before any worker runs native code.
  setNativeEnvironment(planDevices(devices, options).environment);
  return (text) => planDevices(parseDevices(text), options).instances;
}

/** A source as it is decoded beside the trials. */
interface DecodedBeside {
  /** Opens it, again and again; null for none. */
  readonly factory: SourceFactory | null;
  readonly geometry: FrameGeometry;
  /** Sentences for the user. */
  readonly notes: readonly string[];
}

/**
 * Looks at the source once to know its frames, which a run without annotation would have scaled by
 * the decoder where that is measured to pay.
 */
async function openFactory(
  flags: CalibrationFlags,
  model: LoadedModel | null,
): Promise<DecodedBeside> {
  const { source } = flags;
  if (source === undefined) return { factory: null, geometry: GEOMETRY, notes: [] };
  const open: SourceFactory = () => openSource(source, { pipes: { createPipe, closeFd } });
  const opened = await open();
  const models = model === null ? [] : [model];
  const notes = await settleIngest({ sources: [opened], models }, { mode: "auto", readers: [] });
  await opened.close();
  checkFiles(flags, [opened]);
  if (opened.live) {
    const message = `Source "${source}" is live: name a file or demo, which can be decoded at any rate`;
    throw usageError("source-invalid", message);
  }
  const { delivered, geometry } = opened.info;
  if (delivered === undefined) return { factory: open, geometry, notes };
  const factory: SourceFactory = async () => {
    const again = await open();
    again.scaleTo?.(delivered);
    return again;
  };
  return { factory, geometry: delivered, notes };
}
