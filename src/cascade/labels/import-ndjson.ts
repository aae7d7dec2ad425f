import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as v from "valibot";
import { type AipError, usageError } from "../../errors.ts";
import { reasonOf } from "../../sink/line-writer.ts";
import { type ImportedFrame, type ImportedLabels, importedLabels } from "./imported.ts";

const xyxy = v.tuple([v.number(), v.number(), v.number(), v.number()]);
const line = v.object({
  source: v.string(),
  frame: v.pipe(v.number(), v.integer(), v.minValue(0)),
  time_ms: v.optional(v.nullable(v.number()), null),
  width: v.optional(v.number()),
  height: v.optional(v.number()),
  status: v.picklist(["ok", "dropped", "failed"]),
  answer: v.optional(v.string(), "inferred"),
  detections: v.array(
    v.object({
      label: v.string(),
      confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      xyxy: v.pipe(
        xyxy,
        v.check(([x1, y1, x2, y2]) => x1 <= x2 && y1 <= y2),
      ),
      ignored: v.optional(v.boolean(), false),
    }),
  ),
});

/**
 * Reads labels from results as `aip run --output` writes them, or from ground truth in the same
 * form, where boxes may be `ignored`. Dropped and failed frames do not count. Results of a run with a
 * cascade are refused: frames that it answered early have no boxes, whatever they show.
 *
 * @param source whose results, where the file holds those of several
 * @throws {AipError} `labels-unreadable`, `labels-malformed` with the number of the line
 */
export async function readNdjsonLabels(path: string, source?: string): Promise<ImportedLabels> {
  const frames: ImportedFrame[] = [];
  const sources = new Set<string>();
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let number = 0;
  try {
    for await (const text of lines) {
      number += 1;
      if (text === "") continue;
      const read = parseLine(text, path, number);
      if (source !== undefined && read.source !== source) continue;
      if (read.answer !== "inferred") {
        const reason = `line ${number} has no boxes, as a cascade answered it`;
        throw malformed(path, `${reason}: give results of a run without --cascade`);
      }
      sources.add(read.source);
      frames.push({
        frame: read.frame,
        timeMs: read.time_ms,
        size: sizeOf(read.width, read.height),
        objects: read.status === "ok" ? read.detections : null,
      });
    }
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw usageError("labels-unreadable", `Cannot read "${path}": ${reasonOf(cause)}`, cause);
  } finally {
    lines.close();
  }
  if (sources.size > 1) {
    const names = [...sources].map((name) => `"${name}"`).join(", ");
    throw malformed(path, `it holds results of ${names}: say of which source they are wanted`);
  }
  return importedLabels(path, frames);
}

function parseLine(text: string, path: string, number: number): v.InferOutput<typeof line> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed(path, `line ${number} is not JSON`);
  }
  const read = v.safeParse(line, json);
  if (read.success) return read.output;
  const at = v.getDotPath(read.issues[0]);
  const what = at === null ? "an object with source, frame, status and detections" : `its "${at}"`;
  throw malformed(
    path,
    at === null
      ? `line ${number} is not ${what}`
      : `line ${number}: ${what} is missing or makes no sense`,
  );
}

function sizeOf(width: number | undefined, height: number | undefined) {
  return width === undefined || height === undefined ? null : { width, height };
}

function malformed(path: string, reason: string): AipError {
  return usageError("labels-malformed", `Cannot import labels from "${path}": ${reason}`);
}
