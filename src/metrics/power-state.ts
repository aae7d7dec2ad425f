/** How hard the system holds back for heat; names as in Apple's `OSThermalNotification.h`. */
export type ThermalPressure = "nominal" | "moderate" | "heavy" | "trapping" | "sleeping";

/** What keeps a machine from its full speed, as far as it tells without root. */
export interface PowerState {
  /** Null where the machine does not say, as most servers do not. */
  readonly source: "mains" | "battery" | null;
  /** Whether the user asked the system to save energy. */
  readonly low_power: boolean | null;
  readonly thermal: ThermalPressure | null;
  /** Of the hottest sensor, in °C. */
  readonly temperature_c: number | null;
}

/** Of a machine that tells nothing, or was not asked. */
export const UNKNOWN_POWER: PowerState = {
  source: null,
  low_power: null,
  thermal: null,
  temperature_c: null,
};

/** What slows this machine down, one sentence each; none where nothing is known to. Pure. */
export function powerNotes({ source, low_power: lowPower, thermal }: PowerState): string[] {
  const notes: string[] = [];
  if (lowPower === true) notes.push("low-power mode is on: the machine is slower than it could be");
  if (thermal !== null && thermal !== "nominal") {
    notes.push(`the system holds back for heat (thermal pressure ${thermal})`);
  }
  if (source === "battery") notes.push("the machine runs on its battery");
  return notes;
}
