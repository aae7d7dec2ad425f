import { describe, expect, test } from "bun:test";
import type { SimulatedOptions } from "../../src/backend/backend.ts";
import { openSession } from "../../src/backend/open.ts";
import { Status } from "../../src/layout/layout.gen.ts";
import { clockMs } from "../../src/native/library.ts";
import { AddressTable } from "../../src/native/session.ts";
import { Bench, backendContract } from "./contract.ts";
import { fixtureTask } from "./fixture-task.ts";

const instant: SimulatedOptions = {
  serviceMs: 0,
  cv: 0,
  seed: 1,
  fail: 0,
  hangAt: null,
  dieAt: null,
  slowAt: [],
};

const task = (options: Partial<SimulatedOptions>): Parameters<typeof openSession>[0] => ({
  model: null,
  onnxRuntimePath: null,
  simulated: { ...instant, ...options },
});

backendContract("simulated", (stopAddress) => openSession(task({}), stopAddress));
backendContract("simulated with a model", (stopAddress) =>
  openSession({ ...fixtureTask("yolox"), simulated: { ...instant, serviceMs: 1 } }, stopAddress),
);

/** Opens a simulated device and runs `count` frames; returns their statuses. */
function run(options: Partial<SimulatedOptions>, count: number): number[] {
  const bench = new Bench();
  const session = openSession(task(options), bench.stopAddress);
  return Array.from({ length: count }, () => bench.run(session));
}

test("a simulated device takes its time", () => {
  const bench = new Bench();
  const session = openSession(task({ serviceMs: 5 }), bench.stopAddress);
  const startMs = clockMs();
  for (let frame = 0; frame < 10; frame++) bench.run(session);
  // Only a lower limit: a busy machine may take any time more.
  expect(clockMs() - startMs).toBeGreaterThan(44);
});

test("a simulated device without a model finds nothing", () => {
  const bench = new Bench();
  bench.run(openSession(task({}), bench.stopAddress));
  expect(bench.detectionCount).toBe(0);
});

test("a simulated device gives the answers of its model", () => {
  const bench = new Bench();
  const real = openSession(fixtureTask("yolox"), bench.stopAddress);
  bench.run(real);
  const expected = bench.detectionBytes;
  const simulated = openSession({ ...fixtureTask("yolox"), simulated: instant }, bench.stopAddress);
  bench.run(simulated);
  expect(expected.length).toBeGreaterThan(0);
  expect(bench.detectionBytes).toEqual(expected);
});

test("a simulated device fails about as often as asked, the same frames for the same seed", () => {
  const failures = (seed: number): number[] =>
    run({ fail: 0.2, seed }, 2000).flatMap((status, frame) =>
      status === Status.inference ? [frame] : [],
    );
  const first = failures(3);
  // Binomial: 400 expected, standard deviation 18; 5 of them are allowed.
  expect(Math.abs(first.length - 400)).toBeLessThan(90);
  expect(failures(3)).toEqual(first);
  expect(failures(4)).not.toEqual(first);
});

test("a simulated device says why a frame failed", () => {
  const bench = new Bench();
  const session = openSession(task({ fail: 1 }), bench.stopAddress);
  expect(bench.run(session)).toBe(Status.inference);
  expect(session.lastError()).toBe("simulated failure at frame 0, as fail=1 asks");
});

test("a simulated device dies at its frame, counted from 0", () => {
  const bench = new Bench();
  const session = openSession(task({ dieAt: 2 }), bench.stopAddress);
  expect(bench.run(session)).toBe(Status.ok);
  expect(bench.run(session)).toBe(Status.ok);
  expect(() => bench.run(session)).toThrow("simulated device died at frame 2, as die-at=2 asks");
});

test("a simulated device hangs at its frame until it is stopped", () => {
  const bench = new Bench();
  const session = openSession(task({ hangAt: 1 }), bench.stopAddress);
  expect(bench.run(session)).toBe(Status.ok);
  bench.stop[0] = 1;
  expect(bench.run(session)).toBe(Status.stopped);
  expect(session.lastError()).toBe("simulated device hung at frame 1, as hang-at=1 asks");
});

test("a simulated device leaves a long wait when it is stopped", () => {
  const bench = new Bench();
  const session = openSession(task({ serviceMs: 600_000 }), bench.stopAddress);
  bench.stop[0] = 1;
  expect(bench.run(session)).toBe(Status.stopped);
});

test("warmUp() of a simulated device counts no frame and causes no fault", () => {
  const bench = new Bench();
  const session = openSession(task({ dieAt: 0, serviceMs: 600_000 }), bench.stopAddress);
  expect(bench.warmUp(session)).toBe(Status.ok);
  expect(() => bench.run(session)).toThrow("died at frame 0");
});

describe("a simulated device with batches", () => {
  /** Statuses of calls of these sizes, and how long they took together. */
  function calls(options: Partial<SimulatedOptions>, sizes: readonly number[]) {
    const bench = new Bench();
    const session = openSession(task(options), bench.stopAddress);
    bench.prepare(session);
    const table = new AddressTable(8);
    const startMs = clockMs();
    const statuses = sizes.map((count) => session.batch?.run(count, table, table));
    return { statuses, elapsedMs: clockMs() - startMs, error: session.lastError() };
  }

  test("takes a call's time", () => {
    const { statuses, elapsedMs } = calls({ serviceMs: 20, batchCost: 0.5 }, [5, 5]);
    expect(statuses).toEqual([Status.ok, Status.ok]);
    // Twice 20 ms and four halves of it. Only a lower limit: a busy machine may take any time more.
    expect(elapsedMs).toBeGreaterThan(119);
  });

  test("a call fails as a whole", () => {
    const { statuses, error } = calls({ fail: 1 }, [3]);
    expect(statuses).toEqual([Status.inference]);
    expect(error).toBe("simulated failure at frame 0, as fail=1 asks");
  });

  test("dies at the call that holds the frame", () => {
    expect(() => calls({ dieAt: 5 }, [3, 3])).toThrow("died at frame 5");
    expect(calls({ dieAt: 6 }, [3, 3]).statuses).toEqual([Status.ok, Status.ok]);
  });
});
