import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCamera, checkReference } from "../../../src/cascade/file/fit.ts";
import { loadCascade } from "../../../src/cascade/file/load.ts";
import { saveCascade } from "../../../src/cascade/file/save.ts";
import { AipError } from "../../../src/errors.ts";
import { mulberry32 } from "../../../src/random.ts";
import { sampleCascade } from "./sample-cascade.ts";

let folder = "";
let written = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-cascade-"));
  written = join(folder, "written.aip");
  await saveCascade(written, sampleCascade());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the written cascade, to do harm to. */
function copy(name: string): string {
  const path = join(folder, name);
  cpSync(written, path, { recursive: true });
  return path;
}

function partOf(path: string, stem: string): string {
  const name = readdirSync(path).find((file) => file.startsWith(stem));
  if (name === undefined) throw new Error(`no part ${stem}`);
  return join(path, name);
}

async function refusal(path: string): Promise<string> {
  const error = await loadCascade(path).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AipError);
  expect((error as AipError).category).toBe("usage");
  return (error as AipError).message;
}

function edit(path: string, change: (text: string) => string): void {
  const document = join(path, "cascade.json");
  const text = readFileSync(document, "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(document, changed);
}

describe("a cascade file", () => {
  test("gives back what was saved", async () => {
    expect(await loadCascade(written)).toEqual(sampleCascade());
  });

  test("gives back how often it was tuned; a file that was not says nothing of it", async () => {
    const path = copy("tuned.aip");
    const sample = sampleCascade();
    const tuned = { at: "2026-11-22T09:30:00.000Z", count: 2 };
    const again = { ...sample, provenance: { ...sample.provenance, tuned } };
    await saveCascade(path, again);
    expect(await loadCascade(path)).toEqual(again);
    const { provenance } = JSON.parse(readFileSync(join(path, "cascade.json"), "utf8"));
    expect(provenance.tuned).toEqual(tuned);
    expect(readFileSync(join(written, "cascade.json"), "utf8")).not.toContain('"tuned"');
  });

  test("gives back what each level saves; a file from before it was kept is read without", async () => {
    const path = copy("factors.aip");
    const factors = [
      { levels: "reference alone", fps: 12.5, inferred: 1, holds: true },
      { levels: "skipping", fps: 12.5, inferred: 1, holds: false, same: "reference alone" },
    ];
    await saveCascade(path, { ...sampleCascade(), factors });
    expect(await loadCascade(path)).toEqual({ ...sampleCascade(), factors });
    expect("factors" in (await loadCascade(written))).toBe(false);
  });

  test("is a folder of files other programs read", () => {
    const names = readdirSync(written).map((name) => name.replace(/-[0-9a-f]{12}/, ""));
    expect(names.sort()).toEqual(
      [
        "cascade.json",
        "front.svg",
        "network.json",
        "network.onnx",
        "observations.zst",
        "reference.pgm",
      ].sort(),
    );
    expect(JSON.parse(readFileSync(join(written, "cascade.json"), "utf8")).levels.t_skip).toBe(5);
    expect(readFileSync(partOf(written, "reference"), "latin1").slice(0, 13)).toBe(
      "P5\n50 50\n255\n",
    );
  });

  test("takes the place of the one before it, and leaves none of its parts", async () => {
    const path = copy("replaced.aip");
    const sample = sampleCascade();
    const plain = {
      ...sample,
      levels: { tSkip: 2, difference: null, network: null },
      networkManifest: null,
      observations: null,
      front: null,
    };
    await saveCascade(path, plain);
    expect(await loadCascade(path)).toEqual(plain);
    expect(readdirSync(path)).toEqual(["cascade.json"]);
  });

  test("does not replace what is no cascade", async () => {
    const path = join(folder, "pictures");
    mkdirSync(path);
    writeFileSync(join(path, "a.jpg"), "");
    const saving = saveCascade(path, sampleCascade());
    expect(saving).rejects.toThrow("a folder that is no cascade; give another name");
    await saving.catch(() => undefined);
    expect(readdirSync(path)).toEqual(["a.jpg"]);
  });

  test("leaves the one before it as it was where the disk is full", () => {
    const path = copy("full.aip");
    const contents = (): Record<string, string> =>
      Object.fromEntries(
        readdirSync(path).map((name) => [name, readFileSync(join(path, name), "hex")]),
      );
    const before = contents();
    const script = `
      import { saveCascade } from "./src/cascade/file/save.ts";
      import { sampleCascade } from "./test/cascade/file/sample-cascade.ts";
      const cascade = { ...sampleCascade(), observations: new Uint8Array(4000), front: "<svg/>" };
      try { await saveCascade(${JSON.stringify(path)}, cascade); } catch (error) { console.log(error.message); }`;
    // A limit of 2 KiB a file stands in for the disk: the picture and the scores are larger.
    const command = ["bash", "-c", 'ulimit -f 2; exec "$0" -e "$1"', process.execPath, script];
    const { stdout } = Bun.spawnSync(command, { cwd: join(import.meta.dir, "../../..") });
    expect(stdout.toString()).toBe(`Cannot write cascade "${path}": file too large\n`);
    expect(contents()).toEqual(before);
  });

  test("leaves nothing behind where it cannot be written", async () => {
    const path = join(written, "cascade.json", "inside.aip");
    expect(saveCascade(path, sampleCascade())).rejects.toThrow("Cannot write cascade");
  });

  test("is never written with thresholds that are crossed", async () => {
    const sample = sampleCascade();
    const network = sample.levels.network as NonNullable<typeof sample.levels.network>;
    const crossed = {
      ...sample,
      levels: { ...sample.levels, network: { ...network, cLow: 0.9, cHigh: 0.1 } },
    };
    const path = join(folder, "crossed-at-once.aip");
    await saveCascade(path, crossed).catch(() => undefined);
    expect(await refusal(path)).toContain("no such file");
  });
});

describe("loadCascade() refuses", () => {
  test("a name under which nothing lies, saying how one is made", async () => {
    expect(await refusal(join(folder, "absent.aip"))).toMatch(/no such file; "aip cascade train/);
  });

  test("a file, and a folder without a cascade", async () => {
    expect(await refusal(join(written, "cascade.json"))).toContain("which is a folder");
    expect(await refusal(folder)).toContain("holds no cascade.json");
  });

  test("a zipped cascade, whatever its name, saying that it is to be unzipped", async () => {
    for (const name of ["door.zip", "door-zipped.aip"]) {
      const path = join(folder, name);
      // A local file header of "a", stored, empty.
      const header = [0x50, 0x4b, 3, 4, 10, ...new Array(21).fill(0), 1, 0, 0, 0, 0x61];
      writeFileSync(path, Uint8Array.from(header));
      expect(await refusal(path)).toBe(
        `Cannot open cascade "${path}": it is a zip archive, and a cascade is a folder: ` +
          "unzip it first, and give the folder that holds cascade.json",
      );
    }
    const short = join(folder, "short.aip");
    writeFileSync(short, "PK");
    expect(await refusal(short)).toContain("it is no cascade, which is a folder");
  });

  test("a cascade.json that is cut short", async () => {
    const path = copy("cut.aip");
    truncateSync(join(path, "cascade.json"), 700);
    expect(await refusal(path)).toContain("its cascade.json is no JSON, or cut short");
  });

  test.each(["network", "reference", "observations", "front"])(
    "a part that is cut short, altered or missing: %s",
    async (stem) => {
      const path = copy(`part-${stem}.aip`);
      const part = partOf(path, stem);
      const bytes = readFileSync(part);
      writeFileSync(part, bytes.subarray(0, -1));
      expect(await refusal(path)).toContain(
        `is cut short: ${bytes.length - 1} of ${bytes.length} bytes`,
      );
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
      writeFileSync(part, bytes);
      expect(await refusal(path)).toContain("was altered: the hash differs");
      appendFileSync(part, "x");
      expect(await refusal(path)).toContain("was altered");
      rmSync(part);
      expect(await refusal(path)).toContain("is missing");
    },
  );

  test("another version, before it looks at anything else", async () => {
    const path = copy("version.aip");
    edit(path, (text) => text.replace('"format": 2', '"format": 1').replace('"c_low"', '"low"'));
    expect(await refusal(path)).toContain("of another version (format 1; this aip reads format 2)");
  });

  test("thresholds crossed by hand, saying so", async () => {
    const path = copy("crossed.aip");
    edit(path, (text) => text.replace('"c_low": 0.1', '"c_low": 0.95'));
    expect(await refusal(path)).toContain(
      "its thresholds are crossed: c_low 0.95 must not be above c_high 0.9",
    );
  });

  test("thresholds set by hand to values that could be right", async () => {
    const path = copy("by-hand.aip");
    edit(path, (text) => text.replace('"c_low": 0.1', '"c_low": 0.2'));
    expect(await refusal(path)).toContain("was changed after it was written");
  });

  test("values that make no sense, naming them", async () => {
    const path = copy("nonsense.aip");
    edit(path, (text) => text.replace('"t_skip": 5', '"t_skip": 0'));
    expect(await refusal(path)).toContain('its "levels.t_skip" must be a whole number above 0');
  });

  test.each([
    ["more frames than all", '"present": 150', '"present": 201'],
    ["more errors than all", '"false_negatives": 1,', '"false_negatives": 2,'],
  ])("early answers that cannot be: %s", async (name, text, other) => {
    const path = copy(`${name}.aip`);
    edit(path, (json) => json.replace(text, other));
    expect(await refusal(path)).toContain('its "validation" must be figures whose early answers');
  });

  test("a part outside its folder", async () => {
    const path = copy("outside.aip");
    edit(path, (text) => text.replace(/"file": "network-[^"]*"/, '"file": "../../secret"'));
    expect(await refusal(path)).toContain("the name of one of the cascade's files");
  });
});

test("1,000 mutated cascades are refused, or are what was saved", async () => {
  const path = copy("mutated.aip");
  const random = mulberry32(20);
  const below = (limit: number): number => Math.floor(random() * limit);
  const originals = new Map(
    readdirSync(path).map((name) => [name, readFileSync(join(path, name))] as const),
  );
  const names = [...originals.keys()];
  let refused = 0;
  for (let round = 0; round < 1000; round++) {
    // Every second time the document: it holds most of what can be wrong.
    const name = round % 2 === 0 ? "cascade.json" : (names[below(names.length)] as string);
    const bytes = Buffer.from(originals.get(name) as Buffer);
    const file = join(path, name);
    const kind = below(4);
    const at = below(bytes.length);
    if (kind === 0) bytes[at] = below(256);
    if (kind === 1) bytes.copyWithin(at, below(bytes.length));
    if (kind === 2) bytes[at] = 0x30 + below(10);
    writeFileSync(file, kind === 3 ? bytes.subarray(0, at) : bytes);
    try {
      expect(await loadCascade(path)).toEqual(sampleCascade());
    } catch (error) {
      if (!(error instanceof AipError)) throw error;
      expect(error.message).toStartWith(`Cannot open cascade "${path}": `);
      expect(error.message).not.toMatch(/undefined|null|NaN|\n/);
      refused += 1;
    }
    writeFileSync(file, originals.get(name) as Buffer);
  }
  expect(refused).toBeGreaterThan(850);
  expect(await loadCascade(path)).toEqual(sampleCascade());
}, 60_000);

describe("checkCamera() and checkReference()", () => {
  const cascade = sampleCascade();

  test("take the camera and the model it was trained with", () => {
    expect(() => checkCamera(cascade, "door", { width: 640, height: 360 })).not.toThrow();
    expect(() => checkReference(cascade, cascade.reference)).not.toThrow();
  });

  test("refuse another size, naming both", () => {
    expect(() => checkCamera(cascade, "yard", { width: 1280, height: 720 })).toThrow(
      'The cascade was trained on pictures of 640×360, and "yard" has 1280×720: train one for this camera',
    );
  });

  test("refuse another model, and the same name with other content", () => {
    const sha256 = "12".repeat(32);
    expect(() => checkReference(cascade, { name: "yolox_nano", sha256 })).toThrow(
      'it was trained with "demo", not "yolox_nano"',
    );
    expect(() => checkReference(cascade, { name: "demo", sha256 })).toThrow(
      '"demo" is not what it was: its file, its manifest or its weights are others ' +
        "(hash 121212121212, trained with abababababab)",
    );
  });
});
