import { measureDecoding } from "../calibration/decoding.ts";
import { studentQuantile } from "../cascade/beta.ts";
import type { MeasuredCosts, MeasuredMs } from "../cascade/file/cascade.ts";
import type { CascadeCosts, DifferenceLevel, Question } from "../cascade/types.ts";
import { runtimeError } from "../errors.ts";
import { LUMA_SIDE } from "../footage/luma-side.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import { openSource } from "../source/open.ts";
import type { FrameGeometry } from "../types.ts";
import { timeEarlyLevels } from "./cost-meter.ts";
import { EmissionRate } from "./emission-rate.ts";

/** Both measurements of the reference model look on for so long, and for so many of its answers. */
const REFERENCE_MS = 2000;
const REFERENCE_FRAMES_PER_DEVICE = 6;
const DECODE_ROUNDS = 4;
const DECODE_MS = 500;
/** Every how many frames are piped, to see what the others cost. */
const EVERY = 8;
/** Stretches that the spread of the reference model's times is seen by. */
const STRETCHES = 6;
const CONFIDENCE = 0.95;

export interface CostOptions {
  /** The camera's footage, as a source; read anew for each measurement. */
  readonly source: string;
  readonly geometry: FrameGeometry;
  readonly question: Question;
  readonly model: string;
  readonly devices: string;
  readonly cores: number;
  readonly blocks: DifferenceLevel["blocks"];
  readonly networks: readonly { readonly model: Uint8Array; readonly side: number }[];
  readonly signal: AbortSignal;
}

/** Costs of the levels, and of each network with its thumbnail. */
export interface CostsOfCandidates {
  readonly costs: Omit<MeasuredCosts, "network">;
  readonly networks: readonly MeasuredMs[];
}

/**
 * Measures what every level costs here and now, while the others run: decoding beside the early
 * levels, the early levels beside the reference model on its devices, and that beside them. What
 * processor time the reference model takes is measured of it alone. About ten seconds; longer
 * where the reference model is slow.
 *
 * @throws {AipError} where the source or the model cannot be opened, or `interrupted`
 */
export async function measureCosts(options: CostOptions): Promise<CostsOfCandidates> {
  const { geometry, question, blocks, networks } = options;
  const task = { geometry, region: question.region, lumaSide: LUMA_SIDE, blocks, networks };
  const { result: decoding } = await timeEarlyLevels(task, () => timeDecoding(options));
  const alone = await runReference(options);
  const { early, result: beside } = await timeEarlyLevels(task, () => runReference(options));
  return {
    costs: {
      decode: meanOf(decoding.map(({ decodeMs }) => decodeMs)),
      skipped: meanOf(decoding.map(({ skippedMs }) => skippedMs)),
      difference: meanOf(early.differenceMs),
      reference: meanOf(beside.gapsMs.map((ms) => ms * beside.deviceCount)),
      referenceCore: exactly(alone.coreMs),
      devices: options.devices,
      deviceCount: beside.deviceCount,
      cores: options.cores,
      contended: true,
    },
    networks: early.networkMs.map(meanOf),
  };
}

interface DecodeTimes {
  readonly decodeMs: number;
  readonly skippedMs: number;
}

/**
 * Times the decoder in turns with all frames and with every eighth: of the others it tells the time
 * alone, and nobody copies or reads their pixels.
 */
async function timeDecoding({ source, signal }: CostOptions): Promise<readonly DecodeTimes[]> {
  const msOfFrame = async (every: number): Promise<number> => {
    checkOn(signal);
    const open = () => openSource(source, { pipes: { createPipe, closeFd }, every });
    return 1000 / (await measureDecoding(open, DECODE_MS)).throughput_fps;
  };
  const rounds: DecodeTimes[] = [];
  while (rounds.length < DECODE_ROUNDS) {
    const decodeMs = await msOfFrame(1);
    const mixedMs = await msOfFrame(EVERY);
    const skippedMs = (mixedMs - decodeMs / EVERY) / (1 - 1 / EVERY);
    rounds.push({ decodeMs, skippedMs: Math.min(decodeMs, Math.max(0, skippedMs)) });
  }
  return rounds;
}

interface ReferenceTimes {
  readonly deviceCount: number;
  /** Time between two answers of all devices together, by stretches. */
  readonly gapsMs: readonly number[];
  /** Processor time of this process for a frame: decoders are others. */
  readonly coreMs: number;
}

async function runReference(options: CostOptions): Promise<ReferenceTimes> {
  const { source, model, devices, signal } = options;
  checkOn(signal);
  const limits = { ms: REFERENCE_MS, framesPerDevice: REFERENCE_FRAMES_PER_DEVICE };
  const rate = new EmissionRate(limits, () => pipeline.stop());
  const pipeline = new Pipeline({ sources: source, model, devices, sinks: [rate], signal });
  let before = process.cpuUsage();
  pipeline.events.once("started", () => {
    before = process.cpuUsage();
  });
  await pipeline.run();
  const { user, system } = process.cpuUsage(before);
  checkOn(signal);
  if (pipeline.error !== null) throw pipeline.error;
  const gapsMs = rate.gapsMs(STRETCHES);
  if (gapsMs.length === 0) {
    const message = `The reference model answered too few frames of "${source}" to measure it`;
    throw runtimeError("costs-failed", message);
  }
  const coreMs = (user + system) / 1000 / Math.max(1, rate.frames);
  return { deviceCount: rate.deviceCount, gapsMs, coreMs };
}

/** The mean of some times with its 95 % confidence interval, by Student's t. */
export function meanOf(timesMs: readonly number[]): MeasuredMs {
  const count = timesMs.length;
  const mean = timesMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, count);
  if (count < 2) return exactly(mean);
  const squares = timesMs.reduce((sum, ms) => sum + (ms - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1) / count);
  const half = studentQuantile((1 + CONFIDENCE) / 2, count - 1) * deviation;
  return { mean, low: Math.max(0, mean - half), high: mean + half };
}

/** What the search reckons with: the means. */
export function searchCosts(costs: Omit<MeasuredCosts, "network">): CascadeCosts {
  return {
    decodeMs: costs.decode.mean,
    skippedMs: costs.skipped.mean,
    differenceMs: costs.difference.mean,
    referenceMs: costs.reference.mean,
    transferMs: 0,
    devices: costs.deviceCount,
    referenceCoreMs: costs.referenceCore.mean,
    cores: costs.cores,
  };
}

function exactly(ms: number): MeasuredMs {
  return { mean: ms, low: ms, high: ms };
}

function checkOn(signal: AbortSignal): void {
  if (signal.aborted) throw runtimeError("interrupted", "Interrupted while costs were measured");
}
