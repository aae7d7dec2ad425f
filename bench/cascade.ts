/**
 * The cascade: frames a second and errors on footage that followed what it was trained on, what each
 * level adds, a real video with a real reference, and the search over a stored video.
 *
 * Videos, labels, networks and cascades are kept in `.cache/cascade`, so that a second run begins
 * where the first was.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Factor } from "../src/learning/choice.ts";
import { type Agreement, runCascade } from "../src/learning/evaluate.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { findRare } from "./cascade/find.ts";
import {
  evaluateRest,
  REFERENCE,
  type RestFigures,
  rareFootage,
  type Supported,
  trainRare,
  trainSupported,
} from "./cascade/rare-person.ts";
import { agreementText, percent, rateText } from "./cascade/rates.ts";
import { referenceRate } from "./cascade/reference-rate.ts";
import { SpanMeter } from "./cascade/span-meter.ts";
import { alternate, compare } from "./comparison.ts";

const SHARED = process.env["AIP_SHARED"] ?? fileURLToPath(new URL("../../shared", import.meta.url));
const PERSON = join(SHARED, "videos/one-by-one-person-detection.mp4");
const NANO = join(SHARED, "models/yolox_nano.onnx");
const FOLDER = fileURLToPath(new URL("../.cache/cascade", import.meta.url));

const CASCADE = "cascade";
const ALONE = "reference alone";
const SPEED_UP = 100;
const ROUNDS = 3;
/** Of the 95 % bounds of both errors, in percent. */
const ERROR_MAX = 1;
const WANTED = "at most wanted";
const PERSON_SPEED_UP = 4;

export const cascade: Benchmark = {
  name: "cascade",
  summary: "cascades: frames/s and errors on later footage, level by level, and aip find",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  if (Bun.which("ffmpeg") === null) return [skipped("the rare person", "ffmpeg is missing")];
  const folder = join(FOLDER, options.quick ? "quick" : "full");
  const footage = await rareFootage(folder, options);
  const rare = await trainRare(footage, folder, options);
  const person = await personVideo(folder, options);
  if (!("trained" in rare)) {
    const title = "a rare person in the demo scene";
    return [unsupported(title, rare, options.quick ? undefined : SPEED_UP), ...person];
  }
  const { start } = rare.trained.cascade.provenance.spans.heldOut;
  const rounds: RestFigures[] = [];
  const ways = await alternate(
    {
      [CASCADE]: async () => {
        const round = await evaluateRest(footage, folder, start, options);
        rounds.push(round);
        return round.rest.fps;
      },
      [ALONE]: () => referenceRate(footage.video, "demo", REFERENCE),
    },
    options.quick ? 1 : ROUNDS,
  );
  // Answers are the same in every round.
  const { rest, reference, truth } = rounds[0] as RestFigures;
  const { frames } = rest;
  const { reused, specialized, inferred } = rest.levels;
  const speed = compare({
    title: "a rare person in the demo scene, H.264 640×360, reference of 80 ms a frame",
    unit: "frames/s, decoding included",
    better: "higher",
    ways,
    claims: [{ of: CASCADE, to: ALONE, ...(!options.quick && { atLeast: SPEED_UP }) }],
    notes: [
      ...supportedNotes(rare),
      `${frames} held-out frames: ${percent(reused / frames)} reused, ` +
        `${percent(specialized / frames)} specialized, ${percent(inferred / frames)} inferred`,
      agreementText("the reference", reference),
      agreementText("ground truth", truth),
    ],
  });
  const errors = errorTable({ reference, "ground truth": truth }, options.quick);
  const found = await findRare(footage, folder, options);
  return [speed, errors, factorTable(rare.trained.factors), ...person, found];
}

/** What may be claimed of the errors on the rest; a quick run has too few frames to claim anything. */
function errorTable(agreements: Readonly<Record<string, Agreement>>, quick: boolean): Comparison {
  const bounds = Object.entries(agreements).flatMap(([against, agreement]) => [
    { name: `false negatives against ${against}`, bound: agreement.falseNegatives },
    { name: `false positives against ${against}`, bound: agreement.falsePositives },
  ]);
  return compare({
    title: "a rare person in the demo scene: what the errors on the rest are at most",
    unit: "%, upper bound of 95 %",
    better: "lower",
    ways: [
      ...bounds.map(({ name, bound }) => ({ name, values: [100 * bound.upper] })),
      { name: WANTED, values: [ERROR_MAX] },
    ],
    claims: bounds.map(({ name }) => ({ of: name, to: WANTED, ...(!quick && { atLeast: 1 }) })),
  });
}

/** What was asked for and refused, and what training itself claims. */
function supportedNotes({ trained, budget, refusals }: Supported): string[] {
  const { heldOut } = trained.choice.optimized.chosen;
  return [
    ...refusals,
    `trained within ${percent(budget)}: on its own held-out span false negatives ` +
      `${rateText(heldOut.falseNegatives)}, false positives ${rateText(heldOut.falsePositives)}`,
  ];
}

/** Each level alone and together: frames a second by the measured costs. */
function factorTable(factors: readonly Factor[]): Comparison {
  const all = factors.at(-1)?.name ?? "";
  return compare({
    title: "what each level adds, within the same budget",
    unit: "frames/s by the costs measured",
    better: "higher",
    ways: factors.map(({ name, tuned }) => ({ name, values: [tuned.heldOut.cost.fps] })),
    // A level that costs more than it saves is left out, so all together are never the slower.
    claims: factors
      .filter(({ name }) => name !== all)
      .map(({ name }) => ({ of: all, to: name, atLeast: 1 })),
    notes: factors.map(({ name, tuned }) => {
      const { levels, frames, falseNegatives, falsePositives } = tuned.heldOut;
      const shares = [levels.reused, levels.specialized, levels.inferred].map((count) =>
        percent(count / frames),
      );
      return (
        `${name}: ${shares.join(" / ")} reused / specialized / inferred; ` +
        `false negatives ${rateText(falseNegatives)}, false positives ${rateText(falsePositives)}`
      );
    }),
  });
}

/** A real video and a real reference, as far as its length supports anything. */
async function personVideo(folder: string, options: BenchmarkOptions): Promise<Comparison[]> {
  const title = "the person video, YOLOX-Nano on the CPU";
  if (!existsSync(PERSON) || !existsSync(NANO)) {
    return [skipped(title, "the person video and YOLOX-Nano are missing (AIP_SHARED)")];
  }
  if (options.quick) return [skipped(title, "not in a quick run: labelling takes minutes")];
  const question = { classes: ["person"], confidence: 0.5, region: null } as const;
  const output = join(folder, "person.aip");
  const trained = await trainSupported(
    {
      source: PERSON,
      question,
      model: NANO,
      devices: "cpu",
      output,
      cache: join(folder, "cache"),
    },
    options,
  );
  if (!("trained" in trained)) return [unsupported(title, trained, PERSON_SPEED_UP)];
  const { cascade } = trained.trained;
  const { start } = cascade.provenance.spans.heldOut;
  const timed = async (): Promise<number> => {
    const rest = new SpanMeter(start);
    const signal = new AbortController().signal;
    const run = { cascade: output, video: PERSON, model: NANO, devices: "cpu" };
    await runCascade({ ...run, signal, sinks: [rest] });
    return rest.fps;
  };
  const { cascadeFps, referenceFps } = cascade.validation;
  return [
    compare({
      title,
      unit: "frames/s on the held-out span, decoding included",
      better: "higher",
      ways: await alternate(
        { [CASCADE]: timed, [ALONE]: () => referenceRate(PERSON, NANO, "cpu") },
        ROUNDS,
      ),
      claims: [{ of: CASCADE, to: ALONE, atLeast: PERSON_SPEED_UP }],
      notes: [
        ...supportedNotes(trained),
        `by the costs measured ${cascadeFps.toFixed(0)} frames/s, the reference alone ` +
          referenceFps.toFixed(1),
      ],
    }),
  ];
}

/** Without a cascade the reference answers every frame. */
function unsupported(title: string, refusals: readonly string[], atLeast?: number): Comparison {
  return compare({
    title: `${title}: no cascade was supported`,
    unit: "times the reference alone",
    better: "higher",
    ways: [
      { name: CASCADE, values: [1] },
      { name: ALONE, values: [1] },
    ],
    claims: [{ of: CASCADE, to: ALONE, ...(atLeast !== undefined && { atLeast }) }],
    notes: refusals,
  });
}

function skipped(title: string, reason: string): Comparison {
  const notes = [`skipped: ${reason}`];
  return compare({ title, unit: "frames/s", better: "higher", ways: [], claims: [], notes });
}
