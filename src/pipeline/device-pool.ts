import type { DeviceInstance } from "../backend/backend.ts";
import { AipError, runtimeError } from "../errors.ts";
import { clockMs } from "../native/library.ts";
import type { ArenaLayout } from "../ring/arena.ts";
import type { FrameGeometry } from "../types.ts";
import { within } from "../within.ts";
import { Device, Seat } from "./device.ts";
import type { WorkerMessage, WorkerStart } from "./worker.ts";

/**
 * Places a device may use: one at work, and one for each restart that may overlap a hung worker.
 */
export const SEATS_PER_DEVICE = 4;
/** Restarts a device gets in `RESTART_WINDOW_MS`; the next failure takes it out. */
const RESTART_COUNT_MAX = 3;
const RESTART_WINDOW_MS = 60_000;
/** How long workers get to end by themselves. */
const STOP_WITHIN_MS = 2_000;

export interface DevicePoolOptions {
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly instances: readonly DeviceInstance[];
  /** Pictures the warm-up runs on. */
  readonly geometry: FrameGeometry;
  /** Latency goal of a frame in ms, which limits batches; null for the devices' own. */
  readonly latencyGoalMs: number | null;
  /** Least time a restarted worker gets to start, in ms; default 30 s. */
  readonly startLimitMs?: number;
  /** A device's worker is gone or hung; its frames must be taken back before this returns. */
  readonly onLost: (device: Device, seat: Seat, hung: boolean, reason: string) => void;
  /** A hung worker's thread has ended: nobody writes these result blocks any more. */
  readonly onQuarantineEnd: (results: readonly number[]) => void;
  /** A device gets a new worker, after it has lost one. */
  readonly onRestart?: (device: Device) => void;
  /** Something changed that the manager should look at. */
  readonly onChange: () => void;
}

interface StartWatch {
  readonly sinceMs: number;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/** Starts, watches, restarts and ends the inference workers. */
export class DevicePool {
  readonly devices: readonly Device[];
  restarts = 0;
  readonly #options: DevicePoolOptions;
  readonly #freeSeats: Seat[];
  #stopping = false;

  constructor(options: DevicePoolOptions) {
    const { arena, layout, instances, latencyGoalMs } = options;
    this.#options = options;
    this.devices = instances.map(
      (instance, index) => new Device(index, instance, layout, latencyGoalMs),
    );
    this.#freeSeats = layout.seats.map((_, index) => new Seat(arena, layout, index));
  }

  /**
   * Starts every device's first worker and waits until all are warm.
   * @throws {AipError} where one cannot start, naming the device
   */
  async start(): Promise<void> {
    const starts = await Promise.allSettled(this.devices.map((device) => this.#start(device)));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed === undefined) return;
    this.#stopping = true;
    throw failed.reason;
  }

  /** Devices that work or will again. */
  get hasHope(): boolean {
    return this.devices.some((device) => device.outReason === null);
  }

  /** Looks for workers that have been at one frame for too long. */
  checkForHangs(): void {
    const nowMs = clockMs();
    for (const device of this.devices) {
      const busySinceMs = device.alive ? device.seat?.busySinceMs : null;
      if (busySinceMs === null || busySinceMs === undefined || !device.seat?.results.isEmpty) {
        continue;
      }
      const elapsedMs = nowMs - busySinceMs;
      if (!device.hangsAfter(elapsedMs)) continue;
      this.#lost(device, true, `gave no answer in ${(elapsedMs / 1000).toFixed(1)} s`);
    }
  }

  /** The device gives nothing but errors: its worker is replaced, or the device taken out. */
  replace(device: Device, reason: string): void {
    this.#lost(device, true, reason);
  }

  /** Ends all workers; those that hang are left to end with the process. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const ends = this.devices.flatMap((device) => {
      const worker = device.seat?.worker;
      if (worker === undefined) return [];
      device.seat?.stop();
      return [ended(worker)];
    });
    await within(STOP_WITHIN_MS, Promise.all(ends));
    for (const device of this.devices) device.seat?.worker?.terminate();
  }

  #start(device: Device): Promise<void> {
    const seat = this.#freeSeats.shift();
    if (seat === undefined) {
      const error = runtimeError("device-out", "all its places are taken by hung workers");
      return Promise.reject(error);
    }
    const worker = new Worker(new URL("./worker.ts", import.meta.url).href);
    seat.reset();
    seat.worker = worker;
    device.seat = seat;
    const { arena, layout, geometry } = this.#options;
    const overdue = this.#watchStart(device, seat);
    const { task, id } = device.instance;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let lastError = "its worker ended without a word";
    worker.onmessage = (event: MessageEvent<WorkerMessage>) => {
      const message = event.data;
      if (message.type === "ready") {
        clearTimeout(overdue.timer);
        device.firstStartMs ??= clockMs() - overdue.sinceMs;
        device.warmed(message, task);
        device.alive = true;
        resolve();
        this.#options.onChange();
      } else if (message.type === "failed") {
        const { code, category } = message;
        lastError = message.message;
        reject(new AipError(`Device ${id}: ${message.message}`, { code, category }));
        worker.terminate();
      } else {
        worker.terminate();
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      lastError = event.message;
    };
    worker.addEventListener("close", () => {
      clearTimeout(overdue.timer);
      reject(runtimeError("device-failed", `Device ${id}: ${lastError}`));
      this.#closed(device, seat, lastError);
    });
    const start: WorkerStart = { arena, layout, seat: seat.index, task, geometry };
    worker.postMessage(start);
    return promise;
  }

  /** A worker may hang before its first frame, too: then it is lost like one that hangs later. */
  #watchStart(device: Device, seat: Seat): StartWatch {
    const limitMs = device.startLimitMs(this.#options.startLimitMs);
    const sinceMs = clockMs();
    if (limitMs === Number.POSITIVE_INFINITY) return { sinceMs, timer: undefined };
    const timer = setTimeout(() => {
      if (this.#stopping || device.seat !== seat || device.alive) return;
      this.#lost(device, true, `did not start again within ${(limitMs / 1000).toFixed(1)} s`);
    }, limitMs);
    return { sinceMs, timer: timer.unref() };
  }

  #closed(device: Device, seat: Seat, reason: string): void {
    if (!this.#stopping && device.seat === seat) this.#lost(device, false, reason);
    this.#options.onQuarantineEnd(seat.quarantined);
    seat.quarantined = [];
    seat.worker = undefined;
    this.#freeSeats.push(seat);
    this.#options.onChange();
  }

  #lost(device: Device, hung: boolean, reason: string): void {
    const seat = device.seat as Seat;
    const wasAlive = device.alive;
    device.alive = false;
    device.seat = undefined;
    device.failuresInRow = 0;
    this.#options.onLost(device, seat, hung, reason);
    if (hung) {
      seat.stop();
      seat.worker?.terminate();
    }
    const sinceMs = clockMs() - RESTART_WINDOW_MS;
    const recent = device.restartsMs.filter((ms) => ms > sinceMs).length;
    if (!wasAlive && recent === 0) {
      device.outReason = reason;
    } else if (recent >= RESTART_COUNT_MAX) {
      device.outReason = `${reason}, after ${recent} restarts in a minute`;
    } else {
      device.restartsMs.push(clockMs());
      this.restarts += 1;
      this.#options.onRestart?.(device);
      // A failure to start comes back through "close", and counts like any other.
      this.#start(device).catch((error: AipError) => {
        if (device.seat === undefined) device.outReason ??= error.message;
        this.#options.onChange();
      });
    }
    this.#options.onChange();
  }
}

/** Resolves when the worker's thread has ended. */
function ended(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.addEventListener("close", () => resolve()));
}
