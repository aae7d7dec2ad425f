import { Status } from "../layout/layout.gen.ts";
import { clockMs, sleepUntil } from "../native/library.ts";
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
 * Times are those of `serviceTimes`. Failures are drawn from a stream of their own, so that asking
 * for them does not change the times. Frames are counted from 0 in every session.
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
  let frame = 0;
  let error = "";
  // What a wait oversleeps is taken off the next one, so that the mean stays the one asked for.
  let oversleptMs = 0;

  const hang = (ordinal: number): number => {
    while (sleepUntil(clockMs() + HANG_STEP_MS, stopAddress));
    error = `simulated device hung at frame ${ordinal}, as hang-at=${ordinal} asks`;
    return Status.stopped;
  };

  return {
    payloadBytes: answers?.payloadBytes ?? 0,

    // HOT: once a frame; at 0 ms it makes no native call, so that dispatch can be measured.
    run(slotAddress: number, resultAddress: number): number {
      const ordinal = frame++;
      if (ordinal === options.dieAt) {
        throw new Error(`simulated device died at frame ${ordinal}, as die-at=${ordinal} asks`);
      }
      if (ordinal === options.hangAt) return hang(ordinal);
      const serviceMs = nextServiceMs(ordinal);
      const endMs = serviceMs > 0 ? clockMs() + Math.max(serviceMs - oversleptMs, 0) : 0;
      const fails = options.fail > 0 && nextFailure() < options.fail;
      let status: number = Status.ok;
      if (answers !== null) {
        status = answers.run(slotAddress, resultAddress);
        if (status < Status.ok) error = answers.lastError();
      }
      if (serviceMs > 0) {
        if (!sleepUntil(endMs, stopAddress)) return Status.stopped;
        oversleptMs = Math.min(clockMs() - endMs, serviceMs);
      }
      if (!fails) return status;
      error = `simulated failure at frame ${ordinal}, as fail=${options.fail} asks`;
      return Status.inference;
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
