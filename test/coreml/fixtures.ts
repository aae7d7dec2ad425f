import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import expected from "../fixtures/coreml/expected.json";

/** Small models that `scripts/make-coreml-fixtures.py` writes. */
export const COREML_FIXTURES: string = join(import.meta.dir, "..", "fixtures", "coreml");

/** Where a package's model and weights lie in it. */
export const MODEL = "Data/com.apple.CoreML/model.mlmodel";
export const WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin";

export type FixtureName = keyof typeof expected;
export const FIXTURE_NAMES: readonly FixtureName[] = Object.keys(expected) as FixtureName[];

/** What coremltools reads of a feature. */
export interface ExpectedFeature {
  readonly name: string;
  readonly kind: string;
  readonly optional: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly color?: string;
  readonly shape?: readonly number[];
  readonly dtype?: string;
  readonly enumerated?: readonly (readonly number[])[];
  readonly ranges?: readonly (readonly [number, number])[];
}

/** What coremltools reads of a fixture. */
export interface ExpectedModel {
  readonly kinds: readonly string[];
  readonly specVersion: number;
  readonly inputs: readonly ExpectedFeature[];
  readonly outputs: readonly ExpectedFeature[];
  readonly functions: Readonly<
    Record<string, { inputs: readonly ExpectedFeature[]; outputs: readonly ExpectedFeature[] }>
  >;
  readonly defaultFunction: string;
  readonly predicted: readonly [label: string, scores: string];
  readonly metadata: Readonly<Record<string, string>>;
  readonly author: string;
  readonly description: string;
  readonly licence: string;
  readonly operations: Readonly<Record<string, number>>;
  readonly weightElements: Readonly<Record<string, number>>;
  readonly labels: readonly string[] | null;
  readonly nms: Readonly<Record<string, unknown>> | null;
}

export function expectedOf(name: FixtureName): ExpectedModel {
  return expected[name] as unknown as ExpectedModel;
}

export function fixturePath(name: string): string {
  return join(COREML_FIXTURES, name);
}

/** A copy of a fixture to be broken. */
export function copyOf(name: string, folder: string, as: string = basename(name)): string {
  const copy = join(folder, as);
  cpSync(fixturePath(name), copy, { recursive: true });
  return copy;
}
