import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import { DROPPED, NOTHING } from "../schedule/reorder.ts";
import type { TraceRecorder } from "../sink/trace-recorder.ts";
import type { Auditing } from "./auditing.ts";
import type { CascadeAnswers } from "./cascade-answers.ts";
import type { CascadeKeeper } from "./cascade-keeper.ts";
import type { EmittedFrame } from "./emitted-frame.ts";
import type { SlotTable } from "./slot-table.ts";
import type { SourceRunner } from "./source-runner.ts";
import type { StageTimes } from "./stage-times.ts";

export interface DeparturesOptions {
  readonly slots: SlotTable;
  readonly stages: StageTimes;
  /** The window through which everybody sees what leaves. */
  readonly frame: EmittedFrame;
  /** Called with `frame` filled, in order per source. */
  readonly emit: () => void;
  /** Says how frames were answered where a cascade runs; null elsewhere. */
  readonly cascade: CascadeAnswers | null;
  /** Draws frames to be looked at again; null where no cascade is audited. */
  readonly auditing: Auditing | null;
  /** Keeps what it learns from; null where no cascade runs. */
  readonly keeper: CascadeKeeper | null;
  /** Is told of every frame that begins to leave; null where nobody wants a timeline. */
  readonly trace: TraceRecorder | null;
}

/**
 * The way out: shows each source's frames in order, answered and failed ones, and markers of
 * dropped ones in their places; counts them, and gives their slots back.
 */
export class Departures {
  /** From a frame's receipt to its leaving in order, in ms. */
  readonly latency: LatencyHistogram = new LatencyHistogram();
  /** The first frame that failed for good, with its cause; null while there is none. */
  firstFailure: string | null = null;
  /** Clock when the last frame left; 0 before the first. */
  lastMs = 0;
  readonly #slots: SlotTable;
  readonly #stages: StageTimes;
  readonly #frame: EmittedFrame;
  readonly #emit: () => void;
  readonly #cascade: CascadeAnswers | null;
  readonly #auditing: Auditing | null;
  readonly #keeper: CascadeKeeper | null;
  readonly #trace: TraceRecorder | null;

  constructor(options: DeparturesOptions) {
    const { slots, stages, frame, emit, cascade, auditing, keeper, trace } = options;
    this.#slots = slots;
    this.#stages = stages;
    this.#frame = frame;
    this.#emit = emit;
    this.#cascade = cascade;
    this.#auditing = auditing;
    this.#keeper = keeper;
    this.#trace = trace;
  }

  /** Lets everything leave whose turn it is; false where that is nothing. HOT. */
  letLeave(source: SourceRunner, nowMs: number): boolean {
    const { reorder } = source;
    let local = reorder.next();
    if (local === NOTHING) return false;
    const { firstSlot } = source.place;
    const frame = this.#frame;
    for (; local !== NOTHING; local = reorder.next()) {
      const frameId = reorder.lastId;
      if (frameId !== source.nextId) source.inOrder = false;
      source.nextId = frameId + 1;
      frame.sourceIndex = source.index;
      frame.frameId = frameId;
      frame.error = undefined;
      if (local === DROPPED) this.#showDropped(source, frameId);
      else this.#show(source, firstSlot + local, nowMs);
      this.#trace?.leaving();
      this.#emit();
      if (frame.status === "ok") this.#auditing?.left(frame);
      if (local !== DROPPED) this.#keeper?.left(frame);
      if (local !== DROPPED) this.#slots.leave(firstSlot + local);
    }
    source.free.publish();
    this.lastMs = nowMs;
    return true;
  }

  #showDropped(source: SourceRunner, frameId: number): void {
    const frame = this.#frame;
    const { width, height } = source.source.info.geometry;
    source.dropped += 1;
    frame.status = "dropped";
    frame.present = undefined;
    frame.score = undefined;
    frame.error = source.takeDropReason(frameId);
    frame.showDropped(source.dropTimeMs(frameId), width, height);
  }

  #show(source: SourceRunner, slot: number, nowMs: number): void {
    const frame = this.#frame;
    const slots = this.#slots;
    const hasFailed = slots.hasFailed(slot);
    if (!hasFailed) this.#cascade?.fill(source.index, slot);
    const result = slots.resultOf(slot);
    frame.show(slot, result, nowMs);
    if (hasFailed) {
      source.failed += 1;
      frame.status = "failed";
      frame.deviceIndex = -1;
      frame.present = undefined;
      frame.score = undefined;
      frame.error = slots.takeError(slot);
      this.firstFailure ??= `frame ${frame.frameId} of ${source.source.name}: ${frame.error}`;
      return;
    }
    source.emitted += 1;
    source.gaps.record(frame.frameId);
    frame.status = "ok";
    frame.deviceIndex = slots.deviceOf(slot);
    this.latency.record(frame.latencyMs);
    this.#cascade?.settle(frame);
    if (frame.deviceIndex >= 0) this.#stages.left(slots, result, nowMs);
  }
}
