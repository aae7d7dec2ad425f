import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coreMlProviderCache, coreMlProviderOptions } from "../../src/backend/coreml-provider.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-coreml-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const model = (...bytes: number[]): { path: string; bytes: Uint8Array | null } => ({
  path: "m.onnx",
  bytes: Uint8Array.from(bytes),
});
test.each([
  ["ane", "CPUAndNeuralEngine"],
  ["gpu", "CPUAndGPU"],
  ["cpu", "CPUOnly"],
])(
  "coreMlProviderOptions(%p) lets Core ML use %s, with an ML Program of fixed shapes",
  (kind, units) => {
    expect(coreMlProviderOptions(kind).split("\n")).toEqual([
      "ModelFormat=MLProgram",
      `MLComputeUnits=${units}`,
      "RequireStaticInputShapes=1",
    ]);
  },
);

test("coreMlProviderOptions() names the cache where there is one", () => {
  expect(coreMlProviderOptions("ane", "/cache/0a")).toBe(
    `${coreMlProviderOptions("ane")}\nModelCacheDirectory=/cache/0a`,
  );
});

describe("coreMlProviderCache()", () => {
  const cacheOf = (of: ReturnType<typeof model>, version = "1.30.0"): string =>
    coreMlProviderCache(of, version, folder);

  test("every model and every runtime has a folder of its own, which is made", () => {
    const folders = [cacheOf(model(1)), cacheOf(model(2)), cacheOf(model(1), "1.31.0")];
    expect(new Set(folders).size).toBe(3);
    for (const cache of folders) expect(existsSync(cache)).toBe(true);
    expect(cacheOf(model(1))).toBe(folders[0] as string);
  });

  test("a model in a file is known by what is in the file", () => {
    const path = join(folder, "m.onnx");
    writeFileSync(path, Uint8Array.of(1));
    expect(cacheOf({ path, bytes: null })).toBe(cacheOf(model(1)));
  });

  test("says where the folder cannot be made, and what to do", () => {
    writeFileSync(join(folder, "coreml-onnx"), "");
    expect(() => cacheOf(model(1))).toThrow("name another by AIP_CACHE_DIR");
  });
});
