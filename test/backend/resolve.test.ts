import { expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import { needsModel, resolveDevices } from "../../src/backend/resolve.ts";
import type { ModelTask } from "../../src/backend/session-task.ts";
import { SessionConfig } from "../../src/layout/layout.gen.ts";
import { fakeMachine } from "./fake-machine.ts";

const task = (path: string): ModelTask => ({
  path,
  bytes: null,
  config: new Uint8Array(SessionConfig.sizeBytes),
});

/** Loads nothing, and remembers what was asked for. */
function loader(): { asked: string[]; options: Parameters<typeof resolveDevices>[1] } {
  const asked: string[] = [];
  const load = (name: string): Promise<ModelTask> => {
    asked.push(name);
    return Promise.resolve(task(name));
  };
  return {
    asked,
    options: { model: () => load("run"), loadModel: load, machine: fakeMachine(2) },
  };
}

test("needsModel() is true where a real device runs", () => {
  expect(needsModel(parseDevices("sim:1ms,sim:2ms"))).toBe(false);
  expect(needsModel(parseDevices("sim:1ms,cpu"))).toBe(true);
  expect(needsModel(parseDevices("auto"))).toBe(true);
});

test("resolveDevices() loads no model for simulated devices alone", async () => {
  const { asked, options } = loader();
  const { instances } = await resolveDevices(parseDevices("sim:1ms,sim:2ms"), options);
  expect(instances.map(({ id }) => id)).toEqual(["sim-0", "sim-1"]);
  expect(asked).toEqual([]);
});

test("resolveDevices() loads the run's model once and each model= by its name", async () => {
  const { asked, options } = loader();
  const specs = parseDevices("cpu,sim:1ms:model=heavy.onnx");
  const { instances } = await resolveDevices(specs, options);
  expect(asked.toSorted()).toEqual(["heavy.onnx", "run"]);
  expect(instances.map(({ task }) => task.model?.path)).toEqual(["run", "run", "heavy.onnx"]);
});

test("resolveDevices() passes on what is wrong with a model", async () => {
  const { options } = loader();
  const model = (): Promise<ModelTask> => Promise.reject(new Error("no such model"));
  const resolved = resolveDevices(parseDevices("cpu"), { ...options, model });
  await expect(resolved).rejects.toThrow("no such model");
});

test("resolveDevices() says why there is no ONNX Runtime, before any model is loaded", async () => {
  const { asked, options } = loader();
  const machine = { ...fakeMachine(2), onnxRuntime: null, failure: "the library is missing" };
  const resolved = resolveDevices(parseDevices("cpu"), { ...options, machine });
  await expect(resolved).rejects.toThrow(/^the library is missing$/);
  expect(asked).toEqual([]);
});

test("resolveDevices() refuses a missing device before any model is loaded", async () => {
  const { asked, options } = loader();
  const resolved = resolveDevices(parseDevices("openvino"), options);
  await expect(resolved).rejects.toThrow('Device "openvino" is not available');
  expect(asked).toEqual([]);
});
