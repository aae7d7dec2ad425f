import { formatMs, formatRate } from "../metrics/number-format.ts";
import { padCellsEnd, padCellsStart } from "../metrics/text-layout.ts";
import {
  type Calibration,
  type CalibrationGoal,
  type Candidate,
  chosenCandidate,
} from "../schedule/calibration.ts";

const NAME_WIDTH = 12;

/**
 * What `aip calibrate` prints:
 *
 * ```text
 * devices                    frames/s   ± 95 %   p50   p95 ms   memory
 * cpu:threads=1:replicas=1       47.4      0.4    21     22.0    31 MiB
 * cpu:threads=1:replicas=2       94.1      0.9    21     23.1    61 MiB   throughput
 * cpu:threads=2:replicas=1       74.3      1.6    13     14.9    34 MiB   latency
 *
 * throughput  cpu:threads=1:replicas=2: 94.1 frames/s
 * latency     cpu:threads=2:replicas=1: 13 ms a frame
 * ```
 */
export function formatCalibration(calibration: Calibration): string {
  const { candidates, left_out: leftOut, decode } = calibration;
  const lines = [...table(candidates, calibration), ""];
  const summary = (name: string, text: string): void => {
    lines.push(`${padCellsEnd(name, NAME_WIDTH)}${text}`);
  };
  for (const goal of ["throughput", "latency"] as const) {
    const candidate = chosenCandidate(calibration, goal);
    if (candidate === undefined) continue;
    summary(goal, `${candidate.devices}: ${figureOf(candidate, goal)}`);
  }
  for (const { devices, failed_share: failed } of candidates) {
    if (failed === 0) continue;
    summary("failed", `${devices}: ${(100 * failed).toFixed(1)} % of its frames, not counted`);
  }
  for (const { devices, reason } of leftOut) summary("left out", `${devices}: ${reason}`);
  if (decode !== null) {
    summary(
      "decoding",
      `${decode.source}: ${formatMs(decode.cpu_ms)} ms of processor time a frame ` +
        `(${sizesForPeople(decode.ingest)}), ` +
        `${formatRate(decode.throughput_fps)} frames/s alone; ` +
        "it ran beside everything above",
    );
  }
  return lines.join("\n");
}

function figureOf(candidate: Candidate, goal: CalibrationGoal): string {
  if (goal === "latency") return `${formatMs(candidate.latency_ms.p50)} ms a frame`;
  return `${formatRate(candidate.throughput_fps.mean)} frames/s`;
}

function table(candidates: readonly Candidate[], calibration: Calibration): string[] {
  const head = ["frames/s", "± 95 %", "p50", "p95 ms", "memory"];
  const rows = candidates.map(({ throughput_fps: fps, latency_ms: latency, memory_mb: memory }) => [
    formatRate(fps.mean),
    formatRate((fps.high - fps.low) / 2),
    formatMs(latency.p50),
    formatMs(latency.p95),
    `${memory.toFixed(0)} MiB`,
  ]);
  const names = candidates.map((candidate) => described(candidate));
  const nameWidth = Math.max(...["devices", ...names].map((name) => Bun.stringWidth(name)));
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map((row) => Bun.stringWidth(row[column] ?? cell))),
  );
  const line = (name: string, row: readonly string[], mark: string): string =>
    [
      padCellsEnd(name, nameWidth),
      ...row.map((cell, column) => padCellsStart(cell, widths[column] ?? 0)),
      mark,
    ]
      .join("   ")
      .trimEnd();
  return [
    line("devices", head, ""),
    ...candidates.map((candidate, index) =>
      line(names[index] ?? "", rows[index] ?? [], marks(candidate, calibration)),
    ),
  ];
}

/** Devices, saying which of them are simulated. */
function described({ devices, instances }: Candidate): string {
  return instances.some(({ kind }) => kind === "sim") ? `${devices} (simulated)` : devices;
}

function marks({ devices }: Candidate, { chosen }: Calibration): string {
  return (["throughput", "latency"] as const).filter((goal) => chosen[goal] === devices).join(", ");
}

/** `768x432`, which programs read, as `768×432`. */
function sizesForPeople(text: string): string {
  return text.replaceAll(/(\d)x(?=\d)/g, "$1×");
}
