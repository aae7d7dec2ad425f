/** Where a model's manifest lies: `x.json` beside `x.onnx` or `x.mlpackage`. */
export function manifestPathOf(modelPath: string): string {
  return `${withoutModelEnding(modelPath)}.json`;
}

/** A model's path without what its ending says of the format. */
export function withoutModelEnding(path: string): string {
  return path.replace(/\.(?:onnx|mlpackage|mlmodelc?)\/*$/i, "");
}
