import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CascadeLevels } from "../../src/cascade/types.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { RunCascade } from "../../src/pipeline/run-cascade.ts";
import { readNdjson } from "../../src/sink/ndjson-reader.ts";
import type { Frame } from "../../src/types.ts";
import { brightnessNetwork } from "./brightness-network.ts";
import { answersOf } from "./cascade.ts";

const SIDE = 32;
/** A grey of 64, and a white box over 13 % of it: the mean is 64 without it, 89 with it. */
const NETWORK = { model: brightnessNetwork(SIDE, 76, 0.5), side: SIDE, cLow: 0.1, cHigh: 0.9 };
const DIFFERENCE = { mode: "earlier", reference: null, blocks: null, tDiff: 20 } as const;

let folder = "";
/** 300 frames; the box stands still from frame 50 to frame 249. */
let standing = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aip-screen-"));
  standing = join(folder, "standing.mkv");
  const scene =
    "color=c=0x404040:s=160x96:r=10:d=30,format=yuvj420p," +
    "drawbox=x=60:y=24:w=40:h=50:color=white:t=fill:enable='between(n,50,249)'";
  const options = ["-c:v", "ffv1", standing];
  const made = Bun.spawn(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", scene, ...options]);
  expect(await made.exited).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

function cascade(levels: Partial<CascadeLevels>, region: RunCascade["question"]["region"] = null) {
  return {
    name: "made by hand",
    question: { classes: ["box"], confidence: 0.3, region },
    screen: {
      kind: "cascade",
      levels: { tSkip: 1, difference: null, network: null, ...levels },
      region,
    },
    promise: { falseNegatives: 0.01, falsePositives: 0.01, errorRate: 0.01, presentShare: 0.5 },
    file: null,
  } as const satisfies RunCascade;
}

/** @param audit above 0, every frame's pixels are read */
async function framesOf(cascade: RunCascade, slots = 64, audit = 0): Promise<Frame[]> {
  const frames: Frame[] = [];
  await using pipeline = new Pipeline({
    sources: standing,
    devices: "sim:0ms",
    slots,
    audit,
    cascade,
  });
  for await (const frame of pipeline) frames.push(frame);
  return frames;
}

describe("Screen", () => {
  test("whoever stands still does not vanish: an unchanged frame has the last answer again", async () => {
    const frames = await framesOf(cascade({ difference: DIFFERENCE, network: NETWORK }));
    // Where unchanged frames counted as empty, only the one where the box appears would show it.
    expect(answersOf(frames)).toBe(`s${"r".repeat(49)}S${"R".repeat(199)}s${"r".repeat(49)}`);
  });

  test("frames between two looks have the last answer again, and what comes meanwhile is late", async () => {
    const levels = { tSkip: 7, difference: DIFFERENCE, network: NETWORK };
    const frames = await framesOf(cascade(levels));
    // The first looks after frames 50 and 250 are at 56 and 252.
    expect(answersOf(frames)).toBe(`s${"r".repeat(55)}S${"R".repeat(195)}s${"r".repeat(47)}`);
  });

  test("frames that are never looked at need no pixels: all else is as with them", async () => {
    const levels = { tSkip: 7, difference: DIFFERENCE, network: NETWORK };
    const [bare, whole] = [
      await framesOf(cascade(levels)),
      await framesOf(cascade(levels), 64, 1e-9),
    ];
    const known = (frames: Frame[]): unknown[] =>
      frames.map(({ frame, timeMs, present, score }) => [frame, timeMs, present, score]);
    expect(bare).toHaveLength(300);
    expect(known(bare)).toEqual(known(whole));
  });

  test("a run that goes on in the middle looks at its first frame", async () => {
    const output = join(folder, "results.ndjson");
    const levels = { tSkip: 7, difference: DIFFERENCE, network: NETWORK };
    const options = { sources: standing, devices: "sim:0ms", audit: 0, output, slots: 64 };
    await new Pipeline({ ...options, frames: 100, cascade: cascade(levels) }).run();
    await new Pipeline({ ...options, resume: true, cascade: cascade(levels) }).run();
    const frames: Frame[] = [];
    for await (const frame of readNdjson(output)) frames.push(frame);
    // The second run's first frame is 100, within the turn of frame 98.
    expect(answersOf(frames)).toBe(
      `s${"r".repeat(55)}S${"R".repeat(43)}S${"R".repeat(151)}s${"r".repeat(47)}`,
    );
  });

  test("the network alone scores every frame, in batches that leave in order", async () => {
    for (const slots of [4, 64, 256]) {
      const frames = await framesOf(cascade({ network: NETWORK }), slots);
      expect(answersOf(frames)).toBe(`${"s".repeat(50)}${"S".repeat(200)}${"s".repeat(50)}`);
      // By hand: 1 / (1 + e^(-0.5 · (64 - 76))) and 1 / (1 + e^(-0.5 · (89 - 76))), about.
      expect(frames[10]?.score).toBeCloseTo(0.0025, 3);
      expect(frames[100]?.score).toBeGreaterThan(0.99);
    }
  });

  test("frames of a paced source do not wait for a full batch", async () => {
    await using pipeline = new Pipeline({
      sources: standing,
      // The second frame comes after 20 s, a full batch after minutes.
      fps: 0.05,
      devices: "sim:0ms",
      slots: 256,
      audit: 0,
      cascade: cascade({ network: NETWORK }),
    });
    for await (const { answer } of pipeline) {
      expect(answer).toBe("specialized");
      expect(pipeline.report().frames.received).toBe(1);
      break;
    }
    expect(pipeline.report().frames).toMatchObject({ received: 1, emitted: 1 });
  });

  test("what the network is not sure of is left to the reference model", async () => {
    const frames = await framesOf(cascade({ network: { ...NETWORK, cLow: 0.001 } }));
    expect(answersOf(frames)).toBe(`${"i".repeat(50)}${"S".repeat(200)}${"i".repeat(50)}`);
  });

  test("a frame like the empty picture shows nobody, and others are looked at", async () => {
    const difference = {
      ...DIFFERENCE,
      mode: "reference",
      // A grey of 64, in the limited range that the decoder gives.
      reference: new Uint8Array(2500).fill(71),
    } as const;
    const frames = await framesOf(cascade({ difference, network: NETWORK }));
    expect(answersOf(frames)).toBe(`${"r".repeat(50)}${"S".repeat(200)}${"r".repeat(50)}`);
  });

  test("what is outside the region does not count", async () => {
    const levels = { difference: DIFFERENCE, network: NETWORK };
    const frames = await framesOf(cascade(levels, [0, 0, 0.3, 1]));
    expect(answersOf(frames)).toBe(`s${"r".repeat(299)}`);
  });
});
