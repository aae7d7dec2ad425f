import { type AipError, usageError } from "../errors.ts";

/** `model-invalid`: a Core ML model that is none, is damaged, or cannot be read here. */
export function unreadable(path: string, what: string, cause?: unknown): AipError {
  return usageError("model-invalid", `Cannot open model "${path}": ${what}`, cause);
}
