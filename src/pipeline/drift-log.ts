import { describeDrift } from "../metrics/drift-text.ts";
import type { DriftReport } from "../metrics/report.ts";
import type { SpeedChange } from "../schedule/drift.ts";
import type { Device } from "./device.ts";

/** Changes a run tells; a device that never settles must not fill its report. */
const CHANGE_COUNT_MAX = 100;

/** What a log needs to know of a device. */
export type WatchedDevice = Pick<Device, "instance" | "alive" | "estimate" | "drift" | "frames">;

/** The changes of speed of a run's devices, each told once. */
export class DriftLog {
  readonly changes: DriftReport[] = [];
  readonly #devices: readonly WatchedDevice[];
  readonly #tell: (text: string) => void;

  constructor(devices: readonly WatchedDevice[], tell: (text: string) => void) {
    this.#devices = devices;
    this.#tell = tell;
  }

  /** Looks at all devices: a few times a second. Clocks are monotonic. */
  look(nowMs: number, startedMs: number): void {
    for (const device of this.#devices) {
      if (!device.alive) continue;
      const change = device.drift.look(nowMs, device.estimate, device.frames);
      if (change !== null) this.#add(device, change, startedMs);
    }
  }

  #add(device: WatchedDevice, { sinceMs, fromMs, toMs }: SpeedChange, startedMs: number): void {
    if (this.changes.length === CHANGE_COUNT_MAX) return;
    const change: DriftReport = {
      device: device.instance.id,
      since_s: rounded(Math.max(0, sinceMs - startedMs) / 1000, 3),
      from_ms: rounded(fromMs, 3),
      to_ms: rounded(toMs, 3),
      share_from: rounded(this.#share(device, fromMs), 4),
      share_to: rounded(this.#share(device, toMs), 4),
    };
    this.changes.push(change);
    this.#tell(describeDrift(change));
    if (this.changes.length === CHANGE_COUNT_MAX) {
      this.#tell(`${CHANGE_COUNT_MAX} changes of speed: further ones are not told`);
    }
  }

  /** Part of all frames a second that this device can answer, where one takes it `ms`. */
  #share(device: WatchedDevice, ms: number): number {
    const others = this.#devices.reduce((sum, other) => {
      const otherMs = other.drift.levelMs || other.estimate.meanMs;
      return other === device || !other.alive || otherMs === 0 ? sum : sum + 1 / otherMs;
    }, 0);
    return 1 / ms / (1 / ms + others);
  }
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
