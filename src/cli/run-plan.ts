import { formatCountOf } from "../metrics/number-format.ts";
import {
  type CameraClip,
  type CameraFormat,
  openClip,
  syntheticClip,
} from "../planning/camera-clip.ts";
import { planCameras } from "../planning/plan-cameras.ts";
import { checkPlan, knownFastestMs } from "../planning/plan-check.ts";
import { type Verification, verifyPlan } from "../planning/verification.ts";
import { ExitCode } from "./exit-code.ts";
import { planToJson } from "./plan-json.ts";
import { formatPlan, type PlanFigures, unreachableText } from "./plan-table.ts";
import { formatOf, type PlanRequest } from "./planning.ts";
import { printOut } from "./print-out.ts";
import { onSignals } from "./signals.ts";
import { formatVerification } from "./verification-table.ts";

/**
 * Plans for people: measures what is not known yet, answers, and verifies where that is asked for.
 *
 * @returns the exit code: done where the cameras fit, and held where that was verified
 */
export async function runPlan(request: PlanRequest, asJson: boolean): Promise<number> {
  const ended = new AbortController();
  using _ = onSignals((_name, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    ended.abort();
  });
  const { signal } = ended;
  try {
    const code = await planAndVerify(request, { signal, asJson, say });
    return signal.aborted ? interrupted() : code;
  } catch (error) {
    // Ctrl-C also ends ffmpeg: whatever failed then failed because of it.
    await Bun.sleep(0);
    if (signal.aborted) return interrupted();
    throw error;
  }
}

function interrupted(): number {
  say("aip: the plan was interrupted");
  return ExitCode.interrupted;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** How a plan is made and told. */
interface Telling {
  readonly signal: AbortSignal;
  readonly asJson: boolean;
  /** Says what takes time. */
  readonly say: (text: string) => void;
}

/** Returns the exit code of a plan that nobody interrupts; prints nothing once it is. */
async function planAndVerify(request: PlanRequest, telling: Telling): Promise<number> {
  const { signal, asJson } = telling;
  checkPlan(request);
  const { latencyMs } = request;
  const fastestMs = knownFastestMs(request.devices);
  // JSON has all figures, also of what cannot be.
  if (latencyMs !== null && latencyMs < fastestMs && !asJson) {
    printOut(`${unreachableText(fastestMs, latencyMs)}\n`);
    return ExitCode.failed;
  }
  await using recording = await openRecording(request, telling);
  const figures = await makePlan(request, recording, telling);
  if (signal.aborted) return ExitCode.interrupted;
  if (!asJson) printOut(`${formatPlan(figures)}\n`);
  const measured = await verify(request, { figures, clip: recording.clip }, telling);
  if (signal.aborted) return ExitCode.interrupted;
  if (asJson) printOut(`${planToJson(figures, measured)}\n`);
  else if (measured !== null) {
    const table = formatVerification(figures.plan, measured, request.verifySeconds ?? 0);
    printOut(`\n${table}\n`);
  }
  const holds = measured === null ? figures.plan.expectation.limit === null : !measured.fault;
  return holds ? ExitCode.done : ExitCode.failed;
}

async function verify(
  { verifySeconds: seconds, model }: PlanRequest,
  { figures, clip }: { readonly figures: PlanFigures; readonly clip: CameraClip },
  { signal, say }: Telling,
): Promise<Verification | null> {
  if (seconds === null) return null;
  const { plan, demand } = figures;
  const { cameras, slots } = plan.expectation;
  const decoders = formatCountOf(cameras, "decoder");
  say(`verifying for ${seconds} s with ${decoders}, playing the clip at pace`);
  const { devices } = plan.combination;
  return await verifyPlan({ clip, cameras, demand, slots, devices, model, seconds, signal });
}

/** What stands for a camera, and the size and rate of its pictures. */
interface Recording extends AsyncDisposable {
  readonly clip: CameraClip;
  readonly format: CameraFormat;
}

async function openRecording(request: PlanRequest, { signal, say }: Telling): Promise<Recording> {
  if (request.source !== null) {
    const clip = await openClip(request.source);
    const { width, height } = clip.request.format.geometry;
    const { fps } = clip.stream;
    const format = formatOf(request, { width, height, ...(fps !== undefined && { fps }) });
    return { clip, format, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const format = formatOf(request, {});
  say("making a camera's clip, and measuring what decoding it costs");
  const clip = await syntheticClip(format, signal);
  return { clip, format, [Symbol.asyncDispose]: () => clip[Symbol.asyncDispose]() };
}

async function makePlan(
  request: PlanRequest,
  { clip, format }: Recording,
  { signal, say }: Telling,
): Promise<PlanFigures> {
  const { devices, model, cameras: asked, latencyMs, verifySeconds } = request;
  const demand = { fps: format.fps, latencyMs };
  const planned = await planCameras({
    clip,
    cameras: asked,
    demand,
    devices,
    model,
    signal,
    onNote: say,
    ...(verifySeconds !== null && { seconds: verifySeconds }),
  });
  return { ...planned, asked, model, format, demand, clip: clip.description };
}
