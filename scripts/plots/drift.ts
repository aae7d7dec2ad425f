import { SEED_COUNT, SLOTS, threeDevices } from "../../bench/three-devices.ts";
import { drawFigure, type Series } from "../../src/plot/figure.ts";
import { compareSchedules, throughputBound } from "../../src/schedule/comparison.ts";
import { parseSchedule, scheduleNames } from "../../src/schedule/schedule-spec.ts";

const FRAMES = 4300;
/** Frames of the fastest device: after so many it takes twice as long, and then no longer. */
const SLOW_AT = 1000;
const RECOVERS_AT = 1500;
const CV = 0.1;
const END_S = 60;
const SCHEDULES = ["look-ahead", "smooth", "weighted"];

/** Throughput over time while the fastest device is slower for a while. */
export function drift(): string {
  const devices = threeDevices.map((device, index) => ({
    ...device,
    cv: CV,
    slowAt:
      index > 0
        ? []
        : [
            { frame: SLOW_AT, factor: 2 },
            { frame: RECOVERS_AT, factor: 0.5 },
          ],
  }));
  const figures = compareSchedules({
    devices,
    sources: [{ frames: FRAMES, slots: SLOTS, drop: "never", arrivalMs: null }],
    schedules: SCHEDULES.map(parseSchedule),
    seedCount: SEED_COUNT,
    windowMs: 1000,
  });
  return drawFigure({
    title: `A device that slows down and recovers: 20, 50 and 100 ms, cv ${CV} (simulated)`,
    x: { title: "seconds", domain: [0, END_S] },
    names: scheduleNames,
    panels: [
      {
        title: "throughput, frames/s in each second",
        yMax: 90,
        series: [
          ...figures.map(
            ({ schedule, windowFps }): Series => ({
              name: schedule,
              look: "plain",
              points: windowFps
                .map((y, window) => ({ x: window + 0.5, y }))
                .filter(({ x }) => x < END_S),
            }),
          ),
          allTogether(),
        ],
      },
    ],
  });
}

/** What the devices can answer: the fastest is slower while it answers its frames in between. */
function allTogether(): Series {
  const [fastest, ...others] = threeDevices;
  if (fastest === undefined) throw new RangeError("no device");
  const slower = { ...fastest, serviceMs: 2 * fastest.serviceMs };
  const slowFrom = (SLOW_AT * fastest.serviceMs) / 1000;
  const slowUntil = slowFrom + ((RECOVERS_AT - SLOW_AT) * slower.serviceMs) / 1000;
  const full = throughputBound(threeDevices);
  const less = throughputBound([slower, ...others]);
  return {
    name: "all devices together",
    look: "reference",
    points: [
      { x: 0, y: full },
      { x: slowFrom, y: full },
      { x: slowFrom, y: less },
      { x: slowUntil, y: less },
      { x: slowUntil, y: full },
      { x: END_S, y: full },
    ],
  };
}
