import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withBatch } from "../../bench/batched-model.ts";
import { resolveModel } from "../../src/model/catalog.ts";
import { inspectOnnx } from "../../src/native/library.ts";

describe("withBatch()", () => {
  const model = readFileSync(resolveModel("demo").path);

  function shapes(bytes: Uint8Array): readonly (readonly number[])[] {
    const folder = mkdtempSync(join(tmpdir(), "aip-batched-"));
    try {
      const path = join(folder, "model.onnx");
      writeFileSync(path, bytes);
      const { inputs, outputs } = inspectOnnx(path);
      return [...inputs, ...outputs].map(({ shape }) => shape);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("opens the first dimension of input and output, and no other", () => {
    const [input = [], output = []] = shapes(model);
    expect(shapes(withBatch(model, null))).toEqual([
      [-1, ...input.slice(1)],
      [-1, ...output.slice(1)],
    ]);
  });

  test("or fixes it at a number", () => {
    expect(shapes(withBatch(model, 300)).map(([first]) => first)).toEqual([300, 300]);
  });
});
