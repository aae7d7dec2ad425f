import { expect, test } from "bun:test";
import type { DeviceInstance } from "../../src/backend/backend.ts";
import { defaultSlotCount } from "../../src/pipeline/slot-count.ts";
import { patternSource } from "../../src/source/pattern.ts";
import { pattern } from "./pattern.ts";

function instance(kind: string, batch: NonNullable<DeviceInstance["task"]["batch"]>) {
  const task = { model: null, onnxRuntimePath: null, simulated: null, batch };
  return { id: `${kind}-0`, kind, description: "", weight: 1, expectedMs: 0, task };
}

const slots = (...devices: DeviceInstance[]): number => defaultSlotCount([pattern(1)], devices);

test("defaultSlotCount() has two calls a device, whatever its batch", () => {
  expect(slots(instance("cpu", 1))).toBe(8);
  // What overtakes, 1, and two calls of 16.
  expect(slots(instance("gpu", 16))).toBe(33);
  expect(slots(instance("gpu", 64))).toBe(64);
});

test("defaultSlotCount() expects batches of an accelerator rather than of a CPU", () => {
  expect(slots(instance("gpu", "auto"), instance("gpu", "auto"))).toBe(18);
  expect(slots(instance("cpu", "auto"), instance("cpu", "auto"))).toBe(8);
});

test("defaultSlotCount() with a cascade has room for hundreds of frames with early answers", () => {
  const camera = { ...pattern(1), live: true };
  const large = patternSource({ width: 1920, height: 1080, frameCount: 1, write: false });
  const devices = [instance("cpu", 1)];
  expect(defaultSlotCount([pattern(1)], devices, true)).toBe(768);
  // 256 MiB of 1920 × 1080 × 3 bytes.
  expect(defaultSlotCount([large], devices, true)).toBe(43);
  expect(defaultSlotCount([pattern(1), camera], devices, true)).toBe(64);
});
