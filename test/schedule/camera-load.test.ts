import { expect, test } from "bun:test";
import { cameraPhaseMs, simulateCameras } from "../../src/schedule/camera-load.ts";

test("cameraPhaseMs() spreads cameras evenly over a frame's time", () => {
  const phases = [0, 1, 2, 3].map((index) => cameraPhaseMs(index, 4, 5));
  expect(phases).toEqual([0, 50, 100, 150]);
});

test("simulateCameras(): staggered cameras below saturation never wait for each other", () => {
  // 4 cameras of 5 a second: a frame every 50 ms for a device of 30 ms.
  const outcome = simulateCameras({
    cameras: 4,
    fps: 5,
    slots: 8,
    devices: [{ serviceMs: 30, cv: 0, processorMs: 0 }],
    cores: 2,
    ingestMs: 0,
    latencyMs: null,
    handoverMs: 0.25,
    seconds: 20,
    seed: 1,
  });
  for (const ms of Object.values(outcome.latencyMs)) expect(ms).toBeCloseTo(30.25, 6);
  expect(outcome.droppedRatio).toBe(0);
  expect(outcome.throughputFps).toBeCloseTo(20, 0);
  expect(outcome.busyRatios[0]).toBeCloseTo(0.6, 1);
});

test("simulateCameras(): above saturation the oldest frames give way, and latency is the backlog", () => {
  const outcome = simulateCameras({
    cameras: 1,
    fps: 40,
    slots: 10,
    devices: [{ serviceMs: 50, cv: 0, processorMs: 0 }],
    cores: 2,
    ingestMs: 0,
    latencyMs: null,
    handoverMs: 0,
    seconds: 60,
    seed: 1,
  });
  // 20 of 40 frames a second are answered; 9 frames wait, of which every second one leaves.
  expect(outcome.throughputFps).toBeCloseTo(20, 0);
  expect(outcome.droppedRatio).toBeCloseTo(0.5, 1);
  expect(outcome.latencyMs.p95).toBeWithin(200, 500);
});

test("simulateCameras(): a device's seed decides its times, the load's seed changes them", () => {
  const outcomeOf = (deviceSeed: number, seed: number): number =>
    simulateCameras({
      cameras: 1,
      fps: 10,
      slots: 8,
      devices: [{ serviceMs: 50, cv: 0.3, processorMs: 0, seed: deviceSeed }],
      cores: 2,
      ingestMs: 0,
      latencyMs: null,
      handoverMs: 0,
      seconds: 10,
      seed,
    }).latencyMs.p95;
  expect(outcomeOf(1, 2)).toBe(outcomeOf(3, 0));
  expect(outcomeOf(1, 2)).not.toBe(outcomeOf(1, 3));
});

test("simulateCameras(): calls of several frames answer what single ones could not", () => {
  const outcomeOf = (batch: number): ReturnType<typeof simulateCameras> =>
    simulateCameras({
      cameras: 6,
      fps: 15,
      slots: 15,
      devices: [{ serviceMs: 20, cv: 0, processorMs: 0, batch, batchCost: 0.3 }],
      cores: 2,
      ingestMs: 0,
      latencyMs: null,
      handoverMs: 0.2,
      seconds: 20,
      seed: 1,
    });
  // 90 frames a second; 50 are answered one by one, and 4 / 38.2 ms = 104 by calls of four.
  expect(outcomeOf(1).throughputFps).toBeCloseTo(1000 / 20.2, 0);
  expect(outcomeOf(4)).toMatchObject({ droppedRatio: 0 });
  expect(outcomeOf(4).throughputFps).toBeCloseTo(90, 0);
});

test("simulateCameras(): a decoder's burst takes from the frame that it follows", () => {
  const p50Of = (cores: number): number =>
    simulateCameras({
      cameras: 1,
      fps: 10,
      slots: 8,
      devices: [{ serviceMs: 20, cv: 0, processorMs: 20 }],
      cores,
      ingestMs: 5,
      latencyMs: null,
      handoverMs: 0,
      seconds: 20,
      seed: 1,
    }).latencyMs.p50;
  // On one core each gets half until the burst is over, after 10 ms; 15 of 20 ms are left then.
  expect(p50Of(1)).toBeCloseTo(25, 6);
  expect(p50Of(2)).toBeCloseTo(20, 6);
});

test("simulateCameras(): key frames cost as the rhythm has it, from another place for each camera", () => {
  const outcome = simulateCameras({
    cameras: 2,
    fps: 10,
    slots: 8,
    devices: [{ serviceMs: 20, cv: 0, processorMs: 20 }],
    cores: 1,
    ingestMs: 5,
    rhythm: [3, 0, 1, 0],
    latencyMs: null,
    handoverMs: 0,
    seconds: 20,
    seed: 1,
  });
  // Frames come 50 ms apart: beside 0, 5 and 15 ms of decoding they take 20, 25 and 35 ms.
  expect(outcome.latencyMs.p50).toBeWithin(20, 25.1);
  expect(outcome.latencyMs.p99).toBeCloseTo(35, 0);
});
