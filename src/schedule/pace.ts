import type { LoadedDevice } from "./camera-load.ts";
import type { CameraCost } from "./capacity.ts";
import { type InstanceCost, type ProcessorLoad, processorMsOf } from "./processor-share.ts";

/** Above this, a processor is not kept by what it costs it to be idle in between. */
const PACED_UTILISATION_MAX = 0.9;

/**
 * What frames cost that come so often: the more the processor is idle, the colder its caches and
 * the deeper its cores sleep. Costs are those of the paced trial as long as that leaves the
 * processor some rest; beyond, they fall to those of a busy one.
 */
export function pace(
  instances: readonly InstanceCost[],
  camera: CameraCost,
  { cores, fps, ingestMs }: ProcessorLoad,
): { readonly devices: readonly LoadedDevice[]; readonly ingestMs: number } {
  const busyCores = (fps * (ingestMs + processorMsOf(instances))) / 1000;
  const most = Math.max(1, (PACED_UTILISATION_MAX * cores) / busyCores);
  const pacedIngestMs = camera.pacedDecodeMs + camera.readMs;
  return {
    ingestMs: ingestMs === 0 ? 0 : ingestMs * Math.min(most, pacedIngestMs / ingestMs),
    devices: instances.map((instance) => {
      const { paced, serviceMs, processorMs } = instance;
      if (paced === undefined || serviceMs === 0) return instance;
      const slower = Math.min(most, paced.serviceMs / serviceMs);
      return {
        ...instance,
        serviceMs: serviceMs * slower,
        processorMs: processorMs * slower,
        shape: paced.shape,
      };
    }),
  };
}
