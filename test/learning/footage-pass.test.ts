import { expect, test } from "bun:test";
import { readFootage } from "../../src/footage/read-footage.ts";
import { FootagePass } from "../../src/learning/footage-pass.ts";
import { mulberry32 } from "../../src/random.ts";
import { ARCHITECTURES, layerPlan } from "../../src/training/architectures.ts";
import { initialParameters } from "../../src/training/initial-parameters.ts";
import { networkModel } from "../../src/training/network-graph.ts";
import { NetworkScorer } from "../../src/training/network-scorer.ts";

const FRAMES = 700;
const FROM = 300;
const SOURCE = `demo:frames=${FRAMES}:size=128x96:seed=5`;
const REGION = [0, 0.5, 1, 1] as const;
const [ARCHITECTURE] = ARCHITECTURES as [(typeof ARCHITECTURES)[0]];
const { side: SIDE } = ARCHITECTURE;

/** A network that has learnt nothing: its scores are as good as any to compare. */
const model = networkModel({
  architecture: ARCHITECTURE,
  parameters: initialParameters(layerPlan(ARCHITECTURE), mulberry32(3)),
  mean: new Float32Array(3 * SIDE * SIDE).fill(100),
  scale: 1 / 64,
});

function open(signal: AbortSignal, told: number[] = []): Promise<FootagePass> {
  const onProgress = (frames: number): number => told.push(frames);
  return FootagePass.open({ source: SOURCE, frames: FRAMES, region: REGION, signal, onProgress });
}

test("FootagePass has pictures of the first frames, then scores of all others, in one reading", async () => {
  const told: number[] = [];
  await using pass = await open(new AbortController().signal, told);
  const chosen = Uint32Array.of(2, 3, 257, 299);
  const pictures = await pass.pictures(FROM, chosen, [SIDE]);
  expect(pass.passed).toBe(FROM);
  const [scores] = (await pass.scores([{ model, side: SIDE }])) as [Float32Array];
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(FRAMES);

  const whole = await readFootage({ spec: SOURCE, end: FRAMES, region: REGION, sides: [SIDE] });
  expect(pass.luma).toEqual(whole.luma);
  const all = whole.colour.get(SIDE) as Uint8Array;
  const bytes = 3 * SIDE * SIDE;
  const expected = [...chosen].flatMap((frame) => [
    ...all.subarray(frame * bytes, (frame + 1) * bytes),
  ]);
  expect(pictures.get(SIDE)).toEqual(Uint8Array.from(expected));
  const each = new Float32Array(FRAMES);
  const scorer = new NetworkScorer(model);
  scorer.score(all, FRAMES, each);
  scorer.close();
  expect(scores).toEqual(each.fill(0, 0, FROM));
});

test("FootagePass reads to the end where there is no network to score with", async () => {
  await using pass = await open(new AbortController().signal);
  await pass.pictures(FROM, new Uint32Array(), []);
  expect(await pass.scores([])).toEqual([]);
  expect(pass.passed).toBe(FRAMES);
});

test("FootagePass ends at its signal, in the middle of a stretch", async () => {
  const stop = new AbortController();
  await using pass = await open(stop.signal);
  await pass.pictures(FROM, new Uint32Array(), []);
  stop.abort();
  const error = await pass.scores([]).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "interrupted" });
});
