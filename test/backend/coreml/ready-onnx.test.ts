import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { withBatch } from "../../../bench/batched-model.ts";
import { readyModel } from "../../../src/backend/coreml/ready.ts";
import type { Ready } from "../../../src/backend/coreml/ready-options.ts";
import { parseDevices } from "../../../src/backend/device-spec.ts";
import { discoverMachine } from "../../../src/backend/discover.ts";
import { planDevices } from "../../../src/backend/plan.ts";
import { localSystem } from "../../../src/backend/system-view.ts";
import { runDefaults } from "../../../src/config/run-config.ts";
import { onnxInfo, onnxRuntimePath } from "../../../src/native/library.ts";
import { loadModel } from "../../../src/pipeline/load-model.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures/models");
const SOURCE = join(import.meta.dir, "provider-stand-in.c");
const ROOT = mkdtempSync(join(tmpdir(), "aip-ready-onnx-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

const compiler = process.platform === "linux" ? Bun.which("cc") : null;
const headers = existsSync("/usr/include/onnxruntime/onnxruntime_c_api.h");
const canBuild = compiler !== null && headers;
const unlessBuilt = canBuild ? "" : " (skipped: no C compiler with ONNX Runtime's header on Linux)";

/** A process starts within this on a busy machine. */
const LIMIT_MS = 40_000;
/** What hangs takes as long. */
const SHORT_MS = 2_500;
const LIBRARY = join(ROOT, "libonnxruntime.so");
const LOG = join(ROOT, "provider.log");

beforeAll(() => {
  if (!canBuild) return;
  const made = Bun.spawnSync(["cc", "-shared", "-fPIC", "-w", "-o", LIBRARY, SOURCE, "-ldl"]);
  if (!made.success) throw new Error(made.stderr.toString());
});
beforeEach(() => {
  process.env["AIP_CACHE_DIR"] = mkdtempSync(join(ROOT, "cache-"));
  process.env["AIP_PROVIDER_LOG"] = LOG;
  process.env["AIP_PROVIDER_ONNXRUNTIME"] = onnxRuntimePath();
  writeFileSync(LOG, "");
});
afterEach(() => {
  for (const name of ["CACHE_DIR", "PROVIDER_LOG", "PROVIDER_FAULT", "PROVIDER_ONNXRUNTIME"]) {
    delete process.env[`AIP_${name}`];
  }
});

/** This machine as if it were a Mac, whose ONNX Runtime only the probes load. */
function mac(): ReturnType<typeof discoverMachine> {
  return discoverMachine({
    system: { ...localSystem(), platform: "darwin", arch: "arm64" },
    onnxRuntime: () => ({
      ...onnxInfo(),
      path: LIBRARY,
      providers: ["CoreMLExecutionProvider", "CPUExecutionProvider"],
    }),
    coreMl: () => ({ units: ["cpu", "gpu", "ane"], failure: null }),
  });
}

function ready(
  devices: string,
  { fault = "", limitMs = LIMIT_MS, model = "", size = 64 } = {},
): Promise<Ready> {
  if (fault === "") delete process.env["AIP_PROVIDER_FAULT"];
  else process.env["AIP_PROVIDER_FAULT"] = fault;
  return readyModel({
    specs: parseDevices(devices),
    machine: mac(),
    model: loadModel(model === "" ? modelOf("identity.onnx") : model, {
      ...runDefaults,
      inputSize: { width: size, height: size },
    }).task,
    signal: new AbortController().signal,
    tell: () => undefined,
    limitMs,
  });
}

/** A model of the fixtures, changed, whose output is handed on as it is. */
function modelOf(fixture: string, change = (bytes: Uint8Array): Uint8Array => bytes): string {
  const folder = mkdtempSync(join(ROOT, "model-"));
  const path = join(folder, basename(fixture));
  writeFileSync(path, change(readFileSync(join(FIXTURES, fixture))));
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ head: { type: "raw" } }));
  return path;
}

/** A side's name (field 2) as what it stands for (field 3): it is open then, and has no name. */
function withoutNames(model: Uint8Array): Uint8Array {
  const name = Buffer.from("\x12\x05batch", "latin1");
  const copy = Buffer.from(model);
  copy[copy.indexOf(name)] = 0x1a;
  return copy;
}

const kinds = ({ specs }: Ready): string => specs.map(({ text }) => text).join(",");
const noted = (key: string): string[] =>
  readFileSync(LOG, "utf8")
    .split("\n")
    .filter((line) => line.startsWith(`${key} `))
    .map((line) => line.slice(key.length + 1));

describe.skipIf(!canBuild)(`readyModel() of an ONNX model on a Mac${unlessBuilt}`, () => {
  test("tries Neural Engine and GPU in processes of their own, and the processor by neither", async () => {
    const found = await ready("ane,gpu,cpu");
    expect(kinds(found)).toBe("ane,gpu,cpu");
    expect(found.notes).toEqual([]);
    expect(noted("MLComputeUnits").sort()).toEqual(["CPUAndGPU", "CPUAndNeuralEngine"]);
    expect(noted("RequireStaticInputShapes")).toEqual(["1", "1"]);
  });

  test("remembers what came of it", async () => {
    await ready("ane");
    writeFileSync(LOG, "");
    expect(kinds(await ready("ane", { fault: "load-crash" }))).toBe("ane");
    expect(noted("MLComputeUnits")).toEqual([]);
  });

  test("hands every instance the one cache, named once a run", async () => {
    const { specs, machine, model } = await ready("ane:replicas=2");
    const { instances } = planDevices(specs, { machine, model });
    const lines = instances.map(({ task }) => task.model?.providerOptions ?? "");
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain(`ModelCacheDirectory=${model.coreMlCache}`);
    // The probe has used the very same.
    expect(noted("ModelCacheDirectory")).toEqual([model.coreMlCache as string]);
  });

  test.each([
    ["load-hang", /tried on the Neural Engine, it hung: no end of it in 2\.5 s \(kept in /],
    ["load-crash", /tried on the Neural Engine, it crashed: it was ended by SIGABRT/],
    ["run-hang", /it hung: /],
    ["run-crash", /it crashed: /],
    ["wrong", /it answered wrongly: its answer differs from the CPU's by 100 %/],
  ])("leaves a Neural Engine with %s out, and says why", async (fault, note) => {
    const limitMs = fault.endsWith("hang") ? SHORT_MS : LIMIT_MS;
    await ready("cpu,gpu");
    const found = await ready("ane,cpu", { fault, limitMs });
    expect(kinds(found)).toBe("cpu");
    expect(found.notes).toEqual([expect.stringMatching(note)]);
    // It is left out the next time, too, without being tried.
    expect((await ready("ane,cpu")).notes).toEqual(found.notes);
  });

  test("refuses a run on nothing but a device that crashes", async () => {
    await expect(ready("ane", { fault: "load-crash" })).rejects.toMatchObject({
      code: "device-unavailable",
      category: "usage",
      message: expect.stringMatching(
        /^No device can run model "[^"]+": tried on the Neural Engine, it crashed: /,
      ),
    });
  });

  test("gives an open batch the size one, or the size that is asked for", async () => {
    const model = modelOf("identity.onnx", (bytes) => withBatch(bytes, null));
    const { specs, machine, model: task } = await ready("ane", { model });
    expect(noted("input")).toEqual(["1,3,64,64"]);
    expect(planDevices(specs, { machine, model: task }).instances[0]?.task.batch).toBeUndefined();
    writeFileSync(LOG, "");
    await ready("ane:batch=4", { model });
    expect(noted("input")).toEqual(["4,3,64,64"]);
  });

  test("gives an open width and height the sizes of the configuration", async () => {
    await ready("ane", { model: modelOf("yolox-dynamic-size.onnx"), size: 96 });
    expect(noted("input")).toEqual(["1,3,96,96"]);
  });

  test("leaves out what cannot be given fixed shapes, instead of running it on the processor", async () => {
    const model = modelOf("yolox-dynamic-size.onnx", withoutNames);
    const found = await ready("ane,cpu", { model });
    expect(kinds(found)).toBe("cpu");
    expect(found.notes).toEqual([
      expect.stringMatching(
        /it failed: side 0 of input "images" \[-1, 3, -1, -1\] is open and has no name, so that Core ML, which needs fixed shapes, cannot take it: export it as \[1, 3, 64, 64\]$/,
      ),
    ]);
  });

  test("tries what a run has: the file, or the model with its stem merged", async () => {
    const { model } = await ready("ane");
    expect([model.bytes, noted("from")]).toEqual([null, ["file"]]);
    writeFileSync(LOG, "");
    const merged = await ready("ane", { model: modelOf("../focus/focus.onnx"), size: 8 });
    expect([merged.notes, merged.model.bytes === null]).toEqual([[], false]);
    expect(noted("from")).toEqual(["memory"]);
  });

  test("makes no cache where Core ML is not asked for", async () => {
    expect(kinds(await ready("cpu"))).toBe("cpu");
    expect(readdirSync(process.env["AIP_CACHE_DIR"] as string)).toEqual([]);
  });
});
