import { modelHash } from "../backend/model-hash.ts";
import type { Cascade } from "../cascade/file/cascade.ts";
import type { Question } from "../cascade/types.ts";
import { resolveRunConfig } from "../config/schema.ts";
import { usageError } from "../errors.ts";
import { referenceModel } from "../labelling/reference-model.ts";
import { suggestion } from "../nearest.ts";
import { loadModel } from "../pipeline/load-model.ts";

/**
 * The reference model: the devices' own where they name one, as simulated ones do.
 *
 * @throws {AipError} `class-unknown`, `labels-no-model`, `labels-models`, or where it cannot be read
 */
export function referenceOf(
  model: string,
  devices: string,
  { classes }: Pick<Question, "classes">,
): Cascade["reference"] {
  const { spec } = loadModel(referenceModel(model, devices), resolveRunConfig({}));
  const unknown = classes.find((name) => !spec.labels.includes(name));
  if (unknown !== undefined) {
    const known = suggestion(unknown, spec.labels);
    const message = `The reference model "${spec.name}" knows no class "${unknown}"${known}`;
    throw usageError("class-unknown", message);
  }
  return { name: spec.name, sha256: modelHash(spec.path) };
}
