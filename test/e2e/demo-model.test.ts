import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Workspace } from "./workspace.ts";

setDefaultTimeout(60_000);

/** Training used seeds from 100,000 on: see scripts/train-demo.py. */
const HELD_OUT_SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);
const FRAMES_PER_SEED = 40;

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

test("the demo model finds what is there in scenes it was not trained on, in at most 1 MB", async () => {
  const { size } = Bun.file(join(import.meta.dir, "../../models/demo.onnx"));
  expect(size).toBeLessThanOrEqual(1_000_000);
  // A stretch of each scene, at another time of its day: empty streets, rush hours, dusk.
  const scenes = HELD_OUT_SEEDS.map(
    (seed) => `demo:seed=${seed}:frames=${FRAMES_PER_SEED}:start=${1500 * seed}`,
  );
  const { code, stderr } = await workspace.run(
    `${scenes.join(" ")} --device cpu --quiet --report report.json`,
  );
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const { frames, accuracy } = await workspace.report("report.json");
  expect(frames.emitted).toBe(HELD_OUT_SEEDS.length * FRAMES_PER_SEED);
  expect(accuracy?.classes.map(({ label }) => label)).toEqual(["vehicle", "person", "cyclist"]);
  // Enough of each class for its share of the mean to mean something.
  for (const { truth_count } of accuracy?.classes ?? []) expect(truth_count).toBeGreaterThan(200);
  expect(accuracy?.map50).toBeGreaterThanOrEqual(0.9);
});
