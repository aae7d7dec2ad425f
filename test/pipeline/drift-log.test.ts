import { describe, expect, test } from "bun:test";
import { DriftLog, type WatchedDevice } from "../../src/pipeline/drift-log.ts";
import { DriftWatch } from "../../src/schedule/drift.ts";
import { ServiceEstimate } from "../../src/schedule/service-estimate.ts";

/** A device that answers a frame with every look, after the time it has then. */
class Played implements WatchedDevice {
  readonly instance: WatchedDevice["instance"];
  readonly estimate: ServiceEstimate = new ServiceEstimate();
  readonly drift: DriftWatch = new DriftWatch();
  alive = true;
  frames = 0;

  constructor(id: string) {
    const task = { model: null, onnxRuntimePath: null, simulated: null };
    this.instance = { id, kind: "sim", description: "", weight: 1, expectedMs: 0, task };
  }

  answer(ms: number): void {
    this.frames += 1;
    this.estimate.answered(ms);
  }
}

/** Lets devices answer ten frames a second from `fromS` to `toS`, and the log look after each. */
function play(
  log: DriftLog,
  devices: readonly Played[],
  times: readonly number[],
  [fromS, toS]: readonly [number, number],
): void {
  for (let tick = fromS * 10; tick < toS * 10; tick += 1) {
    for (const [index, device] of devices.entries()) device.answer(times[index] as number);
    // The clock began long before the run.
    log.look(1_000_000 + tick * 100, 1_000_000);
  }
}

describe("DriftLog", () => {
  test("tells a change once, with the device's share of what all can answer", () => {
    const told: string[] = [];
    const devices = ["sim-0", "sim-1", "sim-2"].map((id) => new Played(id));
    const log = new DriftLog(devices, (text) => told.push(text));
    play(log, devices, [20, 40, 40], [0, 5]);
    play(log, devices, [40, 40, 40], [5, 10]);
    play(log, devices, [20, 40, 40], [10, 15]);
    // 50 of 100 frames a second, then 25 of 75; nothing was seen of it in the look before.
    expect(told).toEqual([
      "sim-0 is 2.0x slower since 4.9 s (20.0 → 40.0 ms); its share of the capacity fell from 50 % to 33 %",
      "sim-0 is 2.0x faster since 9.9 s (40.0 → 20.0 ms); its share of the capacity rose from 33 % to 50 %",
    ]);
    const shares = log.changes.map(({ share_from, share_to }) => [share_from, share_to]);
    expect(shares.flat().map((share) => share.toFixed(2))).toEqual([
      "0.50",
      "0.33",
      "0.33",
      "0.50",
    ]);
    expect(log.changes.map(({ since_s }) => since_s)).toEqual([4.9, 9.9]);
  });

  test("devices that have gone count for nothing", () => {
    const told: string[] = [];
    const devices = ["cpu-0", "cpu-1"].map((id) => new Played(id));
    const log = new DriftLog(devices, (text) => told.push(text));
    play(log, devices, [20, 20], [0, 5]);
    (devices[1] as Played).alive = false;
    play(log, devices, [40, 80], [5, 10]);
    expect(told).toEqual(["cpu-0 is 2.0x slower since 4.9 s (20.0 → 40.0 ms)"]);
  });

  test("a device that never settles does not fill the report", () => {
    const told: string[] = [];
    const device = new Played("cpu-0");
    const log = new DriftLog([device], (text) => told.push(text));
    for (let phase = 0; phase < 120; phase += 1) {
      play(log, [device], [phase % 2 === 0 ? 20 : 60], [5 * phase, 5 * phase + 5]);
    }
    expect(log.changes).toHaveLength(100);
    expect(told.at(-1)).toBe("100 changes of speed: further ones are not told");
    expect(told).toHaveLength(101);
  });
});
