import { describe, expect, test } from "bun:test";
import { inspectCoreMl } from "../../src/coreml/inspect.ts";
import type { CoreMlInspection } from "../../src/coreml/inspection.ts";
import { AipError } from "../../src/errors.ts";
import { formatCoreMlInspection } from "../../src/model/coreml-format.ts";
import { describeCoreMlModel } from "../../src/model/coreml-model.ts";
import { fixturePath } from "../coreml/fixtures.ts";

function format(found: CoreMlInspection, path = "m.mlpackage"): string {
  try {
    return formatCoreMlInspection(describeCoreMlModel(path, found, null), found);
  } catch (error) {
    if (error instanceof AipError) return formatCoreMlInspection(error, found);
    throw error;
  }
}

function formatFixture(name: string): string {
  return format(inspectCoreMl(fixturePath(name)));
}

describe("formatCoreMlInspection()", () => {
  test("shows what a pipeline has and how it will be run", () => {
    const found = inspectCoreMl(fixturePath("nms.mlpackage"));
    expect(format({ ...found, sizeBytes: 13_876 })).toBe(`\
format       mlpackage: mlProgram → nonMaximumSuppression, specification 7 (macOS 13)
size         14 kB, weights 2088 bytes
inputs       image                image 64×64 rgb
             iouThreshold         double
             confidenceThreshold  double
outputs      confidence   float16 no default shape ([0–, 80])
             coordinates  float16 no default shape ([0–, 4])
suppression  IoU 0.6 (or input iouThreshold), confidence 0.35 (or input confidenceThreshold), per class, 3 labels
licence      AGPL-3.0
metadata     imgsz = [64, 64]
             names = {0: 'vehicle', 1: "driver's cab", 2: 'person'}
             stride = 32
             task = detect
precision    weights float16 throughout; results of operations float16 throughout
operations   20: conv 6, relu 3, reshape 3, mul 2, slice_by_size 2, concat 1, identity 1, squeeze 1, and 1 more
leaves ANE   1 × nonMaximumSuppression: a stage beside the network (of a pipeline, networks and programs alone have compute units, unverified)

name         m
head         nms-pipeline from output "confidence"
why          a pipeline that ends in non-maximum suppression; 3 classes
picture      64×64 32BGRA, letterboxed, centred on grey 114; a pixel buffer
pixels       0–255, scaled inside the model
batch        one picture at a time
classes      3, the model's own: vehicle, driver's cab, person
keeps        the best 300 of confidence 0.35 and above, after its own NMS at IoU 0.6
licence      AGPL-3.0
`);
  });

  test("shows every function, the default first", () => {
    const text = formatFixture("multi-function.mlpackage");
    expect(text).toContain(`\
function     coarse (the default)
inputs       picture  image 32×32 gray16
outputs      probabilities  float16 [1, 2]
function     fine
`);
  });

  test("shows what leaves the Neural Engine with its source, and why a model cannot be run", () => {
    const text = formatFixture("enumerated.mlpackage");
    expect(text).toContain(
      "leaves ANE   1 × gather: reads by index (hollance/neural-engine, unsupported-layers.md; ",
    );
    expect(text).toMatch(/^ {13}1 × conv: dilated \(.*, unverified\)$/m);
    expect(text).toContain(
      "inputs       x  float32 [1, 3, 64, 64] ([1, 3, 64, 64], [1, 3, 32, 32], [1, 3, 96, 96])\n",
    );
    expect(text).toMatch(/\n\ncannot run {3}Cannot open model "m.mlpackage": output "maps" has/);
  });

  test("shows what of a compiled model cannot be read", () => {
    const text = formatFixture("compiled.mlmodelc");
    expect(text).toContain(
      "precision    weights not read; results of operations as Core ML chooses\n",
    );
    expect(text).toContain("kernels, dilations and constants of a compiled model are not read");
  });

  test("keeps control characters and endless names of a file out of the terminal", () => {
    const found = inspectCoreMl(fixturePath("detector.mlpackage"));
    const evil = { ...found, author: "\x1b[31mred", metadata: { ["k\n".repeat(500)]: "v" } };
    const text = format({ ...evil, operations: { ["o".repeat(999)]: 1 } });
    expect(text).not.toContain("\x1b");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(200);
  });
});
