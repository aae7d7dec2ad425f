import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceInstance } from "../../src/backend/backend.ts";
import { keepQuick, withMeasured } from "../../src/calibration/auto.ts";
import { findCalibration } from "../../src/calibration/store.ts";
import { candidate, sampleCalibration, sampleKey } from "../schedule/sample-calibration.ts";

const task = { model: null, onnxRuntimePath: null, simulated: null };
const instances: readonly DeviceInstance[] = ["gpu-0", "gpu-1"].map((id) => ({
  id,
  kind: "gpu",
  description: "",
  weight: 1,
  expectedMs: 0,
  task,
}));

test("withMeasured() gives instances the times that were measured of them", () => {
  const measured = candidate("gpu:replicas=2", {
    fps: [100, 1],
    ms: [20, 1],
    instances: 2,
    kind: "gpu",
  });
  expect(
    withMeasured(instances, measured).map(({ weight, expectedMs }) => [weight, expectedMs]),
  ).toEqual([
    [1, 20],
    [1, 20],
  ]);
});

test("withMeasured() tells a single frame's time from a call's, and lets calls be as large", () => {
  const [single] = candidate("gpu:replicas=1", { fps: [50, 1], kind: "gpu" }).instances;
  const [four] = candidate("gpu:batch=4:replicas=1", {
    fps: [105, 1],
    ms: [38, 1],
    kind: "gpu",
    batch: 4,
  }).instances;
  if (single === undefined || four === undefined) throw new Error("two instances");
  const measured = {
    ...candidate("gpu:batch=1,gpu:batch=4", { fps: [155, 1] }),
    instances: [single, { ...four, id: "gpu-1" }],
  };
  const [one, other] = withMeasured(instances, measured);
  expect(one).toMatchObject({ expectedMs: 20 });
  expect(one?.goalFrames).toBeUndefined();
  // A call of 4 at cost 0.3 is 1.9 single frames, of which two must fit, with a quarter to spare.
  expect(other?.expectedMs).toBeCloseTo(20, 9);
  expect(other?.goalFrames).toBeCloseTo(2 * 1.9 * 1.25, 9);
});

test("withMeasured() leaves instances alone that are not those measured", () => {
  const measured = candidate("gpu:replicas=1", { fps: [50, 1], kind: "gpu" });
  expect(withMeasured(instances, measured)).toBe(instances);
  expect(withMeasured(instances, null)).toBe(instances);
});

test("keepQuick() stores what was measured, and says so where nothing was, instead", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aip-keep-"));
  const stored = async (): Promise<boolean> =>
    (await findCalibration(sampleKey, "nano", folder)).calibration !== null;
  const [note, ...others] = await keepQuick(sampleCalibration({ candidates: [] }), "nano", folder);
  expect(note).toContain("nano could not be measured in 3 s");
  expect(others).toEqual([]);
  expect(await stored()).toBe(false);
  expect(await keepQuick(sampleCalibration(), "nano", folder)).toEqual([]);
  expect(await stored()).toBe(true);
  await rm(folder, { recursive: true });
});

test("keepQuick() says where what was measured cannot be stored", async () => {
  const notes = await keepQuick(sampleCalibration(), "nano", "/dev/null/cache");
  expect(notes).toEqual([expect.stringContaining("the calibration is not stored: ")]);
});
