import { CLASS_ID, CONFIDENCE, TRACK_ID, WORDS } from "../layout/detection-words.ts";
import {
  DETECTION_COUNT_MAX,
  Detection,
  ResultDescriptor,
  SlotHeader,
} from "../layout/layout.gen.ts";
import {
  type ArenaLayout,
  DETECTIONS_OFFSET,
  PAYLOAD_OFFSET,
  resultOffset,
  slotOffset,
} from "../ring/arena.ts";
import type { Source } from "../source/source.ts";
import type {
  Detection as DetectionResult,
  Frame,
  FrameAnswer,
  FrameStatus,
  FrameView,
  TensorPayload,
} from "../types.ts";

const DTYPES = ["f32", "f16", "u8", "i32", "i64"] as const;

/** Detection records as both kinds of number. */
interface Records {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
}

export interface EmittedFrameOptions {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly sources: readonly Pick<Source, "name" | "fileAt">[];
  readonly deviceIds: readonly string[];
  readonly labels: readonly string[];
  readonly hold: (slotIndex: number) => void;
}

/** The one window through which stages and sinks see every frame that leaves. */
export class EmittedFrame implements FrameView {
  sourceIndex = 0;
  frameId = 0;
  status: FrameStatus = "ok";
  answer: FrameAnswer = "inferred";
  /** Undefined where no cascade runs, and where the frame is not `ok`. */
  present: boolean | undefined;
  score: number | undefined;
  timeMs = 0;
  width = 0;
  height = 0;
  deviceIndex = -1;
  latencyMs = 0;
  detectionCount = 0;
  slotIndex = -1;
  resultIndex = -1;
  truthCount = 0;
  error: string | undefined;
  detectionsF32: Float32Array;
  detectionsI32: Int32Array;
  truthF32: Float32Array;
  truthI32: Int32Array;
  readonly #options: EmittedFrameOptions;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #slotOffsets: readonly number[];
  readonly #results: readonly Records[];
  readonly #truths: readonly Records[];
  readonly #none: Float32Array = new Float32Array(0);
  readonly #noneI32: Int32Array = new Int32Array(0);

  constructor(options: EmittedFrameOptions) {
    const { arena, layout } = options;
    this.#options = options;
    this.#words = new Int32Array(arena);
    this.#doubles = new Float64Array(arena);
    const views = (offset: number, records: number): Records => ({
      f32: new Float32Array(arena, offset, records * WORDS),
      i32: new Int32Array(arena, offset, records * WORDS),
    });
    this.#slotOffsets = Array.from({ length: layout.slotCount }, (_, i) => slotOffset(layout, i));
    this.#results = Array.from({ length: layout.resultCount }, (_, i) =>
      views(resultOffset(layout, i) + DETECTIONS_OFFSET, DETECTION_COUNT_MAX),
    );
    this.#truths = layout.sources.flatMap((source) =>
      Array.from({ length: source.slotCount }, (_, i) => {
        const end = source.slotsOffset + (i + 1) * source.slotBytes;
        return views(end - source.truthCapacity * Detection.sizeBytes, source.truthCapacity);
      }),
    );
    this.detectionsF32 = this.#none;
    this.detectionsI32 = this.#noneI32;
    this.truthF32 = this.#none;
    this.truthI32 = this.#noneI32;
  }

  /** Shows a frame that has its pixels: an answered or a failed one. HOT. */
  show(slot: number, result: number, nowMs: number): void {
    const words = this.#words;
    const at = this.#slotOffsets[slot] as number;
    this.slotIndex = slot;
    this.resultIndex = result;
    const width = words[(at + SlotHeader.sourceWidth) / 4] as number;
    const height = words[(at + SlotHeader.sourceHeight) / 4] as number;
    this.width = width > 0 ? width : (words[(at + SlotHeader.width) / 4] as number);
    this.height = height > 0 ? height : (words[(at + SlotHeader.height) / 4] as number);
    this.timeMs = this.#doubles[(at + SlotHeader.timeMs) / 8] as number;
    this.latencyMs = nowMs - (this.#doubles[(at + SlotHeader.receivedMs) / 8] as number);
    const truth = this.#truths[slot] as Records;
    this.truthF32 = truth.f32;
    this.truthI32 = truth.i32;
    this.truthCount =
      truth.f32.length === 0 ? 0 : (words[(at + SlotHeader.truthCount) / 4] as number);
    if (result < 0) {
      this.detectionCount = 0;
      this.detectionsF32 = this.#none;
      this.detectionsI32 = this.#noneI32;
      return;
    }
    const descriptor = resultOffset(this.#options.layout, result) / 4;
    const records = this.#results[result] as Records;
    this.detectionsF32 = records.f32;
    this.detectionsI32 = records.i32;
    this.detectionCount = words[descriptor + ResultDescriptor.detectionCount / 4] as number;
  }

  /** Shows the marker of a dropped frame. */
  showDropped(timeMs: number, width: number, height: number): void {
    this.slotIndex = -1;
    this.resultIndex = -1;
    this.deviceIndex = -1;
    this.timeMs = timeMs;
    this.width = width;
    this.height = height;
    this.latencyMs = 0;
    this.detectionCount = 0;
    this.truthCount = 0;
    this.detectionsF32 = this.#none;
    this.detectionsI32 = this.#noneI32;
  }

  hold(): void {
    if (this.slotIndex >= 0) this.#options.hold(this.slotIndex);
  }

  copy(): Frame {
    const { sources, deviceIds } = this.#options;
    const source = sources[this.sourceIndex] as (typeof sources)[number];
    const file = source.fileAt?.(this.timeMs);
    const answered = this.status === "ok";
    const device = deviceIds[this.deviceIndex];
    const payload = answered ? this.#copyPayload() : undefined;
    return {
      source: source.name,
      frame: this.frameId,
      ...(file !== undefined && { file }),
      timeMs: this.timeMs,
      width: this.width,
      height: this.height,
      status: this.status,
      ...(answered && { answer: this.answer }),
      ...(answered && this.present !== undefined && { present: this.present }),
      ...(answered && this.score !== undefined && { score: this.score }),
      ...(answered && device !== undefined && { device }),
      ...(answered && { latencyMs: this.latencyMs }),
      detections: Array.from({ length: this.detectionCount }, (_, i) => this.#copyDetection(i)),
      ...(payload !== undefined && { payload }),
      ...(this.error !== undefined && { error: this.error }),
    };
  }

  #copyDetection(index: number): DetectionResult {
    const at = index * WORDS;
    const number = (field: number): number => this.detectionsF32[at + field] as number;
    const classId = this.detectionsI32[at + CLASS_ID] as number;
    const trackId = this.detectionsI32[at + TRACK_ID] as number;
    return {
      classId,
      label: this.#options.labels[classId] ?? `class ${classId}`,
      confidence: number(CONFIDENCE),
      xyxy: [number(0), number(1), number(2), number(3)],
      ...(trackId >= 0 && { trackId }),
    };
  }

  #copyPayload(): TensorPayload | undefined {
    if (this.resultIndex < 0) return undefined;
    const offset = resultOffset(this.#options.layout, this.resultIndex);
    const word = (field: number): number => this.#words[(offset + field) / 4] as number;
    const sizeBytes = word(ResultDescriptor.payloadBytes);
    if (sizeBytes === 0) return undefined;
    const start = offset + PAYLOAD_OFFSET;
    const shape = Array.from({ length: word(ResultDescriptor.payloadRank) }, (_, i) =>
      word(ResultDescriptor.payloadShape + 4 * i),
    );
    return {
      dtype: DTYPES[word(ResultDescriptor.payloadDtype)] ?? "u8",
      shape,
      data: new Uint8Array(this.#options.arena.slice(start, start + sizeBytes)),
    };
  }
}
