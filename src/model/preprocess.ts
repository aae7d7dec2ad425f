import type { HeadSpec } from "./head.ts";
import type { InputGeometry } from "./input.ts";
import { type InputManifest, manifestError, type Triple } from "./manifest.ts";

/**
 * How pixels become the model's input tensor: the picture is fitted by `letterbox`, what is left
 * is filled with `pad`, and every value becomes `(pixel · scale − mean) / std`, pixels 0–255.
 */
export interface InputSpec extends Omit<InputGeometry, "notes" | "channelCount"> {
  readonly channels: "rgb" | "bgr" | "gray";
  readonly scale: number;
  /** In the input's channel order; a grey input uses the first. */
  readonly mean: Triple;
  readonly std: Triple;
  readonly letterbox: "top-left" | "centre" | "stretch";
  /** Grey 0–255 of the padding. */
  readonly pad: number;
}

export interface PreprocessHints {
  readonly head: HeadSpec;
  readonly manifest: InputManifest;
  readonly manifestPath: string;
  readonly ultralytics: boolean;
  /** The program that exported the model. */
  readonly producer: string;
}

type Convention = Pick<InputSpec, "channels" | "scale" | "mean" | "std" | "letterbox">;

/** Grey that the whole YOLO family pads with. */
const PAD = 114;
const ZERO: Triple = [0, 0, 0];
const ONE: Triple = [1, 1, 1];

/** Mean and standard deviation of ImageNet's pixels, RGB 0–1, as torchvision's models want them. */
const IMAGENET_MEAN: Triple = [0.485, 0.456, 0.406];
const IMAGENET_STD: Triple = [0.229, 0.224, 0.225];

const ULTRALYTICS: Convention = {
  channels: "rgb",
  scale: 1 / 255,
  mean: ZERO,
  std: ONE,
  letterbox: "centre",
};

/** Megvii's exports since 0.3.0: pixels as OpenCV reads them. */
const YOLOX: Convention = {
  channels: "bgr",
  scale: 1,
  mean: ZERO,
  std: ONE,
  letterbox: "top-left",
};

/**
 * Decides the pre-processing: the head's own convention, overridden by the manifest.
 *
 * - YOLOX: BGR 0–255, top left, padding 114.
 * - YOLOv5, YOLOv8, end-to-end: RGB 0–1, centred, padding 114.
 * - Classification: RGB 0–1, stretched; a float model that PyTorch exported, without Ultralytics'
 *   metadata, takes torchvision's mean and std besides.
 * - Raw: RGB 0–1, stretched.
 *
 * An input of `u8`, as a picture of 8 bits is to Core ML, takes the pixels as they are. Notes say where this is a convention and no fact.
 */
export function describeInput(
  geometry: InputGeometry,
  hints: PreprocessHints,
): { readonly input: InputSpec; readonly notes: readonly string[] } {
  const { manifest } = hints;
  const { channelCount, notes: geometryNotes, ...place } = geometry;
  const notes = [...geometryNotes];
  const convention = geometry.dtype === "u8" ? plain(hints) : conventionOf(geometry, hints, notes);
  // A picture has its channels in the order of its pixel buffer.
  const isBgra = geometry.pixelFormat === "32BGRA";
  const channels = isBgra
    ? "bgr"
    : (manifest.channels ?? (channelCount === 1 ? "gray" : convention.channels));
  const swapped = channels === "bgr" && convention.channels === "rgb";
  const input: InputSpec = {
    ...place,
    channels,
    scale: manifest.scale ?? convention.scale,
    mean: manifest.mean ?? (swapped ? reversed(convention.mean) : convention.mean),
    std: manifest.std ?? (swapped ? reversed(convention.std) : convention.std),
    letterbox: manifest.letterbox ?? convention.letterbox,
    pad: manifest.pad ?? PAD,
  };
  if (input.dtype === "u8" && !isIdentity(input)) {
    const right = '"scale", "mean" and "std" must be left out';
    throw manifestError(
      hints.manifestPath,
      `the input is u8 and takes pixels as they are: ${right}`,
    );
  }
  return { input, notes };
}

function conventionOf(
  { channelCount }: InputGeometry,
  hints: PreprocessHints,
  notes: string[],
): Convention {
  switch (hints.head.type) {
    case "yolox":
      return YOLOX;
    case "yolov5":
    case "yolov8":
    case "end-to-end":
    case "nms-pipeline":
      return ULTRALYTICS;
    case "classification": {
      const stretched: Convention = { ...ULTRALYTICS, letterbox: "stretch" };
      if (hints.ultralytics) return stretched;
      const imagenet = hints.producer === "pytorch" && channelCount === 3;
      if (!isScaled(hints.manifest)) {
        notes.push(`the model does not say how it wants its pixels: ${imagenet ? IMAGENET : UNIT}`);
      }
      return imagenet ? { ...stretched, mean: IMAGENET_MEAN, std: IMAGENET_STD } : stretched;
    }
    case "raw":
      if (!isScaled(hints.manifest)) {
        notes.push(`the model does not say how it wants its pixels: ${UNIT}`);
      }
      return { ...ULTRALYTICS, letterbox: "stretch" };
  }
}

const IMAGENET = "RGB 0–1 with ImageNet's mean and std is taken";
const UNIT = "RGB 0–1 is taken";

function isScaled({ scale, mean, std }: InputManifest): boolean {
  return scale !== undefined || mean !== undefined || std !== undefined;
}

/** Pixels as they are, placed as the head wants them. */
function plain(hints: PreprocessHints): Convention {
  const { type } = hints.head;
  const { channels, letterbox } = type === "yolox" ? YOLOX : ULTRALYTICS;
  const stretched = type === "classification" || type === "raw";
  const placed = stretched ? "stretch" : letterbox;
  return { channels, letterbox: placed, scale: 1, mean: ZERO, std: ONE };
}

function reversed([first, second, third]: Triple): Triple {
  return [third, second, first];
}

function isIdentity({ scale, mean, std }: InputSpec): boolean {
  return scale === 1 && mean.every((value) => value === 0) && std.every((value) => value === 1);
}
