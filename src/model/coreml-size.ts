import type { ArrayType, Feature, Flexibility, ImageType } from "../coreml/inspection.ts";
import { type AipError, usageError } from "../errors.ts";
import type { PixelSize } from "./grid.ts";
import { INPUT_SIDE_MAX } from "./manifest.ts";
import { quoted, shapeText } from "./text.ts";

export interface SizeHints {
  /** The model and its manifest, for messages. */
  readonly path: string;
  readonly manifestPath: string;
  /** The size asked for, by the run or the manifest. */
  readonly wanted: PixelSize | null;
  /** The size its metadata names, for a model without a default. */
  readonly exported: PixelSize | null;
}

/** Shapes shown before the rest is counted. */
const SHAPES_SHOWN_MAX = 6;

/**
 * The shape a picture input is run with: of several the one asked for, else the default. A picture
 * is `[1, height, width, channels]`; a tensor has its own order, and a batch before it.
 *
 * @throws {AipError} `model-size` where the size asked for is not among those the model takes, or
 *   it has several, no default, and nobody asks; `model-input` where a side is out of all reason
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
  const hasDefault = width > 0 && height > 0;
  const wanted = hints.wanted ?? (hasDefault ? null : hints.exported);
  if (wanted !== null && flexibility !== null) {
    if (!allows(flexibility, [wanted.height, wanted.width]))
      throw notAllowed(input, flexibility, wanted, hints);
    return [1, wanted.height, wanted.width, channelCount];
  }
  if (!hasDefault) throw withoutDefault(input, flexibility, hints);
  return [1, height, width, channelCount];
}

function arrayShape(input: Feature, type: ArrayType, hints: SizeHints): readonly number[] {
  const { shape, flexibility } = type;
  const wanted = hints.wanted ?? (shape === null ? hints.exported : null);
  const known = shape ?? (flexibility === null ? null : example(flexibility));
  if (known === null) return [];
  const heightAxis = heightAxisOf(known);
  if (flexibility !== null && wanted !== null && heightAxis !== null) {
    const asked = known.with(heightAxis, wanted.height).with(heightAxis + 1, wanted.width);
    if (!allows(flexibility, asked)) throw notAllowed(input, flexibility, wanted, hints);
    return withBatch(asked);
  }
  if (shape === null) throw withoutDefault(input, flexibility, hints);
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

function example(flexibility: Flexibility): readonly number[] | null {
  if (flexibility.kind === "range") return flexibility.ranges.map(({ min }) => min);
  return flexibility.shapes[0] ?? null;
}

function allows(flexibility: Flexibility, shape: readonly number[]): boolean {
  if (flexibility.kind === "enumerated") {
    return flexibility.shapes.some(
      (each) => each.length === shape.length && each.every((side, axis) => side === shape[axis]),
    );
  }
  const { ranges } = flexibility;
  if (ranges.length !== shape.length) return false;
  return ranges.every(({ min, max }, axis) => {
    const side = shape[axis] as number;
    return side >= min && side <= (max ?? INPUT_SIDE_MAX);
  });
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

function notAllowed(
  input: Feature,
  flexibility: Flexibility,
  { width, height }: PixelSize,
  hints: SizeHints,
): AipError {
  const order = input.type.kind === "image" ? "height and width" : "its shape";
  const what = `input ${quoted(input.name)} cannot be ${width}×${height}`;
  return sizeError(hints, `${what}: ${order} can be ${flexibilityText(flexibility)}`);
}

function withoutDefault(
  input: Feature,
  flexibility: Flexibility | null,
  hints: SizeHints,
): AipError {
  const known = flexibility === null ? "" : ` (it can be ${flexibilityText(flexibility)})`;
  const right = `write "input": {"width": …, "height": …} into "${hints.manifestPath}"`;
  const what = `input ${quoted(input.name)} names no default size${known}`;
  return sizeError(hints, `${what}; give one (--input-size WxH), or ${right}`);
}

function sizeError({ path }: SizeHints, what: string): AipError {
  return usageError("model-size", `Cannot open model "${path}": ${what}`);
}
