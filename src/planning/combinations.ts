import { parseDevices } from "../backend/device-spec.ts";
import { needsModel, resolveDevices } from "../backend/resolve.ts";
import { usageError } from "../errors.ts";
import type { Combination } from "../schedule/capacity.ts";
import type { FrameGeometry } from "../types.ts";
import { measureDevices } from "./device-cost.ts";

/** Memory of the process without a model. */
const BARE_BYTES = 100 * 2 ** 20;

export interface CombinationsOptions {
  /** What `--device` takes. */
  readonly devices: string;
  readonly model: string;
  /** Of the cameras' pictures. */
  readonly geometry: FrameGeometry;
  readonly signal?: AbortSignal;
  /** Told what takes time, for people. */
  readonly onNote?: (text: string) => void;
}

/**
 * The combinations of devices a plan may choose from, with their costs. Simulated devices cost what
 * they say; real ones are measured.
 *
 * @throws {AipError} category `usage` for devices or a model that cannot be used
 */
export async function findCombinations(
  options: CombinationsOptions,
): Promise<readonly Combination[]> {
  const specs = parseDevices(options.devices);
  if (!needsModel(specs)) return [await simulatedCombination(options)];
  options.onNote?.(`measuring ${options.devices} for 3 s`);
  return [await measureDevices(options)];
}

async function simulatedCombination({ devices }: CombinationsOptions): Promise<Combination> {
  const refuse = (): Promise<never> =>
    Promise.reject(
      usageError(
        "device-invalid",
        `Devices "${devices}": a plan knows a simulated device by its time alone; leave out model=`,
      ),
    );
  const { instances } = await resolveDevices(parseDevices(devices), {
    model: refuse,
    loadModel: refuse,
  });
  return {
    devices,
    instances: instances.map(({ id, task }) => ({
      id,
      serviceMs: task.simulated?.serviceMs ?? 0,
      cv: task.simulated?.cv ?? 0,
      processorMs: 0,
    })),
    memoryBytes: BARE_BYTES,
  };
}
