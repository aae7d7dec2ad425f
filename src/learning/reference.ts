import { modelHash } from "../backend/model-hash.ts";
import type { Cascade } from "../cascade/file/cascade.ts";
import { isWithin } from "../cascade/labels/presence.ts";
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

/** The box of a classification, in shares of the picture. */
const WHOLE = [0, 0, 1, 1] as const;

/**
 * The reference model: the devices' own where they name one, as simulated ones do. Classes may be
 * given by name or number.
 *
 * @throws {AipError} `class-unknown`, `labels-no-model`, `labels-models`, `region-unfit` where none of
 * its boxes can be in the region, or where it cannot be read
 */
export function referenceOf(
  model: string,
  devices: string,
  { classes, region = null }: Pick<Question, "classes"> & Partial<Pick<Question, "region">>,
): Reference {
  const { spec } = loadModel(referenceModel(model, devices), resolveRunConfig({}));
  const { labels, head } = spec;
  const named = classFilter(classes, labels, head.classCount).map((id) => labels[id]);
  if (!named.every((name) => name !== undefined)) {
    const message = `The reference model "${spec.name}" does not name its classes: name them in its manifest`;
    throw usageError("class-unknown", message);
  }
  if (head.type === "classification" && region !== null && !isWithin(WHOLE, region)) {
    throw usageError(
      "region-unfit",
      `The reference model "${spec.name}" classifies the whole picture, and the middle of that is not in ` +
        "the region: leave the region out, give one with the middle in it, or a model that finds objects",
    );
  }
  return { reference: { name: spec.name, sha256: modelHash(spec.path) }, classes: named };
}
