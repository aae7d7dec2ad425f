import { usageError } from "../../errors.ts";
import { CASCADE_FORMAT, type CascadeDocument } from "./document.ts";
import { checkDocument } from "./schema.ts";

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

/**
 * Text of `cascade.json`: the document, and a digest over it. The digest protects nobody against
 * malice; it tells a file that was changed by hand or by a bad disk from one whose validation
 * figures hold.
 *
 * @throws {AipError} `cascade-invalid`, where no reader would take it
 */
export function sealDocument(document: CascadeDocument): string {
  checkDocument(document);
  checkThresholds(document);
  checkParts(document);
  return `${JSON.stringify({ ...document, digest: digestOf(document) }, null, 2)}\n`;
}

/**
 * Reads `cascade.json`. Checks come from the general to the special, so that what is told is what
 * helps: no JSON, another version, a value that makes no sense, then any other change.
 *
 * @throws {AipError} `cascade-invalid`, in words that complete a sentence about the file
 */
export function openDocument(text: string): CascadeDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid("its cascade.json is no JSON, or cut short", cause);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw invalid("its cascade.json holds no cascade");
  }
  const { digest, ...rest } = json as Record<string, unknown>;
  checkFormat(rest["format"]);
  const document = checkDocument(rest);
  checkThresholds(document);
  if (digest !== digestOf(rest)) {
    const remedy = `"aip cascade tune" sets thresholds, and validates them`;
    throw invalid(`its cascade.json was changed after it was written: ${remedy}`);
  }
  checkParts(document);
  return document;
}

function checkFormat(format: unknown): void {
  if (format === CASCADE_FORMAT) return;
  if (typeof format !== "number") throw invalid("its cascade.json names no format");
  const which = `this aip reads format ${CASCADE_FORMAT}`;
  throw invalid(`it is of another version (format ${format}; ${which}): train it again`);
}

/** Thresholds that a hand has crossed would let every uncertain frame be both. */
function checkThresholds({ levels }: CascadeDocument): void {
  const { network } = levels;
  if (network === null || network.c_low <= network.c_high) return;
  const { c_low: low, c_high: high } = network;
  throw invalid(`its thresholds are crossed: c_low ${low} must not be above c_high ${high}`);
}

function checkParts({ levels, parts }: CascadeDocument): void {
  const missing =
    (levels.network === null) !== (parts.network === null)
      ? "network"
      : (levels.difference?.mode === "reference") !== (parts.reference !== null)
        ? "reference"
        : null;
  if (missing !== null)
    throw invalid(`its levels and its "parts.${missing}" contradict each other`);
}

/** Key order is the writer's own, and JSON.parse keeps it. */
function digestOf(document: object): string {
  return sha256(JSON.stringify(document));
}

function invalid(reason: string, cause?: unknown): Error {
  return usageError("cascade-invalid", reason, cause);
}
