import {
  CLASS_ID,
  CONFIDENCE,
  TRACK_ID,
  WORDS,
  X1,
  X2,
  Y1,
  Y2,
} from "../layout/detection-words.ts";
import { Dtype, ResultDescriptor } from "../layout/layout.gen.ts";
import { PAYLOAD_OFFSET } from "../ring/arena.ts";
import type { FrameStatus, FrameView, RunContext } from "../types.ts";
import { ByteText, utf8 } from "./byte-text.ts";

const DTYPE_NAMES: readonly string[] = Object.entries(Dtype)
  .sort((a, b) => a[1] - b[1])
  .map(([name]) => name);

const FILE = utf8(',"file":');
const TIME = utf8(',"time_ms":');
const WIDTH = utf8(',"width":');
const HEIGHT = utf8(',"height":');
const ANSWERS = {
  inferred: utf8(',"status":"ok","answer":"inferred"'),
  reused: utf8(',"status":"ok","answer":"reused"'),
  specialized: utf8(',"status":"ok","answer":"specialized"'),
} as const;
const PRESENT = utf8(',"present":true');
const ABSENT = utf8(',"present":false');
const SCORE = utf8(',"score":');
const STATUSES: Record<Exclude<FrameStatus, "ok">, Uint8Array> = {
  dropped: utf8(',"status":"dropped"'),
  failed: utf8(',"status":"failed"'),
};
const ERROR = utf8(',"error":');
const LATENCY = utf8(',"latency_ms":');
const DETECTIONS = utf8(',"detections":[');
const FIRST_CLASS = utf8('{"class_id":');
const NEXT_CLASS = utf8(',{"class_id":');
const BOX = utf8(',"xyxy":[');
const COMMA = utf8(",");
const BOX_END = utf8("]}");
const BOX_END_TRACK = utf8('],"track_id":');
const OBJECT_END = utf8("}");
const LIST_END = utf8("]");
const LINE_END = utf8("}\n");

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
  readonly #sources: readonly Uint8Array[];
  readonly #devices: readonly Uint8Array[];
  readonly #labels: Uint8Array[];
  readonly #text = new ByteText();

  /** `payload`: whether raw tensors are written, as base64. */
  constructor(context: RunContext, payload: boolean) {
    this.#context = context;
    this.#payload = payload;
    this.#sources = context.sources.map(({ name }) =>
      utf8(`{"source":${JSON.stringify(name)},"frame":`),
    );
    this.#devices = context.devices.map(({ id }) => utf8(`,"device":${JSON.stringify(id)}`));
    this.#labels = context.labels.map(labelField);
  }

  /**
   * The frame's object and a line feed; valid until the next call. HOT: every frame's every
   * detection passes here.
   */
  of(frame: FrameView): ByteText {
    const text = this.#text;
    text.clear();
    text.append(this.#sources[frame.sourceIndex] as Uint8Array);
    text.appendInteger(frame.frameId);
    const file = this.#context.sources[frame.sourceIndex]?.fileAt?.(frame.timeMs);
    if (file !== undefined) {
      text.append(FILE);
      text.appendString(JSON.stringify(file));
    }
    text.append(TIME);
    text.appendFixed(frame.timeMs, 3);
    text.append(WIDTH);
    text.appendInteger(frame.width);
    text.append(HEIGHT);
    text.appendInteger(frame.height);
    if (frame.status === "ok") {
      this.#appendAnswer(frame);
    } else {
      text.append(STATUSES[frame.status]);
      if (frame.error !== undefined) {
        text.append(ERROR);
        text.appendString(JSON.stringify(frame.error));
      }
      text.append(DETECTIONS);
      text.append(LIST_END);
    }
    text.append(LINE_END);
    return text;
  }

  #appendAnswer(frame: FrameView): void {
    const text = this.#text;
    text.append(ANSWERS[frame.answer ?? "inferred"]);
    if (frame.present !== undefined) {
      text.append(frame.present ? PRESENT : ABSENT);
      text.append(SCORE);
      text.appendFixed(frame.score ?? 0, 4);
    }
    const device = this.#devices[frame.deviceIndex];
    if (device !== undefined) text.append(device);
    text.append(LATENCY);
    text.appendFixed(frame.latencyMs, 3);
    text.append(DETECTIONS);
    this.#appendDetections(frame);
    text.append(LIST_END);
    if (this.#payload && frame.resultIndex >= 0) this.#appendPayload(frame);
  }

  #appendDetections(frame: FrameView): void {
    const text = this.#text;
    const f32 = frame.detectionsF32;
    const i32 = frame.detectionsI32;
    const end = frame.detectionCount * WORDS;
    for (let at = 0; at < end; at += WORDS) {
      const classId = i32[at + CLASS_ID] as number;
      const trackId = i32[at + TRACK_ID] as number;
      text.append(at === 0 ? FIRST_CLASS : NEXT_CLASS);
      text.appendInteger(classId);
      text.append(this.#labels[classId] ?? this.#unnamed(classId));
      text.appendFixed(f32[at + CONFIDENCE] as number, 4);
      text.append(BOX);
      text.appendFixed(f32[at + X1] as number, 2);
      text.append(COMMA);
      text.appendFixed(f32[at + Y1] as number, 2);
      text.append(COMMA);
      text.appendFixed(f32[at + X2] as number, 2);
      text.append(COMMA);
      text.appendFixed(f32[at + Y2] as number, 2);
      if (trackId < 0) {
        text.append(BOX_END);
      } else {
        text.append(BOX_END_TRACK);
        text.appendInteger(trackId);
        text.append(OBJECT_END);
      }
    }
  }

  #unnamed(classId: number): Uint8Array {
    const field = labelField(`class ${classId}`);
    this.#labels[classId] = field;
    return field;
  }

  #appendPayload(frame: FrameView): void {
    const { arena } = this.#context;
    const offsetBytes = this.#context.resultOffsetBytes(frame.resultIndex);
    const words = new Uint32Array(arena, offsetBytes, ResultDescriptor.sizeBytes / 4);
    const sizeBytes = words[ResultDescriptor.payloadBytes / 4] as number;
    if (sizeBytes === 0) return;
    const rank = words[ResultDescriptor.payloadRank / 4] as number;
    const shapeAt = ResultDescriptor.payloadShape / 4;
    const shape = words.subarray(shapeAt, shapeAt + rank).join(",");
    const dtype = DTYPE_NAMES[words[ResultDescriptor.payloadDtype / 4] as number];
    const bytes = new Uint8Array(arena, offsetBytes + PAYLOAD_OFFSET, sizeBytes);
    const data = Buffer.from(bytes).toString("base64");
    this.#text.appendString(`,"payload":{"dtype":"${dtype}","shape":[${shape}],"data":"${data}"}`);
  }
}

function labelField(label: string): Uint8Array {
  return utf8(`,"label":${JSON.stringify(label)},"confidence":`);
}
