import {
  compareSchedules,
  type NamedDevice,
  type ScheduleFigures,
} from "../src/schedule/comparison.ts";
import { deviceModel } from "../src/schedule/modelled-device.ts";
import { paced } from "../src/schedule/modelled-source.ts";
import { parseSchedule, scheduleNames } from "../src/schedule/schedule-spec.ts";

/** The devices schedules are compared on: 80 frames a second together. */
export const TIMES_MS: readonly number[] = [20, 50, 100];
/** Coefficient of variation of their times. */
export const CV = 0.3;
export const SLOTS = 10;
/** 90 % of what the devices can answer together. */
export const PACED_FPS = 72;
export const SEED_COUNT = 5;

export const threeDevices: readonly NamedDevice[] = TIMES_MS.map((serviceMs, index) => ({
  ...deviceModel({ serviceMs, cv: CV, weight: 100 / serviceMs }),
  id: `sim-${index}`,
}));

/** Simulated figures of every schedule in the order of their names, once for each seed. */
export function simulatedFigures(
  fps: number | null,
  frames: number,
): readonly (readonly ScheduleFigures[])[] {
  return Array.from({ length: SEED_COUNT }, (_, round) =>
    compareSchedules({
      devices: threeDevices.map((device) => ({ ...device, seed: 1 + round })),
      sources: [
        { frames, slots: SLOTS, drop: "never", arrivalMs: fps === null ? null : paced(fps) },
      ],
      schedules: scheduleNames.map(parseSchedule),
      seedCount: 1,
    }),
  );
}
