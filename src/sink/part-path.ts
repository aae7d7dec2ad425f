import { randomUUID } from "node:crypto";

/** Enough that runs to one file at one time do not meet; short enough for long names. */
const TAG_LENGTH = 8;

/**
 * Where a file is written before it is renamed to `path`: beside it, under a name no other run has.
 *
 * @example
 * ```text
 * out.mp4 → out.mp4.3f9c04be.part
 * ```
 */
export function partPathOf(path: string): string {
  return `${path}.${randomUUID().slice(0, TAG_LENGTH)}.part`;
}
