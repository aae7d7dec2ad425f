import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { externalDataFiles } from "../../src/onnx/external-data.ts";

/** One convolution whose weights are in `ext-weights.bin`, as `onnx.save_model` 1.x writes it. */
const MODEL = Buffer.from(
  `CAg6hgEKDwoBeAoBdxIBeSIEQ29udhIBZypICAMIAwgECAQQAUIBd2obCghsb2NhdGlvbhIPZXh0LXdlaWdodHMuYmluagsKBm9mZnNldBIBMGoNCgZsZW5ndGgSAzU3NnABWhsKAXgSFgoUCAESEAoCCAEKAggDCgIIIAoCCCBiCQoBeRIECgIIAUIECgAQDQ==`,
  "base64",
);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aip-external-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function locations(bytes: Uint8Array): Promise<readonly string[]> {
  const path = join(folder, "model.onnx");
  await writeFile(path, bytes);
  return externalDataFiles(path);
}

test("externalDataFiles() names the file of weights of a model that onnx.save_model wrote", async () => {
  expect(await locations(MODEL)).toEqual([join(folder, "ext-weights.bin")]);
});

test("externalDataFiles() finds an entry wherever it lies in a large file, and a long name", async () => {
  // 300 letters: their number is a varint of two bytes, 0xac 0x02 (protobuf.dev, "Encoding"), and
  // so is that of the entry's 313 bytes.
  const name = "w".repeat(300);
  const head = Buffer.from("\x6a\xb9\x02\n\x08location\x12\xac\x02", "latin1");
  const entry = Buffer.concat([head, Buffer.from(name)]);
  for (const before of [(1 << 20) - 200, (1 << 20) - 5, (1 << 20) - 1, 1 << 20, (2 << 20) + 7]) {
    const bytes = Buffer.concat([Buffer.alloc(before), entry, Buffer.alloc(10)]);
    expect(await locations(bytes)).toEqual([join(folder, name)]);
  }
});

test("externalDataFiles() finds none in a model with its weights inside, nor in an entry cut short", async () => {
  expect(await locations(Buffer.from("a node called location"))).toEqual([]);
  expect(await locations(MODEL.subarray(0, 60))).toEqual([]);
});

test("externalDataFiles() takes a key of the model's metadata for nothing else", async () => {
  // `metadata_props`, field 14, of key "location" and value "Berlin", as onnx.helper writes it.
  const metadata = Buffer.from("\x72\x12\n\x08location\x12\x06Berlin", "latin1");
  expect(await locations(Buffer.concat([MODEL, metadata]))).toEqual([
    join(folder, "ext-weights.bin"),
  ]);
});
