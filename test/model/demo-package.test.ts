import { expect, test } from "bun:test";
import { join } from "node:path";
import { inspectCoreMl } from "../../src/coreml/inspect.ts";
import { describeCoreMlModel } from "../../src/model/coreml-model.ts";
import { loadManifest } from "../../src/model/manifest.ts";

const MODELS = join(import.meta.dir, "..", "..", "models");
const PACKAGE = join(MODELS, "demo.mlpackage");

test("models/demo.mlpackage means what models/demo.onnx means, pixels aside", () => {
  const beside = loadManifest(join(MODELS, "demo.json"));
  const inspection = inspectCoreMl(PACKAGE);
  for (const manifest of [beside, null]) {
    const spec = describeCoreMlModel(PACKAGE, inspection, manifest);
    expect(spec).toMatchObject({
      input: {
        width: beside.input?.width as number,
        height: beside.input?.height as number,
        letterbox: "top-left",
        pixelFormat: "32BGRA",
        scale: 1,
      },
      head: { type: "yolox", strides: [4, 8], classCount: 3 },
      labels: beside.classes as string[],
      confidence: beside.confidence as number,
      iou: beside.iou as number,
      licence: beside.licence as string,
      notes: [],
    });
  }
});
