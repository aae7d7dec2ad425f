import * as v from "valibot";
import { usageError } from "../../errors.ts";
import { BLOCK_COUNT, CASCADE_FORMAT, type CascadeDocument } from "./document.ts";

const SIDE_MIN = 32;
const SIDE_MAX = 100;

// Every message completes the sentence "its "<path>" must be …".

const finite = v.pipe(v.number("a number"), v.finite("a finite number"));
const atLeast0 = v.pipe(finite, v.minValue(0, "a number, at least 0"));
const share = v.pipe(finite, v.minValue(0, "from 0 to 1"), v.maxValue(1, "from 0 to 1"));
const count = v.pipe(atLeast0, v.integer("a whole number"));
const above0 = v.pipe(count, v.minValue(1, "a whole number above 0"));
const text = v.pipe(v.string("a text"), v.nonEmpty("a text that is not empty"));
const time = v.pipe(text, v.isoTimestamp("a time in ISO 8601"));
const hash = v.pipe(v.string("a hash"), v.regex(/^[0-9a-f]{32,64}$/, "a hash in hexadecimal"));
const measured = v.pipe(
  v.strictObject({ mean: atLeast0, low: atLeast0, high: atLeast0 }),
  v.check(({ mean, low, high }) => low <= mean && mean <= high, "a mean within its interval"),
);
const errors = v.pipe(
  v.strictObject({
    ...{ count, of: count, bound: share },
    ...{ effective: v.exactOptional(atLeast0), runs: v.exactOptional(count) },
  }),
  v.check((rate) => rate.count <= rate.of, "no more errors than frames"),
);
const span = v.pipe(
  v.strictObject({ start: count, end: count }),
  v.check(({ start, end }) => start <= end, "a span that ends after its start"),
);
const region = v.pipe(
  v.tuple([share, share, share, share]),
  v.check(([x1, y1, x2, y2]) => x1 < x2 && y1 < y2, "left, top, right, bottom from 0 to 1"),
);
/** Name of a file in the cascade's folder, never of one outside it. */
const fileName = v.pipe(
  v.string("a file name"),
  v.regex(/^[a-z]+-[0-9a-f]{12}\.[a-z]+(\.[a-z]+)?$/, "the name of one of the cascade's files"),
);
const part = v.strictObject({ file: fileName, bytes: count, sha256: hash });

const difference = v.strictObject({
  mode: v.picklist(["earlier", "reference"], "earlier or reference"),
  t_diff: finite,
  blocks: v.nullable(
    v.strictObject({
      weights: v.pipe(v.array(finite), v.length(BLOCK_COUNT, `${BLOCK_COUNT} weights`)),
      bias: finite,
    }),
  ),
});

const network = v.strictObject({
  side: v.pipe(above0, v.minValue(SIDE_MIN, "32 to 100"), v.maxValue(SIDE_MAX, "32 to 100")),
  c_low: share,
  c_high: share,
});

const levels = v.strictObject({
  t_skip: above0,
  difference: v.nullable(difference),
  network: v.nullable(network),
});

const validation = v.pipe(
  v.strictObject({
    frames: count,
    false_negatives: errors,
    false_positives: errors,
    early: v.strictObject({
      present: count,
      false_negatives: count,
      absent: count,
      false_positives: count,
    }),
    window_accuracy: v.nullable(share),
    answers: v.strictObject({ reused: count, specialized: count, inferred: count }),
    cascade_fps: atLeast0,
    reference_fps: atLeast0,
  }),
  v.check(isPart, "figures whose early answers are some of all"),
);

/** Frames answered early are some of all, and so are those of them that are wrong. */
function isPart({
  early,
  false_negatives: missed,
  false_positives: alarms,
}: CascadeDocument["validation"]): boolean {
  return (
    early.present <= missed.of &&
    early.absent <= alarms.of &&
    early.false_negatives <= Math.min(early.present, missed.count) &&
    early.false_positives <= Math.min(early.absent, alarms.count)
  );
}

const factor = v.strictObject({
  levels: text,
  fps: atLeast0,
  inferred: share,
  holds: v.boolean("true or false"),
  same: v.exactOptional(text),
});

const schema: v.GenericSchema<unknown, CascadeDocument> = v.strictObject({
  format: v.literal(CASCADE_FORMAT),
  question: v.strictObject({
    classes: v.pipe(v.array(text), v.minLength(1, "at least one class")),
    confidence: share,
    region: v.nullable(region),
  }),
  camera: v.strictObject({ width: above0, height: above0 }),
  reference: v.strictObject({ name: text, sha256: hash }),
  budgets: v.strictObject({ max_fn: share, max_fp: share }),
  levels,
  costs: v.strictObject({
    ms: v.strictObject({
      decode: measured,
      skipped: measured,
      difference: measured,
      network: measured,
      reference: measured,
      reference_core: measured,
    }),
    devices: text,
    device_count: above0,
    cores: above0,
    contended: v.boolean("true or false"),
  }),
  validation,
  factors: v.exactOptional(v.array(factor)),
  provenance: v.strictObject({
    trained_at: time,
    aip: text,
    machine: v.strictObject({ platform: text, cpu: text, cores: above0 }),
    footage: v.strictObject({ name: text, fingerprint: hash, frames: count, fps: atLeast0 }),
    spans: v.strictObject({ training: span, validation: span, tuning: span, held_out: span }),
    labels: text,
    architecture: v.nullable(text),
    seed: count,
    retrained: v.exactOptional(v.strictObject({ frames: span, before: time, count: above0 })),
    tuned: v.exactOptional(v.strictObject({ at: time, count: above0 })),
  }),
  parts: v.strictObject({
    network: v.nullable(part),
    manifest: v.nullable(part),
    reference: v.nullable(part),
    observations: v.nullable(part),
    front: v.nullable(part),
  }),
});

/**
 * Checks every value of a `cascade.json` without its digest.
 * @throws {AipError} `cascade-invalid`, in words that complete a sentence about the file
 */
export function checkDocument(json: object): CascadeDocument {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "content";
  throw usageError("cascade-invalid", `its "${path}" must be ${messageOf(issue)}`);
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "strict_object") return issue.expected === "never" ? "left out" : "there";
  if (issue.type === "literal" || issue.type === "strict_tuple") return issue.expected ?? "there";
  return issue.message;
}
