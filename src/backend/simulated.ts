import { ResultDescriptor, Status } from "../layout/layout.gen.ts";
import { clockMs, sleepUntil } from "../native/library.ts";
import type { BackendSession, SimulatedOptions } from "./backend.ts";
import type { SessionContext } from "./open.ts";
import { lognormalParameters, randomStream } from "./random.ts";

/** How long one native wait lasts while the device plays dead. */
const HANG_STEP_MS = 1000;

/**
 * A device that takes a given time for each frame: for scheduling experiments and fault tests. It
 * computes nothing, finds nothing and says "simulated" wherever it is named; given the session of a
 * real model, it gives that model's answers and pads them to the time, which stands in for a
 * heavier model.
 *
 * Times are lognormal with mean `serviceMs` and coefficient of variation `cv` (see
 * `lognormalParameters`), drawn from `seed`; failures are drawn from a stream of their own, so
 * that asking for them does not change the times. Frames are counted from 0 in every session.
 */
export function openSimulatedSession(
  options: SimulatedOptions,
  context: SessionContext,
  answers: BackendSession | null,
): BackendSession {
  const { stopAddress, arenaAddress } = context;
  const wordsI32 = new Int32Array(context.arena);
  const wordsF32 = new Float32Array(context.arena);
  const drawServiceMs = serviceTimes(options);
  const failures = randomStream(options.seed ^ 0x5bd1e995);
  let frame = 0;

  /** Writes what a frame without detections says; of the timings, only inference takes any. */
  const writeEmpty = (resultAddress: number, status: number, inferenceMs: number): void => {
    const base = (resultAddress - arenaAddress) >>> 2;
    wordsI32[base + (ResultDescriptor.status >>> 2)] = status;
    wordsI32[base + (ResultDescriptor.detectionCount >>> 2)] = 0;
    wordsI32[base + (ResultDescriptor.candidateCount >>> 2)] = 0;
    wordsI32[base + (ResultDescriptor.payloadBytes >>> 2)] = 0;
    wordsF32[base + (ResultDescriptor.preprocessMs >>> 2)] = 0;
    wordsF32[base + (ResultDescriptor.inferenceMs >>> 2)] = inferenceMs;
    wordsF32[base + (ResultDescriptor.postprocessMs >>> 2)] = 0;
  };

  return {
    payloadBytes: answers?.payloadBytes ?? 0,

    // HOT: once a frame; allocates nothing.
    run(slotAddress: number, resultAddress: number): number {
      const ordinal = frame++;
      if (ordinal === options.dieAt) {
        throw new Error(`simulated device died at frame ${ordinal}, as die-at=${ordinal} asks`);
      }
      const serviceMs = drawServiceMs(ordinal);
      const startMs = serviceMs > 0 ? clockMs() : 0;
      if (ordinal === options.hangAt) {
        while (sleepUntil(clockMs() + HANG_STEP_MS, stopAddress));
        writeEmpty(resultAddress, Status.stopped, 0);
        return Status.stopped;
      }
      let status: number = Status.ok;
      if (answers === null) writeEmpty(resultAddress, status, serviceMs);
      else status = answers.run(slotAddress, resultAddress);
      if (serviceMs > 0 && !sleepUntil(startMs + serviceMs, stopAddress)) status = Status.stopped;
      if (options.fail > 0 && failures.uniform() < options.fail) status = Status.inference;
      if (status !== Status.ok) writeEmpty(resultAddress, status, serviceMs);
      return status;
    },

    close(): void {
      answers?.close();
    },
  };
}

/** Service time of each frame in ms; must be asked for every frame once, in order. */
export function serviceTimes(options: SimulatedOptions): (ordinal: number) => number {
  const { serviceMs, cv, slowAt } = options;
  const times = randomStream(options.seed);
  const { mu, sigma } = lognormalParameters(serviceMs, cv);
  let factor = 1;
  return (ordinal) => {
    for (let index = 0; index < slowAt.length; index++) {
      const step = slowAt[index];
      if (step?.frame === ordinal) factor *= step.factor;
    }
    if (serviceMs === 0) return 0;
    const drawn = sigma === 0 ? serviceMs : Math.exp(mu + sigma * times.normal());
    return drawn * factor;
  };
}
