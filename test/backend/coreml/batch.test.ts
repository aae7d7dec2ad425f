import { expect, test } from "bun:test";
import { coreMlBatch } from "../../../src/backend/coreml/batch.ts";
import { parseDevice } from "../../../src/backend/device-spec.ts";
import { coreMlTask, type ModelTask } from "../../../src/backend/session-task.ts";
import { SessionConfig } from "../../../src/layout/layout.gen.ts";

const ARRAY = ["output=var_1365"];

test.each([
  ["ane", 1],
  ["ane:batch=auto", 1],
  ["ane:batch=1", 1],
  ["ane:batch=4", 4],
] as const)("coreMlBatch() of %s is %d for a model that answers with an array", (device, batch) => {
  expect(coreMlBatch(parseDevice(device), "x.mlpackage", ARRAY)).toBe(batch);
});

test.each([[["coordinates=boxes", "confidence=scores"]], [["probabilities=classes"]]])(
  "coreMlBatch() refuses several pictures where the answer is %p",
  (answer) => {
    expect(() => coreMlBatch(parseDevice("ane:batch=4"), "x.mlpackage", answer)).toThrow(
      'Device "ane:batch=4" has batch 4, but model "x.mlpackage" makes boxes or probabilities by ' +
        "class itself, for one picture at a time: leave batch out",
    );
    expect(coreMlBatch(parseDevice("ane"), "x.mlpackage", answer)).toBe(1);
  },
);

test("coreMlTask() gives a model of one picture as many as were asked for", () => {
  const model: ModelTask = {
    path: "x.mlpackage",
    bytes: null,
    config: new Uint8Array(SessionConfig.sizeBytes),
    batchSize: 1,
    coreMl: { answer: ARRAY, compiledPath: "x.mlmodelc" },
  };
  const { batch, model: asked } = coreMlTask(parseDevice("ane:batch=4"), model);
  expect(batch).toBe(4);
  const config = asked?.config as Uint8Array;
  expect(new DataView(config.buffer).getUint32(SessionConfig.batchSizeMax, true)).toBe(4);
  expect(coreMlTask(parseDevice("ane"), model).batch).toBeUndefined();
});
