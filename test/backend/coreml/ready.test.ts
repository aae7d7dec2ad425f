import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type CompileOptions, compiledModel } from "../../../src/backend/coreml/compile.ts";
import { readyModel } from "../../../src/backend/coreml/ready.ts";
import type { Ready } from "../../../src/backend/coreml/ready-options.ts";
import { parseDevices } from "../../../src/backend/device-spec.ts";
import { discoverMachine } from "../../../src/backend/discover.ts";
import { planDevices } from "../../../src/backend/plan.ts";
import type { ModelTask } from "../../../src/backend/session-task.ts";
import { runDefaults } from "../../../src/config/run-config.ts";
import type { AipError } from "../../../src/errors.ts";
import { ComputeUnits } from "../../../src/layout/layout.gen.ts";
import { loadModel } from "../../../src/pipeline/load-model.ts";
import { type WrittenModel, writeModel } from "./model-writer.ts";
import { hasStandIn, setFaults, unlessBuilt, useStandIn } from "./stand-in.ts";

useStandIn();

const FIXTURES = join(import.meta.dir, "../../fixtures/models");
const ROOT = mkdtempSync(join(tmpdir(), "aip-coreml-ready-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

/** A process starts within this on a busy machine. */
const LIMIT_MS = 40_000;
/** What hangs takes as long. */
const SHORT_MS = 1_500;
let count = 0;
let cache = "";

beforeEach(() => {
  count += 1;
  cache = join(ROOT, `cache-${count}`);
  process.env["AIP_CACHE_DIR"] = cache;
  process.env["AIP_STANDIN_COMPILE_LOG"] = `${cache}.log`;
  if (hasStandIn) setFaults("");
});
afterEach(() => {
  for (const name of ["CACHE_DIR", "STANDIN_FAULTS", "STANDIN_COMPILE_LOG", "STANDIN_TEMPORARY"]) {
    delete process.env[`AIP_${name}`];
  }
});

/** Whose picture decides the answer, so that one of another picture is wrong. */
function task(): ModelTask {
  const model: WrittenModel = {
    inputs: [{ name: "image", type: { image: [64, 64], color: "rgb" } }],
    outputs: [{ name: "same", type: { array: [1, 3, 64, 64], dtype: "float16" } }],
    metadata: { "aip.manifest": JSON.stringify({ head: { type: "raw" } }) },
    standIn: { onnx: join(FIXTURES, "identity.onnx") },
  };
  const path = writeModel(join(ROOT, `street-${count}.mlpackage`), model);
  return loadModel(path, runDefaults).task;
}

const machine = discoverMachine();

/** In the compiler's folder, but of another model. */
const OF_OTHERS = ["other.mlmodelc"];

/** A model, and the folder the compiler writes in, which TMPDIR does not name. */
function compilation(): {
  temporary: string;
  given: { path: string; options: CompileOptions };
} {
  const temporary = mkdtempSync(join(ROOT, "temporary-"));
  for (const name of OF_OTHERS) mkdirSync(join(temporary, name));
  process.env["AIP_STANDIN_TEMPORARY"] = temporary;
  const options = {
    temporaryFolder: temporary,
    limitMs: LIMIT_MS,
    chip: machine.cpuModel,
    signal: new AbortController().signal,
    tell: () => undefined,
  };
  return { temporary, given: { path: task().path, options } };
}

function ready(
  devices: string,
  faults = "",
  more: { limitMs?: number; tell?: string[] } = {},
): Promise<Ready> {
  process.env["AIP_STANDIN_FAULTS"] = faults;
  return readyModel({
    specs: parseDevices(devices),
    machine,
    model: task(),
    signal: new AbortController().signal,
    tell: (text) => more.tell?.push(text),
    limitMs: more.limitMs ?? LIMIT_MS,
  });
}

const kinds = ({ specs }: Ready): string => specs.map(({ text }) => text).join(",");
const compilations = (): number => readFileSync(`${cache}.log`, "utf8").trim().split("\n").length;

describe.skipIf(!hasStandIn)(`readyModel()${unlessBuilt}`, () => {
  test("compiles a model once, tries it on every unit, and remembers", async () => {
    const first = await ready("ane,gpu,cpu");
    expect(kinds(first)).toBe("ane,gpu,cpu");
    expect(first.notes).toEqual([]);
    // What would hang is not tried again, as all went well before.
    const second = await ready("ane,gpu,cpu", "load-hang", { limitMs: SHORT_MS });
    expect(second.model.coreMl?.compiledPath).toBe(first.model.coreMl?.compiledPath as string);
    expect(kinds(second)).toBe("ane,gpu,cpu");
    expect(compilations()).toBe(1);
  });

  test.each([
    [
      "load-hang",
      /^ane is left out: when street-\d+\.mlpackage was tried on the Neural Engine, it hung: no end of it in 1\.5 s \(kept in ".*": remove it to try again\)$/,
    ],
    ["predict-hang", /it hung: /],
    ["load-crash", /it crashed: it was ended by SIG/],
    ["predict-crash", /it crashed: it was ended by SIG/],
    ["wrong", /it answered wrongly: its answer differs from the CPU's by \d+ %/],
    ["nan", /it failed: Output "same" holds values that are not numbers/],
  ])("leaves out a Neural Engine with %s, and says so", async (fault, note) => {
    const limitMs = fault.endsWith("hang") ? SHORT_MS : LIMIT_MS;
    await ready("cpu");
    const found = await ready("ane,cpu", `ane/${fault}`, { limitMs });
    expect(kinds(found)).toBe("cpu");
    expect(found.notes).toEqual([expect.stringMatching(note)]);
  });

  test("leaves a unit out the next time without trying it, until that is forgotten", async () => {
    const { notes } = await ready("ane,cpu", "ane/load-crash");
    const again = await ready("ane,cpu");
    expect(again.notes).toEqual(notes);
    const path = /kept in "([^"]+)"/.exec(notes[0] ?? "")?.[1] as string;
    rmSync(path);
    expect(kinds(await ready("ane,cpu"))).toBe("ane,cpu");
  });

  test("does not keep what failed at once", async () => {
    expect(kinds(await ready("ane,cpu", "ane/load-fail"))).toBe("cpu");
    expect(kinds(await ready("ane,cpu"))).toBe("ane,cpu");
  });

  test("says where there was nothing to compare with", async () => {
    const found = await ready("ane", "cpu/predict-crash");
    expect(kinds(found)).toBe("ane");
    expect(found.notes).toEqual([
      "what ane answers was not compared: the CPU cannot run the model",
    ]);
  });

  test("auto is what can run the model", async () => {
    const found = await ready("auto", "gpu/predict-crash");
    const { instances } = planDevices(found.specs, { machine: found.machine, model: found.model });
    expect(instances.map(({ id }) => id)).toEqual(["cpu-0", "ane-0", "ane-1"]);
    expect(found.notes).toHaveLength(1);
  });

  test("refuses a run without any device that can run the model", async () => {
    await expect(ready("ane", "load-fail")).rejects.toMatchObject({
      code: "device-unavailable",
      category: "usage",
      message: expect.stringMatching(
        /^No device can run model "[^"]+": tried on the Neural Engine, it failed: [^"]+$/,
      ),
    });
    // Each reason once, and nothing stays that no unit can load.
    await expect(ready("ane,gpu,cpu", "load-fail")).rejects.toMatchObject({
      message: expect.stringMatching(
        /^No device can run model "[^"]+": tried on the Neural Engine and the GPU and the CPU, it failed: [^";]+$/,
      ),
    });
    expect(readdirSync(join(cache, "coreml"))).toEqual([]);
  });

  test("starts nothing for a Neural Engine that is not there", async () => {
    setFaults("no-ane");
    const found = await ready("ane", "no-ane");
    expect(() => planDevices(found.specs, { machine: found.machine, model: found.model })).toThrow(
      'Device "ane" is not available: Core ML finds no Neural Engine on this machine',
    );
    expect(() => readFileSync(`${cache}.log`)).toThrow("ENOENT");
  });

  const leftInCache = (): string[] => readdirSync(join(cache, "coreml"));

  test("says that a model cannot be compiled, and keeps nothing of it", async () => {
    await expect(ready("cpu", "compile-fail")).rejects.toMatchObject({
      code: "model-invalid",
      category: "usage",
      message: expect.stringMatching(/^Cannot open model ".*": Failed to compile the model/),
    });
    expect(leftInCache()).toEqual([]);
    expect(kinds(await ready("cpu"))).toBe("cpu");
  });

  test.each([
    ["compile-crash", /Core ML's compiler crashed on it: it was ended by SIG[A-Z]+/, LIMIT_MS],
    ["compile-hang", /Core ML's compiler hung on it: no end of it in 1\.5 s/, SHORT_MS],
  ])("remembers a model with %s, and why, until that is forgotten", async (fault, why, limitMs) => {
    const refused = async (faults: string): Promise<string> => {
      const error = await ready("cpu", faults, { limitMs }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "model-unusable", category: "usage" });
      return (error as Error).message;
    };
    const message = await refused(fault);
    expect(message).toMatch(why);
    const path = / \(kept in "([^"]+)": remove it to try again\)$/.exec(message)?.[1] as string;
    // What was written of the compiled model is gone.
    expect(leftInCache()).toEqual([basename(path)]);
    expect(await refused("")).toBe(message);
    expect(compilations()).toBe(1);
    rmSync(path);
    expect(kinds(await ready("cpu"))).toBe("cpu");
    expect(compilations()).toBe(2);
  });

  test("blames no unit where its answer cannot be kept, and leaves no part of that", async () => {
    const { model } = await ready("cpu");
    const folder = dirname(model.coreMl?.compiledPath as string);
    const [name] = readdirSync(folder).filter((each) => /^verdict-cpu-.*\.f32$/.test(each));
    const path = join(folder, name as string);
    rmSync(path);
    // No file can be moved there.
    mkdirSync(join(path, "occupied"), { recursive: true });
    await expect(ready("cpu")).rejects.toMatchObject({
      code: "cache-unwritable",
      category: "usage",
      message: expect.stringContaining("name a folder with room by AIP_CACHE_DIR"),
    });
    expect(readdirSync(folder).filter((each) => each.startsWith(`${name}.`))).toEqual([]);
    rmSync(path, { recursive: true });
    expect(kinds(await ready("cpu"))).toBe("cpu");
  });

  test.each([
    ["", LIMIT_MS],
    ["compile-fail", LIMIT_MS],
    ["compile-crash", LIMIT_MS],
    ["compile-hang", SHORT_MS],
  ])("leaves nothing where the compiler writes, which suffers %p", async (faults, limitMs) => {
    const { temporary, given } = compilation();
    process.env["AIP_STANDIN_FAULTS"] = faults;
    const compiling = compiledModel(given.path, { ...given.options, limitMs });
    await compiling.catch((error: AipError) => error.code);
    expect(readdirSync(temporary)).toEqual(OF_OTHERS);
    const inEntries = readdirSync(join(cache, "coreml"), { recursive: true, encoding: "utf8" });
    expect(inEntries.filter((path) => path.includes("compiler.json"))).toEqual([]);
  });

  test("a compiler that finds no room is no fault of the model, and leaves nothing", async () => {
    const { temporary, given } = compilation();
    process.env["AIP_STANDIN_FAULTS"] = "compile-full";
    const refused = await compiledModel(given.path, given.options).catch(
      (error: AipError) => error,
    );
    expect(refused).toMatchObject({
      code: "cache-unwritable",
      category: "usage",
      message:
        `Cannot compile model "${given.path}" for the cache: the disk of "${temporary}" is full, ` +
        "where Core ML's compiler writes first; make room there",
    });
    expect(readdirSync(join(cache, "coreml"))).toEqual([]);
    expect(readdirSync(temporary)).toEqual(OF_OTHERS);
  });

  test("tries a unit anew for as many pictures at once", async () => {
    const { model } = await ready("gpu");
    const folder = dirname(model.coreMl?.compiledPath as string);
    const verdicts = (): number =>
      readdirSync(folder).filter((name) => /^verdict-gpu-.*\.json$/.test(name)).length;
    await ready("gpu");
    expect(verdicts()).toBe(1);
    expect(kinds(await ready("gpu:batch=2"))).toBe("gpu:batch=2");
    expect(verdicts()).toBe(2);
  });

  test("tries again what was killed from outside", async () => {
    const found = await ready("ane,cpu", "ane/predict-killed");
    expect(kinds(found)).toBe("cpu");
    expect(found.notes).toEqual([
      expect.stringMatching(
        /it failed: SIGKILL from outside ended it, as a system short of memory does$/,
      ),
    ]);
    expect(kinds(await ready("ane,cpu"))).toBe("ane,cpu");
  });

  test("says that it takes long, while it does", async () => {
    const tell: string[] = [];
    await ready("cpu", "load-ms=3500", { tell });
    expect(tell).toEqual([
      expect.stringMatching(
        /^preparing street-\d+\.mlpackage for the CPU: [34](\.\d)? s so far, at most 40 s/,
      ),
    ]);
  });

  test("plans two instances for a Neural Engine, one for the others", async () => {
    const found = await ready("ane:fast-prediction=yes,gpu,cpu");
    const { instances } = planDevices(found.specs, { machine: found.machine, model: found.model });
    expect(instances.map(({ id }) => id)).toEqual(["ane-0", "ane-1", "gpu-0", "cpu-0"]);
    expect(instances[0]?.task.model?.coreMl).toMatchObject({
      computeUnits: ComputeUnits.cpuAndNeuralEngine,
      options: "output=same\nfast-prediction=yes",
    });
  });
});
