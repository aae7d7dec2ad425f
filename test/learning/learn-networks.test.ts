import { afterAll, expect, test } from "bun:test";
import { splitSpans } from "../../src/cascade/spans.ts";
import { openFootage } from "../../src/learning/footage.ts";
import { type LearntNetworks, learnNetworks } from "../../src/learning/learn-networks.ts";
import type { NetworksProgress } from "../../src/learning/networks-estimate.ts";
import type { Architecture } from "../../src/training/architectures.ts";
import { hasFfmpeg, MediaFolder } from "../source/media.ts";

const FRAMES = 800;
const PERIOD = 20;
const SHOWN = 6;
const ARCHITECTURES: readonly Architecture[] = [4, 6].map((filters) => ({
  ...{ side: 32, filters, layers: 1, dense: 8, firstStride: 2 },
}));

const media = new MediaFolder();
afterAll(() => media.remove());

/** A spotted wall, and something bright before it in some frames of each period. */
function doorVideo(): string {
  const box = "drawbox=x=50:y=30:w=20:h=40:color=white:t=fill";
  const wall =
    "color=gray:s=32x24:r=10:d=0.1,format=gray,noise=c0s=100:c0f=u:c0_seed=3," +
    `scale=128x96:flags=bicubic,loop=loop=${FRAMES - 1}:size=1,setpts=N/10/TB`;
  const shown = `${box}:enable='lt(mod(n,${PERIOD}),${SHOWN})'`;
  const input = ["-f", "lavfi", "-i", `${wall},format=yuv420p,${shown}`];
  return media.make("door.mp4", ...input, "-r", "10", "-pix_fmt", "yuv420p");
}

test.skipIf(!hasFfmpeg)(
  "learnNetworks() tells loss and AUC while networks are trained, and of each that is done",
  async () => {
    const footage = await openFootage(doorVideo());
    const truth = Uint8Array.from({ length: FRAMES }, (_, n) => Number(n % PERIOD < SHOWN));
    const budget = { falseNegatives: 0.3, falsePositives: 0.3 };
    const spans = splitSpans({ truth, fps: footage.fps, budget, object: "person" });
    const learn = async () => {
      const told: string[] = [];
      const progress: NetworksProgress[] = [];
      const learnt: LearntNetworks = await learnNetworks({
        ...{ footage, truth, spans, region: null, seed: 1, architectures: ARCHITECTURES },
        folder: media.file("networks"),
        signal: new AbortController().signal,
        events: {
          ...{ stage: () => undefined, read: () => undefined, pass: () => [] },
          tell: (text) => told.push(text),
          training: (each) => progress.push(each),
        },
      });
      return { told, progress, networks: learnt.networks };
    };
    const { told, progress, networks } = await learn();
    const [first, ...later] = progress.filter(({ done }) => done === 0);
    expect(later.at(-1)?.loss).toBeLessThan((first?.loss ?? 0) / 10);
    expect(later.at(-1)?.auc).toBeGreaterThan(0.95);
    expect(progress.at(-1)).toMatchObject({ done: 2, loss: null, auc: null });
    // In the order in which they were done.
    expect(told.toSorted()).toEqual(
      networks
        .map(({ name, loss, auc }) => {
          const [lossText, aucText] = [loss.toFixed(4), auc.toFixed(4)];
          return `${name}: loss ${lossText}, AUC ${aucText} on the validation span`;
        })
        .toSorted(),
    );
    // Kept networks are told of as they were.
    const again = await learn();
    expect(again.told.toSorted()).toEqual(told.toSorted());
    expect(again.progress.every(({ loss, auc }) => loss === null && auc === null)).toBe(true);
  },
  120_000,
);
