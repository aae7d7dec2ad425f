import { deviceModel } from "../../src/schedule/modelled-device.ts";
import type { DeviceState, Scheduler } from "../../src/schedule/scheduler.ts";
import { simulate } from "../../src/schedule/simulator.ts";

export interface Timeline {
  readonly scheduler: (devices: readonly DeviceState[]) => Scheduler;
  /** Ticks each device takes for a frame, such as `"2 5 10"`; the policy knows them. */
  readonly ticks: string;
  /** Frames that arrive in each tick, `.` standing for none: `"3..1"`. */
  readonly arrivals: string;
  readonly slots?: number;
  /** Frames each device takes in one call, such as `"4 1"`, which cost no more than one. */
  readonly batches?: string;
  /** Frames are there from the start, instead of arriving one after the other within a tick. */
  readonly atOnce?: boolean;
}

/**
 * Plays arrivals against a policy and draws what every device does in each tick, one line a device:
 * the letter of the frame it is at (of several, the last one's), `.` while idle. The last line is
 * what leaves at each tick's beginning, in order, ticks separated by `|`.
 */
export function draw({
  scheduler,
  ticks,
  arrivals,
  slots = 26,
  batches,
  atOnce,
}: Timeline): string[] {
  const devices = ticks.split(" ").map(Number);
  const sizes = batches?.split(" ").map(Number) ?? devices.map(() => 1);
  const arrivalTicks = [...arrivals].flatMap((count, tick) =>
    new Array<number>(count === "." ? 0 : Number(count)).fill(tick),
  );
  const rows = devices.map((): string[] => []);
  const leaving: string[] = [];
  simulate({
    devices: devices.map((each, index) =>
      deviceModel({
        serviceMs: each,
        expectedMs: each,
        batch: sizes[index] as number,
        batchCost: 0,
      }),
    ),
    sources: [
      {
        frames: arrivalTicks.length,
        slots,
        drop: "never",
        arrivalMs: atOnce ? null : (frame) => arrivalTicks[frame] as number,
      },
    ],
    scheduler,
    observe({ kind, timeMs, device, frame }) {
      const letter = String.fromCharCode("a".charCodeAt(0) + frame);
      if (kind === "emitted") leaving[timeMs] = (leaving[timeMs] ?? "") + letter;
      if (kind !== "began") return;
      const row = rows[device] as string[];
      for (let tick = 0; tick < (devices[device] as number); tick += 1) row[timeMs + tick] = letter;
    },
  });
  const length = Math.max(...rows.map((row) => row.length));
  return [
    ...rows.map((row) => Array.from({ length }, (_, tick) => row[tick] ?? ".").join("")),
    Array.from(leaving, (letters) => letters ?? "").join("|"),
  ];
}
