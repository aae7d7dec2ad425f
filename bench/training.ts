import * as ort from "onnxruntime-node";
import { mulberry32 } from "../src/random.ts";
import {
  ARCHITECTURES,
  type Architecture,
  architectureName,
  DEFAULT_ARCHITECTURE,
  layerPlan,
  operationCount,
} from "../src/training/architectures.ts";
import { initialParameters } from "../src/training/initial-parameters.ts";
import { networkModel } from "../src/training/network-graph.ts";
import { NetworkScorer } from "../src/training/network-scorer.ts";
import { DEFAULT_SETTINGS, type LabelledPictures } from "../src/training/options.ts";
import { pictureStatistics } from "../src/training/picture-statistics.ts";
import { Stepper } from "../src/training/stepper.ts";
import { runTraining } from "../src/training/training-run.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { cameraPictures } from "./camera-pictures.ts";
import { alternate, compare } from "./comparison.ts";

/** The work that must be done within a minute on one core. */
const IMAGES = 10_000;
const EPOCHS = 3;
const LIMIT_S = 60;
const QUICK_IMAGES = 500;
/** Frames a second and core that the default network must answer in batches. */
const SCORED_MIN = 10_000;
const BATCHES = [1, 16, 64];
/** Operations a way computes in a round: half a second's, or so. */
const ROUND_OPERATIONS = 32e9;
const ROUNDS = 5;

const TRAINED = "training, validation included";
const STEPPED = "its native steps alone";
const LIMIT = `the limit: ${IMAGES} × ${EPOCHS} in ${LIMIT_S} s`;
const NODE = "onnxruntime-node, batch 64";
const SCORED_LIMIT = `the limit: ${SCORED_MIN}`;

/** Training of a specialized network and its answers, by the processor time of one core. */
export const training: Benchmark = {
  name: "training",
  summary: "training of a specialized network and its answers, by one core's processor time",
  run,
};

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const comparisons = [await trained(quick, progress)];
  for (const architecture of quick ? [DEFAULT_ARCHITECTURE] : ARCHITECTURES) {
    progress(`answers of ${architectureName(architecture)}`);
    comparisons.push(await scored(architecture, quick));
  }
  return comparisons;
}

async function trained(
  quick: boolean,
  progress: BenchmarkOptions["progress"],
): Promise<Comparison> {
  const { side } = DEFAULT_ARCHITECTURE;
  const count = quick ? QUICK_IMAGES : IMAGES;
  const pictures = cameraPictures({ count, side, presentShare: 0.5, seed: 1 });
  const validation = cameraPictures({ count: count / 10, side, presentShare: 0.5, seed: 2 });
  const settings = { ...DEFAULT_SETTINGS, epochs: EPOCHS, patience: EPOCHS };
  let auc = 0;
  const train = (): number => {
    const seconds = processorSeconds(() => {
      const task = { architecture: DEFAULT_ARCHITECTURE, training: pictures, validation, settings };
      ({ auc } = runTraining(task, {
        isStopped: () => false,
        onProgress: ({ epoch, share, loss }) => {
          if (share === 1) progress(`epoch ${epoch}, loss ${loss.toFixed(3)}`);
        },
      }).validation);
    });
    return (count * EPOCHS) / seconds;
  };
  const ways = await alternate(
    {
      [TRAINED]: train,
      [STEPPED]: () => stepRate(pictures, quick ? 30 : 300),
      [LIMIT]: () => (IMAGES * EPOCHS) / LIMIT_S,
    },
    quick ? 1 : 3,
  );
  const seconds = (IMAGES * EPOCHS) / Math.max(...(ways[0]?.values ?? [0]));
  return compare({
    title: `training ${architectureName(DEFAULT_ARCHITECTURE)}, batches of ${settings.batch}`,
    unit: "examples/s of one core",
    better: "higher",
    ways,
    claims: [
      { of: TRAINED, to: LIMIT, atLeast: 1 },
      { of: TRAINED, to: STEPPED },
    ],
    notes: [
      `${IMAGES} × ${EPOCHS}: ${seconds.toFixed(1)} s of one core in the best round`,
      `AUC ${auc.toFixed(3)} on ${validation.labels.length} other pictures`,
    ],
  });
}

/** Examples a second of steps that find their batch ready. */
function stepRate({ images, labels }: LabelledPictures, steps: number): number {
  const architecture = DEFAULT_ARCHITECTURE;
  const { batch } = DEFAULT_SETTINGS;
  const statistics = pictureStatistics({ images, labels });
  const parameters = initialParameters(layerPlan(architecture), mulberry32(1));
  const stepper = new Stepper({ architecture, batch, ...statistics }, parameters);
  stepper.images.data.set(images.subarray(0, stepper.images.data.length));
  stepper.labels.data.set(labels.subarray(0, batch));
  stepper.weights.data.fill(1 / batch);
  for (let step = 0; step < 5; step += 1) stepper.step(1e-3);
  const seconds = processorSeconds(() => {
    for (let step = 0; step < steps; step += 1) stepper.step(1e-3);
  });
  stepper.close();
  return (steps * batch) / seconds;
}

async function scored(architecture: Architecture, quick: boolean): Promise<Comparison> {
  const { side } = architecture;
  const random = mulberry32(1);
  const model = networkModel({
    architecture,
    parameters: initialParameters(layerPlan(architecture), random),
    mean: new Float32Array(3 * side * side).fill(128),
    scale: 1 / 64,
  });
  const share = ROUND_OPERATIONS / operationCount(architecture) / (quick ? 5 : 1);
  const frames = 64 * Math.ceil(share / 64);
  const { images } = cameraPictures({ count: 64, side, presentShare: 0.5, seed: 3 });
  const scorer = new NetworkScorer(model);
  scorer.pictures.set(images);
  const ours = (batch: number) => (): number => {
    const seconds = processorSeconds(() => {
      for (let done = 0; done < frames; done += batch) scorer.run(batch);
    });
    return frames / seconds;
  };
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(model, options);
  const given = { images: new ort.Tensor("uint8", images, [64, 3, side, side]) };
  const node = async (): Promise<number> => {
    const before = process.cpuUsage();
    for (let done = 0; done < frames; done += 64) await session.run(given);
    return frames / secondsSince(before);
  };
  try {
    scorer.run(64);
    await session.run(given);
    const ways = await alternate(
      {
        ...Object.fromEntries(BATCHES.map((batch) => [`batch ${batch}`, ours(batch)])),
        [NODE]: node,
        [SCORED_LIMIT]: () => SCORED_MIN,
      },
      quick ? 1 : ROUNDS,
    );
    const isDefault = architecture === DEFAULT_ARCHITECTURE;
    return compare({
      title: `answers of ${architectureName(architecture)}`,
      unit: "frames/s of one core",
      better: "higher",
      ways,
      claims: [
        { of: "batch 64", to: NODE, atLeast: 0.95 },
        { of: "batch 64", to: SCORED_LIMIT, ...(isDefault && { atLeast: 1 }) },
      ],
    });
  } finally {
    scorer.close();
    await session.release();
  }
}

function processorSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return secondsSince(before);
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
