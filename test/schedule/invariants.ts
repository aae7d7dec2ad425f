import type { SourceModel } from "../../src/schedule/modelled-source.ts";
import type { SimulationEvent, SimulationOptions } from "../../src/schedule/simulator.ts";

/** A deadline is a sum and a wait a difference: they may round apart, at a time exactly met. */
const ROUNDING_MS = 1e-9;

/** What a policy promises about idle devices. */
export type Conservation = "always" | "when-saturated" | "none";

/** How far a mean may lie above the longest time, and below the shortest. */
const ESTIMATE_ERROR = 1.5;

interface Waiting {
  readonly source: number;
  readonly frame: number;
  readonly sinceMs: number;
}

/**
 * Watches a simulation from its events alone and says what is wrong with it: frames out of order,
 * lost or answered twice, and devices that are idle beside a frame they should take.
 */
export class Watcher {
  readonly faults: string[] = [];
  /** Longest time a frame waited for its first device, by source. */
  readonly waitedMsMax: number[];
  /** Longest time a frame was on a device. */
  heldMsMax = 0;
  /** Some frame began before an earlier one of its source. */
  overtook = false;
  readonly #options: Pick<SimulationOptions, "devices" | "sources">;
  readonly #conservation: Conservation;
  /** Frames of the call each device is at. */
  readonly #busy: readonly Set<string>[];
  readonly #busySinceMs: number[];
  /** Shortest and longest time a device was at a frame. */
  readonly #shortestMs: number[];
  readonly #longestMs: number[];
  /** Most frames of one call there have been. */
  batchMax = 0;
  readonly #alive: boolean[];
  readonly #nextFrame: number[];
  readonly #held: number[];
  readonly #entered: number[];
  /** Frames that wait for their first device, oldest first. */
  readonly #waiting: Waiting[] = [];
  readonly #state = new Map<string, "waiting" | "running" | "done">();
  #timeMs = 0;

  constructor(options: Pick<SimulationOptions, "devices" | "sources">, conservation: Conservation) {
    this.#options = options;
    this.#conservation = conservation;
    this.waitedMsMax = options.sources.map(() => 0);
    this.#busy = options.devices.map(() => new Set());
    this.#busySinceMs = options.devices.map(() => 0);
    this.#shortestMs = options.devices.map(() => Number.POSITIVE_INFINITY);
    this.#longestMs = options.devices.map(() => 0);
    this.#alive = options.devices.map(() => true);
    this.#nextFrame = options.sources.map(() => 0);
    this.#held = options.sources.map(() => 0);
    this.#entered = options.sources.map(() => 0);
  }

  readonly observe = (event: SimulationEvent): void => {
    if (event.timeMs < this.#timeMs) this.#blame(event, "time runs backwards");
    if (event.timeMs > this.#timeMs) this.#settled();
    this.#timeMs = event.timeMs;
    this.#apply(event, `${event.source}/${event.frame}`);
  };

  #apply(event: SimulationEvent, id: string): void {
    const { kind, source, frame, device } = event;
    switch (kind) {
      case "entered":
        this.#count(this.#held, source, 1);
        this.#entered[source] = frame + 1;
        if (this.#state.has(id)) this.#blame(event, "enters twice");
        this.#state.set(id, "waiting");
        this.#waiting.push({ source, frame, sinceMs: event.timeMs });
        break;
      case "began":
        this.#joins(event, device);
        if (this.#alive[device] !== true) this.#blame(event, "begins on a device that has gone");
        if (this.#state.get(id) !== "waiting") this.#blame(event, "begins without waiting");
        this.#state.set(id, "running");
        this.#busy[device]?.add(id);
        this.#busySinceMs[device] = event.timeMs;
        this.#begin(source, frame);
        break;
      case "answered":
      case "failed":
      case "lost":
        if (!this.#busy[device]?.delete(id)) this.#blame(event, "ends where it never was");
        this.#tookMs(device, event.timeMs - (this.#busySinceMs[device] as number));
        this.#state.set(id, kind === "answered" ? "done" : "waiting");
        if (kind === "lost") this.#alive[device] = false;
        break;
      case "restarted":
        this.#alive[device] = true;
        break;
      case "gave-way":
        if (this.#state.get(id) !== "waiting") this.#blame(event, "gives way without waiting");
        this.#state.set(id, "done");
        this.#giveWay(event);
        this.#forget(source, frame);
        this.#count(this.#held, source, -1);
        break;
      case "emitted":
      case "given-up":
      case "dropped":
        this.#leave(event, id);
        break;
    }
  }

  /** Frames of one call begin together, and are no more than the device takes. */
  #joins(event: SimulationEvent, device: number): void {
    const count = 1 + (this.#busy[device]?.size ?? 0);
    this.batchMax = Math.max(this.batchMax, count);
    if (count === 1) return;
    if (this.#busySinceMs[device] !== event.timeMs) this.#blame(event, "begins on a busy device");
    const most = this.#options.devices[device]?.batch ?? 1;
    if (count > most) this.#blame(event, `is one of ${count} in a call of ${most}`);
  }

  /** Everything received has left by now. */
  finish(): void {
    for (const [id, state] of this.#state) this.faults.push(`${id} is still ${state}`);
  }

  #begin(source: number, frame: number): void {
    const index = this.#waiting.findIndex((each) => each.source === source && each.frame === frame);
    if (index < 0) return; // A second attempt.
    const [begun] = this.#waiting.splice(index, 1);
    const waitedMs = this.#timeMs - (begun?.sinceMs ?? 0);
    this.waitedMsMax[source] = Math.max(this.waitedMsMax[source] as number, waitedMs);
    if (this.#waiting.slice(0, index).some((each) => each.source === source)) this.overtook = true;
    if (this.#lateByMs(begun as Waiting) > ROUNDING_MS)
      this.faults.push(`${source}/${frame} begins too late`);
  }

  /** Frames give way to newer ones where their source says so, and when their time has passed. */
  #giveWay(event: SimulationEvent): void {
    const { source, frame } = event;
    const waiting = this.#waiting.find((each) => each.source === source && each.frame === frame);
    if (this.#options.sources[source]?.drop === "oldest") return;
    if (this.#lateByMs(waiting as Waiting) <= -ROUNDING_MS)
      this.#blame(event, "gives way for no reason");
  }

  /** How long ago the frame's deadline was; negative where it is to come. */
  #lateByMs({ source, frame, sinceMs }: Waiting): number {
    const { deadlineMs = null, arrivalMs } = this.#options.sources[source] as SourceModel;
    return (
      this.#timeMs - (arrivalMs?.(frame) ?? sinceMs) - (deadlineMs ?? Number.POSITIVE_INFINITY)
    );
  }

  #leave(event: SimulationEvent, id: string): void {
    const { kind, source, frame } = event;
    if (frame !== this.#nextFrame[source]) this.#blame(event, "leaves out of order");
    this.#nextFrame[source] = frame + 1;
    const state = this.#state.get(id);
    if (kind === "emitted" && state !== "done") this.#blame(event, `leaves while ${state}`);
    if (kind !== "dropped") this.#count(this.#held, source, -1);
    this.#state.delete(id);
    this.#forget(source, frame);
  }

  #forget(source: number, frame: number): void {
    const index = this.#waiting.findIndex((each) => each.source === source && each.frame === frame);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Nothing more happens at this time. */
  #settled(): void {
    const idle = this.#busy.findIndex(
      (ids, device) => ids.size === 0 && this.#alive[device] === true,
    );
    if (idle < 0 || this.#waiting.length === 0) return;
    const everyoneIdle = this.#busy.every((ids) => ids.size === 0);
    const blamed =
      this.#conservation === "always" ||
      everyoneIdle ||
      (this.#conservation === "when-saturated" &&
        this.#waiting.some(({ source }) => this.#isHeldUp(source)) &&
        !this.#mayBeTooSlow(idle));
    if (!blamed) return;
    this.faults.push(
      `at ${this.#timeMs} device ${idle} is idle beside ${this.#waiting.length} frames`,
    );
  }

  #tookMs(device: number, ms: number): void {
    this.heldMsMax = Math.max(this.heldMsMax, ms);
    this.#shortestMs[device] = Math.min(this.#shortestMs[device] as number, ms);
    this.#longestMs[device] = Math.max(this.#longestMs[device] as number, ms);
  }

  /**
   * Whether others may fill all slots of the sources with frames waiting while the device is at
   * one, as far as times are known. Slots of sources without frames are of no use to these.
   */
  #mayBeTooSlow(device: number): boolean {
    const longestMs = ESTIMATE_ERROR * (this.#longestMs[device] as number);
    const others = this.#shortestMs.reduce(
      (sum, ms, other) =>
        other === device || !this.#alive[other]
          ? sum
          : sum + ((this.#options.devices[other]?.batch ?? 1) * longestMs) / ms,
      0,
    );
    const waiting = new Set(this.#waiting.map(({ source }) => source));
    const slots = this.#options.sources.map((source, index) =>
      waiting.has(index) ? source.slots : 0,
    );
    return others >= slots.reduce((sum, count) => sum + count, 0);
  }

  /** The source still delivers and has no slot left. */
  #isHeldUp(source: number): boolean {
    const { slots, frames, drop, arrivalMs } = this.#options.sources[source] as SourceModel;
    if (this.#held[source] !== slots) return false;
    if (drop === "never" || arrivalMs === null) return (this.#entered[source] as number) < frames;
    return this.#timeMs < arrivalMs(frames - 1);
  }

  #count(counts: number[], index: number, by: number): void {
    counts[index] = (counts[index] as number) + by;
  }

  #blame(event: SimulationEvent, what: string): void {
    this.faults.push(`at ${event.timeMs} frame ${event.source}/${event.frame} ${what}`);
  }
}
