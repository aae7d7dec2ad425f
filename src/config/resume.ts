import { existsSync, statSync } from "node:fs";
import { usageError } from "../errors.ts";
import type { RunConfig } from "./run-config.ts";

/** Why a run with these outputs cannot go on where an earlier one broke off; null where it can. */
export function resumeObstacle(config: Pick<RunConfig, "output" | "annotate">): string | null {
  const { output, annotate } = config;
  if (output === undefined) return "only results tell where to go on: name their file as output";
  if (output === "-") return "what stands in the standard output cannot be read back; name a file";
  if (existsSync(output) && !statSync(output).isFile()) {
    return `what went into "${output}" cannot be read back; name a file`;
  }
  if (annotate !== undefined) return "an annotated video cannot be gone on with; leave it out";
  return null;
}

/** Whether a run follows an earlier one that has left something in its output. */
export function followsResults({ resume, output }: Pick<RunConfig, "resume" | "output">): boolean {
  if (!resume || output === undefined) return false;
  return (statSync(output, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** @throws {AipError} `resume-invalid` */
export function checkResume(config: Pick<RunConfig, "resume" | "output" | "annotate">): void {
  const obstacle = config.resume ? resumeObstacle(config) : null;
  if (obstacle !== null) throw usageError("resume-invalid", `Cannot resume: ${obstacle}`);
}
