import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { cameraPhaseMs } from "../../src/schedule/camera-load.ts";
import {
  type CapacityOptions,
  cameraCapacity,
  expectCameras,
  fastestMs,
} from "../../src/schedule/capacity.ts";
import { lookAhead } from "../../src/schedule/look-ahead.ts";
import { deviceModel } from "../../src/schedule/modelled-device.ts";
import { paced } from "../../src/schedule/modelled-source.ts";
import type { InstanceCost } from "../../src/schedule/processor-share.ts";
import { simulate } from "../../src/schedule/simulator.ts";

// Each answer takes many simulated minutes.
setDefaultTimeout(30_000);

/** Devices off the processor with these times, and cameras that cost next to nothing. */
function options(
  timesMs: readonly number[],
  given: {
    readonly cv?: number;
    readonly fps?: number;
    readonly latencyMs?: number;
    readonly decodeMs?: number;
    readonly processorMs?: number;
    readonly memoryBytes?: number;
    readonly cameraBytes?: number;
    readonly pictureBytes?: number;
  } = {},
): CapacityOptions {
  const { cv = 0, fps = 15, latencyMs = null, decodeMs = 0.01, processorMs = 0 } = given;
  const { memoryBytes = 8e9, cameraBytes = 0, pictureBytes = 1e6 } = given;
  return {
    combination: {
      devices: timesMs.map((ms) => `sim:${ms}ms`).join(","),
      instances: timesMs.map((serviceMs, index) => ({
        id: `sim-${index}`,
        serviceMs,
        cv,
        processorMs,
      })),
      memoryBytes: 100e6,
    },
    camera: {
      decodeMs,
      pacedDecodeMs: decodeMs,
      decoderStartMs: 0,
      rhythm: [1],
      readMs: 0,
      memoryBytes: cameraBytes,
      pictureBytes,
    },
    demand: { fps, latencyMs },
    room: { cores: 2, memoryBytes, handoverMs: 0.2, seatsPerDevice: 4 },
  };
}

describe("cameraCapacity()", () => {
  test("20, 50 and 100 ms answer 80 frames a second: 5 cameras of 15, not 6", () => {
    for (const cv of [0, 0.3]) {
      const capacity = cameraCapacity(options([20, 50, 100], { cv }));
      expect(capacity).toEqual({ cameras: 5, limit: "inference" });
    }
  });

  test("a device that gains by calls of four frames serves twice as many cameras", () => {
    const capacityOf = (batch: number, latencyMs?: number): number => {
      const given = options([20], latencyMs === undefined ? {} : { latencyMs });
      const { combination } = given;
      const instances = combination.instances.map((one) => ({ ...one, batch, batchCost: 0.3 }));
      return cameraCapacity({ ...given, combination: { ...combination, instances } }).cameras;
    };
    // 49.5 frames a second by single ones; 4 in 38.2 ms, 104.7, by calls of four.
    expect(capacityOf(1)).toBe(3);
    expect(capacityOf(4)).toBe(6);
    // Two calls in 60 ms leave room for two frames each: 26.2 ms, 76.3 a second.
    expect(capacityOf(4, 60)).toBe(4);
  });

  test("the same devices serve one camera of 72 frames a second, and none of 85", () => {
    expect(cameraCapacity(options([20, 50, 100], { fps: 72 })).cameras).toBe(1);
    const none = cameraCapacity(options([20, 50, 100], { fps: 85 }));
    expect(none).toEqual({ cameras: 0, limit: "inference" });
  });

  test("decoding of 10 ms takes a tenth of a core for 10 frames a second: 94 % of 2 bear 18", () => {
    const capacity = cameraCapacity(options([1], { fps: 10, decodeMs: 10 }));
    expect(capacity).toEqual({ cameras: 18, limit: "decoding" });
  });

  test("one decoder has one thread: a frame of 70 ms cannot come 15 times a second", () => {
    const capacity = cameraCapacity(options([1], { decodeMs: 70 }));
    expect(capacity).toEqual({ cameras: 0, limit: "decoding" });
  });

  test("inference on the processor shares it: 2 cores / (20 + 5 ms) are 80 frames a second", () => {
    const given = { fps: 15, decodeMs: 5, processorMs: 20 };
    expect(cameraCapacity(options([20, 20], given))).toEqual({ cameras: 5, limit: "inference" });
    // Without decoding they would be 100.
    const free = options([20, 20], { fps: 15, processorMs: 20 });
    expect(cameraCapacity(free).cameras).toBe(6);
  });

  test("decoding is the limit where it takes more of the processor than inference does", () => {
    const given = { fps: 15, decodeMs: 15, processorMs: 5 };
    expect(cameraCapacity(options([5, 5], given))).toEqual({ cameras: 6, limit: "decoding" });
  });

  test("no latency is kept that a single frame exceeds", () => {
    const given = options([20, 50], { latencyMs: 19 });
    expect(cameraCapacity(given)).toEqual({ cameras: 0, limit: "latency" });
    expect(fastestMs(given.combination)).toBe(20);
  });

  test("95 of 100 frames must keep the latency: of 50 ms with cv 0.3, they take 77.6 ms", () => {
    // Lognormal: σ² = ln 1.09, p95 = 50 · exp(1.645 σ − σ²/2) = 77.6; at 1 frame a second alone.
    const of = (latencyMs: number): number =>
      cameraCapacity(options([50], { cv: 0.3, fps: 1, latencyMs })).cameras;
    expect(of(70)).toBe(0);
    expect(of(90)).toBeGreaterThan(0);
  });

  test("memory is the limit where the next decoder finds none", () => {
    // 100 MB and 250 MB a camera, with some 20 MB of slots each: 3 in 1 GB, not 4.
    const capacity = cameraCapacity(options([1], { memoryBytes: 1e9, cameraBytes: 250e6 }));
    expect(capacity).toEqual({ cameras: 3, limit: "memory" });
  });

  test("a search without a limit ends", () => {
    const given = options([0], { fps: 1, decodeMs: 0, pictureBytes: 1000 });
    expect(cameraCapacity(given)).toEqual({ cameras: 1024, limit: null });
  });
});

describe("expectCameras()", () => {
  test("says what comes of cameras that fit", () => {
    const { limit, outcome, slots, rateFps } = expectCameras(options([20, 50, 100]), 5);
    expect(limit).toBeNull();
    expect(outcome?.throughputFps).toBeCloseTo(75, 0);
    expect(outcome?.droppedRatio).toBe(0);
    expect(rateFps).toBeWithin(79, 80);
    // Two seconds of frames, one being written and one being read.
    expect(slots).toBe(32);
  });

  test("says what comes of cameras that do not fit: the rest is dropped", () => {
    const { limit, outcome } = expectCameras(options([20, 50, 100]), 7);
    expect(limit).toBe("inference");
    // 105 frames a second come, 79 to 80 leave.
    expect(outcome?.throughputFps).toBeWithin(78, 80);
    expect(outcome?.droppedRatio).toBeWithin(0.2, 0.26);
  });

  test("frames under the latency asked for find slots, however few come", () => {
    expect(expectCameras(options([20], { fps: 2 }), 1).slots).toBe(8);
    expect(expectCameras(options([20], { fps: 10, latencyMs: 3000 }), 1).slots).toBe(32);
    expect(expectCameras(options([1], { fps: 100 }), 1).slots).toBe(64);
  });

  test("slots hold what piles up while everything takes 1.3 times as long for 8 s", () => {
    const given = options([12.5], { decodeMs: 0 });
    const { slots } = expectCameras(given, 5);
    const slow = [
      { frame: 750, factor: 1.3 },
      { frame: 750 + 492, factor: 1 / 1.3 },
    ];
    const droppedWith = (count: number): number =>
      simulate({
        devices: [deviceModel({ serviceMs: 12.5, slowAt: slow })],
        sources: Array.from({ length: 5 }, (_, index) => ({
          frames: 900,
          slots: count,
          drop: "oldest" as const,
          arrivalMs: paced(15, cameraPhaseMs(index, 5, 15)),
        })),
        scheduler: () => lookAhead(),
      }).frames.dropped;
    // 75 frames a second come, and 80 / 1.3 = 61.5 leave, 492 of them in 8 s: 108 pile up.
    expect(droppedWith(slots)).toBe(0);
    // That is 21.6 of each camera, and the next one: of slots for a second, 5 or 6 are too few.
    expect(droppedWith(17)).toBeWithin(25, 31);
  });

  test("slots give way to one more decoder", () => {
    const given = { memoryBytes: 1e9, cameraBytes: 200e6, pictureBytes: 5e6 };
    expect(expectCameras(options([1], given), 1)).toMatchObject({ limit: null, slots: 32 });
    // Three decoders leave 300 MB, four 100 MB: four fifths are 16 and 4 slots of each, 8 at least.
    expect(expectCameras(options([1], given), 3)).toMatchObject({ limit: null, slots: 16 });
    expect(expectCameras(options([1], given), 4)).toMatchObject({ limit: "memory", slots: 8 });
  });

  test("has no outcome where frames are not even decoded", () => {
    const { outcome, services } = expectCameras(options([1], { fps: 10, decodeMs: 10 }), 20);
    expect(outcome).toBeNull();
    expect(services).toEqual([]);
  });
});

describe("expectCameras() of frames that come one at a time", () => {
  const given = options([10, 10], { processorMs: 10, fps: 10, decodeMs: 5 });
  const { combination } = given;
  const paced = {
    ...given,
    camera: { ...given.camera, pacedDecodeMs: 6 },
    combination: {
      ...combination,
      instances: combination.instances.map((one) => ({
        ...one,
        paced: { serviceMs: 14, shape: [1] },
      })),
    },
  };
  const p50Of = (which: CapacityOptions, cameras: number): number =>
    expectCameras(which, cameras).outcome?.latencyMs.p50 ?? Number.NaN;

  test("takes their times while the processor is mostly idle", () => {
    // Two cores: the burst has its own. 0.2 ms are the handover.
    expect(p50Of(given, 1)).toBeCloseTo(10.2, 1);
    expect(p50Of(paced, 1)).toBeCloseTo(14.2, 1);
  });

  test("serves as many cameras as with the times of a busy one", () => {
    // 2 cores / (10 + 5 ms) are 133 frames a second, 94 % of which are 125.
    expect(cameraCapacity(given).cameras).toBe(12);
    expect(cameraCapacity(paced).cameras).toBe(12);
  });

  test("finds cameras that are in time although fewer of them, on a colder processor, are not", () => {
    const late = options([7.4], { processorMs: 14.8, latencyMs: 100 });
    const [instance] = late.combination.instances;
    // One of 25 frames takes 3.4 times as long as the mean.
    const tail = [...new Array<number>(96).fill(0.9), ...new Array<number>(4).fill(3.4)];
    const cold = { ...instance, paced: { serviceMs: 30, shape: tail } } as InstanceCost;
    const given = { ...late, combination: { ...late.combination, instances: [cold] } };
    const limits = [1, 2, 3, 4].map((cameras) => expectCameras(given, cameras).limit);
    expect(limits).toEqual([null, "latency", "latency", null]);
    expect(cameraCapacity(given).cameras).toBeGreaterThanOrEqual(4);
  });
});
