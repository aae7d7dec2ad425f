import type { DeviceSpec } from "../backend/backend.ts";
import { coreMlMachine } from "../backend/coreml/devices.ts";
import { parseDevices } from "../backend/device-spec.ts";
import { discoverMachine } from "../backend/discover.ts";
import { checkDevices } from "../backend/plan.ts";
import { needsModel } from "../backend/resolve.ts";
import { readSimulatedOptions } from "../backend/simulated-options.ts";
import { runDefaults } from "../config/run-config.ts";
import { coreMlFormat } from "../coreml/inspect.ts";
import { type AipError, usageError } from "../errors.ts";
import { loadModel } from "../pipeline/load-model.ts";

/** What a plan is asked about. */
export interface PlanInputs {
  /** What `--device` takes. */
  readonly devices: string;
  readonly model: string;
}

/**
 * Refuses devices and a model no plan can be made of, before anything is measured.
 *
 * @throws {AipError} category `usage`: `device-invalid`, `device-unavailable`, or what the
 *   model has
 */
export function checkPlan({ devices, model }: PlanInputs): void {
  const specs = parseDevices(devices);
  for (const spec of specs) checkSteady(spec);
  if (!needsModel(specs)) {
    if (specs.some((spec) => spec.options.has("model"))) {
      throw invalid(
        `Devices "${devices}": a plan knows a simulated device by its time alone; leave out model=`,
      );
    }
    return;
  }
  const found = discoverMachine();
  const machine = coreMlFormat(model) === undefined ? found : coreMlMachine(found);
  if (machine.failure !== null) throw usageError("device-unavailable", machine.failure);
  checkDevices(specs, machine);
  loadModel(model, runDefaults);
}

/**
 * Least time a frame can take on these devices, in ms, as far as it needs no trial: simulated
 * devices say it. 0 where that has to be measured.
 */
export function knownFastestMs(devices: string): number {
  const timesMs = parseDevices(devices).map((spec) => {
    if (spec.kind !== "sim") return 0;
    const { serviceMs, cv } = readSimulatedOptions(spec).options;
    return cv === 0 ? serviceMs : 0;
  });
  return Math.min(...timesMs);
}

/** A plan takes the times of a device to stay as they are, and each frame to be answered. */
function checkSteady(spec: DeviceSpec): void {
  if (spec.kind !== "sim") return;
  const { fail, hangAt, dieAt, slowAt, stallAt = [] } = readSimulatedOptions(spec).options;
  const faults = {
    fail: fail > 0,
    "hang-at": hangAt !== null,
    "die-at": dieAt !== null,
    "slow-at": slowAt.length > 0,
    "stall-at": stallAt.length > 0,
  };
  const named = Object.entries(faults).flatMap(([key, isGiven]) => (isGiven ? [`${key}=`] : []));
  if (named.length === 0) return;
  throw invalid(
    `Device "${spec.text}" cannot be planned with: a plan counts on devices that neither fail nor ` +
      `change their speed; leave out ${named.join(", ")}`,
  );
}

function invalid(message: string): AipError {
  return usageError("device-invalid", message);
}
