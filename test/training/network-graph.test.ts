import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { validateManifest } from "../../src/model/manifest.ts";
import { describeModel } from "../../src/model/model.ts";
import { inspectOnnx } from "../../src/native/library.ts";
import { mulberry32 } from "../../src/random.ts";
import {
  ARCHITECTURES,
  architectureName,
  DEFAULT_ARCHITECTURE,
  layerPlan,
} from "../../src/training/architectures.ts";
import { initialParameters } from "../../src/training/initial-parameters.ts";
import { networkManifest, networkModel } from "../../src/training/network-graph.ts";
import { NetworkScorer } from "../../src/training/network-scorer.ts";
import { stepGraph } from "../../src/training/step-graph.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-network-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const models = ARCHITECTURES.map((architecture) => {
  const { side } = architecture;
  const mean = new Float32Array(3 * side * side).fill(100);
  const light = [new Float32Array(mean.length).fill(1 / Math.sqrt(mean.length))];
  const parameters = initialParameters(layerPlan(architecture), mulberry32(1));
  return {
    name: architectureName(architecture),
    model: networkModel({
      ...{ architecture, parameters, mean, light, scale: 1 / 50 },
      metadata: { a: "b" },
    }),
    step: stepGraph({ architecture, batch: 4, mean, scale: 1 / 50 }),
  };
});

/** A Python with the package onnx, which has the checker; undefined where there is none. */
const python = [process.env["AIP_PYTHON"], ".venv/bin/python3", "python3"].find(
  (name) =>
    name !== undefined &&
    Bun.which(name) !== null &&
    Bun.spawnSync([name, "-c", "import onnx.checker"], { stderr: "ignore" }).exitCode === 0,
);
if (python === undefined) console.warn("skipped: no Python with onnx (AIP_PYTHON names one)");

describe("networkModel()", () => {
  test("is read by other commands with the manifest beside it", () => {
    const path = join(folder, "network.onnx");
    writeFileSync(path, models[2]?.model as Uint8Array);
    const manifest = validateManifest(networkManifest(DEFAULT_ARCHITECTURE, "door"), "door.json");
    const inspection = inspectOnnx(path);
    expect(inspection.inputs).toEqual([{ name: "images", dtype: "uint8", shape: [-1, 3, 50, 50] }]);
    expect(inspection.outputs).toEqual([{ name: "probability", dtype: "float32", shape: [-1, 1] }]);
    expect(inspection.metadata).toEqual({ a: "b" });
    const spec = describeModel(path, inspection, { ...manifest }, {});
    expect(spec.head.type).toBe("raw");
    expect(spec.input.letterbox).toBe("stretch");
    expect([spec.input.width, spec.input.channels]).toEqual([50, "rgb"]);
  });

  test("takes the light out: pictures that differ by nothing else have the same score", () => {
    const architecture = { side: 32, filters: 4, layers: 2, dense: 8, firstStride: 2 } as const;
    const length = 3 * 32 * 32;
    const random = mulberry32(4);
    const parameters = initialParameters(layerPlan(architecture), random);
    const mean = new Float32Array(length).fill(90);
    // Two orthogonal lights: of the upper half, and of the lower.
    const light = [0, 1].map((half) =>
      Float32Array.from({ length }, (_, at) =>
        Math.floor((at % 1024) / 512) === half ? Math.sqrt(2 / length) : 0,
      ),
    );
    const dark = Uint8Array.from({ length }, () => 60 + 60 * random());
    const bright = dark.map((value, at) => value + (at % 1024 < 512 ? 30 : 80));
    const scoresWith = (directions: readonly Float32Array[]): Float32Array => {
      const weights = { architecture, parameters, mean, light: directions, scale: 1 / 20 };
      const scorer = new NetworkScorer(networkModel(weights));
      const scores = new Float32Array(2);
      scorer.score(Uint8Array.of(...dark, ...bright), 2, scores);
      scorer.close();
      return scores;
    };
    const [ofDark = 0, ofBright = 0] = scoresWith(light);
    expect(Math.abs(ofDark - ofBright)).toBeLessThan(1e-5);
    const [unlike = 0, other = 0] = scoresWith([]);
    expect(Math.abs(unlike - other)).toBeGreaterThan(1e-3);
  });

  test.skipIf(python === undefined)("passes onnx's full checker, and so does the step", () => {
    const paths = models.flatMap(({ name, model, step }) => {
      writeFileSync(join(folder, `${name}.onnx`), model);
      writeFileSync(join(folder, `${name}-step.onnx`), step);
      return [join(folder, `${name}.onnx`), join(folder, `${name}-step.onnx`)];
    });
    const check =
      "import sys, onnx\nfor p in sys.argv[1:]: onnx.checker.check_model(p, full_check=True)";
    const { exitCode, stderr } = Bun.spawnSync([python as string, "-c", check, ...paths]);
    expect(stderr.toString()).toBe("");
    expect(exitCode).toBe(0);
  });
});
