import { type AipError, usageError } from "../errors.ts";

const NUMBER_MAX = 2 ** 31 - 1;

/**
 * Reads `--labels-from`, the number that names of COCO images give the first frame.
 *
 * @param path file of the labels, where one is given
 * @throws {AipError} `flag-invalid`, also where there is nothing it could be about
 */
export function readLabelsFrom(
  text: string | undefined,
  path: string | undefined,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= NUMBER_MAX)) {
    throw invalid(`--labels-from must be a whole number, such as 0 or 1, not "${text}"`);
  }
  if (path === undefined) {
    throw invalid("--labels-from says how images of labels are counted: name the labels, too");
  }
  if (!/\.json$/i.test(path)) {
    throw invalid(
      `--labels-from is for COCO annotations (.json): leave it out, "${path}" says each frame's number`,
    );
  }
  return value;
}

function invalid(message: string): AipError {
  return usageError("flag-invalid", message);
}
