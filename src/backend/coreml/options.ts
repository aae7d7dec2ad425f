import { usageError } from "../../errors.ts";
import type { DeviceSpec } from "../backend.ts";

/** Options of devices that only Core ML models take, and the values each may have. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "fast-prediction": ["yes", "no"],
  "low-precision": ["yes", "no"],
  reshape: ["frequent", "infrequent"],
};

/** Keys of those options. */
export const coreMlOptionKeys: readonly string[] = Object.keys(VALUES);

/** Checks their values. @throws {AipError} `device-invalid` */
export function checkCoreMlOptions(spec: DeviceSpec): void {
  for (const [key, values] of Object.entries(VALUES)) {
    const value = spec.options.get(key);
    if (value === undefined || values.includes(value)) continue;
    throw usageError(
      "device-invalid",
      `Device "${spec.text}" has ${key} ${value}: it must be ${values.join(" or ")}`,
    );
  }
}

/** The options of a device as lines for the native library. */
export function coreMlLines(spec: DeviceSpec): string[] {
  return coreMlOptionKeys.flatMap((key) => {
    const value = spec.options.get(key);
    return value === undefined ? [] : [`${key}=${value}`];
  });
}

/** Refuses what only Core ML models take. @throws {AipError} `device-invalid` */
export function refuseCoreMlOptions(spec: DeviceSpec, modelPath: string): void {
  const key = coreMlOptionKeys.find((key) => spec.options.has(key));
  if (key === undefined) return;
  throw usageError(
    "device-invalid",
    `Device "${spec.text}" has ${key}, which only Core ML models take: model "${modelPath}" is none`,
  );
}
