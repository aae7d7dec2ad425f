import { drawFigure, type Panel, type Point, type Series } from "../plot/figure.ts";
import type { Calibration, Candidate, Interval } from "../schedule/calibration.ts";

/** What is drawn of a candidate. */
interface Measured {
  readonly instances: number;
  readonly throughputFps: Interval;
  readonly latencyMs: Interval;
}

/** The candidates of one device, or of several together. */
interface Line {
  /** `cpu:threads=1`, or `cpu + gpu`. */
  readonly name: string;
  /** Of one device, not of several together. */
  readonly isAlone: boolean;
  readonly points: readonly Measured[];
}

interface Quantity {
  readonly title: string;
  readonly value: (point: Measured) => Interval;
  /** What it would be without contention, from the point of fewest instances. */
  readonly ideal: (first: Measured, instances: number) => number;
}

const QUANTITIES: readonly Quantity[] = [
  {
    title: "throughput, frames/s",
    value: ({ throughputFps }) => throughputFps,
    ideal: (first, instances) => (first.throughputFps.mean * instances) / first.instances,
  },
  {
    title: "latency of a frame (median), ms",
    value: ({ latencyMs }) => latencyMs,
    ideal: (first) => first.latencyMs.mean,
  },
];

/**
 * Throughput and latency against the number of instances, a line for each device and one for
 * devices together, with 95 % confidence intervals. Thin dashed lines show what there would be of a
 * device if its instances did not contend: k times the throughput, the same latency.
 *
 * @returns an SVG document
 */
export function plotCalibration(calibration: Calibration): string {
  const lines = linesOf(calibration.candidates);
  const { cpu, cores, model_sha256: hash, input_size: size } = calibration.key;
  const model = hash === null ? "" : `, input ${size}`;
  const decoding =
    calibration.decode === null ? "" : `, beside decoding ${calibration.decode.source}`;
  const isSimulated = calibration.candidates.some(({ instances }) =>
    instances.some(({ kind }) => kind === "sim"),
  );
  const simulated = isSimulated ? ", simulated devices" : "";
  const points = lines.flatMap((line) => line.points);
  const most = Math.max(1, ...points.map(({ instances }) => instances));
  return drawFigure({
    title: `${cpu}, ${cores} cores${model}${decoding}${simulated}`,
    x: {
      title: "instances at once",
      domain: [0.5, most + 0.5],
      ticks: Array.from({ length: most }, (_, index) => index + 1),
    },
    panels: QUANTITIES.map((quantity) => panelOf(quantity, lines)),
  });
}

/** One line for each device and its options, and one for each set of devices together. */
export function linesOf(candidates: readonly Candidate[]): readonly Line[] {
  const byName = Map.groupBy(candidates, ({ devices }) =>
    devices.replaceAll(/:replicas=\d+/g, "").replaceAll(",", " + "),
  );
  return [...byName].map(([name, members]) => ({
    name,
    isAlone: !name.includes(" + "),
    points: members
      .map((candidate) => ({
        instances: candidate.instances.length,
        throughputFps: candidate.throughput_fps,
        latencyMs: candidate.latency_ms.interval,
      }))
      .sort((a, b) => a.instances - b.instances),
  }));
}

function panelOf({ title, value, ideal }: Quantity, lines: readonly Line[]): Panel {
  return {
    title,
    series: lines.flatMap(({ name, isAlone, points }): Series[] => [
      {
        name,
        points: points.map((point): Point => {
          const { mean, low, high } = value(point);
          return { x: point.instances, y: mean, low, high };
        }),
      },
      // Unequal devices together have no such line: each adds what is its own.
      ...(isAlone ? idealOf(name, points, ideal) : []),
    ]),
  };
}

/** The line without contention; none where there is one point only. */
function idealOf(
  name: string,
  points: readonly Measured[],
  ideal: Quantity["ideal"],
): readonly Series[] {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || first === last) return [];
  const ends = [first.instances, last.instances].map((x) => ({ x, y: ideal(first, x) }));
  return [{ name, look: "reference", points: ends }];
}
