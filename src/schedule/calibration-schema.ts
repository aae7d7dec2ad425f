import * as v from "valibot";
import { usageError } from "../errors.ts";
import { CALIBRATION_FORMAT, type Calibration } from "./calibration.ts";

const positive = v.pipe(v.number(), v.finite(), v.minValue(0));
const aboveZero = v.pipe(v.number(), v.finite(), v.minValue(Number.MIN_VALUE));
const share = { mean: aboveZero, cv: positive, p50: aboveZero, p95: aboveZero, p99: aboveZero };
const interval = v.pipe(
  v.object({ mean: aboveZero, low: positive, high: aboveZero }),
  v.check(({ mean, low, high }) => low <= mean && mean <= high),
);
const goal = v.picklist(["throughput", "latency"]);

const instance = v.object({
  id: v.string(),
  kind: v.string(),
  batch: v.pipe(v.number(), v.integer(), v.minValue(1)),
  batch_cost: positive,
  service_ms: v.object(share),
  stages_ms: v.object({ preprocess: positive, inference: positive, postprocess: positive }),
  throughput_fps: aboveZero,
  memory_mb: positive,
});

const candidate = v.object({
  devices: v.pipe(v.string(), v.nonEmpty()),
  decoding: v.boolean(),
  instances: v.pipe(v.array(instance), v.minLength(1)),
  throughput_fps: interval,
  failed_share: positive,
  latency_ms: v.object({ ...share, interval }),
  memory_mb: positive,
});

const decode = v.object({
  source: v.string(),
  width: positive,
  height: positive,
  ingest: v.string(),
  cpu_ms: positive,
  cpu_ms_per_megapixel: positive,
  throughput_fps: positive,
});

const key = v.object({
  platform: v.string(),
  cpu: v.string(),
  cores: aboveZero,
  devices: v.array(v.string()),
  model_sha256: v.nullable(v.string()),
  input_size: v.nullable(v.string()),
  onnx_runtime: v.nullable(v.string()),
  aip: v.string(),
  layout: v.string(),
});

const schema: v.GenericSchema<unknown, Calibration> = v.object({
  format: v.literal(CALIBRATION_FORMAT),
  key,
  measured_at: v.string(),
  quick: v.boolean(),
  goal,
  chosen: v.object({ throughput: v.string(), latency: v.string() }),
  candidates: v.array(candidate),
  noise: v.nullable(positive),
  left_out: v.array(v.object({ devices: v.string(), reason: v.string() })),
  decode: v.nullable(decode),
  base_memory_mb: positive,
  frame: v.object({ width: positive, height: positive }),
});

/**
 * Reads a stored calibration.
 *
 * @throws {AipError} `calibration-invalid`: what is wrong with it, in words that complete a
 * sentence
 *   about the file
 */
export function parseCalibration(text: string): Calibration {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw usageError("calibration-invalid", "it is no JSON, or cut short", cause);
  }
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) {
    checkChoice(result.output);
    return result.output;
  }
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  if (path === "format" && typeof issue.input === "number") {
    throw usageError("calibration-invalid", `it is of another version (format ${issue.input})`);
  }
  throw usageError(
    "calibration-invalid",
    path === null ? "it holds no calibration" : `its "${path}" makes no sense`,
  );
}

/**
 * What is chosen was measured; only a quick calibration may have had no time to measure anything.
 */
function checkChoice({ candidates, chosen, quick }: Calibration): void {
  if (candidates.length === 0) {
    if (quick) return;
    throw usageError("calibration-invalid", "it holds no measured devices");
  }
  for (const [goal, devices] of Object.entries(chosen)) {
    if (candidates.some((candidate) => candidate.devices === devices)) continue;
    throw usageError(
      "calibration-invalid",
      `its choice for ${goal}, "${devices}", is none of those measured`,
    );
  }
}
