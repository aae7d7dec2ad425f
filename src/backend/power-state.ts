import type { PowerState, ThermalPressure } from "../metrics/power-state.ts";
import { localCommand, type SystemCommand } from "./system-command.ts";
import { localSystem, type SystemView } from "./system-view.ts";

const PRESSURES: readonly ThermalPressure[] = [
  "nominal",
  "moderate",
  "heavy",
  "trapping",
  "sleeping",
];
const THERMAL_FOLDER = "/sys/class/thermal";
const SUPPLY_FOLDER = "/sys/class/power_supply";
const TRIPS_MAX = 16;
/** Sensors that are not connected report such values. */
const TEMPERATURE_C_MAX = 150;

/** Reads it from this machine: `/sys` on Linux, `pmset` and `notifyutil` on macOS. */
export async function readPowerState(
  system: SystemView = localSystem(),
  command: SystemCommand = localCommand,
): Promise<PowerState> {
  if (system.platform !== "darwin") return linuxPowerState(system);
  const [battery, settings, pressure] = await Promise.all([
    command(["pmset", "-g", "batt"]),
    command(["pmset", "-g"]),
    command(["notifyutil", "-g", "com.apple.system.thermalpressurelevel"]),
  ]);
  return {
    source: parseSource(battery ?? ""),
    low_power: parseLowPower(settings ?? ""),
    thermal: parsePressure(pressure ?? ""),
    temperature_c: null,
  };
}

/** `Now drawing from 'AC Power'`, the first line of `pmset -g batt`. */
function parseSource(text: string): PowerState["source"] {
  const from = /drawing from '([^']+)'/.exec(text)?.[1];
  if (from === undefined) return null;
  return from === "Battery Power" ? "battery" : "mains";
}

/** ` lowpowermode         0`; older systems call it `powermode`, where 1 is low. */
function parseLowPower(text: string): boolean | null {
  const mode = /^\s*(?:lowpowermode|powermode)\s+(\d)/m.exec(text)?.[1];
  return mode === undefined ? null : mode === "1";
}

/** `com.apple.system.thermalpressurelevel 0` */
function parsePressure(text: string): ThermalPressure | null {
  const level = /thermalpressurelevel\s+(\d+)/.exec(text)?.[1];
  return level === undefined ? null : (PRESSURES[Number(level)] ?? null);
}

function linuxPowerState(system: SystemView): PowerState {
  const profile = system.read("/sys/firmware/acpi/platform_profile")?.trim();
  return {
    source: linuxSource(system),
    low_power: profile === undefined ? null : profile === "low-power",
    ...linuxThermal(system),
  };
}

function linuxSource({ list, read }: SystemView): PowerState["source"] {
  const supplies = list(SUPPLY_FOLDER).map((name) => ({
    type: read(`${SUPPLY_FOLDER}/${name}/type`)?.trim(),
    online: read(`${SUPPLY_FOLDER}/${name}/online`)?.trim(),
    status: read(`${SUPPLY_FOLDER}/${name}/status`)?.trim(),
  }));
  if (supplies.some(({ type, online }) => type === "Mains" && online === "1")) return "mains";
  if (supplies.some(({ type, status }) => type === "Battery" && status === "Discharging")) {
    return "battery";
  }
  return null;
}

/** The hottest zone, and whether one has passed the point from which it is cooled or slowed. */
function linuxThermal(system: SystemView): Pick<PowerState, "thermal" | "temperature_c"> {
  const zones = system
    .list(THERMAL_FOLDER)
    .filter((name) => name.startsWith("thermal_zone"))
    .map((name) => `${THERMAL_FOLDER}/${name}`)
    .flatMap((path) => {
      const celsius = celsiusIn(system, `${path}/temp`);
      return celsius === undefined || celsius > TEMPERATURE_C_MAX ? [] : [{ path, celsius }];
    });
  if (zones.length === 0) return { thermal: null, temperature_c: null };
  const isHeld = zones.some(({ path, celsius }) => celsius >= slowedFrom(system, path));
  return {
    thermal: isHeld ? "heavy" : "nominal",
    temperature_c: Math.max(...zones.map(({ celsius }) => celsius)),
  };
}

/** Temperature from which the kernel slows what heats a zone, in °C. */
function slowedFrom(system: SystemView, zone: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let trip = 0; trip < TRIPS_MAX; trip += 1) {
    const type = system.read(`${zone}/trip_point_${trip}_type`)?.trim();
    if (type === undefined) break;
    const celsius = celsiusIn(system, `${zone}/trip_point_${trip}_temp`);
    // A trip of 0 or below is one that the firmware left out.
    if (type !== "active" && celsius !== undefined && celsius > 0) least = Math.min(least, celsius);
  }
  return least;
}

function celsiusIn({ read }: SystemView, path: string): number | undefined {
  const text = read(path)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) / 1000 : undefined;
}
