import { modelHash } from "../../src/backend/model-hash.ts";
import { saveCascade } from "../../src/cascade/file/save.ts";
import { LUMA_SIDE } from "../../src/footage/luma-side.ts";
import { readFootage } from "../../src/footage/read-footage.ts";
import { BUNDLED_MODELS } from "../../src/model/catalog.ts";
import { Difference } from "../../src/native/difference.ts";
import { mulberry32 } from "../../src/random.ts";
import { ARCHITECTURES, layerPlan } from "../../src/training/architectures.ts";
import { initialParameters } from "../../src/training/initial-parameters.ts";
import { networkManifest, networkModel } from "../../src/training/network-graph.ts";
import { NetworkScorer } from "../../src/training/network-scorer.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

const LUMA_BYTES = LUMA_SIDE ** 2;

/**
 * Writes a cascade all of whose levels have work to do on a video: half of the frames that it looks
 * at differ enough from those before them, and of these the network, which has learnt nothing,
 * answers a half, as many one way as the other.
 */
export async function saveBusyCascade(
  path: string,
  video: { readonly path: string; readonly frames: number; width: number; height: number },
  tSkip: number,
): Promise<void> {
  const [architecture] = ARCHITECTURES as [(typeof ARCHITECTURES)[0]];
  const { side } = architecture;
  const model = networkModel({
    architecture,
    parameters: initialParameters(layerPlan(architecture), mulberry32(1)),
    mean: new Float32Array(3 * side * side).fill(100),
    scale: 1 / 64,
  });
  const sides = [side];
  const footage = { spec: video.path, end: video.frames, region: null, sides };
  const { luma, colour, count } = await readFootage(footage);
  const scores = new Float32Array(count);
  const scorer = new NetworkScorer(model);
  scorer.score(colour.get(side) as Uint8Array, count, scores);
  scorer.close();
  const difference = new Difference({ side: LUMA_SIDE, blocks: null });
  const at = (frame: number) => luma.subarray(frame * LUMA_BYTES, (frame + 1) * LUMA_BYTES);
  const changes = Array.from({ length: Math.floor((count - 1) / tSkip) }, (_, index) =>
    difference.of(at((index + 1) * tSkip), at(index * tSkip)),
  );
  const { name, path: reference } = { name: "demo", path: BUNDLED_MODELS["demo"] as string };
  await saveCascade(path, {
    ...sampleCascade(),
    question: { classes: ["person"], confidence: 0.5, region: null },
    camera: { width: video.width, height: video.height },
    reference: { name, sha256: modelHash(reference) },
    levels: {
      tSkip,
      difference: { mode: "earlier", reference: null, blocks: null, tDiff: quantile(changes, 0.5) },
      network: {
        ...{ model, side },
        ...{ cLow: quantile([...scores], 0.25), cHigh: quantile([...scores], 0.75) },
      },
    },
    networkManifest: networkManifest(architecture, "busy"),
    observations: null,
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] as number;
}
