import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type RunConfig, runDefaults } from "../../../src/config/run-config.ts";
import {
  ComputeUnits,
  DETECTION_COUNT_MAX,
  Detection,
  PixelFormat,
  ResultDescriptor,
  SessionConfig,
  SlotHeader,
  Status,
} from "../../../src/layout/layout.gen.ts";
import { compileCoreMl, coreMlPlan } from "../../../src/native/coreml.ts";
import { addressOf, lastError } from "../../../src/native/library.ts";
import { AddressTable, NativeSession } from "../../../src/native/session.ts";
import { loadModel } from "../../../src/pipeline/load-model.ts";
import {
  type StandInFile,
  type WrittenFeature,
  type WrittenModel,
  writeModel,
} from "./model-writer.ts";
import {
  counters,
  hasStandIn,
  resetCounters,
  setFaults,
  unlessBuilt,
  useStandIn,
} from "./stand-in.ts";

useStandIn();

const FIXTURES = join(import.meta.dir, "../../fixtures/models");
const ROOT = mkdtempSync(join(tmpdir(), "aip-coreml-session-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

/** A picture of one colour, 128×96. */
const WIDTH = 128;
const HEIGHT = 96;
const RGB = [10, 100, 200] as const;
const PAD = 114;
const PAYLOAD = ResultDescriptor.sizeBytes + DETECTION_COUNT_MAX * Detection.sizeBytes;

/** The boxes of test/fixtures/models/README.md, `class:confidence x1 y1 x2 y2`. */
const TOP_LEFT = ["0:0.900 16 16 48 64", "1:0.800 64 32 112 80", "1:0.500 16 16 48 64"];
const CENTRED = ["0:0.900 16 0 48 48", "1:0.800 64 16 112 64", "1:0.500 16 0 48 48"];

const IMAGE: WrittenFeature = { name: "image", type: { image: [64, 64], color: "rgb" } };
const NAMES = { names: "{0: 'many', 1: 'few'}" };

const sessions: NativeSession[] = [];
const compiled: string[] = [];
let count = 0;

beforeEach(() => {
  if (hasStandIn) setFaults("");
});
afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
  for (const path of compiled.splice(0)) rmSync(dirname(path), { recursive: true, force: true });
});

const array = (name: string, shape: readonly number[], dtype = "float32"): WrittenFeature => ({
  name,
  type: { array: shape, dtype: dtype as "float32" },
});

/** What a converter writes into a model for this program. */
const manifest = (said: object): Readonly<Record<string, string>> => ({
  "aip.manifest": JSON.stringify(said),
});

/** A package of test/fixtures/coreml, standing for a network. */
function fixture(name: string, standIn: StandInFile): string {
  count += 1;
  const path = join(ROOT, `${name}-${count}.mlpackage`);
  cpSync(join(FIXTURES, `../coreml/${name}.mlpackage`), path, { recursive: true });
  writeFileSync(join(path, "standin.json"), JSON.stringify(standIn));
  return path;
}

const onnx = (name: string): string => join(FIXTURES, `${name}.onnx`);

interface OpenOptions {
  readonly units?: number;
  readonly batch?: number;
  readonly run?: Partial<RunConfig>;
  /** One that is compiled already. */
  readonly compiledPath?: string;
}

function open(model: WrittenModel | string, options: OpenOptions = {}): NativeSession {
  count += 1;
  const modelPath =
    typeof model === "string" ? model : writeModel(join(ROOT, `model-${count}.mlmodel`), model);
  const { task } = loadModel(modelPath, { ...runDefaults, ...options.run });
  const compiledPath = options.compiledPath ?? compileCoreMl(modelPath);
  if (options.compiledPath === undefined) compiled.push(compiledPath);
  const config = task.config.slice();
  const view = new DataView(config.buffer);
  view.setUint32(SessionConfig.batchSizeMax, options.batch ?? 1, true);
  const computeUnits = options.units ?? ComputeUnits.cpuOnly;
  const lines = (task.coreMl?.answer ?? []).join("\n");
  const session = new NativeSession({
    modelPath,
    compiledPath,
    computeUnits,
    config,
    options: lines,
  });
  sessions.push(session);
  return session;
}

function slotOf(rgb: readonly number[] = RGB): Uint8Array {
  const slot = new Uint8Array(new SharedArrayBuffer(SlotHeader.sizeBytes + WIDTH * HEIGHT * 3));
  const header = new DataView(slot.buffer);
  header.setUint32(SlotHeader.pixelFormat, PixelFormat.rgb24, true);
  header.setUint32(SlotHeader.width, WIDTH, true);
  header.setUint32(SlotHeader.height, HEIGHT, true);
  header.setUint32(SlotHeader.planeOffsetBytes, SlotHeader.sizeBytes, true);
  header.setUint32(SlotHeader.planeStrideBytes, WIDTH * 3, true);
  header.setUint32(SlotHeader.slotBytes, slot.length, true);
  for (let at = SlotHeader.sizeBytes; at < slot.length; at += 3) slot.set(rgb, at);
  return slot;
}

function blockOf(session: NativeSession): Uint8Array {
  const block = new Uint8Array(new SharedArrayBuffer(PAYLOAD + session.payloadBytes));
  const view = new DataView(block.buffer);
  view.setUint32(ResultDescriptor.payloadCapacityBytes, session.payloadBytes, true);
  return block;
}

/** Answers one frame: its detections, or why it failed. */
function answer(session: NativeSession): readonly string[] | string {
  const block = blockOf(session);
  const status = session.run(addressOf(slotOf()), addressOf(block));
  return status === Status.ok ? detections(block) : lastError();
}

function detections(block: Uint8Array): readonly string[] {
  const view = new DataView(block.buffer);
  const count = view.getUint32(ResultDescriptor.detectionCount, true);
  return Array.from({ length: count }, (_, index) => {
    const at = ResultDescriptor.sizeBytes + index * Detection.sizeBytes;
    const corners = [Detection.x1, Detection.y1, Detection.x2, Detection.y2];
    const box = corners.map((field) => Number(view.getFloat32(at + field, true).toFixed(1)));
    const confidence = view.getFloat32(at + Detection.confidence, true).toFixed(3);
    return `${view.getInt32(at + Detection.classId, true)}:${confidence} ${box.join(" ")}`;
  });
}

function payload(session: NativeSession): Float32Array {
  const block = blockOf(session);
  expect(session.run(addressOf(slotOf()), addressOf(block))).toBe(Status.ok);
  const view = new DataView(block.buffer);
  const sizeBytes = view.getUint32(ResultDescriptor.payloadBytes, true);
  return new Float32Array(block.slice(PAYLOAD, PAYLOAD + sizeBytes).buffer);
}

const yolov8 = (standIn: object = {}): WrittenModel => ({
  inputs: [IMAGE],
  outputs: [array("var_1365", [1, 6, 84])],
  metadata: NAMES,
  standIn: { onnx: onnx("yolov8"), ...standIn },
});

describe.skipIf(!hasStandIn)(`a session of Core ML${unlessBuilt}`, () => {
  const units = [ComputeUnits.cpuOnly, ComputeUnits.cpuAndGpu, ComputeUnits.cpuAndNeuralEngine];

  test.each([
    ["yolox", [1, 84, 7], {}, TOP_LEFT],
    ["yolov5", [1, 252, 7], NAMES, CENTRED],
    ["yolov8", [1, 6, 84], NAMES, CENTRED],
    ["yolov8-rows", [1, 84, 6], manifest({ head: { type: "yolov8" } }), CENTRED],
    ["end-to-end", [1, 300, 6], NAMES, CENTRED],
  ] as const)("answers with the boxes of %s on every unit", (name, shape, metadata, expected) => {
    const model: WrittenModel = {
      inputs: [IMAGE],
      outputs: [array("var_7", shape)],
      metadata,
      standIn: { onnx: onnx(name) },
    };
    for (const unit of units) expect(answer(open(model, { units: unit }))).toEqual([...expected]);
  });

  test("takes f16 arrays, written in place, and answers in f16", () => {
    const model: WrittenModel = {
      inputs: [array("x", [1, 3, 64, 64], "float16")],
      outputs: [array("y", [1, 6, 84], "float16")],
      metadata: NAMES,
      standIn: { onnx: onnx("yolov8-f16") },
    };
    resetCounters();
    expect(answer(open(model))).toEqual(CENTRED);
    expect(counters().arraysConverted).toBe(0);
  });

  test.each([
    ["rgb", RGB],
    ["bgr", [...RGB].reverse()],
  ] as const)(
    "gives a network of %s its pixels by way of 32BGRA",
    (color, [first, second, third]) => {
      const model: WrittenModel = {
        inputs: [{ name: "image", type: { image: [64, 64], color } }],
        outputs: [array("same", [1, 3, 64, 64])],
        metadata: manifest({ head: { type: "raw" } }),
        standIn: { onnx: onnx("identity") },
      };
      const values = payload(open(model));
      // Stretched, as a raw model's picture is: one colour everywhere, in planes.
      const [red, green, blue] = [0, 1, 2].map((c) => values.slice(c * 4096, (c + 1) * 4096));
      expect(new Set(red)).toEqual(new Set([first]));
      expect(new Set(green)).toEqual(new Set([second]));
      expect(new Set(blue)).toEqual(new Set([third]));
    },
  );

  test("pads a letterboxed pixel buffer with grey", () => {
    const model: WrittenModel = {
      inputs: [IMAGE],
      outputs: [array("same", [1, 3, 64, 64])],
      metadata: manifest({ head: { type: "raw" }, input: { letterbox: "top-left" } }),
      standIn: { onnx: onnx("identity") },
    };
    const values = payload(open(model));
    // 128×96 on 64×64 at the top left: 48 rows of picture, 16 of padding.
    expect(values[47 * 64 + 63]).toBe(RGB[0]);
    expect(values[48 * 64]).toBe(PAD);
    expect(values[63 * 64 + 63]).toBe(PAD);
  });

  test("honours the strides of what Core ML made itself", () => {
    setFaults("backings-never");
    resetCounters();
    expect(answer(open(yolov8()))).toEqual(CENTRED);
    expect(counters().backingsIgnored).toBe(1);
  });

  test("has answers written to its own memory where Core ML does that", () => {
    setFaults("backings-always");
    resetCounters();
    expect(answer(open(yolov8()))).toEqual(CENTRED);
    expect(counters()).toMatchObject({ backingsHonoured: 1, backingsIgnored: 0 });
  });

  test("tells from frame to frame whether Core ML did", () => {
    const session = open(yolov8());
    resetCounters();
    for (let frame = 0; frame < 40; frame += 1) expect(answer(session)).toEqual(CENTRED);
    const { backingsHonoured, backingsIgnored } = counters();
    expect(Math.min(backingsHonoured, backingsIgnored)).toBeGreaterThan(0);
    expect(backingsHonoured + backingsIgnored).toBe(40);
  });

  /** Whose answer is its picture, a tensor at the top left of a grey one. */
  const echo = (dtype: string, network: string): WrittenModel => ({
    inputs: [array("x", [1, 3, 64, 64], dtype)],
    outputs: [array("y", [1, 3, 64, 64], dtype)],
    metadata: manifest({
      head: { type: "raw" },
      input: { letterbox: "top-left", scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
    }),
    standIn: { onnx: onnx(network) },
  });
  const picture = [0, 1, 2].flatMap((c) =>
    Array.from({ length: 64 * 64 }, (_, at) => (at < 64 * 48 ? (RGB[c] as number) : PAD)),
  );

  test("keeps halves on surfaces, which a unit reads and writes without a copy", () => {
    const session = open(echo("float16", "identity-f16"), {
      units: ComputeUnits.cpuAndNeuralEngine,
    });
    resetCounters();
    // Rows lie apart by more than they hold, and what lies between is not a number.
    for (let frame = 0; frame < 20; frame += 1) {
      expect([...new Float16Array(payload(session).buffer)]).toEqual(picture);
    }
    const counted = counters();
    expect(counted).toMatchObject({
      arraysOnSurfaces: 20,
      backingsOnSurfaces: 20,
      buffersWithoutIOSurface: 0,
      arraysConverted: 0,
      violations: [],
    });
    // Core ML takes them for its answer or not, as it likes.
    expect(Math.min(counted.backingsHonoured, counted.backingsIgnored)).toBeGreaterThan(0);
  });

  test("keeps other types in plain memory", () => {
    resetCounters();
    expect([...payload(open(echo("float32", "identity")))]).toEqual(picture);
    expect(counters()).toMatchObject({ arraysOnSurfaces: 0, backingsOnSurfaces: 0 });
  });

  test.each(["float64", "float16"])("reads an output of %s", (dtype) => {
    const model = { ...yolov8(), outputs: [array("y", [1, 6, 84], dtype)] };
    expect(answer(open(model))).toEqual(CENTRED);
  });

  test("ranks the classes of a classifier by its dictionary, in the model's own order", () => {
    const path = fixture("classifier", {
      onnx: join(FIXTURES, "../native/heads.onnx"),
      outputs: { classLabel_probs: "logits" },
      labels: ["empty", "few", "many"],
    });
    // The logits of 0.2, 0.9 and 0.6, see scripts/gen-onnx-fixtures.py.
    expect(answer(open(path))).toEqual(["1:2.197 0 0 128 96", "2:0.405 0 0 128 96"]);
  });

  test("ranks the classes of a classifier that gives a tensor", () => {
    const model: WrittenModel = {
      inputs: [IMAGE],
      outputs: [array("y", [1, 3])],
      metadata: manifest({ classes: ["empty", "few", "many"], head: { activation: "none" } }),
      standIn: { onnx: onnx("classification") },
    };
    expect(answer(open(model))).toEqual([
      "2:0.625 0 0 128 96",
      "1:0.250 0 0 128 96",
      "0:0.125 0 0 128 96",
    ]);
  });

  test.each([
    ["coarse", ["1:0.750 0 0 128 96", "0:0.250 0 0 128 96"]],
    ["fine", ["2:0.500 0 0 128 96", "1:0.250 0 0 128 96", "0:0.125 0 0 128 96"]],
  ] as const)("runs function %s of a model that has several", (name, expected) => {
    const native = (each: string): string => join(FIXTURES, `../native/function_${each}.onnx`);
    const functions = { coarse: native("coarse"), fine: native("fine") };
    const path = fixture("multi-function", { functions });
    const chosen = { function: name, head: { activation: "none" } };
    writeFileSync(path.replace(/\.mlpackage$/, ".json"), JSON.stringify(chosen));
    expect(answer(open(path, { run: { confidence: 0.1 } }))).toEqual([...expected]);
  });

  test("a unit that is not there is refused before Core ML could hang on it", () => {
    const path = fixture("yolov8", { onnx: onnx("yolov8") });
    const compiledPath = compileCoreMl(path);
    compiled.push(compiledPath);
    setFaults("no-ane,no-gpu");
    try {
      for (const [units, name] of [
        [ComputeUnits.cpuAndNeuralEngine, "Neural Engine"],
        [ComputeUnits.cpuAndGpu, "GPU"],
      ] as const) {
        const missing = `Core ML does not find the ${name} on this machine`;
        expect(() => open(path, { units })).toThrow(missing);
        const asked = { compiledPath, computeUnits: units, options: "" };
        expect(() => coreMlPlan(asked)).toThrow(missing);
      }
    } finally {
      setFaults("");
    }
  });

  test("the plan is of the function that runs, and of the options it is loaded with", () => {
    const native = (each: string): string => join(FIXTURES, `../native/function_${each}.onnx`);
    const functions = { coarse: native("coarse"), fine: native("fine") };
    const compiledPath = compileCoreMl(fixture("multi-function", { functions }));
    compiled.push(compiledPath);
    const plan = (options: string): string =>
      coreMlPlan({ compiledPath, computeUnits: ComputeUnits.cpuAndNeuralEngine, options });
    expect(JSON.parse(plan("function=fine"))).toContainEqual(
      expect.objectContaining({ preferred: "neuralEngine" }),
    );
    expect(() => plan("function=absent")).toThrow("has no function named absent");
    expect(() => plan("reshape=sometimes")).toThrow("reshape is frequent or infrequent");
  });

  describe("of an NMS pipeline", () => {
    const pipeline = (): string =>
      fixture("nms", { onnx: onnx("yolov8"), pipeline: { layout: "yolov8", classes: 3 } });

    test("takes its boxes as they are, and no class that only pads", () => {
      expect(answer(open(pipeline()))).toEqual(CENTRED);
    });

    test("gives it the run's thresholds", () => {
      const weak = "0:0.200 80 72 96 88";
      const overlapping = "0:0.600 18 2 50 50";
      const [first, second, third] = CENTRED;
      expect(answer(open(pipeline(), { run: { confidence: 0.1, iou: 0.9 } }))).toEqual([
        first as string,
        second as string,
        overlapping,
        third as string,
        weak,
      ]);
    });

    test.each([
      ["[0, 4] and [0, 80]", "empty"],
      ["[0] twice", "empty-flat"],
    ])("finds nothing where it gives no box, as %s", (_, fault) => {
      setFaults(fault);
      expect(answer(open(pipeline()))).toEqual([]);
    });

    test("goes on with the frame behind one that had no box", () => {
      setFaults("empty-flat@2");
      resetCounters();
      const session = open(pipeline());
      expect([answer(session), answer(session), answer(session)]).toEqual([CENTRED, [], CENTRED]);
    });

    test("fails the frame whose boxes are not numbers", () => {
      setFaults("nan");
      expect(answer(open(pipeline()))).toMatch(/holds values that are not numbers/);
    });
  });

  test.each([
    // 0.299 · 10 + 0.587 · 100 + 0.114 · 200 = 84.49
    ["gray", 84],
    // Half of that, in steps of 1/32.
    ["gray16", 42.25],
  ] as const)("gives a grey model of %s its pixels", (color, expected) => {
    const model: WrittenModel = {
      inputs: [{ name: "image", type: { image: [4, 2], color } }],
      outputs: [array("same", [1, 1, 2, 4])],
      metadata: manifest({
        head: { type: "raw" },
        ...(color === "gray16" && { input: { scale: 0.5 } }),
      }),
      standIn: { onnx: join(FIXTURES, "../native/picture_gray.onnx") },
    };
    expect([...payload(open(model))]).toEqual(new Array(8).fill(expected));
  });

  test("answers a batch as it answers its pictures one by one", () => {
    const session = open(yolov8(), { batch: 4 });
    expect(session.batchSizeMax).toBe(4);
    const slots = new AddressTable(4);
    const results = new AddressTable(4);
    const pictures = [slotOf(), slotOf(), slotOf()];
    const blocks = pictures.map(() => blockOf(session));
    for (const [place, picture] of pictures.entries()) {
      slots.set(place, addressOf(picture));
      results.set(place, addressOf(blocks[place] as Uint8Array));
    }
    expect(session.runBatch(3, slots, results)).toBe(Status.ok);
    for (const block of blocks) expect(detections(block)).toEqual(CENTRED);
  });

  test("fails only the frame of a batch whose answer is none", () => {
    setFaults("nan@2");
    resetCounters();
    const session = open(yolov8(), { batch: 3 });
    const slots = new AddressTable(3);
    const results = new AddressTable(3);
    const picture = slotOf();
    const blocks = [0, 1, 2].map(() => blockOf(session));
    for (const [place, block] of blocks.entries()) {
      slots.set(place, addressOf(picture));
      results.set(place, addressOf(block));
    }
    expect(session.runBatch(3, slots, results)).toBe(Status.ok);
    const statuses = blocks.map((block) =>
      new DataView(block.buffer).getInt32(ResultDescriptor.status, true),
    );
    expect(statuses).toEqual([Status.ok, Status.inference, Status.ok]);
  });

  test.each([
    ["nan", /^Output "var_1365" holds values that are not numbers: /],
    ["overflow", /^Output "var_1365" holds infinite values: /],
    ["predict-fail", /^The inference failed: /],
  ])("fails the one frame that %s befalls, and says why", (fault, message) => {
    setFaults(`${fault}@2`);
    // The ordinal counts the predictions of the process: this test's begin at the counters' zero.
    resetCounters();
    // The CPU computes in f32, which nothing overflows here.
    const session = open(yolov8(), { units: ComputeUnits.cpuAndNeuralEngine });
    const answers = [0, 1, 2].map(() => answer(session));
    expect(answers[1]).toMatch(message);
    expect([answers[0], answers[2]]).toEqual([CENTRED, CENTRED]);
  });

  test("breaks no rule of Core ML's, and leaves nothing behind in 20,000 predictions", () => {
    const session = open(yolov8(), { units: ComputeUnits.cpuAndNeuralEngine });
    const [slot, block] = [slotOf(), blockOf(session)];
    const predict = (times: number): void => {
      for (let frame = 0; frame < times; frame += 1) {
        if (session.run(addressOf(slot), addressOf(block)) !== Status.ok)
          throw new Error(lastError());
      }
    };
    predict(2_000);
    resetCounters();
    const before = counters();
    const beforeBytes = process.memoryUsage.rss();
    predict(18_000);
    const after = counters();
    expect(after.predictions).toBe(18_000);
    expect(after).toMatchObject({
      livePixelBuffers: before.livePixelBuffers,
      liveMultiArrays: before.liveMultiArrays,
      liveFeatureValues: before.liveFeatureValues,
      liveModels: before.liveModels,
      buffersWithoutIOSurface: 0,
      objectsOutsidePool: 0,
      violations: [],
    });
    // One lost array of this output alone would be 18,000 × 2 kB.
    expect(process.memoryUsage.rss() - beforeBytes).toBeLessThan(16 * 2 ** 20);
  });

  test("has a model of its own, as a model lets one thread in at a time", () => {
    const before = counters().liveModels;
    const model = yolov8();
    const first = open(model);
    const compiledPath = compiled.at(-1) as string;
    const sessions = [first, open(model, { compiledPath }), open(model, { compiledPath })];
    expect(counters().liveModels - before).toBe(3);
    for (const session of sessions) expect(answer(session)).toEqual(CENTRED);
  });

  test("gives everything back when it is closed", () => {
    const before = counters();
    const session = open(yolov8(), { batch: 4 });
    answer(session);
    session.close();
    expect(counters()).toMatchObject({
      livePixelBuffers: before.livePixelBuffers,
      liveMultiArrays: before.liveMultiArrays,
      liveFeatureValues: before.liveFeatureValues,
      liveModels: before.liveModels,
    });
  });
});

describe.skipIf(!hasStandIn)(`a session of Core ML that misbehaves${unlessBuilt}`, () => {
  /** Answers a batch of so many pictures: what became of each. */
  function batchOf(session: NativeSession, size: number): readonly string[] {
    const [slots, results] = [new AddressTable(size), new AddressTable(size)];
    const slot = slotOf();
    const blocks = Array.from({ length: size }, () => blockOf(session));
    for (const [place, block] of blocks.entries()) {
      slots.set(place, addressOf(slot));
      results.set(place, addressOf(block));
    }
    expect(session.runBatch(size, slots, results)).toBe(Status.ok);
    return blocks.map((block) => {
      const view = new DataView(block.buffer);
      if (view.getInt32(ResultDescriptor.status, true) === Status.ok) return "ok";
      const length = view.getUint32(ResultDescriptor.payloadBytes, true);
      const { sizeBytes } = ResultDescriptor;
      return new TextDecoder().decode(block.slice(sizeBytes, sizeBytes + length));
    });
  }

  const identity = (): WrittenModel => ({
    inputs: [IMAGE],
    outputs: [array("same", [1, 3, 64, 64])],
    metadata: manifest({ head: { type: "raw" } }),
    standIn: { onnx: onnx("identity") },
  });

  beforeEach(() => resetCounters());

  test("fails the frame whose answer is of another type, and that one alone", () => {
    setFaults("answer-type@2");
    const session = open({ ...yolov8(), outputs: [array("y", [1, 6, 84], "float16")] });
    expect([answer(session), answer(session), answer(session)]).toEqual([
      CENTRED,
      'Output "y" has changed to float32, it was float16',
      CENTRED,
    ]);
  });

  test.each(["backings-always", "backings-never"])(
    "follows an answer to another shape and back, with %s",
    (backings) => {
      setFaults(`answer-shape@2,${backings}`);
      const session = open(identity());
      const values = [payload(session), payload(session), payload(session)];
      expect(values.map(({ length }) => length)).toEqual([12_288, 12_096, 12_288]);
      for (const [frame, rowLength] of [64, 63, 64].entries()) {
        // One colour everywhere, in planes.
        for (const [plane, value] of RGB.entries()) {
          const [from, size] = [plane * 64 * rowLength, 64 * rowLength];
          expect(new Set(values[frame]?.slice(from, from + size))).toEqual(new Set([value]));
        }
      }
    },
  );

  test("refuses a batch in which one answer has another shape", () => {
    setFaults("answer-shape@2");
    const fault = 'Output "same" has changed to shape [1, 3, 64, 63], it was [1, 3, 64, 64]';
    expect(batchOf(open(identity(), { batch: 3 }), 3)).toEqual([fault, fault, fault]);
  });

  test("refuses a batch to which there is an answer too few", () => {
    setFaults("answer-count");
    const fault = "The inference failed: Core ML gave 2 answers to 3 pictures";
    expect(batchOf(open(yolov8(), { batch: 3 }), 3)).toEqual([fault, fault, fault]);
  });

  test("offers no memory to a batch, as Core ML takes none", () => {
    const session = open(yolov8(), { batch: 3 });
    expect(batchOf(session, 3)).toEqual(["ok", "ok", "ok"]);
    expect(counters()).toMatchObject({ predictions: 3, backingsIgnored: 0, backingsHonoured: 0 });
  });

  test.each(["float16", "float32", "float64"])(
    "reads rows of %s whose values lie apart",
    (type) => {
      setFaults("answer-strides");
      const model = { ...yolov8(), outputs: [array("y", [1, 6, 84], type)] };
      expect(answer(open(model))).toEqual(CENTRED);
    },
  );

  test("asks for one prediction where only that tells the shape", () => {
    const model = { ...yolov8(), outputs: [array("var_1365", [])] };
    const compiledPath = compileCoreMl(writeModel(join(ROOT, "shapeless.mlmodel"), model));
    compiled.push(compiledPath);
    const session = open(yolov8(), { compiledPath });
    expect(counters().predictions).toBe(1);
    expect(answer(session)).toEqual(CENTRED);
  });

  test("fails the frame in which there is a class too few", () => {
    setFaults("label-missing@2");
    const path = fixture("classifier", {
      onnx: join(FIXTURES, "../native/heads.onnx"),
      outputs: { classLabel_probs: "logits" },
      labels: ["empty", "few", "many"],
    });
    const session = open(path);
    expect([answer(session), answer(session)]).toEqual([
      ["1:2.197 0 0 128 96", "2:0.405 0 0 128 96"],
      'Output "classLabel_probs" has no probability of class "many"',
    ]);
  });

  test.each([
    ["scores-fewer", /^Outputs "coordinates" \[3, 4\] and "confidence" \[2, 80\] are not \[N, 4\]/],
    ["scores-nan", /holds values that are not numbers/],
  ])("fails the one frame of an NMS pipeline that %s befalls", (fault, message) => {
    setFaults(`${fault}@2`);
    const pipeline = { layout: "yolov8", classes: 3 };
    const session = open(fixture("nms", { onnx: onnx("yolov8"), pipeline }));
    const answers = [answer(session), answer(session), answer(session)];
    expect(answers[1]).toMatch(message);
    expect([answers[0], answers[2]]).toEqual([CENTRED, CENTRED]);
  });

  test("refuses a model that wants more than a picture", () => {
    const model = { ...yolov8(), inputs: [IMAGE, { name: "gain", type: "double" } as const] };
    const path = writeModel(join(ROOT, "gain.mlmodel"), model);
    const compiledPath = compileCoreMl(path);
    compiled.push(compiledPath);
    expect(() => open(yolov8(), { compiledPath })).toThrow(
      'it wants 2 inputs ("gain", "image"), one picture is what there is',
    );
  });

  test("compiles within an autorelease pool", () => {
    compiled.push(compileCoreMl(fixture("yolov8", { onnx: onnx("yolov8") })));
    expect(counters().objectsOutsidePool).toBe(0);
  });

  test("has pictures and halves where the GPU can have them as textures", () => {
    expect(answer(open(yolov8(), { units: ComputeUnits.cpuAndGpu }))).toEqual(CENTRED);
    const halves: WrittenModel = {
      inputs: [array("x", [1, 3, 64, 64], "float16")],
      outputs: [array("y", [1, 6, 84], "float16")],
      metadata: NAMES,
      standIn: { onnx: onnx("yolov8-f16") },
    };
    expect(answer(open(halves, { units: ComputeUnits.cpuAndGpu }))).toEqual(CENTRED);
    expect(counters()).toMatchObject({ predictions: 2, buffersWithoutMetal: 0 });
  });
});
