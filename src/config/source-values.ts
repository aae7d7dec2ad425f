import { usageError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import { EQUAL_SHARE, type SourceShare } from "../schedule/source-share.ts";
import type { RunConfig } from "./run-config.ts";

/** A number for each source by its name; that of `*` is for those not named. */
export type SourceValues = Readonly<Record<string, number>>;

/** What a user may write: one number for all, `"200,yard=500"`, or `{ "*": 200, yard: 500 }`. */
export type SourceValuesInput = number | string | SourceValues;

/** Stands for every source that is not named. */
const OTHERS = "*";
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** Settings that differ from source to source. */
const KEYS = ["weight", "priority", "deadline"] as const;

/**
 * Brings what a user wrote into one form; undefined where it cannot be read. Values are not
 * checked.
 *
 * @example
 * ```ts
 * readSourceValues("200,yard=500"); // { "*": 200, yard: 500 }
 * ```
 */
export function readSourceValues(input: SourceValuesInput): SourceValues | undefined {
  if (typeof input === "number") return { [OTHERS]: input };
  if (typeof input !== "string") return input;
  const values: Record<string, number> = {};
  for (const [name, number] of namedNumbers(input)) {
    if (name === "" || !DECIMAL.test(number) || Object.hasOwn(values, name)) return undefined;
    values[name] = Number(number);
  }
  return values;
}

/** Which sources a text gives two numbers: `source "door"`; undefined where there is none. */
export function givenTwice(input: SourceValuesInput): string | undefined {
  if (typeof input !== "string") return undefined;
  const names = namedNumbers(input).map(([name]) => name);
  const name = names.find((each, index) => names.indexOf(each) < index);
  return name === OTHERS ? "all sources" : name && `source "${name}"`;
}

/** The parts of `200,yard=500`: a name and a number's text each. */
function namedNumbers(text: string): readonly (readonly [name: string, number: string])[] {
  return text.split(",").map((part) => {
    const equals = part.lastIndexOf("=");
    const name = equals < 0 ? OTHERS : part.slice(0, equals).trim();
    return [name, part.slice(equals + 1).trim()];
  });
}

/** What the source of this name is entitled to. */
export function shareOf(
  name: string,
  config: Pick<RunConfig, (typeof KEYS)[number]>,
): Omit<SourceShare, "slots"> {
  const given = (values: SourceValues | undefined): number | undefined =>
    values !== undefined && Object.hasOwn(values, name) ? values[name] : values?.[OTHERS];
  return {
    weight: given(config.weight) ?? EQUAL_SHARE.weight,
    priority: given(config.priority) ?? EQUAL_SHARE.priority,
    deadlineMs: given(config.deadline) ?? EQUAL_SHARE.deadlineMs,
  };
}

/**
 * Refuses settings for sources there are none of.
 * @param names the sources, once they are open: what patterns stand for follows from them
 * @throws {AipError} `config-invalid`, with the nearest name
 */
export function checkSourceNames(
  config: Pick<RunConfig, (typeof KEYS)[number]>,
  names: readonly string[],
): void {
  for (const key of KEYS) {
    for (const name of Object.keys(config[key] ?? {})) {
      if (name === OTHERS || names.includes(name)) continue;
      const said = `A ${key} is given for source "${name}", and none has this name`;
      throw usageError("config-invalid", `${said}${suggestion(name, names)}`);
    }
  }
}
