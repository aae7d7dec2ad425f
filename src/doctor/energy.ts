import type { SystemView } from "../backend/system-view.ts";

const FOLDER = "/sys/class/powercap";
/** Packages of RAPL; `intel-rapl:0:0` and the like are parts of one. AMD's are named alike. */
const PACKAGE = /^intel-rapl:\d+$/;
const MICROJOULES = 1e6;

/** How energy can be measured here, or why it cannot. */
export type EnergyAccess =
  | { readonly meter: EnergyMeter; readonly remedy: null }
  | { readonly meter: null; readonly remedy: string };

/** Reads the processor's own energy counters. */
export interface EnergyMeter {
  /** Energy used since some moment in the past, in J; wraps are taken out. */
  joules(): number;
}

/**
 * The energy counters that this process may read: RAPL's package domains (Linux, "Power Capping
 * Framework"), which count processor and memory controller, not a GPU beside them. macOS has none
 * without root.
 */
export function openEnergyMeter(system: SystemView): EnergyAccess {
  if (system.platform === "darwin") {
    const remedy =
      'macOS tells it to root only: run "sudo powermetrics --samplers cpu_power,gpu_power,ane_power" ' +
      "beside aip run, and divide its power by the frames a second";
    return { meter: null, remedy };
  }
  const packages = system.list(FOLDER).filter((name) => PACKAGE.test(name));
  if (packages.length === 0) {
    const remedy =
      "this machine offers no RAPL counters (virtual machines rarely do): use a power meter, " +
      "and divide its power by the frames a second";
    return { meter: null, remedy };
  }
  const counters = packages.map((name) => `${FOLDER}/${name}/energy_uj`);
  const locked = counters.find((path) => readCount(system, path) === undefined);
  if (locked !== undefined) {
    const remedy = `allow this user to read "${locked}", which only root may: sudo chmod a+r ${locked}`;
    return { meter: null, remedy };
  }
  const ranges = packages.map((name) => readCount(system, `${FOLDER}/${name}/max_energy_range_uj`));
  return { meter: meterOf(system, counters, ranges), remedy: null };
}

function meterOf(
  system: SystemView,
  counters: readonly string[],
  ranges: readonly (number | undefined)[],
): EnergyMeter {
  const last = counters.map((path) => readCount(system, path) ?? 0);
  let total = 0;
  return {
    joules(): number {
      for (const [index, path] of counters.entries()) {
        const count = readCount(system, path) ?? (last[index] as number);
        const grown = count - (last[index] as number);
        // The counter starts again from 0 beyond its range.
        total += grown >= 0 ? grown : grown + (ranges[index] ?? 0);
        last[index] = count;
      }
      return total / MICROJOULES;
    },
  };
}

function readCount({ read }: SystemView, path: string): number | undefined {
  const text = read(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
