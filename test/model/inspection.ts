import type { OnnxInspection, TensorInfo } from "../../src/native/inspection.ts";
import inspections from "../fixtures/models/inspections.json";

/** An inspection with nothing in it but what is given. */
export function inspection(given: Partial<OnnxInspection>): OnnxInspection {
  return {
    inputs: [tensor("images", [1, 3, 640, 640])],
    outputs: [],
    metadata: {},
    producer: "",
    graph: "",
    domain: "",
    description: "",
    version: 1,
    ...given,
  };
}

/** A float32 tensor unless told otherwise. */
export function tensor(name: string, shape: readonly number[], dtype = "float32"): TensorInfo {
  return { name, dtype, shape };
}

/** A detector with the given outputs for an input of `width` × `height`. */
export function detector(
  width: number,
  height: number,
  shapes: readonly (readonly number[])[],
  metadata: Readonly<Record<string, string>> = {},
): OnnxInspection {
  return inspection({
    inputs: [tensor("images", [1, 3, height, width])],
    outputs: shapes.map((shape, index) => tensor(`output${index}`, shape)),
    metadata,
  });
}

export type FixtureName = keyof typeof inspections;

/** What the file `name`.onnx of `test/fixtures/models` says of itself. */
export function fixture(name: FixtureName): OnnxInspection {
  return inspections[name] as unknown as OnnxInspection;
}

/** Metadata as Ultralytics' exporter writes it. */
export function ultralytics(
  names: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const dict = names.map((name, id) => `${id}: '${name}'`).join(", ");
  return { author: "Ultralytics", stride: "32", task: "detect", names: `{${dict}}`, ...more };
}
