import { fairnessOf } from "../src/metrics/fairness.ts";
import { GapMeter } from "../src/metrics/gap-meter.ts";
import type { Report } from "../src/metrics/report.ts";
import { Pipeline } from "../src/pipeline/pipeline.ts";
import { deviceModel } from "../src/schedule/modelled-device.ts";
import { paced } from "../src/schedule/modelled-source.ts";
import { createScheduler } from "../src/schedule/schedule-spec.ts";
import { simulate } from "../src/schedule/simulator.ts";
import { patternSource } from "../src/source/pattern.ts";
import { stalledSource } from "./stalled-source.ts";

const SLOTS = 8;
const CV = 0.3;

/** Paced sources of unequal rates and weights, and stalled ones beside them. */
export interface SourceMix {
  /** Frames a second of each paced source. */
  readonly rates: readonly number[];
  readonly weights: readonly number[];
  /** Frames each stalled source delivers before it hangs. */
  readonly stalled: readonly number[];
  readonly seconds: number;
  /** Times of the devices. */
  readonly devicesMs: readonly number[];
}

/** Rates of 4 to 30 frames a second and weights of 1 to 3 in turn, and two stalled sources. */
export function sourceMix(
  count: number,
  { seconds, devicesMs }: Pick<SourceMix, "seconds" | "devicesMs">,
): SourceMix {
  const indices = Array.from({ length: count }, (_, index) => index);
  return {
    rates: indices.map((index) => 4 + ((index * 7) % 27)),
    weights: indices.map((index) => 1 + (index % 3)),
    stalled: [5, 0],
    seconds,
    devicesMs,
  };
}

/** What the paced sources got while all of them delivered. */
export interface MixFigures {
  /** Jain's index of the frames answered beside the fair shares by weight. */
  readonly fairness: number;
  /** Largest gap between two answered frames, in mean gaps, of the source where it is worst. */
  readonly worstGap: number;
  readonly throughputFps: number;
}

/** Watches frames leave, until the first paced source is over: the rest only empties the slots. */
class MixMeter {
  /** Called once the last frame of every paced source has left. */
  onEnd: () => void = () => undefined;
  readonly #mix: SourceMix;
  readonly #frameCounts: readonly number[];
  readonly #left: number[];
  readonly #answered: number[];
  readonly #gaps: readonly GapMeter[];
  #running: number;

  constructor(mix: SourceMix) {
    this.#mix = mix;
    this.#frameCounts = frameCounts(mix);
    this.#running = mix.rates.length;
    this.#left = mix.rates.map(() => 0);
    this.#answered = mix.rates.map(() => 0);
    this.#gaps = mix.rates.map(() => new GapMeter());
  }

  left(source: number, frame: number, isAnswered: boolean): void {
    if (source >= this.#left.length) return;
    if (isAnswered && this.#running === this.#left.length) {
      this.#answered[source] = (this.#answered[source] as number) + 1;
      this.#gaps[source]?.record(frame);
    }
    this.#left[source] = (this.#left[source] as number) + 1;
    if (this.#left[source] !== this.#frameCounts[source]) return;
    this.#running -= 1;
    if (this.#running === 0) this.onEnd();
  }

  figures(throughputFps: number): MixFigures {
    const fairness = fairnessOf(
      this.#answered.map((answered, index) => ({
        answered,
        frames: this.#frameCounts[index] as number,
        weight: this.#mix.weights[index] as number,
        priority: 0,
      })),
    );
    const gaps = this.#gaps.map(({ mean, max }) => (mean === 0 ? 1 : max / mean));
    return { fairness, worstGap: Math.max(...gaps), throughputFps };
  }
}

/** Runs the mix on real workers. */
export async function runMix(mix: SourceMix): Promise<MixFigures & { readonly report: Report }> {
  const meter = new MixMeter(mix);
  const sources = frameCounts(mix).map((frameCount, index) =>
    patternSource({
      width: 32,
      height: 32,
      write: false,
      frameCount,
      paceFps: mix.rates[index] as number,
      name: `paced-${index}`,
    }),
  );
  const stalled = mix.stalled.map((count, index) => stalledSource(`stalled-${index}`, count));
  meter.onEnd = () => {
    for (const source of stalled) source.hangUp();
  };
  const report = await new Pipeline({
    sources: [...sources, ...stalled],
    weight: Object.fromEntries(sources.map(({ name }, index) => [name, mix.weights[index] ?? 1])),
    devices: mix.devicesMs.map((ms) => `sim:${ms}ms:cv=${CV}`),
    drop: "oldest",
    slots: SLOTS,
    quiet: true,
    sinks: [
      {
        name: "mix-meter",
        open: () => undefined,
        write: ({ sourceIndex, frameId, status }) =>
          meter.left(sourceIndex, frameId, status === "ok"),
        close: () => Promise.resolve(),
        outputs: () => [],
      },
    ],
  }).run();
  return { ...meter.figures(report.throughput_fps), report };
}

/** Simulates the mix. */
export function simulateMix(mix: SourceMix, seed: number): MixFigures {
  const meter = new MixMeter(mix);
  const counts = frameCounts(mix);
  const result = simulate({
    devices: mix.devicesMs.map((serviceMs, index) =>
      deviceModel({ serviceMs, cv: CV, seed: seed * mix.devicesMs.length + index }),
    ),
    sources: mix.rates.map((fps, index) => ({
      frames: counts[index] as number,
      slots: SLOTS,
      drop: "oldest",
      weight: mix.weights[index] as number,
      arrivalMs: paced(fps),
    })),
    scheduler: (devices) => createScheduler("look-ahead", devices),
    observe({ kind, source, frame }) {
      if (kind === "emitted" || kind === "dropped") meter.left(source, frame, kind === "emitted");
    },
  });
  return meter.figures(result.throughputFps);
}

/** Where frames are answered as they come, a source gets in proportion to what it delivers. */
export function fairnessByArrival(mix: SourceMix): number {
  const counts = frameCounts(mix);
  return fairnessOf(
    counts.map((frames, index) => ({
      frames,
      weight: mix.weights[index] as number,
      priority: 0,
      answered: (frames * mix.seconds * capacityFps(mix)) / counts.reduce((a, b) => a + b, 0),
    })),
  );
}

/** Frames a second the devices can answer together. */
export function capacityFps({ devicesMs }: SourceMix): number {
  return devicesMs.reduce((sum, ms) => sum + 1000 / ms, 0);
}

function frameCounts({ rates, seconds }: SourceMix): number[] {
  return rates.map((fps) => Math.round(fps * seconds));
}
