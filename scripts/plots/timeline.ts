import { scaleLinear } from "d3-scale";
import { SLOTS, TIMES_MS } from "../../bench/three-devices.ts";
import { document, FAINT, MUTED, n, paletteColor, text } from "../../src/plot/svg.ts";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { createScheduler, type ScheduleName } from "../../src/schedule/schedule-spec.ts";
import { simulate } from "../../src/schedule/simulator.ts";

const SCHEDULES: readonly ScheduleName[] = ["weighted", "look-ahead"];
const END_MS = 300;
const FRAMES = 60;
const TICK_MS = 20;
const WIDTH = 860;
const LEFT = 92;
const RIGHT = WIDTH - 34;
const TOP = 62;
const ROW = 30;
const BOX = 20;
/** Bar below a row while an answer waits; bars of several lie over each other. */
const WAIT_BAR = 5;
const LANE_GAP = 46;
const LANE_HEIGHT = (TIMES_MS.length + 1) * ROW;
const HEIGHT = TOP + SCHEDULES.length * (LANE_HEIGHT + LANE_GAP) - LANE_GAP + 52;

/** What became of one frame. */
interface Passage {
  readonly frame: number;
  readonly device: number;
  readonly beganMs: number;
  answeredMs: number;
  leftMs: number;
}

const x = scaleLinear([0, END_MS], [LEFT, RIGHT]);

/** The first frames of two schedules: who answers which, when, and when each leaves in order. */
export function timeline(): string {
  const title = `The first ${END_MS} ms on devices of ${TIMES_MS.join(", ")} ms, ${SLOTS} slots (simulated)`;
  const ticks = x
    .ticks(END_MS / TICK_MS)
    .flatMap((ms) => [
      text(String(ms), x(ms), HEIGHT - 30, `text-anchor="middle" fill="${MUTED}"`),
      `<line x1="${n(x(ms))}" x2="${n(x(ms))}" y1="${TOP - 6}" y2="${HEIGHT - 44}" stroke="${FAINT}"/>`,
    ]);
  return document({ title, width: WIDTH, height: HEIGHT }, [
    text(title, 20, 24, 'font-size="14" font-weight="600"'),
    ...ticks,
    ...SCHEDULES.flatMap((name, lane) => drawLane(name, TOP + lane * (LANE_HEIGHT + LANE_GAP))),
    text("ms", (LEFT + RIGHT) / 2, HEIGHT - 10, 'text-anchor="middle"'),
  ]);
}

function drawLane(name: ScheduleName, top: number): string[] {
  const passages = passagesOf(name).filter(({ beganMs }) => beganMs < END_MS);
  const rows = TIMES_MS.map((ms, device) => text(`${ms} ms`, 20, top + device * ROW + 14));
  const leavesTop = top + TIMES_MS.length * ROW;
  const byTime = Map.groupBy(
    passages.filter(({ leftMs }) => leftMs <= END_MS),
    ({ leftMs }) => leftMs,
  );
  return [
    text(name, 20, top - 12, 'font-weight="600"'),
    ...rows,
    text("leave", 20, leavesTop + 14),
    ...passages.flatMap((passage) => drawPassage(passage, top)),
    ...[...byTime].map(([ms, frames]) => drawLeaving(ms, frames, leavesTop)),
  ];
}

/** A box while its device is at the frame, and a bar for as long as its answer waits. */
function drawPassage(
  { frame, device, beganMs, answeredMs, leftMs }: Passage,
  top: number,
): string[] {
  const y = top + device * ROW;
  const color = paletteColor(device);
  const end = Math.min(answeredMs, END_MS);
  const left = Math.min(leftMs, END_MS);
  return [
    `<rect x="${n(x(beganMs) + 0.5)}" y="${n(y)}" width="${n(x(end) - x(beganMs) - 1)}" ` +
      `height="${BOX}" rx="2" fill="${color}"/>`,
    text(String(frame), (x(beganMs) + x(end)) / 2, y + 14, 'text-anchor="middle" fill="#ffffff"'),
    ...(left > end ? [drawWait(end, left, y, color)] : []),
  ];
}

function drawWait(fromMs: number, untilMs: number, top: number, color: string): string {
  return (
    `<rect x="${n(x(fromMs))}" y="${n(top + BOX + 1)}" width="${n(x(untilMs) - x(fromMs))}" ` +
    `height="${WAIT_BAR}" fill="${color}" opacity="0.4"/>`
  );
}

function drawLeaving(ms: number, frames: readonly Passage[], top: number): string {
  const ids = frames.map(({ frame }) => frame);
  const [first, last] = [Math.min(...ids), Math.max(...ids)];
  const label = first === last ? `${first}` : `${first}–${last}`;
  return text(label, x(ms), top + 14, 'text-anchor="middle"');
}

function passagesOf(name: ScheduleName): readonly Passage[] {
  const passages = new Map<number, Passage>();
  simulate({
    devices: TIMES_MS.map((serviceMs) =>
      deviceModel({ serviceMs, expectedMs: serviceMs, weight: 100 / serviceMs }),
    ),
    sources: [{ frames: FRAMES, slots: SLOTS, drop: "never", arrivalMs: null }],
    scheduler: (states) => createScheduler(name, states),
    observe({ kind, timeMs, frame, device }) {
      const passage = passages.get(frame);
      if (kind === "began") {
        passages.set(frame, { frame, device, beganMs: timeMs, answeredMs: timeMs, leftMs: timeMs });
      } else if (kind === "answered" && passage !== undefined) passage.answeredMs = timeMs;
      else if (kind === "emitted" && passage !== undefined) passage.leftMs = timeMs;
    },
  });
  return [...passages.values()];
}
