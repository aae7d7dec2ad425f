/** Arguments that several commands about cascades have, with one text each. */

/** A flag with a value. */
interface TextArgument {
  readonly type: "string";
  readonly valueHint: string;
  readonly description: string;
}

/** Of whatever uses a cascade that is there. */
export const CASCADE_MODEL = {
  type: "string",
  valueHint: "FILE|NAME",
  description: "The cascade's reference model (Default: a bundled one it names)",
} as const;

export const DEVICE = {
  type: "string",
  valueHint: "LIST",
  description: "Devices for the reference model, as for aip run (Default: auto)",
} as const;

/** What `--device` is completed with. */
export const DEVICE_WORDS: string[] = ["auto", "cpu", "gpu", "ane", "all"];

/** Error rates. @param otherwise what they are where they are not named */
export function budgets(otherwise: string): Record<"max-fn" | "max-fp", TextArgument> {
  return {
    "max-fn": rate("False negatives", otherwise),
    "max-fp": rate("False positives", otherwise),
  };
}

export const JSON_OUTPUT = { type: "boolean", description: "Print JSON" } as const;

export const QUIET = { type: "boolean", description: "No progress" } as const;

/** A file of labels. @param otherwise where they come from without it */
export function labels(otherwise: string): TextArgument {
  return {
    type: "string",
    valueHint: "FILE",
    description: `What is right, as NDJSON or COCO (Default: ${otherwise})`,
  };
}

/** How images of a COCO file of labels are counted. */
export const LABELS_FROM = {
  type: "string",
  valueHint: "N",
  description: "Number of the first frame in names of COCO images (Default: 0, or 1 where all fit)",
} as const;

/** The cascade that is written. @param otherwise its name without it */
export function output(otherwise: string): TextArgument {
  return {
    type: "string",
    valueHint: "FILE",
    description: `Cascade to write (Default: ${otherwise})`,
  };
}

/** A cascade that is there, as a word of the command. */
export const CASCADE_FILE = {
  type: "positional",
  description: "A cascade, such as door.aip",
} as const;

function rate(errors: string, otherwise: string): TextArgument {
  return {
    type: "string",
    valueHint: "RATE",
    description: `${errors} at most, as an upper 95 % bound (Default: ${otherwise})`,
  };
}
