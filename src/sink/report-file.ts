import { stat, writeFile } from "node:fs/promises";
import { runtimeError } from "../errors.ts";
import type { Report } from "../metrics/report.ts";
import { reasonOf } from "./line-writer.ts";
import { replaceFile } from "./replace-file.ts";

/**
 * Writes the report as JSON. The file is there whole or not at all: it is written beside and
 * renamed. What is no file, such as `/dev/stdout` or a named pipe, is written to as it is.
 *
 * @throws {AipError} `output-failed`
 */
export async function writeReport(path: string, report: Report): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  try {
    if (await isFileOrAbsent(path)) await replaceFile(path, text);
    else await writeFile(path, text);
  } catch (cause) {
    throw runtimeError("output-failed", `Cannot write "${path}": ${reasonOf(cause)}`, cause);
  }
}

async function isFileOrAbsent(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw cause;
  }
}
