import type { DeviceInstance } from "../backend/backend.ts";
import { runtimeError } from "../errors.ts";
import { clockMs } from "../native/library.ts";
import type { FrameGeometry } from "../types.ts";
import type { Combination, Variant } from "./combination.ts";
import type { Feeder } from "./feeder.ts";
import { Station } from "./station.ts";
import type { StationTrial } from "./station-protocol.ts";

/** A slow device gets as long as it takes for so many calls. */
export const CALLS_MIN = 2;
/** No answer for so long, or for so many of its calls' times: the device hangs. */
const HANG_MS = 5000;
const HANG_CALLS = 20;
/**
 * A trial does not end while a device has been silent for so long, and for so many calls' times.
 */
const SILENT_MS = 100;
const SILENT_CALLS = 4;
/** Between two looks at how far a trial has come. */
const LOOK_MS = 3;

const MIB = 2 ** 20;

export interface RigOptions {
  /** Instances of a device text, such as `cpu:threads=1:replicas=2`. */
  readonly plan: (devices: string) => readonly DeviceInstance[];
  readonly geometry: FrameGeometry;
  /** Delivers a frame for each one answered, as a run's decoder does; null for none. */
  readonly feeder: Feeder | null;
  /** Time a device gets to open and warm up. */
  readonly openWithinMs: number;
  readonly signal: AbortSignal;
}

/** One instance in one trial. */
export interface Measured {
  readonly station: Station;
  readonly trial: StationTrial;
  /** Frames answered a second: those that failed are none. */
  readonly fps: number;
}

/** A call of an instance, as its warm-up knows it. */
export interface WarmCall {
  readonly frames: number;
  readonly callMs: number;
}

/** A device that cannot be measured. */
export class VariantFailed extends Error {
  readonly variant: Variant;
  /** It may work: it was only not ready in the time there was. */
  readonly isLate: boolean;

  constructor(variant: Variant, reason: string, isLate = false) {
    super(reason);
    this.variant = variant;
    this.isLate = isLate;
  }
}

/** Stations by variant, kept open between trials. */
export class Rig {
  readonly #options: RigOptions;
  readonly #stations = new Map<string, Station[]>();
  #isClosed = false;

  constructor(options: RigOptions) {
    this.#options = options;
  }

  /**
   * Opens what a combination needs, the instances of one device at once.
   * @throws {VariantFailed}
   */
  async open(combination: Combination): Promise<void> {
    for (const { variant, replicas } of combination) {
      const stations = this.#stations.get(variant.device) ?? [];
      this.#stations.set(variant.device, stations);
      const missing = this.#options
        .plan(`${variant.device}:replicas=${replicas}`)
        .slice(stations.length)
        .map((instance) => new Station(instance, this.#options.geometry));
      if (missing.length === 0) continue;
      this.#checkSignal();
      stations.push(...missing);
      const before = process.memoryUsage.rss();
      const opening = Promise.all(missing.map((station) => station.open()));
      await this.#within(variant, this.#options.openWithinMs, opening);
      const grownMb = Math.max(0, process.memoryUsage.rss() - before) / MIB;
      for (const station of missing) station.memoryMb = grownMb / missing.length;
    }
  }

  /**
   * Runs a combination for a while: all its instances at once, until the time is over and the
   * slowest has answered a few calls.
   *
   * @throws {VariantFailed} where a device fails or hangs
   */
  async trial(combination: Combination, sliceMs: number): Promise<readonly Measured[]> {
    await this.open(combination);
    await this.#options.feeder?.open();
    this.#checkSignal();
    const parts = combination.flatMap(({ variant, replicas }) =>
      (this.#stations.get(variant.device) ?? [])
        .slice(0, replicas)
        .map((station) => ({ variant, station })),
    );
    const runs = parts.map(({ variant, station }) =>
      station.run().catch((error: Error) => {
        throw new VariantFailed(variant, error.message);
      }),
    );
    const ended = Promise.all(runs);
    // A failure while waiting below is thrown at the end, by `await ended`.
    let failed = false;
    ended.catch(() => {
      failed = true;
    });
    this.#options.feeder?.start(parts.map(({ station }) => station.words));
    try {
      await this.#wait(parts, sliceMs, () => failed);
    } finally {
      for (const { station } of parts) station.stop();
      await this.#options.feeder?.stop();
    }
    const trials = await ended;
    return trials.map((trial, index) => ({
      station: (parts[index] as (typeof parts)[number]).station,
      trial,
      fps: answeredFps(trial),
    }));
  }

  /** Times of the instances' last warm-up calls. The combination must be open. */
  warmCalls(combination: Combination): readonly WarmCall[] {
    return combination.flatMap(({ variant: { device, batch } }) =>
      (this.#stations.get(device) ?? []).map(({ callMs }) => ({ frames: batch, callMs })),
    );
  }

  /** Ends the workers of a variant that will not be measured again. */
  async release(variant: Variant): Promise<void> {
    const stations = this.#stations.get(variant.device) ?? [];
    this.#stations.delete(variant.device);
    await Promise.all(stations.map((station) => station.close()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const stations = [...this.#stations.values()].flat();
    this.#stations.clear();
    await Promise.all(stations.map((station) => station.close()));
  }

  /** Waits until the slice is over, and nobody is suspiciously long at one call. */
  async #wait(
    parts: readonly { readonly variant: Variant; readonly station: Station }[],
    sliceMs: number,
    failed: () => boolean,
  ): Promise<void> {
    const startedMs = clockMs();
    const seen = parts.map(() => ({ frames: 0, atMs: startedMs }));
    for (;;) {
      await Bun.sleep(LOOK_MS);
      if (failed()) return;
      this.#checkSignal();
      const nowMs = clockMs();
      let isLate = false;
      for (const [index, { variant, station }] of parts.entries()) {
        const last = seen[index] as (typeof seen)[number];
        const { frames } = station;
        if (frames !== last.frames) Object.assign(last, { frames, atMs: nowMs });
        const silentMs = nowMs - last.atMs;
        if (silentMs > Math.max(HANG_MS, HANG_CALLS * station.callMs)) {
          throw new VariantFailed(
            variant,
            `it gave no answer in ${(silentMs / 1000).toFixed(0)} s`,
          );
        }
        const isSilent = silentMs > Math.max(SILENT_MS, SILENT_CALLS * station.callMs);
        if (isSilent || frames < CALLS_MIN * variant.batch) isLate = true;
      }
      if (!isLate && nowMs - startedMs >= sliceMs) return;
    }
  }

  async #within(variant: Variant, limitMs: number, opening: Promise<unknown>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const late = new VariantFailed(
      variant,
      `it was not ready within ${(limitMs / 1000).toFixed(0)} s`,
      true,
    );
    const timer = setTimeout(() => reject(late), limitMs);
    const onAbort = (): void => reject(interrupted());
    this.#options.signal.addEventListener("abort", onAbort);
    try {
      await Promise.race([opening, promise]);
    } catch (error) {
      opening.catch(() => undefined); // The race has told what counts.
      if (this.#options.signal.aborted) throw interrupted();
      if (error instanceof VariantFailed) throw error;
      throw new VariantFailed(variant, (error as Error).message);
    } finally {
      clearTimeout(timer);
      this.#options.signal.removeEventListener("abort", onAbort);
    }
  }

  #checkSignal(): void {
    if (this.#options.signal.aborted || this.#isClosed) throw interrupted();
  }
}

/** Frames answered a second. */
export function answeredFps({
  frames,
  failures,
  elapsedMs,
}: Pick<StationTrial, "frames" | "failures" | "elapsedMs">): number {
  return elapsedMs > 0 ? (1000 * (frames - failures)) / elapsedMs : 0;
}

function interrupted(): Error {
  return runtimeError("interrupted", "The calibration was interrupted: nothing was stored");
}
