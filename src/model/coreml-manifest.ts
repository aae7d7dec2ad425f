import type { CoreMlInspection } from "../coreml/inspection.ts";
import type { PixelBufferFormat } from "./inspection.ts";
import { type ModelManifest, manifestError, validateManifest } from "./manifest.ts";

/** Metadata in which a converted package keeps its manifest. */
export const MANIFEST_KEY = "aip.manifest";

/**
 * The manifest of a Core ML model: what a converter wrote into the package, overridden by the file
 * beside it. But what the package says of its input and its output's name counts: the file beside
 * may tell of the ONNX model it was made from, whose pixels and names were others.
 *
 * @throws {AipError} `manifest-invalid` where the one in the package says nonsense
 */
export function mergedManifest(
  path: string,
  { metadata }: CoreMlInspection,
  beside: ModelManifest | null,
): ModelManifest {
  const text = metadata[MANIFEST_KEY];
  if (text === undefined) return beside ?? {};
  const place = `${path} (its metadata "${MANIFEST_KEY}")`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw manifestError(place, `not JSON: ${error.message}`, error);
  }
  const own = validateManifest(value, place);
  const { output } = own.head ?? {};
  return {
    ...own,
    ...beside,
    input: { ...own.input },
    head: { ...own.head, ...beside?.head, ...(output !== undefined && { output }) },
  };
}

/** Keys of a manifest that tell of a tensor: a picture's pixels follow from its pixel buffer. */
const TENSOR_KEYS = ["layout", "channels", "dtype"] as const;
const VALUE_KEYS = ["scale", "mean", "std"] as const;

/** The manifest without what a picture input settles itself, and the keys left out. */
export function forPicture(
  manifest: ModelManifest,
  format: PixelBufferFormat | undefined,
): { readonly manifest: ModelManifest; readonly left: readonly string[] } {
  if (format === undefined || manifest.input === undefined) return { manifest, left: [] };
  // Halves are taken as they are, so that their scale must be known.
  const isHalf = format === "OneComponent16Half";
  const settled: readonly string[] = isHalf ? TENSOR_KEYS : [...TENSOR_KEYS, ...VALUE_KEYS];
  const given = Object.entries(manifest.input);
  const input = Object.fromEntries(given.filter(([key]) => !settled.includes(key)));
  const left = given.map(([key]) => key).filter((key) => settled.includes(key));
  return { manifest: { ...manifest, input }, left };
}

/** Says which keys were left out. */
export function leftText(left: readonly string[]): string {
  const keys = left.map((key) => `input.${key}`).join(", ");
  return `the model takes a picture and scales it itself: the manifest's ${keys} is not used`;
}
