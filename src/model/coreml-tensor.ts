import type { Feature } from "../coreml/inspection.ts";
import type { TensorInfo } from "../native/inspection.ts";

/** Element type by ONNX's names; what is no tensor has the name of its kind. */
export function dtypeOf({ type }: Feature): string {
  if (type.kind === "image") return type.color === "gray16" ? "float16" : "uint8";
  if (type.kind !== "multi-array") return type.kind;
  // Doubles are narrowed where they are read.
  return type.dtype === "float64" ? "float32" : type.dtype;
}

/** A feature as heads read it: -1 where a dimension is open, `[-1]` where nothing is said. */
export function toTensor(feature: Feature): TensorInfo {
  const { name, type } = feature;
  const dtype = dtypeOf(feature);
  if (type.kind === "image") return { name, dtype, shape: [type.height, type.width] };
  if (type.kind !== "multi-array") return { name, dtype, shape: [] };
  const { shape, flexibility } = type;
  if (shape !== null) return { name, dtype, shape };
  if (flexibility?.kind !== "range") return { name, dtype, shape: [-1] };
  return { name, dtype, shape: flexibility.ranges.map(({ min, max }) => (min === max ? min : -1)) };
}
