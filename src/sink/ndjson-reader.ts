import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { usageError } from "../errors.ts";
import type { Detection, Frame, TensorPayload } from "../types.ts";
import { reasonOf } from "./line-writer.ts";

/** A line of the file, as JSON gives it. */
interface Line {
  readonly source: string;
  readonly frame: number;
  readonly file?: string;
  readonly time_ms: number;
  readonly width: number;
  readonly height: number;
  readonly status: Frame["status"];
  readonly answer?: Frame["answer"];
  readonly present?: boolean;
  readonly score?: number;
  readonly device?: string;
  readonly latency_ms?: number;
  readonly error?: string;
  readonly detections: readonly {
    readonly class_id: number;
    readonly label: string;
    readonly confidence: number;
    readonly xyxy: Detection["xyxy"];
    readonly track_id?: number;
  }[];
  readonly payload?: { dtype: TensorPayload["dtype"]; shape: readonly number[]; data: string };
}

/**
 * Reads results written by `NdjsonSink`, frame by frame; empty lines are passed over.
 *
 * @param sizeBytes where to stop, for a file that is not wanted whole
 * @throws {AipError} `results-unreadable`, or `results-malformed` with the number of the line
 * @example
 * ```ts
 * for await (const frame of readNdjson("results.ndjson")) console.log(frame.detections.length);
 * ```
 */
export async function* readNdjson(
  path: string,
  sizeBytes: number = Infinity,
): AsyncGenerator<Frame, void, undefined> {
  if (sizeBytes === 0) return;
  const input = createReadStream(path, { end: sizeBytes - 1 });
  const lines = createInterface({ input, crlfDelay: Infinity });
  let number = 0;
  try {
    for await (const text of lines) {
      number += 1;
      if (text !== "") yield parseNdjsonLine(text, `line ${number} of "${path}"`);
    }
  } catch (cause) {
    const isSystemError = cause instanceof Error && "syscall" in cause;
    if (!isSystemError) throw cause;
    throw usageError("results-unreadable", `Cannot read "${path}": ${reasonOf(cause)}`, cause);
  } finally {
    lines.close();
  }
}

/** Parses one line; `where` names it in the error. */
export function parseNdjsonLine(text: string, where = "the line"): Frame {
  let line: Line;
  try {
    line = JSON.parse(text) as Line;
  } catch (cause) {
    throw usageError("results-malformed", `Cannot read results: ${where} is not JSON`, cause);
  }
  if (!isLine(line)) {
    const wanted = "an object with source, frame, status and detections";
    throw usageError("results-malformed", `Cannot read results: ${where} is not ${wanted}`);
  }
  return {
    source: line.source,
    frame: line.frame,
    ...(line.file !== undefined && { file: line.file }),
    timeMs: line.time_ms,
    width: line.width,
    height: line.height,
    status: line.status,
    ...(line.answer !== undefined && { answer: line.answer }),
    ...(line.present !== undefined && { present: line.present }),
    ...(line.score !== undefined && { score: line.score }),
    ...(line.device !== undefined && { device: line.device }),
    ...(line.latency_ms !== undefined && { latencyMs: line.latency_ms }),
    ...(line.error !== undefined && { error: line.error }),
    detections: line.detections.map((detection) => ({
      classId: detection.class_id,
      label: detection.label,
      confidence: detection.confidence,
      xyxy: detection.xyxy,
      ...(detection.track_id !== undefined && { trackId: detection.track_id }),
    })),
    ...(line.payload !== undefined && {
      payload: { ...line.payload, data: new Uint8Array(Buffer.from(line.payload.data, "base64")) },
    }),
  };
}

function isLine(line: Line | null): line is Line {
  return (
    typeof line === "object" &&
    line !== null &&
    typeof line.source === "string" &&
    Number.isInteger(line.frame) &&
    ["ok", "dropped", "failed"].includes(line.status) &&
    Array.isArray(line.detections)
  );
}
