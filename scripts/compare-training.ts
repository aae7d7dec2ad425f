/**
 * Trains the same network on the same pictures twice, with aip and with torch, and compares the AUC on
 * pictures neither has seen, and the processor time.
 *
 *     AIP_PYTHON=python3 bun scripts/compare-training.ts [--seeds N] [--quick]
 *
 * That Python needs torch and numpy. Both sides begin with the same parameters, and have the same
 * batches, class weights, augmentation, rates and choice of the best epoch; their random numbers
 * differ.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cameraPictures } from "../bench/camera-pictures.ts";
import { mulberry32 } from "../src/random.ts";
import {
  type Architecture,
  DEFAULT_ARCHITECTURE,
  layerPlan,
} from "../src/training/architectures.ts";
import { areaUnderCurve } from "../src/training/auc.ts";
import {
  Augmentation,
  FOREGROUND_STEP,
  FOREGROUND_ZERO,
  SHOWN_MIN,
} from "../src/training/augmentation.ts";
import { classWeights } from "../src/training/class-weights.ts";
import { epochOrder } from "../src/training/epoch-order.ts";
import { initialParameters } from "../src/training/initial-parameters.ts";
import { NetworkScorer } from "../src/training/network-scorer.ts";
import { DEFAULT_SETTINGS, type LabelledPictures } from "../src/training/options.ts";
import { type PictureStatistics, pictureStatistics } from "../src/training/picture-statistics.ts";
import { runTraining } from "../src/training/training-run.ts";

interface Setting {
  readonly name: string;
  readonly count: number;
  readonly epochs: number;
  readonly presentShare: number;
}

interface Outcome {
  readonly auc: number;
  readonly processorS: number;
}

const SETTINGS: readonly Setting[] = [
  { name: "10,000 pictures, half with the object", count: 10_000, epochs: 3, presentShare: 0.5 },
  { name: "5,000 pictures, a tenth with it", count: 5000, epochs: 6, presentShare: 0.1 },
];
const HELD_OUT = 4000;
const AUC_DIFFERENCE_MAX = 0.01;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
  },
});
const isQuick = values.quick;
const seeds = Array.from({ length: isQuick ? 1 : Number(values.seeds) }, (_, index) => index + 1);
const python = process.env["AIP_PYTHON"] ?? "python3";
const architecture: Architecture = DEFAULT_ARCHITECTURE;

function ours(seed: number, setting: Setting, sets: Sets): Outcome {
  const before = process.cpuUsage();
  const settings = { ...DEFAULT_SETTINGS, seed, epochs: setting.epochs, patience: setting.epochs };
  const { model } = runTraining(
    { architecture, training: sets.training, validation: sets.validation, settings },
    { onProgress: () => {}, isStopped: () => false },
  );
  const { user, system } = process.cpuUsage(before);
  const scores = new Float32Array(sets.heldOut.labels.length);
  const scorer = new NetworkScorer(model);
  scorer.score(sets.heldOut.images, scores.length, scores);
  scorer.close();
  return { auc: areaUnderCurve(scores, sets.heldOut.labels), processorS: (user + system) / 1e6 };
}

async function torch(seed: number, setting: Setting, sets: Sets): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "aip-compare-"));
  try {
    const { training, validation, heldOut } = sets;
    const statistics = pictureStatistics(training);
    // The parameters that an attempt of this seed begins with.
    const parameters = initialParameters(layerPlan(architecture), mulberry32(seed));
    // Those of an epoch, as often as it has them.
    const order = epochOrder(training.labels);
    const labels = Uint8Array.from(order, (index) => training.labels[index] as number);
    const files = {
      "training.images": foregroundOf(training, statistics, order),
      "training.labels": labels,
      "validation.images": foregroundOf(validation, statistics),
      "validation.labels": validation.labels,
      "held_out.images": foregroundOf(heldOut, statistics),
      "held_out.labels": heldOut.labels,
      parameters: new Uint8Array(parameters.buffer),
    };
    for (const [name, data] of Object.entries(files)) await Bun.write(join(folder, name), data);
    const scale = FOREGROUND_STEP * statistics.scale;
    const weights = classWeights(labels);
    const settings = { ...DEFAULT_SETTINGS, epochs: setting.epochs, seed };
    const zero = FOREGROUND_ZERO;
    const task = { architecture, zero, shownMin: SHOWN_MIN, scale, weights, settings };
    await Bun.write(join(folder, "task.json"), JSON.stringify(task));
    const script = join(import.meta.dir, "compare-training.py");
    const child = Bun.spawn([python, script, folder], { stdout: "pipe", stderr: "inherit" });
    const [output, status] = await Promise.all([child.stdout.text(), child.exited]);
    if (status !== 0) throw new Error(`"${python}" ended with ${status}; it needs torch and numpy`);
    return JSON.parse(output) as Outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Pictures as ours are when they come to the step: without mean and light. */
function foregroundOf(
  { images, labels }: LabelledPictures,
  statistics: PictureStatistics,
  order: Uint32Array = Uint32Array.from(labels.keys()),
): Uint8Array {
  const bytes = statistics.mean.length;
  const still = { flip: false, brightness: 0, shiftX: 0, shiftY: 0 };
  const unchanged = { ...still, recolour: 0, overlay: 0 };
  const copy = new Augmentation(architecture.side, statistics, unchanged, () => 0.5);
  const pictures = new Uint8Array(order.length * bytes);
  for (const [place, index] of order.entries()) {
    const picture = images.subarray(index * bytes, (index + 1) * bytes);
    copy.write(picture, pictures.subarray(place * bytes, (place + 1) * bytes));
  }
  return pictures;
}

interface Sets {
  readonly training: LabelledPictures;
  readonly validation: LabelledPictures;
  readonly heldOut: LabelledPictures;
}

function picturesOf({ count, presentShare }: Setting): Sets {
  const { side } = architecture;
  const pictures = (number: number, seed: number): LabelledPictures =>
    cameraPictures({ count: number, side, presentShare, seed });
  return {
    training: pictures(isQuick ? count / 10 : count, 1),
    validation: pictures(isQuick ? 200 : 2000, 2),
    heldOut: pictures(HELD_OUT, 3),
  };
}

function row(name: string, { auc, processorS }: Outcome): string {
  return `  ${name.padEnd(8)} AUC ${auc.toFixed(4)}   ${processorS.toFixed(1)} s of one core`;
}

let isWithin = true;
for (const setting of SETTINGS) {
  console.log(`${setting.name}, ${setting.epochs} epochs`);
  const sets = picturesOf(setting);
  for (const seed of seeds) {
    const [one, other] = [ours(seed, setting, sets), await torch(seed, setting, sets)];
    console.log(` seed ${seed}\n${row("aip", one)}\n${row("torch", other)}`);
    isWithin &&= one.auc >= other.auc - AUC_DIFFERENCE_MAX;
  }
}
console.log(`aip's AUC ${isWithin ? "is" : "is not"} within ${AUC_DIFFERENCE_MAX} of torch's`);
process.exit(isWithin ? 0 : 1);
