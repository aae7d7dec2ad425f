import type { CalibrationKey } from "../schedule/calibration.ts";

/**
 * In which ways two keys differ, for people, as what the stored one is of; empty where they do not.
 */
export function differences(stored: CalibrationKey, here: CalibrationKey): readonly string[] {
  return [
    ...machineDifferences(stored, here),
    ...(stored.model_sha256 === here.model_sha256 ? [] : ["another model"]),
    ...(stored.input_size === here.input_size ? [] : [`input size ${stored.input_size}`]),
    ...versionDifferences(stored, here),
  ];
}

function machineDifferences(stored: CalibrationKey, here: CalibrationKey): readonly string[] {
  if (stored.cpu !== here.cpu || stored.cores !== here.cores) {
    const cores = stored.cores === 1 ? "1 core" : `${stored.cores} cores`;
    return [`another machine (${stored.cpu}, ${cores})`];
  }
  if (stored.platform !== here.platform) return [`another system (${stored.platform})`];
  // Another version of ONNX Runtime describes the same devices otherwise.
  const named = stored.onnx_runtime === here.onnx_runtime ? whole : kindOf;
  const then = stored.devices.map(named);
  const now = here.devices.map(named);
  const gone = then.filter((device) => !now.includes(device));
  const added = now.filter((device) => !then.includes(device));
  if (gone.length === 0 && added.length === 0) return [];
  const parts = [
    ...(gone.length === 0 ? [] : [`with ${gone.join(" and ")}, which it has no more`]),
    ...(added.length === 0 ? [] : [`without ${added.join(" and ")}, which it has now`]),
  ];
  return [`this machine as it was ${parts.join(", and ")}`];
}

function versionDifferences(stored: CalibrationKey, here: CalibrationKey): readonly string[] {
  const versions = [
    ...(stored.aip === here.aip ? [] : [`aip ${stored.aip}`]),
    ...(stored.onnx_runtime === here.onnx_runtime ? [] : [runtimeOf(stored)]),
  ];
  if (versions.length > 0) return [`another version (${versions.join(", ")})`];
  return stored.layout === here.layout
    ? []
    : [`another build of aip ${stored.aip} (binary layout ${stored.layout}, not ${here.layout})`];
}

function runtimeOf({ onnx_runtime: version }: CalibrationKey): string {
  return version === null ? "no ONNX Runtime" : `ONNX Runtime ${version}`;
}

function whole(device: string): string {
  return device;
}

function kindOf(device: string): string {
  return device.slice(0, device.indexOf(":"));
}
