import { modelHash } from "../backend/model-hash.ts";
import type { Cascade } from "../cascade/file/cascade.ts";
import type { Question } from "../cascade/types.ts";
import { resolveRunConfig } from "../config/schema.ts";
import { usageError } from "../errors.ts";
import { referenceModel } from "../labelling/reference-model.ts";
import { classFilter } from "../model/labels.ts";
import { loadModel } from "../pipeline/load-model.ts";

/** The reference model, and the classes that are asked for by the names it gives them. */
export interface Reference {
  readonly reference: Cascade["reference"];
  readonly classes: readonly string[];
}

/**
 * The reference model: the devices' own where they name one, as simulated ones do. Classes may be
 * given by name or number.
 *
 * @throws {AipError} `class-unknown`, `labels-no-model`, `labels-models`, or where it cannot be read
 */
export function referenceOf(
  model: string,
  devices: string,
  { classes }: Pick<Question, "classes">,
): Reference {
  const { spec } = loadModel(referenceModel(model, devices), resolveRunConfig({}));
  const { labels, head } = spec;
  const named = classFilter(classes, labels, head.classCount).map((id) => labels[id]);
  if (!named.every((name) => name !== undefined)) {
    const message = `The reference model "${spec.name}" does not name its classes: name them in its manifest`;
    throw usageError("class-unknown", message);
  }
  return { reference: { name: spec.name, sha256: modelHash(spec.path) }, classes: named };
}
