import { ptr } from "bun:ffi";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  DETECTION_COUNT_MAX,
  Detection as DetectionRecord,
  PixelFormat,
  Provider,
  ResultDescriptor,
  SlotHeader,
  Status,
} from "../../src/layout/layout.gen.ts";
import type { ModelManifest } from "../../src/model/manifest.ts";
import { describeModel, type ModelOverrides } from "../../src/model/model.ts";
import { sessionConfig } from "../../src/model/session-config.ts";
import { inspectOnnx, libraryPath, onnxRuntimePath } from "../../src/native/library.ts";
import { NativeSession } from "../../src/native/session.ts";

// A picture of 128×96 in one colour. At 64×64 it is half as large and 48 rows high: boxes come
// back twice as large, and 16 source pixels higher where the picture is centred.
const WIDTH = 128;
const HEIGHT = 96;
const RGB = [10, 100, 200] as const;

const FIXTURES = join(import.meta.dir, "../fixtures/models");
const isBuilt = existsSync(libraryPath());

/** The boxes of test/fixtures/models/README.md, `class:confidence x1 y1 x2 y2`. */
const TOP_LEFT = {
  A: "0:0.900 16 16 48 64",
  B: "1:0.800 64 32 112 80",
  C: "1:0.500 16 16 48 64",
  D: "0:0.600 18 18 50 66",
  E: "0:0.200 80 88 96 96", // 104 clipped to the picture
} as const;
const CENTRED = {
  A: "0:0.900 16 0 48 48",
  B: "1:0.800 64 16 112 64",
  C: "1:0.500 16 0 48 48",
} as const;

interface Answer {
  readonly detections: readonly string[];
  readonly payload: Uint8Array;
}

const sessions: NativeSession[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
});

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Value of each byte of the rows, which touch. */
  readonly at: (index: number) => number;
}

const PLAIN: Picture = { width: WIDTH, height: HEIGHT, at: (index) => RGB[index % 3] as number };

function slotOf({ width, height, at }: Picture): Uint8Array {
  const slot = new Uint8Array(SlotHeader.sizeBytes + width * height * 3);
  const header = new DataView(slot.buffer);
  header.setUint32(SlotHeader.pixelFormat, PixelFormat.rgb24, true);
  header.setUint32(SlotHeader.width, width, true);
  header.setUint32(SlotHeader.height, height, true);
  header.setUint32(SlotHeader.planeOffsetBytes, SlotHeader.sizeBytes, true);
  header.setUint32(SlotHeader.planeStrideBytes, width * 3, true);
  header.setUint32(SlotHeader.slotBytes, slot.length, true);
  for (let index = 0; index < width * height * 3; index++) {
    slot[SlotHeader.sizeBytes + index] = at(index);
  }
  return slot;
}

function answer(
  name: string,
  overrides: ModelOverrides = {},
  { manifest = null, picture = PLAIN }: { manifest?: ModelManifest | null; picture?: Picture } = {},
): Answer {
  const modelPath = join(FIXTURES, `${name}.onnx`);
  const spec = describeModel(modelPath, inspectOnnx(modelPath), manifest, overrides);
  const session = new NativeSession({
    modelPath,
    modelBytes: null,
    config: sessionConfig(spec, { provider: Provider.cpu, threadCount: 1 }),
    providerOptions: null,
    onnxRuntimePath: onnxRuntimePath(),
  });
  sessions.push(session);
  const slot = slotOf(picture);
  const payloadOffset =
    ResultDescriptor.sizeBytes + DETECTION_COUNT_MAX * DetectionRecord.sizeBytes;
  const result = new Uint8Array(payloadOffset + session.payloadBytes);
  const view = new DataView(result.buffer);
  view.setUint32(ResultDescriptor.payloadCapacityBytes, session.payloadBytes, true);
  expect(session.run(ptr(slot), ptr(result))).toBe(Status.ok);
  const count = view.getUint32(ResultDescriptor.detectionCount, true);
  const payloadBytes = view.getUint32(ResultDescriptor.payloadBytes, true);
  return {
    detections: Array.from({ length: count }, (_, index) => detectionText(view, index)),
    payload: result.slice(payloadOffset, payloadOffset + payloadBytes),
  };
}

function detectionText(view: DataView, index: number): string {
  const at = ResultDescriptor.sizeBytes + index * DetectionRecord.sizeBytes;
  const corners = [DetectionRecord.x1, DetectionRecord.y1, DetectionRecord.x2, DetectionRecord.y2];
  const box = corners.map((field) => Number(view.getFloat32(at + field, true).toFixed(2)));
  const confidence = view.getFloat32(at + DetectionRecord.confidence, true).toFixed(3);
  return `${view.getInt32(at + DetectionRecord.classId, true)}:${confidence} ${box.join(" ")}`;
}

describe.skipIf(!isBuilt)("NativeSession", () => {
  const { A, B, C, D, E } = TOP_LEFT;

  test.each<[string, ModelOverrides, readonly string[]]>([
    ["yolox", {}, [A, B, C]],
    ["yolox", { agnostic: true }, [A, B]],
    ["yolox", { iou: 0.9 }, [A, B, D, C]],
    ["yolox", { confidence: 0.1 }, [A, B, C, E]],
    ["yolox", { classes: ["1"] }, [B, C]],
    ["yolox-coco", { classes: ["person"] }, [A]],
    ["yolox-dynamic-size", { inputSize: { width: 64, height: 64 } }, [A, B, C]],
  ])("answers with the boxes of %s %j", (name, overrides, expected) => {
    expect(answer(name, overrides).detections).toEqual(expected);
  });

  test.each([
    "yolov5",
    "yolov8",
    "yolov8-rows",
    "yolov8-dynamic",
    "yolov8-f16",
    "yolov8-nhwc-u8",
    "end-to-end",
  ])("answers with the boxes of %s, whose picture is centred", (name) => {
    expect(answer(name).detections).toEqual([CENTRED.A, CENTRED.B, CENTRED.C]);
  });

  test.each(["classification", "classification-logits"])("ranks the classes of %s", (name) => {
    const whole = `0 0 ${WIDTH} ${HEIGHT}`;
    expect(answer(name).detections).toEqual([
      `2:0.625 ${whole}`,
      `1:0.250 ${whole}`,
      `0:0.125 ${whole}`,
    ]);
  });

  test("hands a raw tensor on: the mean of each channel of the picture, 0–1", () => {
    const { detections, payload } = answer("channel-means", { head: "raw" });
    expect(detections).toEqual([]);
    const means = [...new Float32Array(payload.buffer)];
    expect(means).toHaveLength(3);
    RGB.forEach((value, index) => {
      expect(means[index]).toBeCloseTo(value / 255, 5);
    });
  });

  test("hands bytes on as they are, channel by channel", () => {
    const { payload } = answer("identity-nhwc-u8", { head: "raw" });
    expect(payload.length).toBe(64 * 64 * 3);
    expect(payload.every((value, index) => value === RGB[index % 3])).toBe(true);
  });

  // Values of OpenCV 5.0: resize (INTER_LINEAR) of floats, then cvtColor (RGB2GRAY).
  test("gives a model of one channel the grey that OpenCV makes, scaled down and normalised", () => {
    const manifest: ModelManifest = {
      input: { scale: 1 / 255, mean: [0.1307, 0, 0], std: [0.3081, 1, 1] },
    };
    const picture: Picture = { width: 8, height: 4, at: (index) => (index * 89 + 37) % 256 };
    const { payload } = answer("../native/picture_gray", { head: "raw" }, { manifest, picture });
    const grey = [144.443, 166.443, 98.715, 120.715, 117.307, 132.011, 108.443, 130.443];
    const values = [...new Float32Array(payload.buffer)];
    expect(values).toHaveLength(8);
    grey.forEach((value, index) => {
      expect(values[index]).toBeCloseTo((value / 255 - 0.1307) / 0.3081, 4);
    });
  });

  test("gives a model of one channel in rows of bytes the grey that OpenCV makes", () => {
    const picture: Picture = { width: 4, height: 2, at: (index) => (index * 89 + 37) % 256 };
    const { payload } = answer("../native/picture_gray_rows", { head: "raw" }, { picture });
    expect([...payload]).toEqual([110, 121, 132, 143, 124, 135, 146, 157]);
  });
});
