/** `[1, 3, 416, 416]`; a dynamic dimension is `?`. ONNX tells no shape of a single number either. */
export function shapeText(shape: readonly number[]): string {
  if (shape.length === 0) return "[] (a single number, or unknown)";
  return `[${shape.map((size) => (size < 0 ? "?" : size)).join(", ")}]`;
}

/** A name from a file, in quotes and with its control characters escaped. */
export function quoted(name: string): string {
  return JSON.stringify(name);
}
