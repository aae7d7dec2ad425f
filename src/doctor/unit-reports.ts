import type { DeviceInstance } from "../backend/backend.ts";
import { COREML_PROVIDER } from "../backend/coreml/devices.ts";
import { COREML_PROVIDER_NAME } from "../backend/coreml-provider.ts";
import { parseDevice } from "../backend/device-spec.ts";
import type { Machine } from "../backend/discover.ts";
import { readSimulatedOptions } from "../backend/simulated-options.ts";
import { Rig } from "../calibration/rig.ts";
import { agreementOf } from "./agreement.ts";
import type { CheckUpOptions } from "./check-up.ts";
import type { EnergyMeter } from "./energy.ts";
import { type ExaminationOutcome, examineDevice } from "./examination.ts";
import { type Measurements, measureUnits, type UnitFigures } from "./measurement.ts";
import { PICTURE_GEOMETRY } from "./pictures.ts";
import type { DoctorReport, UnitReport } from "./report.ts";
import { checkModel, type PlannedUnits, planUnits } from "./units.ts";
import { type Reference, verdictOf } from "./verdict.ts";

/** Time a device gets to open, and to answer the pictures, by its provider. */
const WITHIN_MS: Readonly<Record<string, number>> = {
  // Compiling, and a trial on CPU and device, each of which has a limit of its own: the first load
  // of a model for a Neural Engine was reported to take 104 s.
  [COREML_PROVIDER_NAME]: 1_200_000,
  [COREML_PROVIDER]: 1_200_000,
};
const WITHIN_MS_DEFAULT = 30_000;

const NOTHING: Measurements = {
  single: new Map(),
  alone: new Map(),
  together: null,
  failures: new Map(),
};

export interface UnitsOptions
  extends Pick<CheckUpOptions, "model" | "inputSize" | "seconds" | "signal" | "progress"> {
  readonly machine: Machine;
  /** Texts of the devices asked for, each once. */
  readonly devices: readonly string[];
  readonly meter: EnergyMeter | null;
}

/** What came of looking at the devices. */
export type UnitsOutcome = Pick<DoctorReport, "model" | "units" | "together">;

/**
 * Examines devices one after the other, measures those that work alone and together, compares
 * their answers, and says what is to be said of each.
 *
 * @throws {AipError} where the model cannot be used; `interrupted`
 */
export async function examineUnits(options: UnitsOptions): Promise<UnitsOutcome> {
  const { devices: asked, machine, inputSize, signal, progress } = options;
  const model = asked.some(answers) ? options.model : null;
  const reference = asked.find((device) => parseDevice(device).kind === "cpu") ?? "cpu";
  const devices = model === null || asked.includes(reference) ? asked : [reference, ...asked];
  checkModel({ model, inputSize });
  const examined = new Map<string, ExaminationOutcome>();
  for (const device of devices) {
    progress(`examining ${device}`);
    const withinMs = withinMsOf(device, machine);
    const task = { model, inputSize, device };
    examined.set(device, await examineDevice(task, { withinMs, signal, progress }));
    signal.throwIfAborted();
  }
  const working = devices.filter((device) => examined.get(device)?.failure === null);
  const wanted = { model, inputSize, devices: working, machine, signal, tell: progress };
  const planned = working.length === 0 ? null : await planUnits(wanted);
  const measured = planned === null ? NOTHING : await measure(options, planned, working);
  const { spec } = planned?.model ?? { spec: null };
  const { together } = measured;
  return {
    model: spec === null ? null : { name: spec.name, path: spec.path },
    units: devices.map((device) =>
      unitReport(device, { asked, machine, reference, planned, examined, measured }),
    ),
    together: together && {
      throughput_fps: round(together.throughputFps),
      joules_per_frame: together.joulesPerFrame && round(together.joulesPerFrame),
    },
  };
}

/** A simulated device without a model answers nothing. */
function answers(device: string): boolean {
  const spec = parseDevice(device);
  return spec.kind !== "sim" || readSimulatedOptions(spec).modelFile !== null;
}

function withinMsOf(device: string, { devices }: Machine): number {
  const { kind } = parseDevice(device);
  const provider = devices.find((one) => one.kind === kind)?.provider ?? "";
  return WITHIN_MS[provider] ?? WITHIN_MS_DEFAULT;
}

async function measure(
  { devices, seconds, signal, progress, machine, meter }: UnitsOptions,
  { plan }: PlannedUnits,
  working: readonly string[],
): Promise<Measurements> {
  const rig = new Rig({
    plan,
    geometry: PICTURE_GEOMETRY,
    feeder: null,
    openWithinMs: Math.max(...working.map((device) => withinMsOf(device, machine))),
    signal,
  });
  try {
    return await measureUnits({
      devices: working,
      asked: devices.filter((device) => working.includes(device)),
      plan,
      measureMs: 1000 * seconds,
      open: (combination) => rig.open(combination),
      trial: (combination, sliceMs) => rig.trial(combination, sliceMs),
      meter,
      progress,
    });
  } finally {
    await rig.close();
  }
}

interface Findings {
  readonly asked: readonly string[];
  readonly machine: Machine;
  readonly reference: string;
  /** Null where no device works. */
  readonly planned: PlannedUnits | null;
  readonly examined: ReadonlyMap<string, ExaminationOutcome>;
  readonly measured: Measurements;
}

function unitReport(device: string, findings: Findings): UnitReport {
  const { asked, machine, reference, planned, examined, measured } = findings;
  const outcome = examined.get(device);
  const { kind } = parseDevice(device);
  const known = machine.devices.find((one) => one.kind === kind);
  const works = planned !== null && outcome?.failure === null;
  const instances: readonly DeviceInstance[] = works ? planned.plan(device) : [];
  const single: UnitFigures | undefined = measured.single.get(device);
  const placement = outcome?.examination?.placement ?? null;
  const own = outcome?.examination?.answers ?? null;
  const other = examined.get(reference)?.examination?.answers ?? null;
  const isCompared = device !== reference && own !== null && other !== null;
  const agreement = isCompared ? agreementOf(other, own) : null;
  const software = known?.software ?? false;
  const against = measured.single.get(reference);
  const compared: Reference = {
    device: reference,
    latencyMs: against?.latencyMs.p50 ?? null,
    busyCores: against?.busyCores ?? null,
    processorMs: against?.processorMs ?? null,
  };
  return {
    device,
    kind,
    role: asked.includes(device) ? "asked" : "reference",
    instances: instances.length,
    description: instances[0]?.description ?? known?.description ?? kind,
    software,
    placement,
    placement_failure: outcome?.examination?.placementFailure ?? outcome?.failure ?? null,
    latency_ms: single
      ? { p50: round(single.latencyMs.p50), p95: round(single.latencyMs.p95) }
      : null,
    throughput_fps: roundOr(measured.alone.get(device)?.throughputFps),
    busy_cores: roundOr(single?.busyCores),
    processor_ms: roundOr(single?.processorMs),
    joules_per_frame: roundOr(measured.alone.get(device)?.joulesPerFrame),
    agreement,
    verdict: verdictOf(
      {
        device,
        kind,
        software,
        failure: outcome?.failure ?? measured.failures.get(device) ?? null,
        placement,
        latencyMs: single?.latencyMs.p50 ?? null,
        busyCores: single?.busyCores ?? null,
        processorMs: single?.processorMs ?? null,
        agreement,
      },
      device === reference ? null : compared,
    ),
  };
}

function roundOr(value: number | null | undefined): number | null {
  return value === undefined || value === null ? null : round(value);
}

/** Three decimals: µs of a ms, mJ of a J. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
