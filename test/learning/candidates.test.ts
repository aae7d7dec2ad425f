import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cameraPictures } from "../../bench/camera-pictures.ts";
import {
  type CandidateOptions,
  networkKey,
  trainCandidate,
  trainingWork,
} from "../../src/learning/candidates.ts";
import { ARCHITECTURES } from "../../src/training/architectures.ts";

const SIDE = 32;
const pictures = (count: number, seed: number) =>
  cameraPictures({ count, side: SIDE, presentShare: 0.5, seed });

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-candidates-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const notes: string[] = [];
let epochs = 0;
const options = (): CandidateOptions => ({
  architecture: { side: SIDE, filters: 4, layers: 1, dense: 8, firstStride: 2 },
  training: pictures(120, 1),
  validation: pictures(60, 2),
  seed: 1,
  folder,
  signal: new AbortController().signal,
  onProgress: () => {
    epochs += 1;
  },
  onNote: (text) => notes.push(text),
});

test("trainingWork() is in proportion to the time that training takes", () => {
  // Processor time of an example on a core of a server, in ms: two epochs of 600 pictures each.
  const measuredMs = [0.224, 0.565, 0.972, 2.288, 2.851];
  const rates = ARCHITECTURES.map((each, index) => trainingWork(each) / (measuredMs[index] ?? 0));
  expect(rates).toHaveLength(5);
  expect(Math.max(...rates) / Math.min(...rates)).toBeLessThan(1.3);
});

describe("trainCandidate()", () => {
  test("takes a network that was kept, and trains a damaged one again, saying so", async () => {
    const trained = await trainCandidate(options());
    expect(epochs).toBeGreaterThan(0);
    const [name = ""] = readdirSync(folder);
    const path = join(folder, name);
    const whole = readFileSync(path);

    epochs = 0;
    expect(await trainCandidate(options())).toEqual(trained);
    expect({ epochs, notes }).toEqual({ epochs: 0, notes: [] });

    // Cut short; and one letter of its weights changed, which is JSON and Base64 as before.
    const altered = Buffer.from(whole);
    const at = whole.indexOf('"model":"') + 400;
    altered[at] = altered[at] === 65 ? 66 : 65;
    for (const damaged of [whole.subarray(0, whole.length / 2), altered]) {
      writeFileSync(path, damaged);
      epochs = 0;
      notes.length = 0;
      expect(await trainCandidate(options())).toEqual(trained);
      expect(epochs).toBeGreaterThan(0);
      expect(notes).toEqual([`"${path}" is damaged: ${trained.name} is trained again`]);
      expect(readFileSync(path)).toEqual(whole);
    }
  }, 120_000);
});

test("networkKey() tells networks of another aip, seed or labels apart", () => {
  const keys = [
    networkKey(options(), "1.0.0"),
    networkKey(options(), "1.0.1"),
    networkKey({ ...options(), seed: 2 }, "1.0.0"),
    networkKey({ ...options(), training: pictures(121, 1) }, "1.0.0"),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(networkKey(options(), "1.0.0")).toBe(keys[0] as string);
});
