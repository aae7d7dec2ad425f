import { type AipError, usageError } from "../../errors.ts";
import type { PictureSize } from "../../types.ts";
import type { Cascade } from "./cascade.ts";

/**
 * Refuses a camera whose pictures are of another size: thresholds and the network were learnt from
 * pixels of this one's.
 *
 * @param name of the source, for the message
 * @throws {AipError} `cascade-camera`
 */
export function checkCamera(
  { camera }: Pick<Cascade, "camera">,
  name: string,
  size: PictureSize,
): void {
  if (size.width === camera.width && size.height === camera.height) return;
  throw misfit(
    "cascade-camera",
    `The cascade was trained on pictures of ${camera.width}×${camera.height}, and "${name}" has ` +
      `${size.width}×${size.height}: train one for this camera`,
  );
}

/**
 * Refuses a reference model other than the one whose answers the cascade was trained on.
 * @throws {AipError} `cascade-model`
 */
export function checkReference(
  { reference }: Pick<Cascade, "reference">,
  model: { readonly name: string; readonly sha256: string },
): void {
  if (model.sha256 === reference.sha256) return;
  const which =
    model.name === reference.name
      ? `"${model.name}" is not what it was: its file, its manifest or its weights are others ` +
        `(hash ${shortOf(model.sha256)}, trained with ${shortOf(reference.sha256)})`
      : `it was trained with "${reference.name}", not "${model.name}"`;
  throw misfit(
    "cascade-model",
    `The cascade is of another reference model: ${which}; give that one with --model, or train again`,
  );
}

function shortOf(hash: string): string {
  return hash.slice(0, 12);
}

function misfit(code: string, message: string): AipError {
  return usageError(code, message);
}
