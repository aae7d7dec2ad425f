import {
  DETECTION_COUNT_MAX,
  Detection,
  Dtype,
  ResultDescriptor,
  SlotHeader,
} from "../../src/layout/layout.gen.ts";
import { planeLayout } from "../../src/layout/planes.ts";
import { writeGeometry } from "../../src/layout/slot-geometry.ts";
import {
  type ArenaLayout,
  DETECTIONS_OFFSET,
  layoutArena,
  PAYLOAD_OFFSET,
  resultOffset,
  slotOffset,
} from "../../src/ring/arena.ts";
import type {
  Frame,
  FrameAnswer,
  FrameGeometry,
  FrameStatus,
  FrameView,
  RunContext,
  TensorPayload,
} from "../../src/types.ts";

const WORDS = Detection.sizeBytes / 4;

/** A box as a test writes it: class, confidence, x1, y1, x2, y2, and a track. */
export interface FakeBox {
  readonly classId: number;
  readonly confidence?: number;
  readonly xyxy: readonly [number, number, number, number];
  readonly trackId?: number;
}

export interface FakeFrameOptions {
  readonly sourceIndex?: number;
  readonly frameId: number;
  readonly status?: FrameStatus;
  readonly answer?: FrameAnswer;
  readonly present?: boolean;
  readonly score?: number;
  readonly timeMs?: number;
  readonly deviceIndex?: number;
  readonly latencyMs?: number;
  readonly detections?: readonly FakeBox[];
  readonly truth?: readonly FakeBox[];
  readonly error?: string;
  readonly payload?: TensorPayload;
  readonly geometry?: FrameGeometry;
  /** Grey of the picture, 0–255. */
  readonly luma?: number;
}

export interface FakeRunOptions {
  readonly sources?: readonly string[];
  readonly fps?: number;
  readonly labels?: readonly string[];
  readonly devices?: readonly string[];
  readonly truthClasses?: readonly string[];
  readonly fileAt?: (timeMs: number) => string | undefined;
  readonly geometry?: FrameGeometry;
  readonly slotCount?: number;
}

export const GEOMETRY: FrameGeometry = {
  width: 64,
  height: 48,
  pixelFormat: "yuv420p",
  colorMatrix: "bt601",
  colorRange: "limited",
};

/** A run without a pipeline: an arena, frames in it, and a record of what a sink does with them. */
export class FakeRun {
  readonly context: RunContext;
  readonly failures: Error[] = [];
  /** How often each slot is held. */
  readonly held: Map<number, number> = new Map();
  readonly #geometry: FrameGeometry;
  readonly #layout: ArenaLayout;
  readonly #arena: SharedArrayBuffer;
  #onRelease: (() => void) | undefined;

  constructor(options: FakeRunOptions = {}) {
    const { sources = ["car"], fps = 25, labels = ["person", "car"] } = options;
    const { devices = ["cpu-0", "gpu-0"], truthClasses = [], geometry = GEOMETRY } = options;
    const { slotCount = 8, fileAt } = options;
    this.#geometry = geometry;
    this.#layout = layoutArena({
      sources: [{ slotCount, pixelBytes: planeLayout(geometry).sizeBytes, truthCapacity: 16 }],
      seatCount: 1,
      payloadBytes: 64,
    });
    this.#arena = new SharedArrayBuffer(this.#layout.sizeBytes);
    const { width, height } = geometry;
    this.context = {
      sources: sources.map((name) => ({ name, width, height, fps, truthClasses, fileAt })),
      devices: devices.map((id) => ({ id, kind: id.split("-")[0] as string })),
      labels,
      arena: this.#arena,
      slotOffsetBytes: (slotIndex) => slotOffset(this.#layout, slotIndex),
      resultOffsetBytes: (resultIndex) => resultOffset(this.#layout, resultIndex),
      release: (slotIndex) => this.#release(slotIndex),
      fail: (error) => this.failures.push(error),
    };
  }

  /** Shows a frame to `write` once a slot is free for it, as the pipeline does. */
  async show(options: FakeFrameOptions, write: (frame: FrameView) => void): Promise<void> {
    const slotIndex = options.status === "dropped" ? -1 : await this.#freeSlot();
    write(this.#view(options, slotIndex));
  }

  async #freeSlot(): Promise<number> {
    for (;;) {
      for (let slot = 0; slot < this.#layout.slotCount; slot += 1) {
        if (!this.held.has(slot)) return slot;
      }
      await new Promise<void>((resolve) => {
        this.#onRelease = resolve;
      });
    }
  }

  #release(slotIndex: number): void {
    const count = this.held.get(slotIndex);
    if (count === undefined) throw new Error(`slot ${slotIndex} was released but not held`);
    if (count > 1) this.held.set(slotIndex, count - 1);
    else this.held.delete(slotIndex);
    this.#onRelease?.();
  }

  #view(options: FakeFrameOptions, slotIndex: number): FrameView {
    const { frameId, sourceIndex = 0, status = "ok", timeMs = frameId * 40 } = options;
    const { detections = [], truth = [], geometry = this.#geometry } = options;
    const records = new Float32Array(DETECTION_COUNT_MAX * WORDS);
    let detectionsF32: Float32Array = records;
    if (slotIndex >= 0) {
      this.#fillSlot(slotIndex, { ...options, sourceIndex, timeMs, geometry });
      this.#fillResult(slotIndex, options.payload, detections.length);
      const at = resultOffset(this.#layout, slotIndex) + DETECTIONS_OFFSET;
      detectionsF32 = new Float32Array(this.#arena, at, DETECTION_COUNT_MAX * WORDS);
    }
    const truthF32 = new Float32Array(16 * WORDS);
    fillRecords(detectionsF32, detections);
    fillRecords(truthF32, truth);
    return {
      sourceIndex,
      frameId,
      status,
      ...(options.answer !== undefined && { answer: options.answer }),
      ...(options.present !== undefined && { present: options.present }),
      ...(options.score !== undefined && { score: options.score }),
      timeMs,
      width: geometry.width,
      height: geometry.height,
      deviceIndex: options.deviceIndex ?? (status === "ok" ? 0 : -1),
      latencyMs: options.latencyMs ?? 0,
      detectionCount: detections.length,
      slotIndex,
      resultIndex: slotIndex,
      detectionsF32,
      detectionsI32: intsOf(detectionsF32),
      truthCount: truth.length,
      truthF32,
      truthI32: intsOf(truthF32),
      error: options.error,
      hold: () => this.held.set(slotIndex, (this.held.get(slotIndex) ?? 0) + 1),
      copy: (): Frame => {
        throw new Error("no sink needs a copy");
      },
    };
  }

  #fillSlot(
    slotIndex: number,
    frame: FakeFrameOptions & { sourceIndex: number; timeMs: number; geometry: FrameGeometry },
  ): void {
    const offset = slotOffset(this.#layout, slotIndex);
    writeGeometry(this.#arena, offset, frame.geometry);
    const header = new DataView(this.#arena, offset, SlotHeader.sizeBytes);
    header.setUint32(SlotHeader.sourceIndex, frame.sourceIndex, true);
    header.setUint32(SlotHeader.frameId, frame.frameId, true);
    header.setFloat64(SlotHeader.timeMs, frame.timeMs, true);
    const planes = planeLayout(frame.geometry);
    const pixels = new Uint8Array(this.#arena, offset + SlotHeader.sizeBytes, planes.sizeBytes);
    pixels.fill(128);
    const lumaBytes = (planes.strideBytes[0] as number) * (planes.rows[0] as number);
    pixels.fill(frame.luma ?? 128, 0, lumaBytes);
  }

  #fillResult(resultIndex: number, payload: TensorPayload | undefined, count: number): void {
    const offset = resultOffset(this.#layout, resultIndex);
    const words = new Uint32Array(this.#arena, offset, ResultDescriptor.sizeBytes / 4);
    words.fill(0);
    words[ResultDescriptor.slotIndex / 4] = resultIndex;
    words[ResultDescriptor.detectionCount / 4] = count;
    if (payload === undefined) return;
    words[ResultDescriptor.payloadBytes / 4] = payload.data.length;
    words[ResultDescriptor.payloadDtype / 4] = Dtype[payload.dtype];
    words[ResultDescriptor.payloadRank / 4] = payload.shape.length;
    words.set(payload.shape, ResultDescriptor.payloadShape / 4);
    new Uint8Array(this.#arena, offset + PAYLOAD_OFFSET).set(payload.data);
  }
}

function fillRecords(into: Float32Array, boxes: readonly FakeBox[]): void {
  const ints = intsOf(into);
  for (const [index, box] of boxes.entries()) {
    const at = index * WORDS;
    into.set(box.xyxy, at);
    into[at + Detection.confidence / 4] = box.confidence ?? 1;
    ints[at + Detection.classId / 4] = box.classId;
    ints[at + Detection.trackId / 4] = box.trackId ?? -1;
  }
}

function intsOf(floats: Float32Array): Int32Array {
  return new Int32Array(floats.buffer, floats.byteOffset, floats.length);
}
