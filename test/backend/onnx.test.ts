import { expect, test } from "bun:test";
import { openSession } from "../../src/backend/open.ts";
import { AipError } from "../../src/errors.ts";
import { Bench, backendContract } from "./contract.ts";
import { fixtureTask } from "./fixture-task.ts";

backendContract("onnx", (stopAddress) => openSession(fixtureTask("yolox"), stopAddress));
backendContract("onnx, raw head", (stopAddress) =>
  openSession(fixtureTask("identity", { head: "raw" }), stopAddress),
);

test("openSession() of a model answers with the model's boxes in source pixels", () => {
  const bench = new Bench();
  const session = openSession(fixtureTask("yolox"), bench.stopAddress);
  bench.run(session);
  const records = bench.detections;
  // The fixture's boxes A, B and C, in a 128×96 picture letterboxed top left: twice as large.
  expect(bench.detectionCount).toBe(3);
  expect([...records.subarray(0, 4)]).toEqual([16, 16, 48, 64]);
  expect([...records.subarray(8, 12)]).toEqual([64, 32, 112, 80]);
  expect(records[4]).toBeCloseTo(0.9, 5);
  session.close();
});

test("openSession() refuses a model that the runtime cannot read", () => {
  const task = fixtureTask("yolox");
  const model = task.model && { ...task.model, path: task.model.path.replace("yolox", "corrupt") };
  expect(() => openSession({ ...task, model }, 0)).toThrow(AipError);
});
