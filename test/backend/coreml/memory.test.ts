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
  SessionConfig,
  SlotHeader,
  Status,
} from "../../../src/layout/layout.gen.ts";
import { compileCoreMl, coreMlInfo, coreMlPlan } from "../../../src/native/coreml.ts";
import { addressOf, lastError } from "../../../src/native/library.ts";
import { AddressTable, NativeSession } from "../../../src/native/session.ts";
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
const PREDICTION_COUNT = 8_000;
/** Memory that is asked for once, such as the compiler's, is there by then. */
const SETTLED_AFTER = 2_000;

/** A picture of 64×64, grey. */
const SIDE = 64;
const PAYLOAD = ResultDescriptor.sizeBytes + DETECTION_COUNT_MAX * Detection.sizeBytes;

function open(modelPath: string, batchSize: number): NativeSession {
  const { task } = loadModel(modelPath, runDefaults);
  const compiledPath = compileCoreMl(modelPath);
  compiled.push(compiledPath);
  const config = task.config.slice();
  new DataView(config.buffer).setUint32(SessionConfig.batchSizeMax, batchSize, true);
  const options = (task.coreMl?.answer ?? []).join("\n");
  const computeUnits = ComputeUnits.cpuAndGpu;
  return new NativeSession({ modelPath, compiledPath, computeUnits, config, options });
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

/** Answers as many frames, one or several a call; a frame that fails ends it. */
function predict(session: NativeSession, batchSize: number, count: number): void {
  const picture = slot();
  const blocks = Array.from(
    { length: batchSize },
    () => new Uint8Array(new SharedArrayBuffer(PAYLOAD)),
  );
  const [slots, results] = [new AddressTable(batchSize), new AddressTable(batchSize)];
  for (const [index, block] of blocks.entries()) {
    slots.set(index, addressOf(picture));
    results.set(index, addressOf(block));
  }
  for (let done = 0; done < count; done += batchSize) {
    const status =
      batchSize === 1
        ? session.run(addressOf(picture), addressOf(blocks[0] as Uint8Array))
        : session.runBatch(batchSize, slots, results);
    if (status !== Status.ok) throw new Error(lastError());
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

function batches(): string {
  return written("batches");
}

function arrays(): string {
  const type = { array: [1, 3, SIDE, SIDE], dtype: "float16" } as const;
  return written("arrays", { ...yolov8, inputs: [{ name: "x", type }] });
}

/** The fixture made by coremltools; its boxes are those of a network that is known. */
function pipeline(): string {
  const path = join(ROOT, "pipeline.mlpackage");
  cpSync(join(FIXTURES, "../coreml/nms.mlpackage"), path, { recursive: true });
  const standIn = { ...yolov8.standIn, pipeline: { layout: "yolov8", classes: 3 } };
  writeFileSync(join(path, "standin.json"), JSON.stringify(standIn));
  return path;
}

describe.skipIf(!hasStandIn)(`predictions of Core ML${unlessBuilt}`, () => {
  test.each([
    ["arrays", arrays, 1],
    ["batches", batches, 4],
    ["an NMS pipeline", pipeline, 1],
  ])("leave nothing behind with %s", (_, make, batchSize) => {
    const session = open(make(), batchSize);
    predict(session, batchSize, SETTLED_AFTER);
    resetCounters();
    const [before, beforeBytes] = [counters(), residentBytes()];
    predict(session, batchSize, PREDICTION_COUNT);
    const after = counters();
    expect(after.predictions).toBe(PREDICTION_COUNT);
    expect(live(after)).toEqual(live(before));
    expect(residentBytes() - beforeBytes).toBeLessThan(8 * MIB);
    expect(after.objectsOutsidePool).toBe(0);
    expect(after.buffersWithoutIOSurface).toBe(0);
    expect(after.violations).toEqual([]);
    session.close();
  });

  test("so do the questions which units there are, and where a model runs", () => {
    const path = arrays();
    const compiledPath = compileCoreMl(path);
    compiled.push(compiledPath);
    const options = (loadModel(path, runDefaults).task.coreMl?.answer ?? []).join("\n");
    resetCounters();
    expect(coreMlInfo().units).toEqual(["cpu", "gpu", "ane"]);
    expect(counters().objectsOutsidePool).toBe(0);
    coreMlPlan({ compiledPath, computeUnits: ComputeUnits.cpuAndNeuralEngine, options });
    expect(counters().objectsOutsidePool).toBe(0);
  });

  test("need an autorelease pool from the first moment, and have one", () => {
    resetCounters();
    const session = open(arrays(), 1);
    predict(session, 1, 1);
    session.close();
    expect(counters().objectsOutsidePool).toBe(0);
    expect(counters().violations).toEqual([]);
  });
});
