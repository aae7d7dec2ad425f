import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constantModel } from "../../bench/constant-model.ts";
import { inspectOnnx } from "../../src/native/library.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("constantModel() is a model ONNX Runtime reads, with the shapes asked for", () => {
  const path = join(folder, "constant.onnx");
  const values = new Float32Array(300 * 6);
  writeFileSync(path, constantModel(416, { shape: [1, 300, 6], values }));
  expect(inspectOnnx(path)).toMatchObject({
    inputs: [{ name: "images", dtype: "float32", shape: [1, 3, 416, 416] }],
    outputs: [{ name: "output", dtype: "float32", shape: [1, 300, 6] }],
  });
});
