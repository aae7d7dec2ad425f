import { usageError } from "../../errors.ts";
import type { BatchOption, DeviceSpec } from "../backend.ts";
import { readBatch } from "../device-options.ts";

/** Answers that Core ML gives one picture at a time. */
const SINGLE = /^(coordinates|probabilities)=/;

/**
 * Frames a device gives a Core ML model in one call. It takes a list of pictures whatever shape the
 * model was exported with. `auto` is one: on a Neural Engine two a call were seen to take twice the
 * time, and outputs of a list are never written in place.
 *
 * @param answer lines that name the outputs to read, see `CoreMlOptions.swift`
 * @throws {AipError} `device-invalid` where the model gives its answers one at a time
 */
export function coreMlBatch(
  spec: DeviceSpec,
  path: string,
  answer: readonly string[],
): BatchOption {
  const batch = readBatch(spec);
  if (batch === "auto" || batch === 1) return 1;
  if (!answer.some((line) => SINGLE.test(line))) return batch;
  throw usageError(
    "device-invalid",
    `Device "${spec.text}" has batch ${batch}, but model "${path}" makes boxes or probabilities by ` +
      "class itself, for one picture at a time: leave batch out",
  );
}
