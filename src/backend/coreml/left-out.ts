import { basename } from "node:path";
import { usageError } from "../../errors.ts";
import { unitName } from "./devices.ts";
import type { Ready } from "./ready-options.ts";
import { faultText, refusal, type Tried } from "./trial-text.ts";

/**
 * What is left to plan with: without the devices on which a model hung, crashed, failed or answered
 * wrongly, and a sentence for each of them.
 *
 * @throws {AipError} `device-unavailable` where none is left
 */
export function withoutFaulty(
  tried: readonly Tried[],
  { specs, machine, model }: Pick<Ready, "specs" | "machine" | "model">,
): Ready {
  const reasons = new Map<string, string>();
  for (const { spec, trial } of tried) {
    const fault = faultText(trial, model.path);
    if (fault === null) continue;
    const unit = unitName(spec.kind);
    const name = basename(model.path);
    reasons.set(
      spec.text,
      `${spec.kind} is left out: when ${name} was tried on the ${unit}, ${fault}`,
    );
  }
  const left = specs.filter(({ text }) => !reasons.has(text));
  const uncompared = tried.filter(
    ({ spec, trial: { verdict } }) =>
      spec.kind !== "cpu" && verdict.outcome === "ok" && !verdict.compared,
  );
  const notes = [
    ...reasons.values(),
    ...uncompared.map(
      ({ spec }) => `what ${spec.kind} answers was not compared: the CPU cannot run the model`,
    ),
  ];
  const failed = new Set(
    tried.filter(({ spec }) => reasons.has(spec.text)).map(({ spec }) => spec.kind),
  );
  const devices = machine.devices.map((device) =>
    failed.has(device.kind) && specs.some(({ kind }) => kind === "auto" || kind === "all")
      ? { ...device, available: false, reason: reasons.get(device.kind) ?? device.reason }
      : device,
  );
  const usable = devices.some(({ available }) => available);
  if (left.length === 0 || !usable) {
    throw usageError(
      "device-unavailable",
      `No device can run model "${model.path}": ${refusal(tried, model.path)}`,
    );
  }
  return { specs: left, machine: { ...machine, devices }, model, notes };
}
