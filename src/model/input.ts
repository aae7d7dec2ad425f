import { type AipError, usageError } from "../errors.ts";
import type { TensorInfo } from "../native/inspection.ts";
import type { PixelSize } from "./grid.ts";
import type { ModelInspection, PixelBufferFormat } from "./inspection.ts";
import { type InputManifest, manifestError } from "./manifest.ts";
import { quoted, shapeText } from "./text.ts";

/** The picture a model wants, before anything is known of how its pixels are scaled. */
export interface InputGeometry extends PixelSize {
  readonly name: string;
  readonly layout: "nchw" | "nhwc";
  readonly channelCount: 1 | 3;
  readonly dtype: "f32" | "f16" | "u8";
  /** How the picture is given where the model takes one, and no tensor: then all else follows. */
  readonly pixelFormat?: PixelBufferFormat;
  /** What was assumed, one sentence each. */
  readonly notes: readonly string[];
}

export interface InputHints {
  /** The model's file and its manifest, for messages. */
  readonly path: string;
  readonly manifestPath: string;
  readonly manifest: InputManifest;
  /** Size the user asked for. */
  readonly requested: PixelSize | null;
  /** Size the model's metadata names. */
  readonly exported: PixelSize | null;
  /** Largest stride of the feature maps, where known: an open size must be a multiple of it. */
  readonly strideMax: number | null;
}

/** Element types of a picture tensor, by ONNX's names. */
const INPUT_DTYPES: Readonly<Record<string, "f32" | "f16" | "u8">> = {
  float32: "f32",
  float16: "f16",
  uint8: "u8",
};

/**
 * Finds out what picture a model wants: `[N, C, H, W]` or `[N, H, W, C]` with one or three
 * channels, where the batch N, the size, or both may be dynamic.
 *
 * @throws {AipError} `model-input` where it is no model of pictures, `model-size` where the size
 *   is open and nobody gives one, or is not the one asked for
 */
export function detectInput(
  { inputs }: Pick<ModelInspection, "inputs">,
  hints: InputHints,
): InputGeometry {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) {
    const seen = inputs.length === 0 ? "none" : inputs.map((each) => tensorText(each)).join(", ");
    throw inputError(hints, `it has ${inputs.length} inputs (${seen}), not one picture`);
  }
  if (hints.manifest.name !== undefined && hints.manifest.name !== input.name) {
    const wanted = `"input.name" is ${quoted(hints.manifest.name)}`;
    throw manifestError(hints.manifestPath, `${wanted}, but the model's is ${quoted(input.name)}`);
  }
  const notes: string[] = [];
  const dtype = inputDtype(input, hints);
  const axes = inputAxes(input, hints, notes);
  return {
    name: input.name,
    dtype,
    ...axes,
    ...inputSize(input, axes.layout, hints, notes),
    ...(input.pixelFormat !== undefined && { pixelFormat: input.pixelFormat }),
    notes,
  };
}

function inputDtype(input: TensorInfo, hints: InputHints): "f32" | "f16" | "u8" {
  const dtype = INPUT_DTYPES[input.dtype];
  if (dtype === undefined) {
    const known = Object.keys(INPUT_DTYPES).join(", ");
    throw inputError(hints, `input ${quoted(input.name)} is ${input.dtype} (known: ${known})`);
  }
  const wanted = hints.manifest.dtype;
  if (wanted !== undefined && wanted !== dtype) {
    throw manifestError(
      hints.manifestPath,
      `"input.dtype" is ${wanted}, but the model's is ${dtype}`,
    );
  }
  return dtype;
}

type Axes = Pick<InputGeometry, "layout" | "channelCount">;

function inputAxes(input: TensorInfo, hints: InputHints, notes: string[]): Axes {
  const { shape } = input;
  if (shape.length !== 4) throw notPicture(input, hints);
  const [first, last] = [shape[1] as number, shape[3] as number];
  const { layout, channels } = hints.manifest;
  const readable = (["nchw", "nhwc"] as const).filter((each) => {
    const count = each === "nchw" ? first : last;
    return isChannelCount(count) && (layout === undefined || layout === each);
  });
  const found = readable[0];
  if (found !== undefined) {
    const channelCount = (found === "nchw" ? first : last) as 1 | 3;
    return { layout: found, channelCount: agreed(channelCount, hints) };
  }
  const open = layout === "nhwc" ? last : first;
  if (open !== -1) throw notPicture(input, hints);
  if (layout === undefined || channels === undefined) {
    notes.push("the number of channels is dynamic: three, in NCHW order, are assumed");
  }
  return { layout: layout ?? "nchw", channelCount: channels === "gray" ? 1 : 3 };
}

function isChannelCount(count: number): count is 1 | 3 {
  return count === 1 || count === 3;
}

function agreed(channelCount: 1 | 3, { manifest, manifestPath }: InputHints): 1 | 3 {
  const { channels } = manifest;
  if (channels !== undefined && (channels === "gray") !== (channelCount === 1)) {
    const what = `"input.channels" is ${channels}, but the model takes ${channelCount} channel(s)`;
    throw manifestError(manifestPath, what);
  }
  return channelCount;
}

function inputSize(
  input: TensorInfo,
  layout: "nchw" | "nhwc",
  hints: InputHints,
  notes: string[],
): PixelSize {
  const heightAxis = layout === "nchw" ? 2 : 1;
  const fixed = {
    height: input.shape[heightAxis] as number,
    width: input.shape[heightAxis + 1] as number,
  };
  const { requested, exported } = hints;
  const { width, height } = hints.manifest;
  const size = {
    width: pick(fixed.width, requested?.width, width, exported?.width),
    height: pick(fixed.height, requested?.height, height, exported?.height),
  };
  if (size.width === undefined || size.height === undefined) {
    const right = `write "input": {"width": …, "height": …} into "${hints.manifestPath}"`;
    throw sizeError(
      hints,
      `input ${tensorText(input)} leaves its size open; give one (--input-size WxH), or ${right}`,
    );
  }
  const given = { width: requested?.width ?? width, height: requested?.height ?? height };
  const wanted = { width: given.width ?? size.width, height: given.height ?? size.height };
  if (wanted.width !== size.width || wanted.height !== size.height) {
    const is = `its input is ${size.width}×${size.height} and cannot be`;
    throw sizeError(hints, `${is} ${wanted.width}×${wanted.height}`);
  }
  const step = hints.strideMax ?? 1;
  if (Math.min(fixed.width, fixed.height) < 0 && (size.width % step || size.height % step)) {
    const wanted = `width and height must be multiples of ${step}`;
    throw sizeError(hints, `its input cannot be ${size.width}×${size.height}: ${wanted}`);
  }
  if (exported !== null && fixed.width === -1 && given.width === undefined) {
    notes.push(`the input's size is dynamic: ${size.width}×${size.height} is the one exported for`);
  }
  return { width: size.width, height: size.height };
}

function pick(fixed: number, ...given: readonly (number | undefined)[]): number | undefined {
  return fixed > 0 ? fixed : given.find((side) => side !== undefined);
}

function notPicture(input: TensorInfo, hints: InputHints): AipError {
  const right = "[N, C, H, W] or [N, H, W, C] with 1 or 3 channels";
  return inputError(hints, `input ${tensorText(input)} is no picture (known: ${right})`);
}

function tensorText({ name, shape }: TensorInfo): string {
  return `${quoted(name)} ${shapeText(shape)}`;
}

function inputError({ path }: InputHints, what: string): AipError {
  return usageError("model-input", `Cannot open model "${path}": ${what}`);
}

function sizeError({ path }: InputHints, what: string): AipError {
  return usageError("model-size", `Cannot open model "${path}": ${what}`);
}
