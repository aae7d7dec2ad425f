import type { BackendSession } from "../backend/backend.ts";
import * as Words from "../layout/detection-words.ts";
import { Dtype, ResultDescriptor, Status } from "../layout/layout.gen.ts";
import { addressOf } from "../native/library.ts";
import { DETECTIONS_OFFSET, PAYLOAD_OFFSET, rootArena } from "../ring/arena.ts";

/** Numbers kept of an output that no detection head reads, evenly spread over it. */
const VALUE_COUNT_MAX = 4096;

/** One object as a device saw it. */
export interface SeenObject {
  readonly classId: number;
  /** 0–1 */
  readonly confidence: number;
  /** Left, top, right, bottom in pixels of the picture. */
  readonly xyxy: readonly [number, number, number, number];
}

/** A device's answer to one picture; plain data that a message can carry. */
export interface Answer {
  /** Empty for a model that no detection head reads. */
  readonly objects: readonly SeenObject[];
  /** Of such a model: numbers of its output, at most `VALUE_COUNT_MAX`; else empty. */
  readonly values: readonly number[];
}

/**
 * Has a session answer pictures, one after the other.
 *
 * @param slots pictures in shared memory, see the layout
 * @throws {Error} with the session's own reason where a picture fails
 */
export function answersOf(session: BackendSession, slots: readonly Uint8Array[]): Answer[] {
  const block = new SharedArrayBuffer(PAYLOAD_OFFSET + session.payloadBytes);
  rootArena(block);
  new DataView(block).setUint32(ResultDescriptor.payloadCapacityBytes, session.payloadBytes, true);
  const address = addressOf(new Uint8Array(block));
  return slots.map((slot) => {
    const status = session.run(addressOf(slot), address);
    if (status < Status.ok) throw new Error(session.lastError());
    return readAnswer(block);
  });
}

/** Reads a result block. */
export function readAnswer(block: SharedArrayBuffer): Answer {
  const words = new Int32Array(block, 0, PAYLOAD_OFFSET / 4);
  const floats = new Float32Array(block, 0, PAYLOAD_OFFSET / 4);
  const count = words[ResultDescriptor.detectionCount / 4] as number;
  const objects = Array.from({ length: count }, (_, index): SeenObject => {
    const at = DETECTIONS_OFFSET / 4 + index * Words.WORDS;
    const float = (field: number): number => floats[at + field] as number;
    return {
      classId: words[at + Words.CLASS_ID] as number,
      confidence: float(Words.CONFIDENCE),
      xyxy: [float(Words.X1), float(Words.Y1), float(Words.X2), float(Words.Y2)],
    };
  });
  const dtype = words[ResultDescriptor.payloadDtype / 4] as number;
  const bytes = words[ResultDescriptor.payloadBytes / 4] as number;
  const numbers = payloadNumbers(block.slice(PAYLOAD_OFFSET, PAYLOAD_OFFSET + bytes), dtype);
  const step = Math.max(1, Math.ceil(numbers.length / VALUE_COUNT_MAX));
  const values = Array.from({ length: Math.ceil(numbers.length / step) }, (_, index) =>
    Number(numbers[index * step]),
  );
  return { objects, values };
}

function payloadNumbers(bytes: SharedArrayBuffer, dtype: number): ArrayLike<number | bigint> {
  switch (dtype) {
    case Dtype.f16:
      return new Float16Array(bytes);
    case Dtype.u8:
      return new Uint8Array(bytes);
    case Dtype.i32:
      return new Int32Array(bytes);
    case Dtype.i64:
      return new BigInt64Array(bytes);
    default:
      return new Float32Array(bytes);
  }
}
