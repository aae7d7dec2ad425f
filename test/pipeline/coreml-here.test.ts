import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireCoreMl } from "../../src/pipeline/coreml-here.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-here-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("requireCoreMl()", () => {
  test("lets those who have Core ML have its models", () => {
    expect(() => requireCoreMl("x.mlpackage", null)).not.toThrow();
  });

  test("refuses them elsewhere, and names the ONNX file beside where there is one", () => {
    const path = join(folder, "x.mlpackage");
    const refusal = `Cannot run model "${path}": Core ML models run on a Mac alone; here, give `;
    const thrown = (message: string): unknown =>
      expect.objectContaining({ code: "model-needs-mac", category: "usage", message });
    expect(() => requireCoreMl(path, "without Core ML")).toThrow(
      thrown(`${refusal}the ONNX file it was made from`) as Error,
    );
    const onnx = join(folder, "x.onnx");
    writeFileSync(onnx, "");
    expect(() => requireCoreMl(`${path}/`, "without Core ML")).toThrow(
      thrown(`${refusal.replace(path, `${path}/`)}"${onnx}"`) as Error,
    );
  });
});
