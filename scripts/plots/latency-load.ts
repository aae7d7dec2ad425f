import { CV, SEED_COUNT, SLOTS, threeDevices } from "../../bench/three-devices.ts";
import { drawFigure } from "../../src/plot/figure.ts";
import { compareSchedules, throughputBound } from "../../src/schedule/comparison.ts";
import { paced } from "../../src/schedule/modelled-source.ts";
import { parseSchedule, scheduleNames } from "../../src/schedule/schedule-spec.ts";

const FRAMES = 10_000;
/** Loads in percent of what the devices can answer together. */
const LOADS = [10, 20, 30, 40, 50, 55, 60, 65, 70, 75, 80, 85, 90, 92.5, 95, 97.5];
/** Where a schedule no longer keeps up, latency grows for as long as the run lasts. */
const LATENCY_MS_MAX = 500;

/** In-order p99 of every schedule as the load grows. */
export function latencyLoad(): string {
  const bound = throughputBound(threeDevices);
  const byLoad = LOADS.map((load) =>
    compareSchedules({
      devices: threeDevices,
      sources: [
        { frames: FRAMES, slots: SLOTS, drop: "never", arrivalMs: paced((bound * load) / 100) },
      ],
      schedules: scheduleNames.map(parseSchedule),
      seedCount: SEED_COUNT,
    }),
  );
  return drawFigure({
    title: `Latency against load: devices of 20, 50 and 100 ms, cv ${CV}, ${SLOTS} slots (simulated)`,
    x: {
      title: `load, % of the ${bound} frames/s that all devices can answer together`,
      domain: [0, 100],
    },
    panels: [
      {
        title: "in-order latency, p99, ms",
        yMax: LATENCY_MS_MAX,
        series: scheduleNames.map((name, index) => ({
          name,
          points: LOADS.map((x, load) => ({ x, y: byLoad[load]?.[index]?.p99Ms ?? Number.NaN })),
        })),
      },
    ],
    panelHeight: 300,
  });
}
