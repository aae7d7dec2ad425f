import type { BackendSession } from "../backend/backend.ts";
import { blankSlot } from "../layout/blank-slot.ts";
import { ResultDescriptor, Status } from "../layout/layout.gen.ts";
import { addressOf } from "../native/library.ts";
import { AddressTable } from "../native/session.ts";
import { DETECTIONS_OFFSET, PAYLOAD_OFFSET, rootArena } from "../ring/arena.ts";
import type { StageFigures } from "../schedule/calibration.ts";
import type { FrameGeometry } from "../types.ts";

/** The descriptor of one frame's answer. */
interface ResultBlock {
  readonly words: Int32Array;
  readonly floats: Float32Array;
}

/** Calls of one size to a session: one grey picture for all frames, and a result block for each. */
export class StationCall {
  /** Frames of a call. */
  readonly size: number;
  readonly #session: BackendSession;
  readonly #slotAddress: number;
  readonly #resultAddress: number;
  readonly #slots: AddressTable;
  readonly #results: AddressTable;
  readonly #blocks: readonly ResultBlock[];

  /** @throws {RangeError} where the session takes fewer frames in a call */
  constructor(session: BackendSession, geometry: FrameGeometry, size: number) {
    const sizeMax = session.batch?.sizeMax ?? 1;
    if (size > sizeMax) throw new RangeError(`it takes ${sizeMax} frames in a call, not ${size}`);
    this.size = size;
    this.#session = session;
    const slot = blankSlot(geometry);
    rootArena(slot.buffer as SharedArrayBuffer);
    this.#slotAddress = addressOf(slot);
    const blocks = Array.from({ length: size }, () => resultBlock(session.payloadBytes));
    this.#blocks = blocks.map((block) => ({
      words: new Int32Array(block, 0, PAYLOAD_OFFSET / 4),
      floats: new Float32Array(block, 0, PAYLOAD_OFFSET / 4),
    }));
    this.#slots = new AddressTable(size);
    this.#results = new AddressTable(size);
    for (const [place, block] of blocks.entries()) {
      this.#slots.set(place, this.#slotAddress);
      this.#results.set(place, addressOf(new Uint8Array(block)));
    }
    this.#resultAddress = addressOf(new Uint8Array(blocks[0] as SharedArrayBuffer));
  }

  /** Answers a call; returns its status. HOT. */
  run(): number {
    const { batch } = this.#session;
    if (this.size === 1 || batch === undefined) return this.runSingle();
    for (let place = 0; place < this.size; place += 1) {
      const { words } = this.#blocks[place] as ResultBlock;
      words[ResultDescriptor.status / 4] = Status.ok;
    }
    return batch.run(this.size, this.#slots, this.#results);
  }

  /** Answers one frame by itself; returns its status. */
  runSingle(): number {
    return this.#session.run(this.#slotAddress, this.#resultAddress);
  }

  /** Answers one frame before those that count; returns its status. */
  warmUp(): number {
    return this.#session.warmUp(this.#slotAddress, this.#resultAddress);
  }

  /** Frames that failed in a call of this status. HOT. */
  failures(status: number): number {
    if (status < Status.ok) return this.size;
    if (this.size === 1) return 0;
    let count = 0;
    for (let place = 0; place < this.size; place += 1) {
      const { words } = this.#blocks[place] as ResultBlock;
      if ((words[ResultDescriptor.status / 4] as number) < Status.ok) count += 1;
    }
    return count;
  }

  /** Why a frame of the last call failed: the session says it, or the frame's own block. */
  lastError(): string {
    const failed = this.#blocks.find(
      ({ words }) => (words[ResultDescriptor.status / 4] as number) < Status.ok,
    );
    if (this.size === 1 || failed === undefined) return this.#session.lastError();
    const length = failed.words[ResultDescriptor.payloadBytes / 4] as number;
    return new TextDecoder().decode(
      new Uint8Array(failed.words.buffer).slice(DETECTIONS_OFFSET, DETECTIONS_OFFSET + length),
    );
  }

  /** Adds the stages of every frame of the last call. HOT. */
  addStages(to: { -readonly [stage in keyof StageFigures]: number }): void {
    for (let place = 0; place < this.size; place += 1) {
      const { floats } = this.#blocks[place] as ResultBlock;
      to.preprocess += floats[ResultDescriptor.preprocessMs / 4] as number;
      to.inference += floats[ResultDescriptor.inferenceMs / 4] as number;
      to.postprocess += floats[ResultDescriptor.postprocessMs / 4] as number;
    }
  }
}

function resultBlock(payloadBytes: number): SharedArrayBuffer {
  const block = new SharedArrayBuffer(PAYLOAD_OFFSET + payloadBytes);
  new DataView(block).setUint32(ResultDescriptor.payloadCapacityBytes, payloadBytes, true);
  rootArena(block);
  return block;
}
