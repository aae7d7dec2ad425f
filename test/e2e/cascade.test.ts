import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelHash } from "../../src/backend/model-hash.ts";
import { saveCascade } from "../../src/cascade/file/save.ts";
import { BUNDLED_MODELS } from "../../src/model/catalog.ts";
import { runTool } from "../../src/source/tool.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";
import { aipProcess } from "../cli/process.ts";

const TIMEOUT_MS = 120_000;

let folder = "";
let video = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-cascade-e2e-"));
  video = join(folder, "street.mp4");
  const source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=4"];
  await runTool("ffmpeg", [...source, video], TIMEOUT_MS);
}, TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs in a cache of its own; stderr as one line. */
async function aip(...words: string[]): Promise<{ code: number; said: string; stdout: string }> {
  const env = { AIP_CACHE_DIR: join(folder, "cache") };
  const { code, stderr, stdout } = await aipProcess(words, { env, cwd: folder });
  return { code, said: stderr, stdout };
}

/** Labels of 40 frames: `x` shows a person. */
function labels(name: string, marks: string): string {
  const path = join(folder, name);
  const person = { class_id: 1, label: "person", confidence: 0.9, xyxy: [0, 0, 10, 10] };
  const lines = [...marks].map((mark, frame) =>
    JSON.stringify({
      source: "street",
      frame,
      time_ms: 100 * frame,
      width: 320,
      height: 180,
      status: "ok",
      detections: mark === "x" ? [person] : [],
    }),
  );
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

describe("aip cascade train refuses", () => {
  const train = (...words: string[]) =>
    aip("cascade", "train", "street.mp4", "--for", "person", "--quiet", ...words);

  test.each([
    ["budgets of 0 %", ["--max-fn", "0%"], "no footage, however long, can show"],
    ["a class the reference does not know", ["--for", "zebra"], 'knows no class "zebra"'],
    ["a target that is no cascade", ["--out", "."], "a folder that is no cascade"],
    ["labels that are not there", ["--labels", "no.ndjson"], 'Cannot read "no.ndjson"'],
  ])(
    "%s",
    async (_, words, message) => {
      const { code, said } = await train(...words);
      expect(said).toContain(message);
      expect(code).toBe(2);
      expect(readdirSync(folder).filter((name) => name.endsWith(".aip"))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test.each([
    ["the object missing", ".".repeat(40), /shows no person in 4 seconds/],
    ["nothing but the object", "x".repeat(40), /All 4 seconds of the footage show a person/],
    ["footage that is too short", "x...".repeat(10), /4 seconds of footage are too short/],
    ["labels of other footage", "x...", /are of other footage: .* 4 of the 40 frames/],
  ])(
    "%s",
    async (name, marks, message) => {
      const path = labels(`${name}.ndjson`, marks);
      const { code, said } = await train("--labels", path);
      expect(said).toMatch(message);
      expect(code).toBe(2);
    },
    TIMEOUT_MS,
  );
});

describe("a cascade of another camera or model", () => {
  const demoHash = modelHash(BUNDLED_MODELS["demo"] as string);
  /** Without a network: nothing of it would run before it is refused. */
  const plain = () => ({
    ...sampleCascade(),
    levels: { tSkip: 2, difference: null, network: null },
    networkManifest: null,
    observations: null,
  });

  test(
    "is refused by find, naming both sizes, and nothing is printed",
    async () => {
      const reference = { name: "demo", sha256: demoHash };
      await saveCascade(join(folder, "size.aip"), { ...plain(), reference });
      const { code, said, stdout } = await aip(
        ...["find", "person", "street.mp4", "--cascade", "size.aip", "--device", "cpu", "--quiet"],
      );
      expect(said).toContain('pictures of 640×360, and "street" has 320×180');
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    },
    TIMEOUT_MS,
  );

  test(
    "is refused where the model is another one of that name",
    async () => {
      const camera = { width: 320, height: 180 };
      await saveCascade(join(folder, "model.aip"), { ...plain(), camera });
      const { code, said } = await aip(
        ...["find", "person", "street.mp4", "--cascade", "model.aip", "--device", "cpu", "--quiet"],
      );
      expect(said).toContain('"demo" is not the file it was');
      expect(code).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    "answers its own question alone",
    async () => {
      const { code, said } = await aip("find", "car", "street.mp4", "--cascade", "size.aip");
      expect(said).toContain('answers "person", not "car"');
      expect(code).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    "finds what the reference finds, once the camera fits",
    async () => {
      const camera = { width: 320, height: 180 };
      const reference = { name: "demo", sha256: demoHash };
      await saveCascade(join(folder, "fits.aip"), { ...plain(), camera, reference });
      const { code, stdout } = await aip(
        ...["find", "person", "street.mp4", "--cascade", "fits.aip"],
        ...["--device", "cpu", "--quiet", "--json"],
      );
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        name: "street",
        frames: 40,
        unanswered: 0,
        // Every second frame of 40 is looked at.
        answers: { reused: 20, specialized: 0, inferred: 20 },
      });
    },
    TIMEOUT_MS,
  );

  test(
    "cannot be tuned where it keeps no scores",
    async () => {
      const { code, said } = await aip("cascade", "tune", "size.aip", "--max-fn", "2%");
      expect(said).toContain("keeps no scores to search: train it again");
      expect(code).toBe(2);
    },
    TIMEOUT_MS,
  );
});
