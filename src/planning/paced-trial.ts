import { Pipeline } from "../pipeline/pipeline.ts";
import type { CameraCost, Combination } from "../schedule/capacity.ts";
import { rateOf } from "../schedule/processor-share.ts";
import { openCameras } from "./camera.ts";
import type { CameraClip } from "./camera-clip.ts";
import { type FrameTimes, FrameTimesSink } from "./frame-times.ts";

/** Cameras of the trial at most, and the share of the devices' time they may take. */
const CAMERAS_MAX = 3;
const LOAD_MAX = 0.4;
const SECONDS = 4;
const FRAMES_MIN = 60;
const SECONDS_MAX = 10;
const WARM_UP_S = 0.5;
/** Rounds of the trial; the slowest does not count, as the machine may have been held up. */
const ROUNDS = 4;

export interface PacedTrialOptions {
  readonly clip: CameraClip;
  /** As measured with everything busy. */
  readonly camera: CameraCost;
  readonly combinations: readonly Combination[];
  readonly fps: number;
  readonly model: string;
  readonly signal?: AbortSignal;
}

/** Costs of frames that come one at a time. */
export interface PacedCosts {
  readonly camera: CameraCost;
  readonly combinations: readonly Combination[];
}

/**
 * Measures what frames cost that come one at a time: caches are cold and cores asleep by then, so
 * that decoding and inference take longer than where one follows upon the other. A few cameras
 * play at their pace, to the quickest combination of devices; how much longer a kind of device
 * takes there is taken over for the others. What they cost with everything busy stays as it was:
 * the better of two looks at a machine is more often a lucky one than the truth.
 *
 * @throws {AipError} where the run cannot start, or fails
 */
export async function measurePaced(options: PacedTrialOptions): Promise<PacedCosts> {
  const { clip, camera, fps, model, signal } = options;
  const rate = ({ instances }: Combination): number =>
    rateOf(instances.map(({ serviceMs }) => serviceMs));
  const [quickest] = options.combinations.toSorted((a, b) => rate(b) - rate(a));
  if (quickest === undefined) return options;
  const affordable = Math.floor((LOAD_MAX * rate(quickest)) / fps);
  const count = Math.max(1, Math.min(CAMERAS_MAX, affordable));
  const seconds = Math.min(SECONDS_MAX, Math.max(SECONDS, FRAMES_MIN / (count * fps)));
  const frames = Math.ceil(fps * (WARM_UP_S + seconds));
  const seen = new Services(Math.ceil(fps * WARM_UP_S));
  const cameras = openCameras({ clip, count, fps });
  await using pipeline = new Pipeline({
    sources: cameras,
    model,
    devices: quickest.devices,
    drop: "oldest",
    fps,
    frames,
    sinks: [new FrameTimesSink((times) => seen.see(times))],
    ...(signal !== undefined && { signal }),
  });
  await pipeline.run();
  if (pipeline.error !== null) throw pipeline.error;
  const decoderMs = cameras.reduce((sum, each) => sum + (each.decoderCpuMs() ?? 0), 0);
  const services = seen.byKind();
  return {
    camera: withPaced(camera, { decoderMs, cameras: count, frames: count * frames }),
    combinations: options.combinations.map((combination) => ({
      ...combination,
      instances: combination.instances.map((instance) => {
        // The very times of a simulated device are known.
        if (instance.seed !== undefined) return instance;
        const kind = kindOf(instance.id);
        const service = services.get(kind);
        const busyMs = quickest.instances.find(({ id }) => kindOf(id) === kind)?.serviceMs ?? 0;
        if (service === undefined || busyMs === 0) return instance;
        const ratio = service.meanMs / busyMs;
        const paced = { serviceMs: instance.serviceMs * ratio, shape: service.shape };
        return { ...instance, paced };
      }),
    })),
  };
}

/** What decoders at their pace took, of all cameras together. */
export interface PacedDecoding {
  /** Processor time in ms, starts included. */
  readonly decoderMs: number;
  readonly cameras: number;
  readonly frames: number;
}

/**
 * The cost of a camera with that of a frame at its pace. Few small frames may take less than the
 * starts are thought to: then what was measured before holds. Pure.
 */
export function withPaced(
  camera: CameraCost,
  { decoderMs, cameras, frames }: PacedDecoding,
): CameraCost {
  const decodeMs = (decoderMs - cameras * camera.decoderStartMs) / frames;
  return decodeMs > 0 ? { ...camera, pacedDecodeMs: decodeMs } : camera;
}

/** `cpu` of `cpu-0`. */
function kindOf(id: string): string {
  return id.replace(/-\d+$/, "");
}

/** Service times in ms, by kind of device. */
class Services {
  readonly #warmUpFrames: number;
  readonly #timesMs = new Map<string, number[]>();

  /** @param warmUpFrames frames of each source that do not count */
  constructor(warmUpFrames: number) {
    this.#warmUpFrames = warmUpFrames;
  }

  see({ frameId, kind, startedMs, finishedMs }: FrameTimes): void {
    if (frameId < this.#warmUpFrames) return;
    const timesMs = this.#timesMs.get(kind) ?? [];
    timesMs.push(finishedMs - startedMs);
    this.#timesMs.set(kind, timesMs);
  }

  byKind(): ReadonlyMap<string, { readonly meanMs: number; readonly shape: readonly number[] }> {
    return new Map(
      [...this.#timesMs].map(([kind, timesMs]) => {
        const counted = withoutSlowest(timesMs);
        const meanMs = mean(counted);
        return [kind, { meanMs, shape: counted.map((ms) => ms / meanMs) }] as const;
      }),
    );
  }
}

/** The values of all rounds but the one with the greatest mean. */
export function withoutSlowest(values: readonly number[]): readonly number[] {
  const size = Math.ceil(values.length / ROUNDS);
  const rounds = Array.from({ length: Math.ceil(values.length / size) }, (_, round) =>
    values.slice(round * size, (round + 1) * size),
  );
  const kept = Math.max(1, rounds.length - 1);
  return rounds
    .toSorted((a, b) => mean(a) - mean(b))
    .slice(0, kept)
    .flat();
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
