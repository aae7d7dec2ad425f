import type { Cascade } from "../../../src/cascade/file/cascade.ts";

/** A cascade with every part; the model is no model, as nobody runs it. */
export function sampleCascade(): Cascade {
  const ms = { mean: 0.2, low: 0.15, high: 0.3 };
  return {
    question: { classes: ["person"], confidence: 0.5, region: [0.1, 0.2, 0.9, 1] },
    levels: {
      tSkip: 5,
      difference: {
        mode: "reference",
        reference: Uint8Array.from({ length: 2500 }, (_, index) => index % 256),
        blocks: { weights: Float32Array.from({ length: 100 }, (_, i) => i / 7), bias: -1.5 },
        tDiff: 0.125,
      },
      network: {
        model: Uint8Array.from({ length: 300 }, (_, index) => (index * 31) % 256),
        side: 50,
        cLow: 0.1,
        cHigh: 0.9,
      },
    },
    networkManifest: { name: "c16s2 c16 pool", head: { type: "raw" } },
    camera: { width: 640, height: 360 },
    reference: { name: "demo", sha256: "ab".repeat(32) },
    budgets: { maxFn: 0.01, maxFp: 0.02 },
    costs: {
      decode: ms,
      skipped: ms,
      difference: ms,
      network: ms,
      reference: { mean: 80, low: 79, high: 81 },
      referenceCore: { mean: 7, low: 6, high: 8 },
      devices: "sim:80ms:model=demo",
      deviceCount: 1,
      cores: 2,
      contended: true,
    },
    validation: {
      frames: 10_000,
      falseNegatives: { count: 1, of: 200, bound: 0.009 },
      falsePositives: { count: 2, of: 9800, bound: 0.001 },
      early: { present: 150, falseNegatives: 1, absent: 9750, falsePositives: 2 },
      windowAccuracy: 0.998,
      answers: { reused: 8000, specialized: 1900, inferred: 100 },
      cascadeFps: 2000,
      referenceFps: 12.5,
    },
    provenance: {
      trainedAt: "2026-11-21T21:00:00.000Z",
      aip: "0.1.0",
      machine: { platform: "linux x64", cpu: "AMD EPYC", cores: 2 },
      footage: { name: "door", fingerprint: "cd".repeat(32), frames: 20_000, fps: 15 },
      spans: {
        training: { start: 0, end: 6000 },
        validation: { start: 6000, end: 8000 },
        tuning: { start: 8000, end: 10_000 },
        heldOut: { start: 10_000, end: 20_000 },
      },
      labels: "reference model",
      architecture: "c16s2 c16 pool c32 pool d32",
      seed: 7,
    },
    observations: Uint8Array.from({ length: 64 }, (_, index) => 255 - index),
    front: "<svg></svg>\n",
  };
}
