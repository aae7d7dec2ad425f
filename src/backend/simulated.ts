import { BATCH_SIZE_MAX, Status } from "../layout/layout.gen.ts";
import { clockMs, sleepUntil } from "../native/library.ts";
import type { AddressTable } from "../native/session.ts";
import { mulberry32 } from "../random.ts";
import { serviceTimes } from "../service-times.ts";
import type { BackendSession, SimulatedOptions } from "./backend.ts";

/** How long one native wait lasts while the device plays dead. */
const HANG_STEP_MS = 1000;
/** Keeps the stream that draws failures apart from the one that draws times. */
const FAILURE_STREAM = 0x5bd1e995;

/**
 * A device that takes a given time for each frame: for scheduling experiments and fault tests. It
 * computes nothing, finds nothing and says "simulated" wherever it is named; given the session of a
 * real model, it gives that model's answers and pads them to the time, which stands in for a
 * heavier model.
 *
 * Times are those of `serviceTimes`, also those of calls with several frames. Failures are drawn
 * from a stream of their own, so that asking for them does not change the times. Frames are counted
 * from 0 in every session.
 *
 * @param stopAddress Native address of a u32 that ends every wait once it is not 0
 * @param answers The session whose answers are given, or null for none
 */
export function openSimulatedSession(
  options: SimulatedOptions,
  stopAddress: number,
  answers: BackendSession | null,
): BackendSession {
  const nextServiceMs = serviceTimes(options);
  const nextFailure = mulberry32(options.seed ^ FAILURE_STREAM);
  let frames = 0;
  let error = "";
  // What a wait oversleeps is taken off the next one, so that the mean stays the one asked for.
  let oversleptMs = 0;

  const hang = (ordinal: number): number => {
    while (sleepUntil(clockMs() + HANG_STEP_MS, stopAddress));
    error = `simulated device hung at frame ${ordinal}, as hang-at=${ordinal} asks`;
    return Status.stopped;
  };

  /** Whether the fault asked for falls on one of the frames from `first` on. */
  const strikes = (at: number | null, first: number, count: number): at is number =>
    at !== null && at >= first && at < first + count;

  let first = 0;
  let serviceMs = 0;
  let endMs = 0;
  let fails = false;

  /** Begins a call of `count` frames; anything but OK ends it at once. HOT. */
  const begin = (count: number): number => {
    first = frames;
    frames += count;
    if (strikes(options.dieAt, first, count)) {
      throw new Error(
        `simulated device died at frame ${options.dieAt}, as die-at=${options.dieAt} asks`,
      );
    }
    if (strikes(options.hangAt, first, count)) return hang(options.hangAt);
    serviceMs = nextServiceMs(first, count);
    endMs = serviceMs > 0 ? clockMs() + Math.max(serviceMs - oversleptMs, 0) : 0;
    fails = options.fail > 0 && nextFailure() < options.fail;
    return Status.ok;
  };

  /** Waits until the call's time is over; `status` is what its answers came to. HOT. */
  const end = (status: number): number => {
    if (status < Status.ok) error = answers?.lastError() ?? "";
    if (serviceMs > 0) {
      if (!sleepUntil(endMs, stopAddress)) return Status.stopped;
      oversleptMs = Math.min(clockMs() - endMs, serviceMs);
    }
    if (!fails) return status;
    error = `simulated failure at frame ${first}, as fail=${options.fail} asks`;
    return Status.inference;
  };

  return {
    payloadBytes: answers?.payloadBytes ?? 0,

    // HOT: once a frame; at 0 ms it makes no native call, so that dispatch can be measured.
    run(slotAddress: number, resultAddress: number): number {
      const begun = begin(1);
      if (begun !== Status.ok) return begun;
      return end(answers === null ? Status.ok : answers.run(slotAddress, resultAddress));
    },

    batch: {
      sizeMax: answers === null ? BATCH_SIZE_MAX : (answers.batch?.sizeMax ?? 1),

      // HOT: once a batch. Without a model the blocks stay as the worker has prepared them: OK.
      run(count: number, slots: AddressTable, results: AddressTable): number {
        const begun = begin(count);
        if (begun !== Status.ok) return begun;
        return end(answers?.batch?.run(count, slots, results) ?? Status.ok);
      },
    },

    warmUp(slotAddress: number, resultAddress: number): number {
      return answers === null ? Status.ok : answers.warmUp(slotAddress, resultAddress);
    },

    lastError(): string {
      return error;
    },

    close(): void {
      answers?.close();
    },
  };
}
