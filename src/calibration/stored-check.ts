import type { DeviceSpec } from "../backend/backend.ts";
import { readBatch, readCpuOptions, readReplicas } from "../backend/device-options.ts";
import { parseDevice, parseDevices } from "../backend/device-spec.ts";
import { type AipError, usageError } from "../errors.ts";
import type { Calibration, Candidate } from "../schedule/calibration.ts";

/**
 * Refuses a stored calibration whose devices no calibration of its machine could have measured: a
 * run on `auto` would take them unasked. Simulated devices are never among them.
 *
 * @throws {AipError} `calibration-invalid`, in words that complete a sentence about the file
 */
export function checkStoredDevices(calibration: Calibration): void {
  const { candidates, chosen, left_out: leftOut } = calibration;
  for (const text of [chosen.throughput, chosen.latency]) readDevices(text, calibration);
  for (const candidate of candidates) checkInstances(candidate, calibration);
  for (const { devices } of leftOut) readAs(devices, () => [parseDevice(devices)]);
}

function checkInstances({ devices, instances }: Candidate, calibration: Calibration): void {
  const named = readDevices(devices, calibration).flatMap((spec) => {
    const batch = readBatch(spec);
    return Array.from({ length: readReplicas(spec) ?? 0 }, () => ({ kind: spec.kind, batch }));
  });
  const isSame =
    named.length === instances.length &&
    named.every(({ kind, batch }, index) => {
      const instance = instances[index];
      return instance?.kind === kind && (batch === "auto" || instance.batch === batch);
    });
  if (!isSame) throw invalid(`its instances are not those of "${devices}"`);
}

function readDevices(text: string, { key }: Calibration): readonly DeviceSpec[] {
  const specs = readAs(text, () => parseDevices(text));
  for (const spec of specs) {
    if (!key.devices.some((device) => device.startsWith(`${spec.kind}: `))) {
      throw invalid(`it names "${spec.text}", which this machine does not have`);
    }
    const threads = spec.kind === "cpu" ? (readCpuOptions(spec).threads ?? 1) : 1;
    if (threads > key.cores) {
      throw invalid(`it names "${spec.text}", more threads than the ${key.cores} cores there are`);
    }
  }
  return specs;
}

/** What is wrong with a text is its file's fault: nobody typed it. */
function readAs(text: string, read: () => readonly DeviceSpec[]): readonly DeviceSpec[] {
  try {
    return read();
  } catch (cause) {
    throw invalid(`it names "${text}", which is no device`, cause);
  }
}

function invalid(message: string, cause?: unknown): AipError {
  return usageError("calibration-invalid", message, cause);
}
