import { loadavg } from "node:os";
import { selectDevices } from "../backend/auto.ts";
import type { DeviceSpec } from "../backend/backend.ts";
import { coreMlMachine } from "../backend/coreml/devices.ts";
import { parseDevice } from "../backend/device-spec.ts";
import { discoverMachine, type Machine } from "../backend/discover.ts";
import { checkDevices } from "../backend/plan.ts";
import { readPowerState } from "../backend/power-state.ts";
import { localCommand } from "../backend/system-command.ts";
import { localSystem } from "../backend/system-view.ts";
import { coreMlFormat } from "../coreml/inspect.ts";
import { AipError } from "../errors.ts";
import { powerNotes } from "../metrics/power-state.ts";
import { listWebcams, type Webcam } from "../source/webcam.ts";
import { cacheObstacle, inspectCaches } from "./caches.ts";
import { openEnergyMeter } from "./energy.ts";
import { type DoctorReport, permissionsOf, problemsOf } from "./report.ts";
import { inspectSystem, inspectVersions } from "./system.ts";
import { inspectTools } from "./tools.ts";
import { examineUnits, type UnitsOutcome } from "./unit-reports.ts";
import { checkModel } from "./units.ts";

/** What a check-up is asked. */
export interface CheckUpOptions {
  /** As `--model` takes it. */
  readonly model: string;
  readonly inputSize: { readonly width: number; readonly height: number } | null;
  /** As `--device` takes them; empty: every device this machine has, a software GPU included. */
  readonly devices: readonly DeviceSpec[];
  /** Time to measure in, in s. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** Says what is going on, for people. */
  readonly progress: (text: string) => void;
}

/** Above this load for each core, figures are those of a busy machine. */
const LOAD_MAX = 0.5;

const NOTHING: UnitsOutcome = { model: null, units: [], together: null };

/**
 * Looks at the machine, and proves of each device that it is what it says: where the operations of
 * the model run, how long they take, and that the answers are the same on all.
 *
 * @throws {AipError} category `usage` where a device is named that is not there, or the model
 *   cannot be used; `interrupted`
 */
export async function checkUp(options: CheckUpOptions): Promise<DoctorReport> {
  const system = localSystem();
  const found = discoverMachine({ system });
  const { versions, library } = inspectVersions(found);
  const isCoreMl = library.failure === null && coreMlFormat(options.model) !== undefined;
  // Refused where there is no Core ML, before its devices are found to be missing.
  if (isCoreMl) checkModel(options);
  const machine = isCoreMl ? coreMlMachine(found) : found;
  const devices = devicesOf(options.devices, machine);
  const energy = openEnergyMeter(system);
  const canMeasure = library.failure === null && devices.length > 0;
  const busy = busyNotes(machine);
  // First, while nothing else runs: what follows starts other programs.
  const outcome = canMeasure
    ? await examineUnits({ ...options, machine, devices, meter: energy.meter })
    : NOTHING;
  const [state, video, caches, obstacle, cameras, power] = await Promise.all([
    inspectSystem(system, localCommand),
    inspectTools(localCommand),
    inspectCaches(),
    cacheObstacle(),
    camerasOf(),
    readPowerState(system, localCommand),
  ]);
  const failed = outcome.units.some(({ verdict }) => verdict.status === "failed");
  return {
    healthy: canMeasure && !failed,
    system: state,
    versions,
    library,
    devices: machine.devices.map(({ environment: _, ...device }) => device),
    video,
    caches,
    permissions: permissionsOf(obstacle, cameras, system.platform),
    power,
    ...outcome,
    energy_remedy: energy.remedy,
    problems: problemsOf({ library, video, caches, cacheObstacle: obstacle }),
    notes: [...powerNotes(power), ...busy],
  };
}

function busyNotes({ coreCount }: Machine): string[] {
  const load = (loadavg()[0] ?? 0) / coreCount;
  if (load <= LOAD_MAX) return [];
  return [`this machine was busy before (load ${load.toFixed(1)} a core): figures are rough`];
}

/**
 * The texts of the devices that are looked at, each once.
 * @throws {AipError} `device-unavailable`
 */
function devicesOf(specs: readonly DeviceSpec[], machine: Machine): readonly string[] {
  const every = selectDevices(machine, true).devices.map(({ kind }) => parseDevice(kind));
  const expanded = specs.flatMap((spec) => {
    if (spec.kind !== "auto" && spec.kind !== "all") return [spec];
    return selectDevices(machine, spec.kind === "all").devices.map(({ kind }) => parseDevice(kind));
  });
  const wanted = specs.length === 0 ? every : expanded;
  checkDevices(wanted, machine);
  return [...new Set(wanted.map(({ text }) => text))];
}

/** Null where they cannot be listed, for want of ffmpeg. */
async function camerasOf(): Promise<readonly Webcam[] | null> {
  try {
    return await listWebcams();
  } catch (error) {
    if (error instanceof AipError) return null;
    throw error;
  }
}
