import { expect, test } from "bun:test";
import { evaluationToJson, formatEvaluation } from "../../src/cli/cascade-evaluate.ts";
import { agreementWith, type CascadeRun } from "../../src/learning/evaluate.ts";
import type { Footage } from "../../src/learning/footage.ts";

const IGNORED = 2;

/** Ten frames, of which the truth judges so many. */
function evaluated(judged: number) {
  const present = new Uint8Array(10);
  const truth = new Uint8Array(10).fill(IGNORED, judged);
  const agreement = agreementWith({ present, scores: new Float32Array(10) }, truth, 2);
  const levels = { reused: 5, specialized: 4, inferred: 1 };
  const run = { levels, unanswered: 0, report: { throughput_fps: 100 } } as CascadeRun;
  return {
    text: formatEvaluation("a.ndjson", { name: "door" } as Footage, run, agreement, false),
    json: JSON.parse(evaluationToJson("a.ndjson", run, agreement, false)),
  };
}

test("an evaluation says how many frames were not judged", () => {
  const { text, json } = evaluated(6);
  expect(text).toContain(
    "6 judged; 4 (40 %) have no label or an ignored one, and count as neither right nor wrong",
  );
  expect(text).toContain("windows of a second answered right 100 %, of 3 judged");
  expect(json).toMatchObject({ frames: 10, judged_frames: 6, judged_windows: 3 });
});

test("an evaluation says nothing of it where all frames were judged", () => {
  const { text, json } = evaluated(10);
  expect(text).not.toContain("judged");
  expect(json).toMatchObject({ frames: 10, judged_frames: 10, judged_windows: 5 });
});
