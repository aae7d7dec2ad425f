import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectCoreMl } from "../../src/coreml/inspect.ts";
import type { CoreMlInspection } from "../../src/coreml/inspection.ts";
import { AipError } from "../../src/errors.ts";
import { formatCoreMlInspection } from "../../src/model/coreml-format.ts";
import { describeCoreMlModel } from "../../src/model/coreml-model.ts";
import type { ModelSpec } from "../../src/model/model.ts";
import { bytesField, intField, textField, writeFields } from "../../src/protobuf/message.ts";
import { mulberry32 } from "../../src/random.ts";
import { copyOf, fixturePath, MODEL, WEIGHTS } from "./fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-mutated-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Files that are damaged, in turn. */
const FILES: readonly (readonly [model: string, file: string])[] = [
  ["detector.mlpackage", MODEL],
  ["nms.mlpackage", MODEL],
  ["nms.mlpackage", WEIGHTS],
  ["classifier.mlpackage", MODEL],
  ["multi-function.mlpackage", MODEL],
  ["enumerated.mlpackage", MODEL],
  ["network.mlmodel", ""],
  ["detector.mlpackage", "Manifest.json"],
  ["compiled.mlmodelc", "metadata.json"],
  ["range.mlpackage", MODEL],
];
const MUTANT_COUNT = 1000;
/** They take two seconds on a machine that is not busy. */
const TIMEOUT_MS = 60_000;
/** Far above what any of these files of a few kilobytes may take; a runaway takes gigabytes. */
const GROWTH_BYTES_MAX = 512 * 2 ** 20;

type Random = () => number;

/** One kind of damage to bytes. */
const DAMAGES: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    bytes[place(bytes, random)] = Math.floor(256 * random());
    return bytes;
  },
  (bytes, random) => {
    const at = place(bytes, random);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(8 * random()));
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([
      bytes.subarray(0, at),
      bytes.subarray(at + 1 + Math.floor(9 * random())),
    ]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    const end = Math.min(bytes.length, at + 1 + Math.floor(64 * random()));
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return bytes.fill(random() < 0.5 ? 0xff : 0, at, Math.min(bytes.length, at + 10));
  },
  (bytes, random) => {
    for (let index = 0; index < 20; index += 1) {
      bytes[place(bytes, random)] = Math.floor(256 * random());
    }
    return bytes;
  },
];

function place(bytes: Buffer, random: Random): number {
  return Math.floor(bytes.length * random());
}

test(
  `${MUTANT_COUNT} damaged models give a clear error or an answer`,
  () => {
    const random = mulberry32(20_261);
    const copies = FILES.map(([model], index) => copyOf(model, folder, `${index}-${model}`));
    const originals = FILES.map(([model, file]) => readFileSync(join(fixturePath(model), file)));
    const before = process.memoryUsage.rss();
    let answered = 0;
    for (let mutant = 0; mutant < MUTANT_COUNT; mutant += 1) {
      const index = mutant % FILES.length;
      const path = copies[index] as string;
      const damage = DAMAGES[Math.floor(DAMAGES.length * random())] as (typeof DAMAGES)[number];
      const bytes = damage(Buffer.from(originals[index] as Buffer), random);
      writeFileSync(join(path, FILES[index]?.[1] ?? ""), bytes);
      const inspection = attempt(() => inspectCoreMl(path), path);
      if (inspection instanceof AipError) continue;
      answered += 1;
      const spec = attempt(() => describeCoreMlModel(path, inspection, null), path);
      checkAnswer(spec, inspection);
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(GROWTH_BYTES_MAX);
    // Both happen: weights and names may be any bytes at all.
    expect(answered).toBeGreaterThan(MUTANT_COUNT / 20);
    expect(answered).toBeLessThan(MUTANT_COUNT);
  },
  TIMEOUT_MS,
);

/** The result, or the error where it is a sentence that names the model. */
function attempt<T>(action: () => T, path: string): T | AipError {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof AipError)) throw error;
    expect(error.category).toBe("usage");
    expect(error.message).toContain(path.replace(/\.ml\w+$/, ""));
    expect(error.message).not.toContain("\n");
    return error;
  }
}

function checkAnswer(spec: ModelSpec | AipError, inspection: CoreMlInspection): void {
  const text = formatCoreMlInspection(spec, inspection);
  expect(text).toEndWith("\n");
  if (spec instanceof AipError) return;
  const { input, head } = spec;
  for (const side of [input.width, input.height]) {
    expect(Number.isInteger(side) && side > 0 && side <= 16_384).toBe(true);
  }
  expect(inspection.functions.flatMap(({ outputs }) => outputs.map(({ name }) => name))).toContain(
    head.output,
  );
}

/** What makes a small file large in memory, or a reader go round and round. */
const BOMBS: readonly (readonly [name: string, model: () => Uint8Array, what: string])[] = [
  ["a million fields", () => Buffer.alloc(2_000_002, "0801", "hex"), "more than 1000000 fields"],
  ["pipelines in pipelines", () => pipelines(20), "pipelines nested deeper than 8"],
  ["loops in loops", () => model(500, networks(100)), "networks nested deeper than 32"],
  ["blocks in blocks", () => model(502, program(100)), "blocks nested deeper than 32"],
  ["groups in groups", () => Buffer.alloc(100_000, 0x0b), "its model file is damaged"],
  [
    "a shape of a thousand dimensions",
    () => withInput(message(1, Buffer.alloc(1000, 1))),
    "a shape of too many dimensions",
  ],
];

test.each(BOMBS)("%s end in an error", (_, bytes, what) => {
  const path = join(folder, "bomb.mlmodel");
  writeFileSync(path, bytes());
  expect(() => inspectCoreMl(path)).toThrow(what);
});

function message(no: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return writeFields([bytesField(no, Buffer.concat([...parts]))]);
}

/** A model of specification 7 that holds `part` in field `no`. */
function model(no: number, part: Uint8Array): Uint8Array {
  return writeFields([intField(1, 7), bytesField(no, part)]);
}

function pipelines(depth: number): Uint8Array {
  return depth === 0 ? model(900, new Uint8Array()) : model(202, message(1, pipelines(depth - 1)));
}

/** A layer that is a loop whose body is a network of such a layer. */
function networks(depth: number): Uint8Array {
  return depth === 0 ? new Uint8Array() : message(1, message(615, message(4, networks(depth - 1))));
}

/** A function whose operations hold blocks of operations. */
function program(depth: number): Uint8Array {
  let block: Uint8Array = new Uint8Array();
  for (let level = 0; level < depth; level += 1) block = message(3, message(4, block));
  const entry = writeFields([textField(1, "CoreML6"), bytesField(2, block)]);
  const main = Buffer.concat([writeFields([textField(2, "CoreML6")]), message(3, entry)]);
  return message(2, writeFields([textField(1, "main"), bytesField(2, main)]));
}

/** A model whose input is an array of this type. */
function withInput(array: Uint8Array): Uint8Array {
  const input = writeFields([textField(1, "x"), bytesField(3, message(5, array))]);
  return Buffer.concat([model(500, new Uint8Array()), message(2, message(1, input))]);
}
