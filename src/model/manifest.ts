import { readFileSync } from "node:fs";
import * as v from "valibot";
import { type AipError, usageError } from "../errors.ts";
import { HEAD_LEVEL_COUNT_MAX } from "../layout/layout.gen.ts";
import { nearest, suggestion } from "../nearest.ts";

/** Kinds of head a model can have; what each reads is said in `heads.ts`. */
export const HEAD_TYPES = [
  "yolox",
  "yolov5",
  "yolov8",
  "end-to-end",
  "classification",
  "nms-pipeline",
  "raw",
] as const;
export type HeadType = (typeof HEAD_TYPES)[number];

/** Three numbers, one for each channel in the input's own order; a grey input uses the first. */
export type Triple = readonly [number, number, number];

/**
 * What a JSON file beside a model says of it: `x.json` for `x.onnx`. Every key is optional; what
 * is given overrides or completes what the model's metadata and shapes say.
 *
 * @example
 * ```json
 * {"head": {"type": "yolov8"}, "classes": ["vehicle", "person"], "licence": "Apache-2.0"}
 * ```
 */
export interface ModelManifest {
  /** For people. */
  readonly name?: string;
  readonly input?: InputManifest;
  readonly head?: HeadManifest;
  /** Class names, class 0 first. */
  readonly classes?: readonly string[];
  /** Lowest confidence of a detection, 0–1, where the user gives none. */
  readonly confidence?: number;
  /** Overlap 0–1 above which NMS drops the weaker box, where the user gives none. */
  readonly iou?: number;
  /** NMS across classes, where the user says nothing. */
  readonly agnostic?: boolean;
  /** Licence of the weights, such as `Apache-2.0`. */
  readonly licence?: string;
  /** The function to run of a Core ML model that has several. */
  readonly function?: string;
}

/** The tensor is `(pixel · scale − mean) / std`, pixels 0–255. */
export interface InputManifest {
  readonly name?: string;
  /** Size in pixels, for a model that leaves it open. */
  readonly width?: number;
  readonly height?: number;
  readonly layout?: "nchw" | "nhwc";
  readonly channels?: "rgb" | "bgr" | "gray";
  readonly dtype?: "f32" | "f16" | "u8";
  readonly scale?: number;
  readonly mean?: Triple;
  readonly std?: Triple;
  /** `top-left` and `centre` keep the picture's aspect ratio, `stretch` does not. */
  readonly letterbox?: "top-left" | "centre" | "stretch";
  /** Grey 0–255 around the picture. */
  readonly pad?: number;
}

/** What the model's output means. */
export interface HeadManifest {
  readonly type?: HeadType;
  /** Strides of the feature maps in pixels, in the order the output lists them. */
  readonly strides?: readonly number[];
  /** Name of the output the head reads. */
  readonly output?: string;
  /** Boxes are 0–1 of the input, not input pixels. */
  readonly normalized?: boolean;
  /** What the scores still need to become probabilities. */
  readonly activation?: "none" | "sigmoid" | "softmax";
  /** Boxes lie along the last axis: `[1, 4 + C, N]`. */
  readonly transposed?: boolean;
}

/** Largest side of an input in pixels. */
export const INPUT_SIDE_MAX = 16_384;
const STRIDE_MAX = 1024;

const share = numberSchema(v.maxValue(1), v.minValue(0), "a number from 0 to 1");
const grey = numberSchema(v.maxValue(255), v.minValue(0), "a grey from 0 to 255");
const side = wholeSchema(INPUT_SIDE_MAX);
const finite = v.pipe(v.number("a number"), v.finite("a finite number"));
const positive = numberSchema(v.finite(), v.gtValue(0), "a number above 0");
const text = v.pipe(v.string("a text"), v.minLength(1, "a text that is not empty"));
const flag = v.boolean("true or false");
const STRIDES_MESSAGE = `a list of 1 to ${HEAD_LEVEL_COUNT_MAX} strides such as [8, 16, 32]`;

const INPUT = {
  name: v.exactOptional(text),
  width: v.exactOptional(side),
  height: v.exactOptional(side),
  layout: v.exactOptional(oneOf(["nchw", "nhwc"])),
  channels: v.exactOptional(oneOf(["rgb", "bgr", "gray"])),
  dtype: v.exactOptional(oneOf(["f32", "f16", "u8"])),
  scale: v.exactOptional(positive),
  mean: v.exactOptional(triple(finite, "three numbers")),
  std: v.exactOptional(triple(positive, "three numbers above 0")),
  letterbox: v.exactOptional(oneOf(["top-left", "centre", "stretch"])),
  pad: v.exactOptional(grey),
};

const HEAD = {
  type: v.exactOptional(oneOf(HEAD_TYPES)),
  strides: v.exactOptional(
    v.pipe(
      v.array(wholeSchema(STRIDE_MAX), STRIDES_MESSAGE),
      v.minLength(1, STRIDES_MESSAGE),
      v.maxLength(HEAD_LEVEL_COUNT_MAX, STRIDES_MESSAGE),
    ),
  ),
  output: v.exactOptional(text),
  normalized: v.exactOptional(flag),
  activation: v.exactOptional(oneOf(["none", "sigmoid", "softmax"])),
  transposed: v.exactOptional(flag),
};

const NAMES_MESSAGE = "a list of at least one name";

const MANIFEST = {
  name: v.exactOptional(text),
  input: v.exactOptional(objectSchema(INPUT)),
  head: v.exactOptional(objectSchema(HEAD)),
  classes: v.exactOptional(v.pipe(v.array(text, NAMES_MESSAGE), v.minLength(1, NAMES_MESSAGE))),
  confidence: v.exactOptional(share),
  iou: v.exactOptional(share),
  agnostic: v.exactOptional(flag),
  licence: v.exactOptional(text),
  function: v.exactOptional(text),
};

const ManifestSchema: v.GenericSchema<unknown, ModelManifest> = objectSchema(MANIFEST);

/** The keys each object of a manifest knows, by the path of the object. */
const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(MANIFEST),
  input: Object.keys(INPUT),
  head: Object.keys(HEAD),
};

/**
 * Checks a manifest that was parsed from JSON.
 *
 * @param value Parsed JSON.
 * @param path Its file, for messages.
 * @throws {AipError} `manifest-invalid`, naming the first wrong key and what would be right
 */
export function validateManifest(value: unknown, path: string): ModelManifest {
  const result = v.safeParse(ManifestSchema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  return fail(path, issueMessage(issue));
}

/**
 * Reads the manifest at `path`.
 *
 * @throws {AipError} `manifest-invalid` where it cannot be read, is no JSON or says nonsense
 */
export function loadManifest(path: string): ModelManifest {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) fail(path, `not JSON: ${error.message}`, error);
    return fail(path, `cannot be read: ${(error as Error).message}`, error);
  }
  return validateManifest(value, path);
}

function issueMessage(issue: v.BaseIssue<unknown>): string {
  const keys = (issue.path ?? []).map((item) => item.key as string | number);
  const key = dotted(keys);
  if (issue.type === "strict_object" && issue.expected === "never") {
    const known = KNOWN_KEYS[dotted(keys.slice(0, -1))] ?? [];
    return `unknown key "${key}"${suggestion(String(keys.at(-1)), known)}`;
  }
  const subject = key === "" ? "the manifest" : `"${key}"`;
  return `${subject} must be ${issue.message}, not ${shown(issue.input)}`;
}

type Limit = v.BaseValidation<number, number, v.BaseIssue<unknown>>;

function numberSchema(upper: Limit, lower: Limit, message: string): v.GenericSchema<number> {
  return v.message(v.pipe(v.number(), upper, lower), message);
}

function wholeSchema(valueMax: number): v.GenericSchema<number> {
  const message = `a whole number from 1 to ${valueMax}`;
  return v.message(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(valueMax)), message);
}

function triple(item: v.GenericSchema<number>, message: string): v.GenericSchema<Triple> {
  const three = v.array(item);
  return v.custom<Triple>((value) => v.is(three, value) && value.length === 3, message);
}

function oneOf<const T extends readonly string[]>(values: T): v.GenericSchema<T[number]> {
  return v.picklist(values, ({ input }) => {
    const near = typeof input === "string" ? nearest(input, values) : undefined;
    const hint = near === undefined ? "" : ` (did you mean "${near}"?)`;
    return `one of ${values.join(", ")}${hint}`;
  });
}

/** Knows the given keys alone. An array is no object here, though JavaScript says it is one. */
function objectSchema<const T extends v.ObjectEntries>(entries: T) {
  const plain = v.custom<object>((value) => !Array.isArray(value), "an object");
  return v.pipe(plain, v.strictObject(entries, "an object"));
}

/** `input.mean[2]` for `["input", "mean", 2]`. */
function dotted(keys: readonly (string | number)[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`;
    return path === "" ? key : `${path}.${key}`;
  }, "");
}

const SHOWN_LENGTH_MAX = 40;

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length <= SHOWN_LENGTH_MAX ? json : `${json.slice(0, SHOWN_LENGTH_MAX - 1)}…`;
}

function fail(path: string, what: string, cause?: unknown): never {
  throw manifestError(path, what, cause);
}

/** An error about the manifest at `path`, also for what only the model can contradict. */
export function manifestError(path: string, what: string, cause?: unknown): AipError {
  return usageError("manifest-invalid", `Manifest "${path}": ${what}`, cause);
}

export { withoutModelEnding } from "../model-path.ts";
