import {
  formatCount,
  formatCountOf,
  formatMs,
  formatPercent,
  formatRate,
} from "../metrics/number-format.ts";
import { padCellsEnd, padCellsStart } from "../metrics/text-layout.ts";
import type { CameraFormat } from "../planning/camera-clip.ts";
import type { Verification } from "../planning/verification.ts";
import type { CameraCost, CameraDemand, CapacityLimit } from "../schedule/capacity.ts";
import { type CapacityPlan, limitOf } from "../schedule/capacity-plan.ts";

const NAME_WIDTH = 12;
const MIB = 2 ** 20;

/** A plan with what it was made from. */
export interface PlanFigures {
  readonly plan: CapacityPlan;
  /** Cameras asked for; null for as many as fit. */
  readonly asked: number | null;
  readonly format: CameraFormat;
  readonly demand: CameraDemand;
  readonly camera: CameraCost;
  /** For people: what was decoded to learn its cost. */
  readonly clip: string;
  readonly cores: number;
}

/**
 * What `aip plan` prints:
 *
 * ```text
 * cameras     5 × 1280×720 at 15 fps: 75.0 fps, 95 of 100 frames within 200 ms
 * decoding    2.7 ms, and reading 0.6 ms of processor time a frame (synthetic h264 1280×720, …)
 * devices     cpu:threads=1:replicas=2: 17.9 ms a frame, beside the cameras 20.1 ms
 * expected    75.0 fps   in-order latency p50 24.1   p95 35.0   p99 41.2 ms   no frame dropped
 * processor   1.6 of 2 cores: inference 1.3, cameras 0.2
 * memory      512 MiB, of which slots 115 MiB: 17 for each camera
 * headroom    17 %: at most 6 cameras
 *
 * yes: 5 cameras fit
 * ```
 */
export function formatPlan(figures: PlanFigures): string {
  const { plan, format, demand, camera, clip, cores } = figures;
  const { combination, expectation, capacity } = plan;
  const { width, height, fps } = format;
  const goal =
    demand.latencyMs === null ? "" : `, 95 of 100 frames within ${formatMs(demand.latencyMs)} ms`;
  const mib = (bytes: number): string => `${formatCount(bytes / MIB)} MiB`;
  const { cameras: cameraCores, inference } = expectation.cores;
  const slots = `${expectation.slots} for each camera`;
  const { slots: slotBytes, total } = expectation.memoryBytes;
  const most = `at most ${formatCountOf(capacity.cameras, "camera")}`;
  return [
    row(
      "cameras",
      `${expectation.cameras} × ${width}×${height} at ${round(fps)} fps: ` +
        `${formatRate(expectation.cameras * fps)} fps${goal}`,
    ),
    row(
      "decoding",
      `${formatMs(camera.decodeMs)} ms, and reading ${formatMs(camera.readMs)} ms ` +
        `of processor time a frame (${clip})`,
    ),
    row("devices", `${combination.devices}: ${servicesOf(plan)}`),
    row("expected", expectedOf(plan)),
    row(
      "processor",
      `${(cameraCores + inference).toFixed(1)} of ${formatCountOf(cores, "core")}: ` +
        `inference ${inference.toFixed(1)}, cameras ${cameraCores.toFixed(1)}`,
    ),
    row("memory", `${mib(total)}, of which slots ${mib(slotBytes)}: ${slots}`),
    row("headroom", `${formatPercent(plan.headroom)}: ${most}`),
    "",
    formatVerdict(figures),
  ].join("\n");
}

/** Whether the cameras fit, in a sentence: `no: 12 cameras fit, decoding is the limit`. */
export function formatVerdict({ plan, demand, asked }: PlanFigures): string {
  const { capacity, expectation, latencyBoundMs } = plan;
  const limit = limitOf(plan);
  const because = limit === null ? "" : `, ${limitText(limit)}`;
  if (latencyBoundMs !== null) {
    return (
      `no: a frame takes ${formatMs(latencyBoundMs)} ms on the fastest device, ` +
      `so none can be answered within ${demand.latencyMs} ms`
    );
  }
  const fit = capacity.cameras === 1 ? "1 camera fits" : `${capacity.cameras} cameras fit`;
  if (asked === null && capacity.cameras > 0) return `${fit}${because}`;
  if (expectation.limit !== null) {
    return `no: ${capacity.cameras === 0 ? "not one camera fits" : fit}${because}`;
  }
  return `yes: ${formatCountOf(expectation.cameras, "camera")} ${expectation.cameras === 1 ? "fits" : "fit"}`;
}

function limitText(limit: CapacityLimit): string {
  switch (limit) {
    case "latency":
      return "the latency asked for is the limit";
    case "inference":
    case "decoding":
    case "memory":
      return `${limit} is the limit`;
  }
}

/** `2 × 17.9 ms a frame, beside the cameras 20.1 ms`; equal ones are told together. */
function servicesOf({ combination, expectation }: CapacityPlan): string {
  const texts = combination.instances.map(({ serviceMs }, index) => {
    const sharedMs = expectation.services[index]?.serviceMs ?? serviceMs;
    const alone = `${formatMs(serviceMs)} ms`;
    return formatMs(sharedMs) === formatMs(serviceMs)
      ? alone
      : `${alone} (beside the cameras ${formatMs(sharedMs)} ms)`;
  });
  const groups = [...Map.groupBy(texts, (text) => text)].map(([text, alike]) =>
    alike.length === 1 ? text : `${alike.length} × ${text}`,
  );
  return `${groups.join(", ")} a frame`;
}

function expectedOf({ expectation }: CapacityPlan): string {
  const { outcome } = expectation;
  if (outcome === null) return "no frame gets that far";
  const { p50, p95, p99 } = outcome.latencyMs;
  const dropped =
    outcome.droppedRatio === 0
      ? "no frame dropped"
      : `${formatPercent(outcome.droppedRatio)} of the frames dropped`;
  return [
    `${formatRate(outcome.throughputFps)} fps`,
    `in-order latency p50 ${formatMs(p50)}`,
    `p95 ${formatMs(p95)}`,
    `p99 ${formatMs(p99)} ms`,
    dropped,
  ].join("   ");
}

/**
 * Predicted beside measured:
 *
 * ```text
 * verified    60 s   predicted   measured   deviation
 * fps                     75.0       75.0       0.0 %
 * p95 ms                  35.0       36.1      +3.1 %
 * ```
 */
export function formatVerification(
  { plan }: PlanFigures,
  measured: Verification,
  seconds: number,
): string {
  const rows = comparisonOf(plan, measured).map(({ name, predicted, measured, unit }) => [
    name,
    predicted === null ? "–" : unit(predicted),
    unit(measured),
    deviationText(predicted, measured),
  ]);
  const head = [`${seconds} s`, "predicted", "measured", "deviation"];
  const widths = head.map((cell, column) =>
    Math.max(...[head, ...rows].map((cells) => Bun.stringWidth(cells[column] ?? cell))),
  );
  const lines = [head, ...rows].map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? padCellsEnd(cell, widths[0] ?? 0) : padCellsStart(cell, widths[column] ?? 0),
      )
      .join("   "),
  );
  const verdict = measured.fault === null ? "held" : `did not hold: ${measured.fault}`;
  return [
    ...lines.map((line, index) => row(index === 0 ? "verified" : "", line)),
    "",
    verdict,
  ].join("\n");
}

/** One figure as it was predicted and as it was measured. */
export interface Compared {
  readonly name: string;
  readonly predicted: number | null;
  readonly measured: number;
  readonly unit: (value: number) => string;
}

/** The figures of a plan beside those of its verification. */
export function comparisonOf(
  { expectation }: CapacityPlan,
  measured: Verification,
): readonly Compared[] {
  const { outcome } = expectation;
  const { latencyMs } = measured;
  const droppedRatio = measured.frames === 0 ? 0 : measured.dropped / measured.frames;
  return [
    {
      name: "frames a second",
      predicted: outcome?.throughputFps ?? null,
      measured: measured.throughputFps,
      unit: formatRate,
    },
    ...(["p50", "p95", "p99"] as const).map((name) => ({
      name: `latency ${name}, ms`,
      predicted: outcome?.latencyMs[name] ?? null,
      measured: latencyMs[name],
      unit: formatMs,
    })),
    {
      name: "frames dropped",
      predicted: outcome?.droppedRatio ?? null,
      measured: droppedRatio,
      unit: formatPercent,
    },
  ];
}

/** `+3.1 %`; nothing where there is nothing to compare with. */
function deviationText(predicted: number | null, measured: number): string {
  if (predicted === null || predicted === 0) return measured === predicted ? "0.0 %" : "–";
  const percent = 100 * (measured / predicted - 1);
  const sign = percent >= 0.05 ? "+" : "";
  return `${sign}${percent.toFixed(1)} %`.replace("-0.0", "0.0");
}

function row(name: string, text: string): string {
  return `${padCellsEnd(name, NAME_WIDTH)}${text}`.trimEnd();
}

/** A rate without a needless decimal. */
function round(fps: number): string {
  return String(Number(fps.toFixed(2)));
}
