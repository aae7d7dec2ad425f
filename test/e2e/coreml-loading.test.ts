import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writeModel } from "../backend/coreml/model-writer.ts";
import { hasStandIn, STAND_IN, unlessBuilt } from "../backend/coreml/stand-in.ts";
import { aipProcess, type Outcome, spawnAip } from "../cli/process.ts";
import { sentences, until, upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const DEMO = join(import.meta.dir, "../../models/demo.mlpackage");
const MODELS = join(import.meta.dir, "../fixtures/models");
const FIXTURES = join(import.meta.dir, "../fixtures/coreml");

let count = 0;
let cache = "";
beforeEach(() => {
  count += 1;
  cache = workspace.file(`cache-${count}`);
});

/** Runs `aip run` with the Core ML of the tests, which suffers these faults. */
function run(line: string, faults = "", more: Record<string, string> = {}): Promise<Outcome> {
  return workspace.run(`${line} --quiet`, environment(faults, more));
}

function environment(faults: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    AIP_LIBRARY: STAND_IN,
    AIP_CACHE_DIR: cache,
    AIP_STANDIN_FAULTS: faults,
    AIP_STANDIN_COMPILE_LOG: `${cache}.log`,
    ...more,
  };
}

/** The kinds of device that answered frames. */
async function devices(output: string): Promise<string[]> {
  const kinds = (await workspace.lines(output)).map(
    ({ device }) => device?.split("-")[0] ?? "none",
  );
  return [...new Set(kinds)].sort();
}

const leftIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith(".lock")) : [];

describe.skipIf(!hasStandIn)(`aip run with a Core ML model${unlessBuilt}`, () => {
  test("goes on without a Neural Engine that hangs, and says why", async () => {
    // The processor must be tried within it, too, on a machine that is busy.
    const limit = { AIP_COREML_PROBE_SECONDS: "10" };
    const line = `demo --model ${DEMO} --device ane,cpu --frames 20 --output hang.ndjson`;
    const { code, stderr } = await workspace.run(line, environment("ane/load-hang", limit));
    expect(code).toBe(0);
    expect(stderr).toContain("ane is left out: when demo.mlpackage was tried on the Neural Engine");
    expect(stderr).toContain("it hung: no end of it in 10 s");
    expect(Object.values(await workspace.frames("hang.ndjson"))).toEqual([upTo(20)]);
    expect(await devices("hang.ndjson")).toEqual(["cpu"]);
    const kept = readdirSync(join(cache, "coreml"), { recursive: true, encoding: "utf8" });
    expect(kept.filter((path) => path.includes("user-"))).toEqual([]);
  });

  test("answers a frame again on which one prediction failed", async () => {
    const line = `demo --model ${DEMO} --device cpu --frames 30 --output again.ndjson`;
    const { code } = await run(line, "nan@10");
    expect(code).toBe(0);
    expect((await workspace.lines("again.ndjson")).map(({ status }) => status)).toEqual(
      new Array(30).fill("ok"),
    );
  });

  test("gives each worker a model of its own, which no other thread enters", async () => {
    const line = `demo --model ${DEMO} --device ane:replicas=3,gpu:replicas=2,cpu --frames 60`;
    const { code, stderr } = await run(`${line} --output many.ndjson`);
    expect(code).toBe(0);
    // It would complain of every rule that is broken.
    expect(stderr).not.toContain("Core ML stand-in");
    expect(Object.values(await workspace.frames("many.ndjson"))).toEqual([upTo(60)]);
  });

  test("goes on after a prediction that took the process with it", async () => {
    const line = `demo --model ${DEMO} --device ane --frames 250 --output died.ndjson --supervise`;
    const { code, stderr } = await run(line, "ane/predict-crash@150");
    expect(stderr).toContain("ended by SIGABRT");
    expect(code).toBe(0);
    expect(Object.values(await workspace.frames("died.ndjson"))).toEqual([upTo(250)]);
  });

  test("two processes at once compile a model once", async () => {
    const line = `demo --model ${DEMO} --device cpu --frames 5`;
    const outcomes = await Promise.all([
      run(`${line} --output one.ndjson`, "compile-ms=500"),
      run(`${line} --output two.ndjson`, "compile-ms=500"),
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect(readFileSync(`${cache}.log`, "utf8").trim().split("\n")).toHaveLength(1);
    expect(await workspace.frames("one.ndjson")).toEqual(await workspace.frames("two.ndjson"));
  });

  test("is clean again after a process was killed while it compiled", async () => {
    const line = `run demo --model ${DEMO} --device cpu --frames 5 --quiet`;
    const temporary = workspace.file("temporary");
    mkdirSync(temporary);
    const killed = spawnAip(line.split(" "), {
      cwd: workspace.path,
      env: environment("compile-ms=60000", { TMPDIR: temporary }),
    });
    const folder = join(cache, "coreml");
    await until("it compiles", () => readdirSync(temporary).length > 0);
    killed.kill("SIGKILL");
    await killed.exited;
    expect(leftIn(folder).some((name) => name.startsWith(".making-"))).toBe(true);
    // What the compiler has written by then is not in the cache.
    expect(readdirSync(temporary)).toHaveLength(1);
    const { code } = await run(`demo --model ${DEMO} --device cpu --frames 5`);
    expect(code).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
    expect(leftIn(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  });

  test.each([
    [
      "no-ane",
      'aip: Device "ane" is not available: Core ML finds no Neural Engine on this machine',
    ],
    ["compile-fail", /^aip: Cannot open model ".*demo\.mlpackage": Failed to compile/],
  ])("refuses %s in one sentence", async (fault, sentence) => {
    const { code, stderr } = await run(`demo --model ${DEMO} --device ane --frames 5`, fault);
    expect(sentences(stderr)).toEqual([expect.stringMatching(sentence)]);
    expect(code).toBe(2);
    expect(leftIn(join(cache, "coreml"))).toEqual([]);
  });

  test("ends at once, and leaves nothing behind, where it is interrupted meanwhile", async () => {
    const line = `run demo --model ${DEMO} --device cpu --frames 5 --quiet`;
    const child = spawnAip(line.split(" "), {
      cwd: workspace.path,
      env: environment("compile-hang"),
    });
    await until("it compiles", () => existsSync(`${cache}.log`));
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(sentences(await child.stderr.text())).toEqual([
      "aip: Preparing the model was interrupted",
    ]);
    expect(leftIn(join(cache, "coreml"))).toEqual([]);
  });

  test("refuses a model no frame of which could be answered", async () => {
    const { code, stderr } = await run(`demo --model ${DEMO} --device cpu --frames 5`, "nan");
    expect(sentences(stderr)).toEqual([
      expect.stringMatching(
        /No device can run model ".*": tried on the CPU, it failed: .*are not numbers/,
      ),
    ]);
    expect(code).toBe(2);
  });

  test("refuses threads, which Core ML chooses itself", async () => {
    const { code, stderr } = await run(`demo --model ${DEMO} --device cpu:threads=2 --frames 5`);
    expect(sentences(stderr)).toEqual([expect.stringContaining("Core ML chooses its own")]);
    expect(code).toBe(2);
  });

  test.each([
    ["newer.mlmodel", "specification version"],
    ["two-inputs.mlmodel", "inputs"],
    ["no-default.mlpackage", ""],
  ])("refuses %s in one sentence", async (name, part) => {
    const { code, stderr } = await run(`demo --model ${join(FIXTURES, name)} --device cpu`);
    const said = sentences(stderr);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("Cannot open model");
    expect(said[0]).toContain(part);
    expect(code).toBe(2);
    expect(existsSync(cache)).toBe(false);
  });

  test("refuses a package whose weights are cut short", async () => {
    const path = workspace.file("cut.mlpackage");
    cpSync(DEMO, path, { recursive: true });
    writeFileSync(join(path, "Data/com.apple.CoreML/weights/weight.bin"), "short");
    const { code, stderr } = await run(`demo --model ${path} --device cpu`);
    expect(sentences(stderr)).toEqual([expect.stringContaining("Cannot open model")]);
    expect(code).toBe(2);
  });

  test("leaves nothing of a compiled model where what is found out of it has no room", async () => {
    const path = writeModel(workspace.file("identity.mlpackage"), {
      inputs: [{ name: "image", type: { image: [64, 64], color: "rgb" } }],
      outputs: [{ name: "same", type: { array: [1, 3, 64, 64], dtype: "float32" } }],
      metadata: { "aip.manifest": JSON.stringify({ head: { type: "raw" } }) },
      standIn: { onnx: join(MODELS, "identity.onnx") },
    });
    // A limit of 40 KiB a file stands in for the disk: the CPU's answer takes 48, the model 1.
    const main = join(import.meta.dir, "../../src/cli/main.ts");
    const line = `"${process.execPath}" "${main}" run demo --model "${path}" --device cpu --quiet`;
    const child = Bun.spawn(["bash", "-c", `ulimit -f 40; ${line}`], {
      cwd: workspace.path,
      env: { ...process.env, ...environment("") },
      stdio: ["ignore", "ignore", "pipe"],
    });
    expect(sentences(await child.stderr.text())).toEqual([
      expect.stringMatching(
        /Cannot store the compiled model of ".*": .*; name a folder with room by AIP_CACHE_DIR$/,
      ),
    ]);
    expect(await child.exited).toBe(2);
    expect(existsSync(`${cache}.log`)).toBe(true);
    expect(readdirSync(join(cache, "coreml"))).toEqual([]);
  });

  test("refuses a cache it cannot write in one sentence", async () => {
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, "coreml"), "");
    const { code, stderr } = await run(`demo --model ${DEMO} --device cpu --frames 5`);
    expect(sentences(stderr)).toEqual([
      expect.stringContaining("name a folder with room by AIP_CACHE_DIR"),
    ]);
    expect(code).toBe(2);
    rmSync(cache, { recursive: true });
  });
});

describe.skipIf(process.platform === "darwin")("aip run without Core ML", () => {
  test("refuses a Core ML model, and names the ONNX file beside it", async () => {
    const { code, stderr } = await aipProcess(["run", "demo", "--model", DEMO], {
      cwd: workspace.path,
    });
    expect(sentences(stderr)).toEqual([expect.stringContaining("demo.onnx")]);
    expect(code).toBe(2);
  });
});
