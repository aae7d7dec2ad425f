import { type AipError, usageError } from "../errors.ts";
import type { DeviceSpec, SimulatedOptions } from "./backend.ts";
import { parseDecimal, readInteger, readNumber } from "./device-options.ts";

const MS_BY_UNIT: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3 };
const SERVICE_MS_MAX = 600_000;
const CV_MAX = 10;
const BATCH_COST_MAX = 10;
const ORDINAL_MAX = 1_000_000_000;
const FACTOR_MAX = 1000;

/** What a simulated device does, and the model whose answers it gives, if any. */
export interface SimulatedSpec {
  readonly options: SimulatedOptions;
  readonly modelFile: string | null;
}

/**
 * Reads the options of `sim`: a service time such as `20ms`, `cv=` (spread), `batch-cost=` (what
 * each further frame of a call adds, as a share of the first one's time), `fail=` (probability),
 * `hang-at=`, `die-at=` (ordinals from 0), `slow-at=FRAMExFACTOR`, `stall-at=FRAMExTIME`, `seed=`
 * and `model=`.
 *
 * @throws {AipError} `device-invalid`
 */
export function readSimulatedOptions(spec: DeviceSpec): SimulatedSpec {
  const cv = readNumber(spec, "cv", { min: 0, max: CV_MAX, expected: `from 0 to ${CV_MAX}` });
  const stallAt = readStallAt(spec);
  const fail = readNumber(spec, "fail", { min: 0, max: 1, expected: "a probability from 0 to 1" });
  const batchCost = readNumber(spec, "batch-cost", {
    min: 0,
    max: BATCH_COST_MAX,
    expected: `from 0 to ${BATCH_COST_MAX}`,
  });
  return {
    options: {
      serviceMs: readServiceMs(spec),
      cv: cv ?? 0,
      seed: readInteger(spec, "seed", 0, 2 ** 32 - 1) ?? 1,
      fail: fail ?? 0,
      hangAt: readInteger(spec, "hang-at", 0, ORDINAL_MAX) ?? null,
      dieAt: readInteger(spec, "die-at", 0, ORDINAL_MAX) ?? null,
      slowAt: readSlowAt(spec),
      ...(batchCost !== undefined && { batchCost }),
      ...(stallAt.length > 0 && { stallAt }),
    },
    modelFile: spec.options.get("model") ?? null,
  };
}

function readServiceMs(spec: DeviceSpec): number {
  const text = spec.options.get("");
  if (text === undefined) {
    throw invalid(`Device "${spec.text}" has no service time: write for example sim:20ms`);
  }
  const serviceMs = parseMs(text);
  if (serviceMs >= 0 && serviceMs <= SERVICE_MS_MAX) return serviceMs;
  throw invalid(
    `Device "${spec.text}" has service time "${text}": ` +
      "it must be a number with a unit (us, ms or s), from 0ms to 600s",
  );
}

/** A time with its unit, in ms; NaN where it is none. */
function parseMs(text: string): number {
  const match = /^([\d.]+)(us|ms|s)$/.exec(text);
  const unit = MS_BY_UNIT[match?.[2] ?? ""] ?? Number.NaN;
  return parseDecimal(match?.[1] ?? "") * unit;
}

function readStallAt(spec: DeviceSpec): NonNullable<SimulatedOptions["stallAt"]> {
  const text = spec.options.get("stall-at");
  if (text === undefined) return [];
  return text.split("+").map((stall) => {
    const match = /^(\d{1,10})x(.+)$/.exec(stall);
    const frame = Number(match?.[1]);
    const ms = parseMs(match?.[2] ?? "");
    if (frame <= ORDINAL_MAX && ms >= 0 && ms <= SERVICE_MS_MAX) return { frame, ms };
    throw invalid(
      `Device "${spec.text}" has stall-at ${stall}: ` +
        "it must be FRAMExTIME, such as 1000x300ms for frame 1000 to take 300 ms longer",
    );
  });
}

function readSlowAt(spec: DeviceSpec): SimulatedOptions["slowAt"] {
  const text = spec.options.get("slow-at");
  if (text === undefined) return [];
  return text.split("+").map((step) => {
    const match = /^(\d{1,10})x([\d.]+)$/.exec(step);
    const frame = Number(match?.[1]);
    const factor = parseDecimal(match?.[2] ?? "");
    if (frame <= ORDINAL_MAX && factor > 0 && factor <= FACTOR_MAX) return { frame, factor };
    throw invalid(
      `Device "${spec.text}" has slow-at ${step}: ` +
        "it must be FRAMExFACTOR, such as 1000x2 for half the speed from frame 1000 on",
    );
  });
}

function invalid(message: string): AipError {
  return usageError("device-invalid", message);
}
