import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUNDLED_MODELS } from "../../src/model/catalog.ts";
import { saveBusyCascade } from "../find/searched-cascade.ts";
import { aipProcess } from "./process.ts";

const MODELS = fileURLToPath(new URL("../fixtures/models/", import.meta.url));

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aip-bad-input-"));
  await mkdir(join(folder, "empty"));
  await writeFile(join(folder, "text.mp4"), "This is no video.\n");
  await writeFile(join(folder, "zero.mp4"), "");
  const sound = ["-f", "lavfi", "-i", "sine=duration=0.2", join(folder, "sound.mp4")];
  const picture = [
    "-f",
    "lavfi",
    "-i",
    "testsrc=size=64x48:duration=0.4",
    join(folder, "clip.mp4"),
  ];
  for (const words of [sound, picture]) {
    await Bun.spawn(["ffmpeg", "-v", "error", ...words]).exited;
  }
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs `aip run` with every kind of output, and checks that none of them is left. */
async function refusal(line: string, env: Record<string, string> = {}): Promise<string> {
  const before = (await readdir(folder)).toSorted();
  const results = ["--output", "o.ndjson", "--annotate", "o.mp4"];
  const outputs = [...results, "--report", "o.json", "--trace", "t.json"];
  const words = line.split(" ").map((word) => word.replace("MODELS/", MODELS));
  const given = words.some((word) => /^--(output|annotate|trace)$/.test(word));
  const { code, stdout, stderr } = await aipProcess(["run", ...words, ...(given ? [] : outputs)], {
    cwd: folder,
    env,
  });
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect((await readdir(folder)).toSorted()).toEqual(before);
  expect(stderr).not.toContain("    at ");
  const [sentence = "", ...more] = stderr.split("\n").filter((text) => text.startsWith("aip: "));
  expect(more).toEqual([]);
  return sentence.replaceAll(MODELS, "MODELS/");
}

// Each row: what is typed, and what the sentence must say.
test.each([
  ["no.mp4 --device sim:1ms", 'Cannot open source "no.mp4": no such file'],
  ["empty --device sim:1ms", 'Cannot open source "empty": no pictures in it'],
  ["text.mp4 --device sim:1ms", 'Cannot open source "text.mp4"'],
  ["zero.mp4 --device sim:1ms", 'Cannot open source "zero.mp4": it is empty'],
  ["sound.mp4 --device sim:1ms", 'Cannot open source "sound.mp4": it has sound but no video'],
  ["http://127.0.0.1:1/x.mp4 --device sim:1ms", "Connection refused"],
  ["demo:fame=3 --device sim:1ms", 'Cannot open source "demo:fame=3": unknown option "fame"'],
  ["demo --device cpu --model no.onnx", 'Cannot open model "no.onnx": no such file'],
  ["demo --device cpu --model text.mp4", 'Cannot open model "text.mp4": it is no ONNX model'],
  ["demo --device cpu --model MODELS/corrupt.onnx", "it is no ONNX model, or a damaged one"],
  ["demo --device cpu --model MODELS/cut-short.onnx", "the file is cut short"],
  [
    "demo --device cpu --model MODELS/unknown-head.onnx",
    'output "output" has shape [1, 10, 7], no head reads it with input 64×64 (known: yolox',
  ],
  ["demo --device cpu --model MODELS/two-inputs.onnx", "it has 2 inputs"],
  ["demo --device cpu --model MODELS/yolox-dynamic-size.onnx", "leaves its size open"],
  ["demo --device sim:1ms:model=no.onnx", 'Cannot open model "no.onnx": no such file'],
  ["demo --device cpu:threads=9999", "has threads 9999: this machine has"],
  ["demo --device openvino", 'Device "openvino" is not available'],
  ["demo --device sim:1ms --output no/x", 'Cannot write "no/x": the folder "no" does not exist'],
  ["demo --device sim:1ms --output empty", 'Cannot write "empty": it is a folder; name a file'],
  ["demo --device sim:1ms --trace no/x", 'Cannot write "no/x": the folder "no" does not exist'],
  ["demo --device sim:1ms --trace empty", 'Cannot write "empty": it is a folder; name a file'],
  [
    "clip.mp4 --device sim:1ms --annotate clip.mp4",
    'Cannot write "clip.mp4": it is the input "clip.mp4"; name another file',
  ],
  ["demo --device sim:1ms --slots 65536 --frames 5", "would fit (--slots)"],
])(
  "aip run %s is refused with one sentence, exit code 2 and nothing left behind",
  async (line, expected) => {
    expect(await refusal(line)).toContain(expected);
  },
);

describe("a manifest that is no JSON", () => {
  const video = { path: "demo:size=64x64:frames=40", frames: 40, width: 64, height: 64 };
  beforeAll(async () => {
    await copyFile(BUNDLED_MODELS["demo"] as string, join(folder, "cut.onnx"));
    await writeFile(join(folder, "cut.json"), '{"classes": ["person", ');
    await mkdir(join(folder, "cache"));
    await saveBusyCascade(join(folder, "busy.aip"), video, 1);
    const square = [
      "-f",
      "lavfi",
      "-i",
      "testsrc=size=64x64:duration=0.4",
      join(folder, "own.mp4"),
    ];
    await Bun.spawn(["ffmpeg", "-v", "error", ...square]).exited;
  });

  test.each([
    "models inspect cut.onnx",
    "run demo:frames=5 --device cpu --model cut.onnx",
    "run demo:frames=5 --device auto --model cut.onnx",
    `run ${video.path} --cascade busy.aip --device cpu --model cut.onnx`,
    `run ${video.path} --cascade busy.aip --device sim:1ms:model=cut.onnx`,
    "calibrate cut.onnx --device cpu",
    `cascade train ${video.path} --for person --device cpu --model cut.onnx --out new.aip`,
    `cascade train ${video.path} --for person --device sim:1ms:model=cut.onnx --out new.aip`,
    `cascade evaluate busy.aip ${video.path} --device cpu --model cut.onnx`,
    "find person own.mp4 --cascade busy.aip --device cpu --model cut.onnx --quiet",
  ])("is named by aip %s in one sentence, with exit code 2", async (line) => {
    const before = (await readdir(folder)).toSorted();
    const env = { AIP_CACHE_DIR: join(folder, "cache") };
    const { code, stdout, stderr } = await aipProcess(line.split(" "), { cwd: folder, env });
    expect(stderr).toMatch(/^aip: Manifest "cut\.json": not JSON: .+\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect((await readdir(folder)).toSorted()).toEqual(before);
  });
});

test("aip run without ffmpeg says what is missing", async () => {
  const sentence = await refusal("clip.mp4 --device sim:1ms", { PATH: join(folder, "empty") });
  expect(sentence).toContain("ffmpeg");
});

test("aip run without the native library says how to build it", async () => {
  const sentence = await refusal("demo --device cpu", { AIP_LIBRARY: "no.so" });
  expect(sentence).toStartWith('aip: The native library "no.so" is missing: run');
});

test("aip run with a library of another version refuses it", async () => {
  const library = join(folder, "empty", "other.so");
  const source = "unsigned aip_layout_hash(void) { return 1; }\n";
  const compiler = Bun.which("cc");
  if (compiler === null) return console.log("skipped: no C compiler");
  const symbols = await Bun.file(new URL("../../src/native/library.ts", import.meta.url)).text();
  const names = new Set(symbols.match(/\baip_\w+(?=: \{)/g));
  names.delete("aip_layout_hash");
  const others = [...names].map((name) => `void ${name}(void) {}\n`).join("");
  const cc = Bun.spawn([compiler, "-shared", "-fPIC", "-x", "c", "-o", library, "-"], {
    stdin: new Blob([source + others]),
  });
  expect(await cc.exited).toBe(0);
  const sentence = await refusal("demo --device cpu", { AIP_LIBRARY: library });
  expect(sentence).toContain("was built for layout 00000001, this version needs");
  await rm(library);
});
