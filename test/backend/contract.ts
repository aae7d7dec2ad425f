import { expect, test } from "bun:test";
import type { BackendSession } from "../../src/backend/backend.ts";
import { blankSlot } from "../../src/layout/blank-slot.ts";
import {
  DETECTION_COUNT_MAX,
  Detection,
  ResultDescriptor,
  Status,
} from "../../src/layout/layout.gen.ts";
import { addressOf } from "../../src/native/library.ts";
import { DETECTIONS_OFFSET, PAYLOAD_OFFSET } from "../../src/ring/arena.ts";
import type { FrameGeometry } from "../../src/types.ts";

/** Picture every contract test answers; not the shape of any fixture's input. */
export const geometry: FrameGeometry = {
  width: 128,
  height: 96,
  pixelFormat: "yuv420p",
  colorMatrix: "bt709",
  colorRange: "limited",
};

const GUARD_BYTES = 4096;
const GUARD = 0xa5;

/** One slot, one result block with a guard behind it, and a stop word, as a worker has them. */
export class Bench {
  readonly slot: Uint8Array = blankSlot(geometry);
  readonly stop: Uint32Array = new Uint32Array(new SharedArrayBuffer(64));
  #block: Uint8Array = new Uint8Array(0);

  get stopAddress(): number {
    return addressOf(this.stop);
  }

  /** Makes a fresh result block, filled in as a worker does before each frame. */
  prepare(session: BackendSession): void {
    const { payloadBytes } = session;
    const sizeBytes = PAYLOAD_OFFSET + payloadBytes + GUARD_BYTES;
    this.#block = new Uint8Array(new SharedArrayBuffer(sizeBytes)).fill(GUARD);
    this.#block.fill(0, 0, DETECTIONS_OFFSET);
    this.#words[ResultDescriptor.payloadCapacityBytes / 4] = payloadBytes;
  }

  run(session: BackendSession): number {
    this.prepare(session);
    return session.run(addressOf(this.slot), addressOf(this.#block));
  }

  warmUp(session: BackendSession): number {
    this.prepare(session);
    return session.warmUp(addressOf(this.slot), addressOf(this.#block));
  }

  get #words(): Uint32Array {
    return new Uint32Array(this.#block.buffer);
  }

  get detectionCount(): number {
    return this.#words[ResultDescriptor.detectionCount / 4] as number;
  }

  /** Detection records, 8 numbers each, as f32. */
  get detections(): Float32Array {
    const count = this.detectionCount * (Detection.sizeBytes / 4);
    return new Float32Array(this.#block.buffer, DETECTIONS_OFFSET, count).slice();
  }

  /** The same records as bytes, for comparing: a track id of -1 is a NaN among the floats. */
  get detectionBytes(): Uint8Array {
    return new Uint8Array(this.detections.buffer);
  }

  get guardIsIntact(): boolean {
    return this.#block.subarray(-GUARD_BYTES).every((byte) => byte === GUARD);
  }
}

/** Every backend's session keeps these promises, whatever it computes. */
export function backendContract(name: string, open: (stopAddress: number) => BackendSession): void {
  const opened = (): { session: BackendSession; bench: Bench } => {
    const bench = new Bench();
    return { session: open(bench.stopAddress), bench };
  };

  test(`${name}: warmUp() and run() answer a frame`, () => {
    const { session, bench } = opened();
    expect(bench.warmUp(session)).toBe(Status.ok);
    expect(bench.run(session)).toBe(Status.ok);
    session.close();
  });

  test(`${name}: run() reads the slot and never writes to it`, () => {
    const { session, bench } = opened();
    const before = bench.slot.slice();
    bench.run(session);
    expect(bench.slot).toEqual(before);
    session.close();
  });

  test(`${name}: run() writes nothing behind its result block`, () => {
    const { session, bench } = opened();
    expect(Number.isInteger(session.payloadBytes) && session.payloadBytes >= 0).toBe(true);
    bench.run(session);
    expect(bench.guardIsIntact).toBe(true);
    session.close();
  });

  test(`${name}: run() gives detections inside the picture, strongest first`, () => {
    const { session, bench } = opened();
    bench.run(session);
    expect(bench.detectionCount).toBeLessThanOrEqual(DETECTION_COUNT_MAX);
    const records = bench.detections;
    for (let at = 0; at < records.length; at += 8) {
      const [x1 = -1, y1 = -1, x2 = -1, y2 = -1, confidence = -1] = records.subarray(at, at + 5);
      expect(0 <= x1 && x1 <= x2 && x2 <= geometry.width).toBe(true);
      expect(0 <= y1 && y1 <= y2 && y2 <= geometry.height).toBe(true);
      expect(confidence <= (records[at - 4] ?? 1) && confidence > 0).toBe(true);
    }
    session.close();
  });

  test(`${name}: run() answers the same frame the same`, () => {
    const { session, bench } = opened();
    bench.run(session);
    const first = bench.detectionBytes;
    bench.run(session);
    expect(bench.detectionBytes).toEqual(first);
    session.close();
  });

  test(`${name}: close() may be called twice`, () => {
    const { session } = opened();
    session.close();
    session.close();
  });
}
