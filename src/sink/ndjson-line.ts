import { Detection, Dtype, ResultDescriptor } from "../layout/layout.gen.ts";
import { PAYLOAD_OFFSET } from "../ring/arena.ts";
import type { FrameView, RunContext } from "../types.ts";

const WORDS = Detection.sizeBytes / 4;
const X1 = Detection.x1 / 4;
const Y1 = Detection.y1 / 4;
const X2 = Detection.x2 / 4;
const Y2 = Detection.y2 / 4;
const CONFIDENCE = Detection.confidence / 4;
const CLASS_ID = Detection.classId / 4;
const TRACK_ID = Detection.trackId / 4;

const DTYPE_NAMES: readonly string[] = Object.entries(Dtype)
  .sort((a, b) => a[1] - b[1])
  .map(([name]) => name);

/**
 * Makes the NDJSON line of a frame, straight from its records. Everything that needs escaping
 * (names, labels) is escaped once and kept.
 *
 * Coordinates have at most 2 decimals, confidences 4, times 3; a number that is not finite, which
 * JSON cannot say, becomes `null`.
 */
export class NdjsonLine {
  readonly #context: RunContext;
  readonly #payload: boolean;
  readonly #sources: readonly string[];
  readonly #devices: readonly string[];
  readonly #labels: string[];

  /** `payload`: whether raw tensors are written, as base64. */
  constructor(context: RunContext, payload: boolean) {
    this.#context = context;
    this.#payload = payload;
    this.#sources = context.sources.map(({ name }) => `{"source":${JSON.stringify(name)}`);
    this.#devices = context.devices.map(({ id }) => `,"device":${JSON.stringify(id)}`);
    this.#labels = context.labels.map(labelField);
  }

  /** The frame's object and a line feed. HOT: every frame's every detection passes here. */
  of(frame: FrameView): string {
    let line = `${this.#sources[frame.sourceIndex]},"frame":${frame.frameId}`;
    line += `,"time_ms":${decimals3(frame.timeMs)}`;
    line += `,"width":${frame.width},"height":${frame.height}`;
    if (frame.status !== "ok") {
      const error = frame.error === undefined ? "" : `,"error":${JSON.stringify(frame.error)}`;
      return `${line},"status":"${frame.status}"${error},"detections":[]}\n`;
    }
    line += `,"status":"ok","answer":"${frame.answer ?? "inferred"}"`;
    if (frame.deviceIndex >= 0) line += this.#devices[frame.deviceIndex];
    line += `,"latency_ms":${decimals3(frame.latencyMs)},"detections":[`;
    line += this.#detections(frame);
    if (this.#payload && frame.resultIndex >= 0) return `${line}]${this.#payloadField(frame)}}\n`;
    return `${line}]}\n`;
  }

  #detections(frame: FrameView): string {
    const f32 = frame.detectionsF32;
    const i32 = frame.detectionsI32;
    const end = frame.detectionCount * WORDS;
    let text = "";
    for (let at = 0; at < end; at += WORDS) {
      const classId = i32[at + CLASS_ID] as number;
      const trackId = i32[at + TRACK_ID] as number;
      text += at === 0 ? '{"class_id":' : ',{"class_id":';
      text += classId;
      text += this.#labels[classId] ?? this.#unnamed(classId);
      text += decimals4(f32[at + CONFIDENCE] as number);
      text += `,"xyxy":[${decimals2(f32[at + X1] as number)},${decimals2(f32[at + Y1] as number)},`;
      text += `${decimals2(f32[at + X2] as number)},${decimals2(f32[at + Y2] as number)}]`;
      text += trackId < 0 ? "}" : `,"track_id":${trackId}}`;
    }
    return text;
  }

  #unnamed(classId: number): string {
    const field = labelField(`class ${classId}`);
    this.#labels[classId] = field;
    return field;
  }

  #payloadField(frame: FrameView): string {
    const { arena } = this.#context;
    const offsetBytes = this.#context.resultOffsetBytes(frame.resultIndex);
    const words = new Uint32Array(arena, offsetBytes, ResultDescriptor.sizeBytes / 4);
    const sizeBytes = words[ResultDescriptor.payloadBytes / 4] as number;
    if (sizeBytes === 0) return "";
    const rank = words[ResultDescriptor.payloadRank / 4] as number;
    const shapeAt = ResultDescriptor.payloadShape / 4;
    const shape = words.subarray(shapeAt, shapeAt + rank).join(",");
    const dtype = DTYPE_NAMES[words[ResultDescriptor.payloadDtype / 4] as number];
    const bytes = new Uint8Array(arena, offsetBytes + PAYLOAD_OFFSET, sizeBytes);
    const data = Buffer.from(bytes).toString("base64");
    return `,"payload":{"dtype":"${dtype}","shape":[${shape}],"data":"${data}"}`;
  }
}

function labelField(label: string): string {
  return `,"label":${JSON.stringify(label)},"confidence":`;
}

function decimals2(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 : null;
}

function decimals3(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null;
}

function decimals4(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 10000) / 10000 : null;
}
