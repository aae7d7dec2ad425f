import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { modelHash } from "../../src/backend/model-hash.ts";
import type { Cascade } from "../../src/cascade/file/cascade.ts";
import { saveCascade } from "../../src/cascade/file/save.ts";
import { GraphBuilder } from "../../src/onnx/graph-builder.ts";
import { ARCHITECTURES, architectureName } from "../../src/training/architectures.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";
import { brightnessNetwork } from "../pipeline/brightness-network.ts";

/** Of the footage. */
export const SIZE = { width: 64, height: 48 } as const;
export const FPS = 30;
/** Errors of either kind, as shares: what a minute of footage can support. */
export const BUDGET = 0.3;
const SIDE = 32;
const [SMALLEST] = ARCHITECTURES as [(typeof ARCHITECTURES)[0]];

/**
 * Writes footage of a street: a bright square, which is a person, walks through a grey picture in
 * 15 of every 40 frames. At frame `dusk` it becomes dark, and the square as bright as the street was.
 */
export async function writeStreet(path: string, frames: number, dusk: number): Promise<void> {
  const seconds = frames / FPS;
  const rate = `r=${FPS}:d=${seconds}`;
  const scene =
    `color=c=0x505050:s=${SIZE.width}x${SIZE.height}:${rate},format=yuv420p[street];` +
    `color=c=0xf0f0f0:s=16x16:${rate},format=yuv420p[person];` +
    "[street][person]overlay=x='mod(3*n,48)':y='mod(7*floor(n/40),32)':" +
    "enable='lt(mod(n,40),15)',noise=c0s=4:c0f=t:c0_seed=3," +
    `lutyuv=y='16+(val-16)*0.3':enable='gte(n,${dusk})'`;
  const codec = ["-c:v", "ffv1", path];
  const made = Bun.spawn(["ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i", scene, ...codec]);
  if ((await made.exited) !== 0) throw new Error("ffmpeg could not make the footage");
}

/** Whether frame `index` of the street shows a person. */
export function showsPerson(index: number): boolean {
  return index % 40 < 15;
}

/**
 * Writes a reference model that sees the person in any light: a classifier of how much brighter the
 * brightest pixels are than the darkest ones.
 *
 * @returns its path
 */
export function writeReference(folder: string): string {
  const graph = new GraphBuilder("contrast");
  const images = graph.input("images", "float", [1, 3, SIZE.height, SIZE.width]);
  const small = graph.add("AveragePool", [images], { kernel_shape: [4, 4], strides: [4, 4] });
  const brightest = graph.add("ReduceMax", [small], { axes: [1, 2, 3], keepdims: 0 });
  const darkest = graph.add("ReduceMin", [small], { axes: [1, 2, 3], keepdims: 0 });
  const contrast = graph.add("Sub", [brightest, darkest]);
  const above = graph.add("Sub", [contrast, graph.scalar("middle", 0.09)]);
  const logit = graph.add("Mul", [above, graph.scalar("slope", 200)]);
  const person = graph.add("Unsqueeze", [graph.add("Sigmoid", [logit]), graph.list([1])]);
  const empty = graph.add("Sub", [graph.scalar("one", 1), person]);
  graph.output(graph.add("Concat", [empty, person], { axis: 1 }, "scores"), "float", [1, 2]);
  const path = join(folder, "contrast.onnx");
  writeFileSync(path, graph.model({ producer: "test", version: "1" }));
  const manifest = {
    name: "contrast",
    input: { letterbox: "stretch" },
    head: { type: "classification" },
    classes: ["empty", "person"],
  };
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify(manifest));
  return path;
}

/** The cascade that somebody has trained by day: what is brighter than the street is a person. */
export async function writeDayCascade(path: string, reference: string): Promise<Cascade> {
  const sample = sampleCascade();
  const cascade: Cascade = {
    ...sample,
    question: { classes: ["person"], confidence: 0.5, region: null },
    levels: {
      tSkip: 1,
      difference: null,
      network: { model: brightnessNetwork(SIDE, 86.5, 2), side: SIDE, cLow: 0.1, cHigh: 0.9 },
    },
    camera: SIZE,
    reference: { name: basename(reference, ".onnx"), sha256: modelHash(reference) },
    budgets: { maxFn: BUDGET, maxFp: BUDGET },
    observations: null,
    front: null,
    provenance: { ...sample.provenance, architecture: architectureName(SMALLEST) },
  };
  await saveCascade(path, cascade);
  return cascade;
}
