import {
  formatCount,
  formatCountOf,
  formatMs,
  formatPercent,
  formatRate,
} from "../metrics/number-format.ts";
import { padCellsEnd } from "../metrics/text-layout.ts";
import type { CameraFormat } from "../planning/camera-clip.ts";
import {
  type CameraCost,
  type CameraDemand,
  type CapacityLimit,
  fastestMs,
} from "../schedule/capacity.ts";
import { type CapacityPlan, limitOf } from "../schedule/capacity-plan.ts";
import { NAME_WIDTH } from "./header.ts";

const MIB = 2 ** 20;

/** A plan with what it was made from. */
export interface PlanFigures {
  readonly plan: CapacityPlan;
  /** Cameras asked for; null for as many as fit. */
  readonly asked: number | null;
  readonly model: string;
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
 * memory      612 MiB, of which slots 215 MiB: 32 for each camera, 2.1 s of its frames
 * headroom    17 %: at most 6 cameras
 * command     aip run CAMERA… --model demo --device cpu:threads=1:replicas=2 --slots 32
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
  const heldS = expectation.slots / fps;
  const slots = `${expectation.slots} for each camera, ${heldS.toFixed(1)} s of its frames`;
  const { slots: slotBytes, total } = expectation.memoryBytes;
  const headroom =
    capacity.cameras === 0
      ? "none: not one camera fits"
      : `${formatPercent(plan.headroom)}: at most ${formatCountOf(capacity.cameras, "camera")}`;
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
    row("headroom", headroom),
    ...(expectation.limit === null ? [row("command", commandOf(figures))] : []),
    "",
    formatVerdict(figures),
  ].join("\n");
}

/** What runs the plan. */
function commandOf({ plan, model, demand }: PlanFigures): string {
  const { combination, expectation } = plan;
  const flags = `--model ${model} --device ${combination.devices} --slots ${expectation.slots}`;
  const isBatched = combination.instances.some(({ batch = 1 }) => batch > 1);
  // It limits batches, and nothing else.
  const goal = isBatched && demand.latencyMs !== null ? ` --latency ${demand.latencyMs}` : "";
  return `aip run CAMERA… ${flags}${goal}`;
}

/** Whether the cameras fit, in a sentence: `no: 12 cameras fit, decoding is the limit`. */
export function formatVerdict({ plan, demand, asked }: PlanFigures): string {
  const { capacity, expectation, latencyBoundMs } = plan;
  const limit = limitOf(plan);
  const because = limit === null ? "" : `, ${limitText(limit)}`;
  if (latencyBoundMs !== null && latencyBoundMs <= fastestMs(plan.combination)) {
    return unreachableText(latencyBoundMs, demand.latencyMs ?? 0);
  }
  if (latencyBoundMs !== null) {
    // Rounded up, so that what is named would hold.
    const boundMs = (Math.ceil(latencyBoundMs * 10) / 10).toFixed(1);
    return (
      `no: even of a single camera, 95 of 100 frames take up to ${boundMs} ms, ` +
      `more than the ${demand.latencyMs} ms asked for`
    );
  }
  const fit = capacity.cameras === 1 ? "1 camera fits" : `${capacity.cameras} cameras fit`;
  if (asked === null && capacity.cameras > 0) return `${fit}${because}`;
  if (expectation.limit !== null) {
    return `no: ${capacity.cameras === 0 ? "not one camera fits" : fit}${because}`;
  }
  const { cameras } = expectation;
  return `yes: ${formatCountOf(cameras, "camera")} ${cameras === 1 ? "fits" : "fit"}`;
}

/** What is said where no device is fast enough for a single frame. */
export function unreachableText(fastestMs: number, latencyMs: number): string {
  return (
    `no: a frame takes ${formatMs(fastestMs)} ms on the fastest device, ` +
    `so none can be answered within ${latencyMs} ms`
  );
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
  const { outcome, limit } = expectation;
  if (outcome === null) {
    return limit === "memory" ? "it would not start" : "the decoders would fall behind";
  }
  const { p50, p95, p99 } = outcome.latencyMs;
  const late = limit === "latency" ? ", but too late" : "";
  const dropped =
    outcome.droppedRatio === 0
      ? "no frame dropped"
      : `${formatPercent(outcome.droppedRatio)} of the frames dropped`;
  return [
    `${formatRate(outcome.throughputFps)} fps`,
    `in-order latency p50 ${formatMs(p50)}`,
    `p95 ${formatMs(p95)}`,
    `p99 ${formatMs(p99)} ms`,
    dropped + late,
  ].join("   ");
}

function row(name: string, text: string): string {
  return `${padCellsEnd(name, NAME_WIDTH)}${text}`.trimEnd();
}

/** A rate without a needless decimal. */
function round(fps: number): string {
  return String(Number(fps.toFixed(2)));
}
