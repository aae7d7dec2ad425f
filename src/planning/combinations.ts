import { parseDevices } from "../backend/device-spec.ts";
import { needsModel, resolveDevices } from "../backend/resolve.ts";
import type { Combination } from "../schedule/capacity.ts";
import { calibratedCombinations } from "./calibrated-cost.ts";
import { type DeviceCalibrationOptions, deviceCalibration } from "./device-calibration.ts";
import { checkPlan } from "./plan-check.ts";

/** Memory of the process without a model. */
const BARE_BYTES = 100 * 2 ** 20;

/**
 * The combinations of devices a plan may choose from, with their costs. Simulated devices cost what
 * they say; those of real ones come from a calibration.
 *
 * @throws {AipError} category `usage` for devices or a model that cannot be used
 */
export async function findCombinations(
  options: DeviceCalibrationOptions,
): Promise<readonly Combination[]> {
  checkPlan(options);
  if (!needsModel(parseDevices(options.devices))) {
    return [await simulatedCombination(options.devices)];
  }
  const { calibration, machine } = await deviceCalibration(options);
  const software = machine.devices.filter((device) => device.software).map(({ kind }) => kind);
  return calibratedCombinations(calibration, {
    cores: machine.coreCount,
    softwareKinds: software,
  });
}

async function simulatedCombination(devices: string): Promise<Combination> {
  const nothing = (): Promise<never> => Promise.reject(new TypeError("no model is planned with"));
  const { instances } = await resolveDevices(parseDevices(devices), {
    model: nothing,
    loadModel: nothing,
  });
  return {
    devices,
    instances: instances.map(({ id, task }) => ({
      id,
      serviceMs: task.simulated?.serviceMs ?? 0,
      cv: task.simulated?.cv ?? 0,
      batch: task.batch === undefined || task.batch === "auto" ? 1 : task.batch,
      batchCost: task.simulated?.batchCost ?? 1,
      processorMs: 0,
      ...(task.simulated !== null && { seed: task.simulated.seed }),
    })),
    memoryBytes: BARE_BYTES,
  };
}
