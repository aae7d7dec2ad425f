import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { runtimeError } from "../errors.ts";
import type { Report } from "../metrics/report.ts";
import { reasonOf } from "./line-writer.ts";

/**
 * Writes the report as JSON. The file is there whole or not at all: it is written beside and
 * renamed.
 *
 * @throws {AipError} `output-failed`
 */
export async function writeReport(path: string, report: Report): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(part, `${JSON.stringify(report, null, 2)}\n`);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw runtimeError("output-failed", `Cannot write "${path}": ${reasonOf(cause)}`, cause);
  }
}
