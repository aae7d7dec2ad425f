import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runDefaults } from "../../../src/config/run-config.ts";
import {
  ComputeUnits,
  DETECTION_COUNT_MAX,
  Detection,
  PixelFormat,
  ResultDescriptor,
  SlotHeader,
  Status,
} from "../../../src/layout/layout.gen.ts";
import { compileCoreMl } from "../../../src/native/coreml.ts";
import { addressOf, lastError } from "../../../src/native/library.ts";
import { NativeSession } from "../../../src/native/session.ts";
import { loadModel } from "../../../src/pipeline/load-model.ts";
import { type WrittenModel, writeModel } from "./model-writer.ts";
import {
  type Counters,
  counters,
  hasStandIn,
  resetCounters,
  unlessBuilt,
  useStandIn,
} from "./stand-in.ts";

useStandIn();

const FIXTURES = join(import.meta.dir, "../../fixtures/models");
const ROOT = mkdtempSync(join(tmpdir(), "aip-coreml-memory-"));
const compiled: string[] = [];
afterAll(() => {
  for (const path of compiled) rmSync(dirname(path), { recursive: true, force: true });
  rmSync(ROOT, { recursive: true, force: true });
});

const MIB = 2 ** 20;
const PREDICTION_COUNT = 20_000;
/** Memory that is asked for once, such as the compiler's, is there by then. */
const SETTLED_AFTER = 4_000;

/** A picture of 64×64, grey. */
const SIDE = 64;
const PAYLOAD = ResultDescriptor.sizeBytes + DETECTION_COUNT_MAX * Detection.sizeBytes;

function open(modelPath: string, computeUnits: number): NativeSession {
  const { task } = loadModel(modelPath, runDefaults);
  const compiledPath = compileCoreMl(modelPath);
  compiled.push(compiledPath);
  const options = (task.coreMl?.answer ?? []).join("\n");
  return new NativeSession({ modelPath, compiledPath, computeUnits, config: task.config, options });
}

function slot(): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(SlotHeader.sizeBytes + SIDE * SIDE * 3));
  const header = new DataView(bytes.buffer);
  header.setUint32(SlotHeader.pixelFormat, PixelFormat.rgb24, true);
  header.setUint32(SlotHeader.width, SIDE, true);
  header.setUint32(SlotHeader.height, SIDE, true);
  header.setUint32(SlotHeader.planeOffsetBytes, SlotHeader.sizeBytes, true);
  header.setUint32(SlotHeader.planeStrideBytes, SIDE * 3, true);
  header.setUint32(SlotHeader.slotBytes, bytes.length, true);
  return bytes.fill(128, SlotHeader.sizeBytes);
}

/** Predicts over and over; a frame that fails ends it. */
function predict(session: NativeSession, count: number): void {
  const [picture, block] = [slot(), new Uint8Array(new SharedArrayBuffer(PAYLOAD))];
  const [slotAddress, blockAddress] = [addressOf(picture), addressOf(block)];
  for (let index = 0; index < count; index += 1) {
    if (session.run(slotAddress, blockAddress) !== Status.ok) throw new Error(lastError());
  }
}

function residentBytes(): number {
  Bun.gc(true);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kib) * 1024;
}

const live = ({ livePixelBuffers, liveMultiArrays, liveFeatureValues }: Counters) => ({
  livePixelBuffers,
  liveMultiArrays,
  liveFeatureValues,
});

const image = { name: "image", type: { image: [SIDE, SIDE], color: "rgb" } } as const;
const yolov8: WrittenModel = {
  inputs: [image],
  outputs: [{ name: "var_7", type: { array: [1, 6, 84], dtype: "float16" } }],
  metadata: { names: "{0: 'many', 1: 'few'}" },
  standIn: { onnx: join(FIXTURES, "yolov8.onnx") },
};

function written(name: string, model: WrittenModel = yolov8): string {
  return writeModel(join(ROOT, `${name}.mlmodel`), model);
}

function arrays(): string {
  const type = { array: [1, 3, SIDE, SIDE], dtype: "float16" } as const;
  return written("arrays", { ...yolov8, inputs: [{ name: "x", type }] });
}

/** The fixture made by coremltools; its boxes are those of a network that is known. */
function pipeline(): string {
  const path = join(ROOT, "pipeline.mlpackage");
  cpSync(join(FIXTURES, "../coreml/nms.mlpackage"), path, { recursive: true });
  const standIn = { ...yolov8.standIn, pipeline: { layout: "yolov8" } };
  writeFileSync(join(path, "standin.json"), JSON.stringify(standIn));
  return path;
}

describe.skipIf(!hasStandIn)(`predictions of Core ML${unlessBuilt}`, () => {
  test("leave nothing behind, twenty thousand of them", () => {
    const session = open(written("many"), ComputeUnits.cpuAndNeuralEngine);
    resetCounters();
    predict(session, SETTLED_AFTER);
    const before = counters();
    const settledBytes = residentBytes();
    predict(session, PREDICTION_COUNT - SETTLED_AFTER);
    const after = counters();
    expect(after.predictions).toBe(PREDICTION_COUNT);
    expect(live(after)).toEqual(live(before));
    expect(residentBytes() - settledBytes).toBeLessThan(8 * MIB);
    expect(after.objectsOutsidePool).toBe(0);
    expect(after.buffersWithoutIOSurface).toBe(0);
    expect(after.violations).toEqual([]);
    // Core ML takes the memory it is offered when it likes.
    expect(after.backingsHonoured).toBeGreaterThan(PREDICTION_COUNT / 4);
    expect(after.backingsIgnored).toBeGreaterThan(PREDICTION_COUNT / 4);
    session.close();
  });

  test.each([
    ["arrays", arrays],
    ["an NMS pipeline", pipeline],
  ])("leave nothing behind with %s", (_, make) => {
    const session = open(make(), ComputeUnits.cpuAndGpu);
    predict(session, 10);
    resetCounters();
    const before = counters();
    predict(session, 2_000);
    const after = counters();
    expect(live(after)).toEqual(live(before));
    expect(after.objectsOutsidePool).toBe(0);
    expect(after.violations).toEqual([]);
    session.close();
  });

  test("are not kept by a session that is closed", () => {
    const before = counters();
    const session = open(written("closed"), ComputeUnits.cpuAndNeuralEngine);
    predict(session, 10);
    expect(counters().liveModels).toBe(before.liveModels + 1);
    session.close();
    const after = counters();
    expect([live(after), after.liveModels]).toEqual([live(before), before.liveModels]);
  });
});
