import type { Verification } from "../planning/verification.ts";
import { fullCallShare } from "../schedule/batch-cost.ts";
import { limitOf } from "../schedule/capacity-plan.ts";
import { formatVerdict, type PlanFigures } from "./plan-table.ts";
import { comparisonOf } from "./verification-table.ts";

/** A plan as JSON, for programs; keys in snake_case like every file aip writes. */
export function planToJson(figures: PlanFigures, measured: Verification | null): string {
  const { plan, asked, format, demand, camera, clip, cores } = figures;
  const { combination, expectation, capacity, headroom, latencyBoundMs } = plan;
  const { outcome } = expectation;
  return JSON.stringify(
    {
      fits: expectation.limit === null,
      verdict: formatVerdict(figures),
      cameras: expectation.cameras,
      cameras_asked: asked,
      cameras_max: capacity.cameras,
      limit: limitOf(plan),
      latency_bound_ms: latencyBoundMs,
      headroom,
      camera: {
        ...format,
        clip,
        decode_cpu_ms: camera.decodeMs,
        paced_decode_cpu_ms: camera.pacedDecodeMs,
        read_cpu_ms: camera.readMs,
        latency_goal_ms: demand.latencyMs,
      },
      devices: combination.devices,
      instances: combination.instances.map((instance, index) => ({
        id: instance.id,
        batch: instance.batch ?? 1,
        batch_cost: instance.batchCost ?? 1,
        service_ms: instance.serviceMs,
        cv: instance.cv,
        cpu_ms: instance.processorMs * fullCallShare(instance),
        paced_service_ms: instance.paced?.serviceMs ?? instance.serviceMs,
        shared_service_ms: expectation.services[index]?.serviceMs ?? null,
      })),
      slots: expectation.slots,
      memory_bytes: expectation.memoryBytes,
      cores: { count: cores, ...expectation.cores },
      expected: outcome && {
        throughput_fps: outcome.throughputFps,
        in_order_latency_ms: outcome.latencyMs,
        dropped_ratio: outcome.droppedRatio,
        busy_ratios: outcome.busyRatios,
      },
      ...(measured !== null && {
        verification: {
          held: measured.fault === null,
          fault: measured.fault,
          frames: measured.frames,
          dropped: measured.dropped,
          failed: measured.failed,
          throughput_fps: measured.throughputFps,
          in_order_latency_ms: measured.latencyMs,
          deviations: Object.fromEntries(
            comparisonOf(plan, measured).flatMap(({ name, predicted, measured: value }) =>
              predicted === null || predicted === 0 ? [] : [[name, value / predicted - 1]],
            ),
          ),
        },
      }),
    },
    null,
    2,
  );
}
