import { describe, expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import {
  batchSizesFor,
  formatCombination,
  loneKinds,
  type Variant,
  variantsOf,
} from "../../src/calibration/combination.ts";
import { fakeDevice, fakeMachine } from "../backend/fake-machine.ts";

/** `device min..max` of every variant. */
function variants(
  devices: string,
  options: Partial<Parameters<typeof variantsOf>[1]> = {},
): string[] {
  return variantsOf(parseDevices(devices), { cores: 8, lone: [], ...options }).map(
    ({ device, replicasMin, replicasMax }) => `${device} ${replicasMin}..${replicasMax}`,
  );
}

/** Texts of a device's variants, from the one that is tried first. */
function batches(device: string, sizes: readonly number[]): string[] {
  const found: string[] = [];
  const [first = null] = variantsOf(parseDevices(device), { cores: 8, lone: [], batches: sizes });
  for (let variant: Variant | null = first; variant !== null; variant = variant.larger) {
    found.push(variant.device);
  }
  return found;
}

describe("variantsOf()", () => {
  test("a CPU: thread counts by powers of two, replicas as far as the cores go", () => {
    expect(variants("cpu", { cores: 6 })).toEqual([
      "cpu:threads=1 1..7",
      "cpu:threads=2 1..3",
      "cpu:threads=4 1..1",
      "cpu:threads=6 1..1",
    ]);
    expect(variants("cpu", { cores: 1 })).toEqual(["cpu:threads=1 1..2"]);
  });

  test("what a device's text says stands", () => {
    expect(variants("cpu:threads=2:replicas=3:weight=9")).toEqual(["cpu:threads=2 3..3"]);
    expect(variants("sim:20ms:cv=0.3")).toEqual(["sim:20ms:cv=0.3 1..1"]);
  });

  test("equal devices named twice are two replicas of one", () => {
    expect(variants("sim:20ms,sim:50ms,sim:20ms")).toEqual(["sim:20ms 2..2", "sim:50ms 1..1"]);
  });

  test("a range of replicas and thread counts given replace those that make sense", () => {
    const given = { replicas: { min: 2, max: 5 }, threads: [3] };
    expect(variants("cpu,sim:20ms", given)).toEqual(["cpu:threads=3 2..5", "sim:20ms 2..5"]);
  });

  test("a model that takes several frames in a call begins with the fewest, and has more to try", () => {
    expect(batches("cuda", batchSizesFor(null))).toEqual([
      "cuda:batch=1",
      "cuda:batch=2",
      "cuda:batch=4",
      "cuda:batch=8",
    ]);
    // A call of fewer than the model is made for would only waste places.
    expect(batches("cuda", batchSizesFor(4))).toEqual(["cuda:batch=4"]);
    expect(batches("cuda", batchSizesFor(1))).toEqual(["cuda"]);
  });

  test("a device that names a batch is tried with no more", () => {
    expect(batches("cuda:batch=3", batchSizesFor(null))).toEqual([
      "cuda:batch=1",
      "cuda:batch=2",
      "cuda:batch=3",
    ]);
    expect(batches("cuda:batch=1", batchSizesFor(null))).toEqual(["cuda:batch=1"]);
    // Nothing else is calibrated for a simulated one: its own text says what it can.
    expect(batches("sim:5ms:batch=6", [1])).toEqual([
      "sim:5ms:batch=1",
      "sim:5ms:batch=2",
      "sim:5ms:batch=4",
      "sim:5ms:batch=6",
    ]);
    expect(batches("sim:5ms", batchSizesFor(null))).toEqual(["sim:5ms"]);
  });

  test("a kind that cannot be replicated has one instance, whatever the range", () => {
    expect(variants("gpu", { lone: ["gpu"], replicas: { min: 2, max: 4 } })).toEqual(["gpu 1..1"]);
    expect(variants("cuda", { lone: ["gpu"] })).toEqual(["cuda 1..4"]);
  });
});

test("loneKinds() are those that go through WebGPU", () => {
  const webGpu = fakeDevice("gpu", { provider: "WebGpuExecutionProvider" });
  const coreMl = fakeDevice("ane", { provider: "CoreMLExecutionProvider" });
  expect(loneKinds(fakeMachine(2, webGpu, coreMl))).toEqual(["gpu"]);
});

test("formatCombination() writes what --device takes, every count included", () => {
  const [cpu, sim] = variantsOf(parseDevices("cpu:threads=1,sim:5ms"), { cores: 2, lone: [] });
  if (cpu === undefined || sim === undefined) throw new Error("two variants");
  const text = formatCombination([
    { variant: cpu, replicas: 2 },
    { variant: sim, replicas: 1 },
  ]);
  expect(text).toBe("cpu:threads=1:replicas=2,sim:5ms:replicas=1");
  expect(parseDevices(text).map(({ kind }) => kind)).toEqual(["cpu", "sim"]);
});
