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
const MAIN = join(import.meta.dir, "../../src/cli/main.ts");

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

/** Labels of 40 frames, ten a second: `x` shows a person. */
function labels(name: string, marks: string, frameMs = 100): string {
  const path = join(folder, name);
  const person = { class_id: 1, label: "person", confidence: 0.9, xyxy: [0, 0, 10, 10] };
  const lines = [...marks].map((mark, frame) =>
    JSON.stringify({
      source: "street",
      frame,
      time_ms: frameMs * frame,
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
    ["a class the reference does not know", ["--for", "zebra"], 'Unknown class "zebra" (known: '],
    ["a class number beyond them", ["--for", "7"], "the model's classes are 0 to "],
    ["a target that is no cascade", ["--out", "."], "a folder that is no cascade"],
    [
      "a target that cannot be made",
      ["--out", "street.mp4/x.aip"],
      'Cannot write cascade "street.mp4/x.aip"',
    ],
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
    [
      "labels of longer footage",
      "x...".repeat(20),
      /of other footage: it has a frame 79, and .* has 40/,
    ],
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

  test(
    "annotations whose class has another name",
    async () => {
      const images = Array.from({ length: 40 }, (_, id) => ({ id, file_name: `${id}.jpg` }));
      const annotations = [{ image_id: 3, category_id: 1, bbox: [0, 0, 10, 10] }];
      const categories = [{ id: 1, name: "pedestrian" }];
      const path = join(folder, "coco.json");
      writeFileSync(path, JSON.stringify({ images, annotations, categories }));
      const { code, said } = await train("--labels", path);
      expect(said).toContain('coco.json" name only "pedestrian", not "person": give labels');
      expect(code).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    "labels with the times of other footage",
    async () => {
      const path = labels("rate.ndjson", "x...".repeat(10), 40);
      const { code, said } = await train("--labels", path);
      expect(said).toContain('its frame 39 is at 1.56 s, and that of "street.mp4" is at 3.9 s');
      expect(code).toBe(2);
    },
    TIMEOUT_MS,
  );
});

test(
  "aip cascade train refuses a camera that moves",
  async () => {
    const steps =
      "crop=160:90:(iw-160)*(0.5+0.5*sin(5*t)):(ih-90)*(0.5+0.5*cos(5*t)),scale=320:180";
    const input = ["-i", video, "-vf", `${steps},loop=9:40,setpts=N/10/TB`];
    await runTool("ffmpeg", ["-nostdin", ...input, join(folder, "pan.mp4")], TIMEOUT_MS);
    const path = labels("pan.ndjson", "xx..".repeat(100));
    const { code, said } = await aip(
      ...["cascade", "train", "pan.mp4", "--for", "person", "--quiet", "--labels", path],
      ...["--max-fn", "40%", "--max-fp", "40%"],
    );
    expect(said).toMatch(/^aip: The camera of "pan" moves: in \d+ % of the time/);
    expect(code).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  "aip cascade train says that the disk is full, and goes on once there is room",
  async () => {
    const words = [
      "cascade",
      "train",
      "demo:visitors=0.2:stay=1:frames=200:density=4",
      "--for",
      "person",
    ];
    const train = async (limits: string) => {
      const command = ["bash", "-c", `${limits} exec "$0" "$@"`, process.execPath, MAIN, ...words];
      const child = Bun.spawn([...command, "--device", "cpu", "--out", "full.aip"], {
        ...{ cwd: folder, stdin: "ignore", stdout: "ignore", stderr: "pipe" },
        env: { ...process.env, AIP_CACHE_DIR: join(folder, "full") },
      });
      return { said: await new Response(child.stderr).text(), code: await child.exited };
    };
    // A limit of 48 KiB a file stands in for the disk: the empty file of labels is 24.
    const full = await train("ulimit -f 48;");
    expect(full.said).toMatch(
      /\naip: Cannot write labels ".*": .+; free some space and run it again/,
    );
    expect(full.code).toBe(1);
    const again = await train("");
    // All frames are labelled now, and there are too few of them.
    expect(again.said).toMatch(/\naip: 8 seconds of footage are too short/);
    expect(again.code).toBe(2);
    expect(readdirSync(folder)).not.toContain("full.aip");
  },
  TIMEOUT_MS,
);

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
      expect(said).toContain('pictures of 640×360, and "street.mp4" has 320×180');
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    },
    TIMEOUT_MS,
  );

  test(
    "is refused by evaluate before the reference model is asked about anything",
    async () => {
      const words = ["cascade", "evaluate", "size.aip", "street.mp4", "--device", "cpu"];
      const { code, said } = await aip(...words);
      expect(said).toContain('aip: The cascade was trained on pictures of 640×360, and "street"');
      expect(said).not.toContain("fps");
      expect(code).toBe(2);
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
      expect(said).toContain('"demo" is not what it was');
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
    "does not run where what it becomes could not be written",
    async () => {
      const { code, said } = await aip(
        ...["run", "street.mp4", "--cascade", "fits.aip", "--retrain-out", "street.mp4"],
        ...["--device", "cpu", "--quiet"],
      );
      expect(said).toContain('Cannot write cascade "street.mp4": it is a file that is no cascade');
      expect(code).toBe(2);
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
