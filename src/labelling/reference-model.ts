import { parseDevices } from "../backend/device-spec.ts";
import { usageError } from "../errors.ts";

/**
 * The one model that answers: the one named or, on simulated devices with a model of their own,
 * theirs. Labels have one author.
 *
 * @throws {AipError} `labels-no-model` for simulated devices without a model, `labels-models` for
 * devices with different ones
 */
export function referenceModel(model: string, devices: string): string {
  const models = new Set<string>();
  for (const { kind, options } of parseDevices(devices)) {
    const own = options.get("model");
    if (kind !== "sim") models.add(model);
    else if (own !== undefined) models.add(own);
  }
  const [only, ...others] = models;
  if (only === undefined) {
    const message = `Cannot label on "${devices}": no device there runs a model; name one that does, such as cpu`;
    throw usageError("labels-no-model", message);
  }
  if (others.length === 0) return only;
  const names = [only, ...others].join('", "');
  throw usageError("labels-models", `Labels have one author, and the devices run "${names}"`);
}
