import type { ArrayType, Feature, Flexibility, ImageType } from "../coreml/inspection.ts";
import { type AipError, usageError } from "../errors.ts";
import type { PixelSize } from "./grid.ts";
import { INPUT_SIDE_MAX } from "./manifest.ts";
import { quoted, shapeText } from "./text.ts";

export interface SizeHints {
  /** The model, for messages. */
  readonly path: string;
  /** The size asked for, by the run or the manifest. */
  readonly wanted: PixelSize | null;
}

/** Shapes shown before the rest is counted. */
const SHAPES_SHOWN_MAX = 6;

/**
 * The shape a picture input is run with: the model's default, also where it takes others, as the
 * shapes of its outputs are told for that one alone. A picture is `[1, height, width, channels]`; a
 * tensor has its own order, and a batch before it.
 *
 * @throws {AipError} `model-size` where it takes several and another than the default is asked for,
 *   or has no default; `model-input` where a side is out of all reason
 */
export function inputShape(input: Feature, hints: SizeHints): readonly number[] {
  const { type } = input;
  if (type.kind !== "image" && type.kind !== "multi-array") return [];
  const shape =
    type.kind === "image" ? pictureShape(input, type, hints) : arrayShape(input, type, hints);
  if (shape.some((side) => side > INPUT_SIDE_MAX)) {
    const what = `input ${quoted(input.name)} has shape ${shapeText(shape)}`;
    const right = `its sides must be at most ${INPUT_SIDE_MAX}`;
    throw usageError("model-input", `Cannot open model "${hints.path}": ${what}, ${right}`);
  }
  return shape;
}

function pictureShape(input: Feature, type: ImageType, hints: SizeHints): readonly number[] {
  const { width, height, flexibility } = type;
  const channelCount = type.color === "gray" || type.color === "gray16" ? 1 : 3;
  if (width === 0 || height === 0) throw withoutDefault(input, flexibility, hints);
  if (flexibility !== null) refuseOthers(input, { width, height }, hints);
  return [1, height, width, channelCount];
}

function arrayShape(input: Feature, type: ArrayType, hints: SizeHints): readonly number[] {
  const { shape, flexibility } = type;
  if (shape === null) {
    if (flexibility === null) return [];
    throw withoutDefault(input, flexibility, hints);
  }
  const heightAxis = heightAxisOf(shape);
  if (flexibility !== null && heightAxis !== null) {
    const [height = 0, width = 0] = shape.slice(heightAxis);
    refuseOthers(input, { width, height }, hints);
  }
  return withBatch(shape);
}

/** Neural networks take a picture without its batch: `[3, H, W]`. */
function withBatch(shape: readonly number[]): readonly number[] {
  return shape.length === 3 && heightAxisOf(shape) !== null ? [1, ...shape] : shape;
}

/** Where height and width stand, channels before or behind them; null where it is no picture. */
function heightAxisOf(shape: readonly number[]): number | null {
  const first = shape.length - 3;
  if (first !== 0 && first !== 1) return null;
  const isChannels = (side: number | undefined): boolean => side === 1 || side === 3;
  if (isChannels(shape[first])) return first + 1;
  return isChannels(shape.at(-1)) ? first : null;
}

/** The shapes a model takes, for people: `32×32, 64×64` or `[1, 3, 32–128, 32–128]`. */
export function flexibilityText(flexibility: Flexibility): string {
  if (flexibility.kind === "enumerated") {
    const shown = flexibility.shapes.slice(0, SHAPES_SHOWN_MAX).map(shapeText);
    const rest = flexibility.shapes.length - shown.length;
    return `${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  }
  const sides = flexibility.ranges.map(({ min, max }) =>
    max === min ? `${min}` : `${min}–${max ?? ""}`,
  );
  return `[${sides.slice(0, SHAPES_SHOWN_MAX).join(", ")}]`;
}

function refuseOthers(input: Feature, { width, height }: PixelSize, hints: SizeHints): void {
  const { wanted } = hints;
  if (wanted === null || (wanted.width === width && wanted.height === height)) return;
  const what = `input ${quoted(input.name)} cannot be ${wanted.width}×${wanted.height}`;
  const right = `a Core ML model is run at its default, ${width}×${height}`;
  throw sizeError(hints, `${what}: ${right}; export it at the size you want`);
}

function withoutDefault(
  input: Feature,
  flexibility: Flexibility | null,
  hints: SizeHints,
): AipError {
  const known = flexibility === null ? "" : ` (it can be ${flexibilityText(flexibility)})`;
  const what = `input ${quoted(input.name)} names no default size${known}`;
  return sizeError(hints, `${what}; export it with one`);
}

function sizeError({ path }: SizeHints, what: string): AipError {
  return usageError("model-size", `Cannot open model "${path}": ${what}`);
}
