import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Head, SessionConfig } from "../../layout/layout.gen.ts";
import { readAnswer } from "./answer-file.ts";
import { detectionFault, tensorFault } from "./answers.ts";
import { type ProbeResult, probe } from "./probe.ts";
import type { ProbedSession } from "./probe-protocol.ts";
import { asUnwritable, isSystemCode, systemError } from "./unwritable.ts";
import { readVerdict, type Verdict, verdictKey, verdictPath, writeVerdict } from "./verdict.ts";
import { waitForLock } from "./wait-for-lock.ts";

/** Well below the confidence from which detections are compared. */
const PROBE_CONFIDENCE = 0.25;

/** A model to be tried on one unit. */
export interface TrialOptions {
  /** `cpu`, `gpu` or `ane`. */
  readonly unit: string;
  /** For people: `"detector.mlpackage for the Neural Engine"`. */
  readonly what: string;
  /** Where the user has the model. */
  readonly modelPath: string;
  readonly session: ProbedSession;
  readonly config: Uint8Array;
  /** Where what is kept of the model lies. */
  readonly folder: string;
  /** Name of the processor; what was found holds for it alone. */
  readonly chip: string;
  /** File with the CPU's answer; null where there is none to compare with. */
  readonly reference: string | null;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/** What was found, now or earlier. */
export interface Trial {
  readonly verdict: Verdict;
  /** The file it is kept in, without which the model is tried again; null where it is not kept. */
  readonly path: string | null;
  /** The CPU's answer; null for other units, and where it gave none. */
  readonly answer: string | null;
}

/**
 * Loads a model for a unit and asks it for one prediction, in a process of its own with a time
 * limit; then compares the answer with the CPU's. What was found is kept, and not tried again on
 * the same system: a unit that hung once would hang every run.
 *
 * @throws {AipError} `cache-unwritable` where what was found, or the answer, cannot be kept
 */
export async function tryModel(options: TrialOptions): Promise<Trial> {
  try {
    return await tried(options);
  } catch (cause) {
    throw asUnwritable(cause, options.modelPath, dirname(options.folder));
  }
}

async function tried(options: TrialOptions): Promise<Trial> {
  const { unit, folder, chip, session, signal, tell, what } = options;
  const inputSize = inputSizeOf(options.config);
  const key = verdictKey({ unit, options: optionsOf(session), inputSize, chip });
  const path = verdictPath(folder, key);
  const answerPath = path.replace(/json$/, "f32");
  using _trial = await waitForLock(`${path}.lock`, signal, () =>
    tell(`waiting for another process that tries ${what}`),
  );
  const known = await readVerdict(path);
  const isKept = known !== null && (unit !== "cpu" || (await isThere(known, answerPath)));
  const verdict = isKept ? known : await found(options, answerPath);
  // What failed in order does so at once, and may have been put right by the next run.
  if (!isKept && verdict.outcome !== "failed") await writeVerdict(path, verdict);
  const isReference = unit === "cpu" && verdict.outcome === "ok";
  return {
    verdict,
    path: verdict.outcome === "failed" ? null : path,
    answer: isReference ? answerPath : null,
  };
}

async function isThere(verdict: Verdict, answerPath: string): Promise<boolean> {
  return verdict.outcome !== "ok" || (await Bun.file(answerPath).exists());
}

async function found(options: TrialOptions, answerPath: string): Promise<Verdict> {
  const { modelPath, session, config, limitMs, signal, tell, what, unit, reference } = options;
  const isDetections = isOfDetections(options);
  const result = await probe(
    {
      step: "predict",
      modelPath,
      session,
      config: Buffer.from(configFor(config, isDetections)).toString("base64"),
      answerPath,
    },
    { what: `preparing ${what}`, limitMs, signal, tell },
  );
  // That the answer found no room says nothing of the unit.
  if (result.kind === "failed" && isSystemCode(result.code)) {
    throw systemError(result.code, result.reason);
  }
  if (result.kind !== "ok" || unit === "cpu" || reference === null) {
    return verdictOf(result, null, false);
  }
  const [seen, expected] = await Promise.all([readAnswer(answerPath), readAnswer(reference)]);
  await rm(answerPath, { force: true });
  const fault = (isDetections ? detectionFault : tensorFault)({ seen, reference: expected });
  return verdictOf(result, fault, true);
}

function verdictOf(result: ProbeResult, fault: string | null, compared: boolean): Verdict {
  const times =
    result.kind === "ok"
      ? { load_ms: result.loadMs, predict_ms: result.predictMs }
      : { load_ms: 0, predict_ms: 0 };
  const tried = new Date().toISOString();
  if (result.kind !== "ok") {
    return { outcome: result.kind, reason: result.reason, ...times, compared, tried };
  }
  const outcome = fault === null ? "ok" : "wrong";
  return { outcome, reason: fault ?? "", ...times, compared, tried };
}

/**
 * Tensors are compared before anything is made of them. Where the model itself makes detections,
 * rounding may order them otherwise, and weak ones may come and go.
 */
function isOfDetections({ session, config }: TrialOptions): boolean {
  return (
    (session.kind === "coreml" && /^coordinates=/m.test(session.options)) ||
    viewOf(config).getUint32(SessionConfig.head, true) === Head.endToEnd
  );
}

function optionsOf(session: ProbedSession): string {
  return session.kind === "coreml" ? session.options : (session.providerOptions ?? "");
}

function configFor(config: Uint8Array, isDetections: boolean): Uint8Array {
  const copy = config.slice();
  const view = viewOf(copy);
  if (isDetections) view.setFloat32(SessionConfig.confidenceMin, PROBE_CONFIDENCE, true);
  else view.setUint32(SessionConfig.head, Head.raw, true);
  return copy;
}

function inputSizeOf(config: Uint8Array): string {
  const view = viewOf(config);
  const side = (offset: number): number => view.getUint32(offset, true);
  const size = `${side(SessionConfig.inputWidth)}x${side(SessionConfig.inputHeight)}`;
  const batch = side(SessionConfig.batchSizeMax);
  return batch > 1 ? `${batch}x${size}` : size;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
