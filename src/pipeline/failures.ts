import { type AipError, runtimeError } from "../errors.ts";
import { ATTEMPT_COUNT_MAX, type Dispatcher } from "../schedule/dispatcher.ts";
import type { TraceRecorder } from "../sink/trace-recorder.ts";
import type { Anchors } from "./anchors.ts";
import type { Auditing } from "./auditing.ts";
import type { Device, Seat } from "./device.ts";
import type { SlotTable } from "./slot-table.ts";

/** Errors in a row after which a device's worker is replaced. */
const FAILURES_IN_ROW_MAX = 10;

export interface FailuresOptions {
  readonly slots: SlotTable;
  readonly dispatcher: Dispatcher;
  /** Knows which frame takes the place of one that has failed for good. */
  readonly anchors: Anchors;
  /** Knows frames that have left already; null where no cascade is audited. */
  readonly auditing: Auditing | null;
  /** A device gives nothing but errors; its frames must be taken back before this returns. */
  readonly onBroken: (device: Device, reason: string) => void;
  /** Is told of errors and lost devices; null where nobody wants a timeline. */
  readonly trace: TraceRecorder | null;
}

/**
 * What becomes of frames whose device gave an error or was lost: another device gets them, and
 * those that were tried often enough have failed for good, and leave as such in their turn.
 */
export class Failures {
  /** Frames given to another device. */
  retries = 0;
  readonly #options: FailuresOptions;
  /** Devices that gave nothing but errors lately, with the last one. */
  readonly #broken = new Map<Device, string>();
  /** Why no frame can be answered any more; null while one can. */
  #hopeless: string | null = null;

  constructor(options: FailuresOptions) {
    this.#options = options;
  }

  /** The device gave the error in this result block. */
  refused(device: Device, result: number): void {
    const { slots, trace } = this.#options;
    const slot = slots.slotOf(result);
    const message = slots.errorIn(result);
    trace?.answered(slot, result, device.index, message);
    slots.discard(result);
    device.failuresInRow += 1;
    this.#attemptFailed(slot, message);
    if (device.failuresInRow >= FAILURES_IN_ROW_MAX) this.#broken.set(device, message);
  }

  /** The device's worker is gone, or hangs and may still write. */
  lost(device: Device, seat: Seat, hung: boolean, reason: string): void {
    const { slots, dispatcher } = this.#options;
    const { running } = device;
    this.#traceLost(device, reason);
    while (running.length > 0) {
      const result = running.shift();
      const slot = slots.slotOf(result);
      if (hung) seat.quarantined.push(result);
      else slots.discard(result);
      this.#attemptFailed(slot, `device ${device.instance.id} ${reason}`);
    }
    device.inFlight = 0;
    dispatcher.deviceGone(device.index);
  }

  /** Has those devices replaced that give nothing but errors. */
  replaceBroken(): void {
    if (this.#broken.size === 0) return;
    for (const [device, message] of this.#broken) {
      this.#options.onBroken(device, `failed ${FAILURES_IN_ROW_MAX} frames in a row: ${message}`);
    }
    this.#broken.clear();
  }

  /** No device is left: what waits has failed, and so has whatever still comes. */
  abandon({ message }: AipError): void {
    const { dispatcher } = this.#options;
    this.#hopeless = message;
    for (let slot = dispatcher.takeAny(); slot >= 0; slot = dispatcher.takeAny()) {
      this.#giveUp(slot, message);
    }
  }

  /** Gives up a frame that has just come, and was to have the answer of one that has failed. */
  forsake(slot: number): void {
    this.#giveUp(slot, this.#hopeless ?? "the frame whose answer it was to have has failed");
  }

  /** Gives up a frame that has just come, where no device is left; false where one is. HOT. */
  takeIfHopeless(slot: number): boolean {
    if (this.#hopeless === null) return false;
    this.#giveUp(slot, this.#hopeless);
    return true;
  }

  #attemptFailed(slot: number, message: string): void {
    const { slots, dispatcher, auditing } = this.#options;
    if (auditing?.has(slot) === true) {
      auditing.failed(slot);
      return;
    }
    if (slots.attemptsOf(slot) >= ATTEMPT_COUNT_MAX) {
      this.#giveUp(slot, message);
      return;
    }
    this.retries += 1;
    dispatcher.retry(slot, slots.deviceOf(slot));
  }

  #giveUp(slot: number, message: string): void {
    const { slots, dispatcher, anchors } = this.#options;
    const { place, reorder } = slots.sourceOf(slot);
    for (let lost = slot; lost >= 0; ) {
      const next = anchors.lost(lost);
      slots.fail(lost, message);
      reorder.complete(lost - place.firstSlot);
      if (next >= 0 && this.#hopeless === null && !anchors.isBare(next)) {
        dispatcher.arrive(next, slots.receivedMsOf(next));
        return;
      }
      lost = next;
    }
  }

  /** A lost device leaves no result block that says what it was at. */
  #traceLost({ running, index, busySinceMs }: Device, reason: string): void {
    const { slots, trace } = this.#options;
    if (trace === null || running.length === 0) return;
    trace.unanswered(slots.slotOf(running.at(0)), index, busySinceMs, reason);
  }
}

/** Why a run without devices ended. */
export function noDeviceLeft(devices: readonly Device[]): AipError {
  const causes = devices.map((device) => `${device.instance.id} ${device.outReason ?? "is gone"}`);
  return runtimeError("no-device-left", `No device is left: ${causes.join("; ")}`);
}
