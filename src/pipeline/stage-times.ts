import { LatencyHistogram } from "../metrics/latency-histogram.ts";
import type { SlotTable } from "./slot-table.ts";

/** Time of answered frames in each stage, in ms, from the decoder to the wait for their turn. */
export class StageTimes {
  readonly decode: LatencyHistogram = new LatencyHistogram();
  readonly queue: LatencyHistogram = new LatencyHistogram();
  readonly preprocess: LatencyHistogram = new LatencyHistogram();
  readonly inference: LatencyHistogram = new LatencyHistogram();
  readonly postprocess: LatencyHistogram = new LatencyHistogram();
  readonly reorder: LatencyHistogram = new LatencyHistogram();

  /** The frame in `slot` has its answer in `result`. HOT. */
  answered(slots: SlotTable, slot: number, result: number): void {
    this.decode.record(slots.decodeMsOf(slot));
    this.queue.record(slots.startedMsOf(result) - slots.receivedMsOf(slot));
    this.preprocess.record(slots.preprocessMsOf(result));
    this.inference.record(slots.inferenceMsOf(result));
    this.postprocess.record(slots.postprocessMsOf(result));
  }

  /** The frame with this answer leaves. HOT. */
  left(slots: SlotTable, result: number, nowMs: number): void {
    this.reorder.record(nowMs - slots.finishedMsOf(result));
  }
}
