import type { Asked } from "../cascade/asked.ts";
import type { Audit, DriftKind } from "../cascade/audit.ts";
import { AuditReserve } from "../cascade/audit-reserve.ts";
import { mulberry32 } from "../random.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { SlotTable } from "./slot-table.ts";
import type { SourceAudit } from "./source-audit.ts";

/** Part of a source's slots that frames to be audited may keep. */
const SLOT_SHARE = 1 / 8;
const RESERVE_SEED = 0x5eed;

export interface AuditingOptions {
  readonly slots: SlotTable;
  readonly asked: Asked;
  /** Of its own: the window through which audited frames are seen. */
  readonly frame: EmittedFrame;
  readonly slotCount: number;
  /** Per source. */
  readonly sources: readonly SourceAudit[];
  /** The audit of this source says that an error rate has risen. */
  readonly onDrift: (source: number, kind: DriftKind) => void;
}

/**
 * Has the reference model look at a random few of the frames that a cascade answered early, when
 * they have left and a device has nothing else to do. Until then a frame keeps its slot; where too
 * many wait, one of them is skipped, and counted, and the others stand for it.
 *
 * It allocates nothing for a frame that is not drawn.
 */
export class Auditing {
  readonly #options: AuditingOptions;
  #waiting = 0;
  // Per source:
  readonly #reserves: readonly AuditReserve[];
  readonly #held: Uint32Array;
  // Per slot:
  readonly #isAudited: Uint8Array;
  readonly #answered: Uint8Array;
  readonly #probability: Float64Array;
  /** Who drew it. */
  readonly #drawnBy: (Audit | null)[];

  constructor(options: AuditingOptions) {
    const { slotCount, sources } = options;
    this.#options = options;
    this.#reserves = sources.map((_, index) => new AuditReserve(mulberry32(RESERVE_SEED + index)));
    this.#held = new Uint32Array(sources.length);
    this.#isAudited = new Uint8Array(slotCount);
    this.#answered = new Uint8Array(slotCount);
    this.#probability = new Float64Array(slotCount);
    this.#drawnBy = new Array<Audit | null>(slotCount).fill(null);
  }

  /** Frames that wait for an idle device. */
  get waiting(): number {
    return this.#waiting;
  }

  /** An answered frame leaves; draws it, or not. HOT. */
  left(frame: EmittedFrame): void {
    const { sourceIndex, slotIndex: slot } = frame;
    const source = this.#options.sources[sourceIndex] as SourceAudit;
    if (source.isPaused) return;
    const present = frame.present === true;
    if (frame.answer === "inferred") {
      source.audit.certain(present);
      return;
    }
    const probability = source.audit.draw();
    if (probability === 0) return;
    const { slots } = this.#options;
    const held = this.#held[sourceIndex] as number;
    const reserve = this.#reserves[sourceIndex] as AuditReserve;
    const isFull = held + 1 > SLOT_SHARE * slots.sourceOf(slot).place.slotCount;
    if (isFull && reserve.length === 0) {
      source.skipped += 1;
      return;
    }
    this.#held[sourceIndex] = held + 1;
    this.#isAudited[slot] = 1;
    this.#answered[slot] = Number(present);
    this.#drawnBy[slot] = source.audit;
    slots.hold(slot);
    reserve.add({ slot, weight: 1 / probability });
    this.#waiting += 1;
    if (!isFull) return;
    const gone = reserve.giveWay();
    this.#waiting -= 1;
    this.#skip(gone);
  }

  /** Takes out a frame that waits for its audit, of the source that most wait of; -1 for none. */
  next(): number {
    if (this.#waiting === 0) return -1;
    let longest = this.#reserves[0] as AuditReserve;
    for (const reserve of this.#reserves) if (reserve.length > longest.length) longest = reserve;
    return this.#take(longest);
  }

  #take(reserve: AuditReserve): number {
    const frame = reserve.take();
    if (frame === undefined) return -1;
    this.#waiting -= 1;
    this.#probability[frame.slot] = 1 / frame.weight;
    return frame.slot;
  }

  /** Whether the frame in this slot has left, and is only audited. HOT. */
  has(slot: number): boolean {
    return this.#isAudited[slot] === 1;
  }

  /** The reference model has looked at the frame in `slot`: its answer is in `result`. */
  audited(slot: number, result: number): void {
    const { slots, asked, frame, onDrift } = this.#options;
    const { index } = slots.sourceOf(slot);
    frame.show(slot, result, 0);
    const score = asked.scoreOf(frame);
    const source = this.#options.sources[index] as SourceAudit;
    source.audited += 1;
    const isOfUse = this.#drawnBy[slot] === source.audit && !source.isPaused;
    slots.discard(result);
    this.#letGo(slot);
    if (!isOfUse) return;
    const drift = source.audit.audited({
      answered: this.#answered[slot] === 1,
      present: asked.isPresent(score),
      probability: this.#probability[slot] as number,
    });
    if (drift === null) return;
    onDrift(index, drift);
    if (source.isPaused) this.#skipWaitingOf(index);
  }

  /** The device failed the frame in `slot`, or is gone. */
  failed(slot: number): void {
    this.#skip(slot);
  }

  /** Nobody will have time any more. */
  skipWaiting(): void {
    for (let slot = this.next(); slot >= 0; slot = this.next()) this.#skip(slot);
  }

  /** What waits of this source was drawn for a cascade that does not answer any more. */
  #skipWaitingOf(index: number): void {
    const reserve = this.#reserves[index] as AuditReserve;
    for (let slot = this.#take(reserve); slot >= 0; slot = this.#take(reserve)) this.#skip(slot);
  }

  #skip(slot: number): void {
    const { index } = this.#options.slots.sourceOf(slot);
    (this.#options.sources[index] as SourceAudit).skipped += 1;
    this.#letGo(slot);
  }

  #letGo(slot: number): void {
    const { slots } = this.#options;
    const { index } = slots.sourceOf(slot);
    this.#isAudited[slot] = 0;
    this.#drawnBy[slot] = null;
    this.#held[index] = (this.#held[index] as number) - 1;
    slots.release(slot);
  }
}
