import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { CoreMlInspection } from "./inspection.ts";
import { unreadable } from "./unreadable.ts";

/** What an editor may say of a model besides what the model says itself. */
export type PackageMetadata = Partial<
  Pick<CoreMlInspection, "author" | "description" | "licence" | "version" | "metadata">
>;

const text = v.exactOptional(v.string());
const MetadataSchema = v.looseObject({
  MLModelAuthorKey: text,
  MLModelDescriptionKey: text,
  MLModelLicenseKey: text,
  MLModelVersionStringKey: text,
  MLModelCreatorDefinedKey: v.exactOptional(v.record(v.string(), v.string())),
});

/**
 * Reads the `Metadata.json` that Xcode writes into a package whose metadata was edited: it counts
 * before what stands in the model file. Keys are those of `MLModelMetadataKey`.
 *
 * @param path the package, for messages
 * @throws {AipError} `model-invalid`
 */
export function readPackageMetadata(path: string, file: string): PackageMetadata {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable(path, `its Metadata.json is not JSON: ${error.message}`, error);
  }
  const result = v.safeParse(MetadataSchema, value);
  if (!result.success) {
    const key = v.getDotPath(result.issues[0]) ?? "all of it";
    throw unreadable(path, `its Metadata.json is not a Core ML package's: ${key} is wrong`);
  }
  const {
    MLModelAuthorKey: author,
    MLModelDescriptionKey: description,
    MLModelLicenseKey: licence,
    MLModelVersionStringKey: version,
    MLModelCreatorDefinedKey: metadata,
  } = result.output;
  return {
    ...(author !== undefined && { author }),
    ...(description !== undefined && { description }),
    ...(licence !== undefined && { licence }),
    ...(version !== undefined && { version }),
    ...(metadata !== undefined && { metadata }),
  };
}
