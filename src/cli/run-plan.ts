import { freemem } from "node:os";
import { localSystem } from "../backend/system-view.ts";
import { AipError } from "../errors.ts";
import { formatCountOf } from "../metrics/number-format.ts";
import { SEATS_PER_DEVICE } from "../pipeline/device-pool.ts";
import {
  type CameraClip,
  type CameraFormat,
  openClip,
  syntheticClip,
} from "../planning/camera-clip.ts";
import { measureCamera } from "../planning/camera-cost.ts";
import { findCombinations } from "../planning/combinations.ts";
import { measureHandover } from "../planning/handover.ts";
import { type Verification, verifyPlan } from "../planning/verification.ts";
import { planCapacity } from "../schedule/capacity-plan.ts";
import { ExitCode } from "./exit-code.ts";
import { planToJson } from "./plan-json.ts";
import { formatPlan, type PlanFigures } from "./plan-table.ts";
import { formatOf, type PlanRequest } from "./planning.ts";
import { onSignals } from "./signals.ts";
import { formatVerification } from "./verification-table.ts";

/** Memory that is left to everybody else. */
const MEMORY_SPARE_BYTES = 256 * 2 ** 20;

/**
 * Plans for people: measures what is not known yet, answers, and verifies where that is asked for.
 *
 * @returns the exit code: done where the cameras fit, and held where that was verified
 */
export async function runPlan(request: PlanRequest, asJson: boolean): Promise<number> {
  const ended = new AbortController();
  const { signal } = ended;
  using signals = onSignals((_, count) => {
    if (count > 1) process.exit(ExitCode.interrupted);
    ended.abort();
  });
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  await using recording = await openRecording(request, say);
  const figures = await makePlan(request, recording, signal, say).catch(unlessInterrupted);
  if (figures === null) return ExitCode.interrupted;
  if (!asJson) process.stdout.write(`${formatPlan(figures)}\n`);
  const fits = figures.plan.expectation.limit === null;
  let measured: Verification | null = null;
  if (request.verifySeconds !== null) {
    const { plan, demand } = figures;
    const { cameras, slots } = plan.expectation;
    const decoders = formatCountOf(cameras, "decoder");
    say(`verifying for ${request.verifySeconds} s with ${decoders}, playing the clip at pace`);
    measured = await verifyPlan({
      clip: recording.clip,
      cameras,
      demand,
      slots,
      devices: plan.combination.devices,
      model: request.model,
      seconds: request.verifySeconds,
      signal,
    });
    if (signals.count > 0) return ExitCode.interrupted;
    if (!asJson) {
      const table = formatVerification(figures.plan, measured, request.verifySeconds);
      process.stdout.write(`\n${table}\n`);
    }
  }
  if (asJson) process.stdout.write(`${planToJson(figures, measured)}\n`);
  if (measured !== null) return measured.fault === null ? ExitCode.done : ExitCode.failed;
  return fits ? ExitCode.done : ExitCode.failed;
}

/** An interrupted calibration has nothing to say. */
function unlessInterrupted(error: unknown): null {
  if (error instanceof AipError && error.code === "interrupted") return null;
  throw error;
}

/** What stands for a camera, and the size and rate of its pictures. */
interface Recording extends AsyncDisposable {
  readonly clip: CameraClip;
  readonly format: CameraFormat;
}

async function openRecording(
  request: PlanRequest,
  say: (text: string) => void,
): Promise<Recording> {
  if (request.source !== null) {
    const clip = await openClip(request.source);
    const { width, height } = clip.request.format.geometry;
    const { fps } = clip.stream;
    const format = formatOf(request, { width, height, ...(fps !== undefined && { fps }) });
    return { clip, format, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const format = formatOf(request, {});
  say("making a camera's clip, and measuring what decoding it costs");
  const clip = await syntheticClip(format);
  return { clip, format, [Symbol.asyncDispose]: () => clip[Symbol.asyncDispose]() };
}

async function makePlan(
  request: PlanRequest,
  { clip, format }: Recording,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<PlanFigures | null> {
  const { devices, model, cameras: asked, latencyMs } = request;
  const { geometry } = clip.request.format;
  // Devices first: a wrong one is told at once.
  const combinations = await findCombinations({ devices, model, geometry, signal, onNote: say });
  const camera = await measureCamera(clip, signal);
  const handoverMs = await measureHandover(signal);
  if (signal.aborted) return null;
  const cores = localSystem().coreCount;
  const demand = { fps: format.fps, latencyMs };
  const plan = planCapacity({
    combinations,
    camera,
    demand,
    cameras: asked,
    room: {
      cores,
      memoryBytes: freemem() + process.memoryUsage().rss - MEMORY_SPARE_BYTES,
      handoverMs,
      seatsPerDevice: SEATS_PER_DEVICE,
    },
    ...(request.verifySeconds !== null && { seconds: request.verifySeconds }),
  });
  return { plan, asked, model, format, demand, camera, clip: clip.description, cores };
}
