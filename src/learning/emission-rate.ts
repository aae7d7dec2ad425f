import { clockMs } from "../native/library.ts";
import type { Sink } from "../sink/sink.ts";
import type { FrameView, RunContext } from "../types.ts";

/** Frames that are still the start of a run: workers fill their pipelines. */
const START_FRAMES_PER_DEVICE = 2;

/** Notes when answered frames leave, for the time between two of them. */
export class EmissionRate implements Sink {
  readonly name = "emission-rate";
  /** Devices that answer at the same time. */
  deviceCount = 1;
  readonly #onEnough: () => void;
  readonly #lastsMs: number;
  readonly #framesPerDevice: number;
  readonly #timesMs: number[] = [];
  #startedMs = 0;

  /**
   * @param limits how long it looks on, in ms and in frames of each device: until both are over
   * @param onEnough told that it has seen enough, from then on at every frame
   */
  constructor(
    limits: { readonly ms: number; readonly framesPerDevice: number },
    onEnough: () => void,
  ) {
    this.#lastsMs = limits.ms;
    this.#framesPerDevice = limits.framesPerDevice;
    this.#onEnough = onEnough;
  }

  open(context: RunContext): void {
    this.deviceCount = Math.max(1, context.devices.length);
  }

  write(frame: FrameView): void {
    if (frame.status !== "ok") return;
    const nowMs = clockMs();
    if (this.#timesMs.length === 0) this.#startedMs = nowMs;
    this.#timesMs.push(nowMs);
    const isLong = nowMs - this.#startedMs >= this.#lastsMs;
    if (isLong && this.frames >= this.#framesPerDevice * this.deviceCount) this.#onEnough();
  }

  /** Frames that were answered. */
  get frames(): number {
    return this.#timesMs.length;
  }

  /**
   * Ms between two answers, in as many stretches of equally many frames as there are, at most.
   * Answers leave in bunches where devices wait for each other, so single gaps say nothing.
   */
  gapsMs(stretches: number): number[] {
    const times = this.#timesMs.slice(START_FRAMES_PER_DEVICE * this.deviceCount);
    const frames = Math.max(1, Math.floor((times.length - 1) / stretches));
    const gaps: number[] = [];
    for (let end = frames; end < times.length; end += frames) {
      gaps.push(((times[end] as number) - (times[end - frames] as number)) / frames);
    }
    return gaps;
  }

  async close(): Promise<void> {}

  outputs(): readonly string[] {
    return [];
  }
}
