import { existsSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { usageError } from "../errors.ts";
import { checkOutputs } from "./outputs.ts";
import type { RunConfig, RunConfigInput } from "./run-config.ts";
import { runDefaults } from "./run-config.ts";
import { checkRunConfig, type KeyName } from "./schema.ts";

const EXTENSIONS: readonly string[] = [".ts", ".js", ".mjs", ".json", ".yaml", ".yml"];

/**
 * Reads a configuration file: `aip.config.ts` (or `.js`) with a default export, `.json`, or
 * `.yaml`. Relative paths in it are meant from the working directory, as on the command line.
 *
 * @throws {AipError} `config-missing`, `config-unreadable`, `config-invalid`
 */
export async function loadConfigFile(path: string): Promise<Partial<RunConfig>> {
  if (!existsSync(path)) {
    throw usageError("config-missing", `Cannot read configuration "${path}": no such file`);
  }
  const extension = extname(path).toLowerCase();
  if (!EXTENSIONS.includes(extension)) {
    throw usageError(
      "config-unreadable",
      `Cannot read configuration "${path}": its name must end in ${EXTENSIONS.join(", ")}`,
    );
  }
  let content: unknown;
  try {
    content = await readContent(path, extension);
  } catch (cause) {
    const message = `Cannot read configuration "${path}": ${reasonOf(cause)}`;
    throw usageError("config-unreadable", message, cause);
  }
  return checkRunConfig(content, fileKeyName(path));
}

async function readContent(path: string, extension: string): Promise<unknown> {
  switch (extension) {
    case ".json":
      return JSON.parse(await Bun.file(path).text());
    case ".yaml":
    case ".yml": {
      const { parse } = await import("yaml");
      return parse(await Bun.file(path).text());
    }
    default: {
      const module: { default?: unknown } = await import(pathToFileURL(resolve(path)).href);
      if (module.default === undefined) throw new Error("it has no default export");
      return module.default;
    }
  }
}

/** A module's syntax errors come as several in one; the first says where to begin. */
function reasonOf(cause: unknown): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const [text = ""] = (first instanceof Error ? first.message : String(first)).split("\n", 1);
  const line = placeOf(first)?.line;
  return line === undefined ? text : `line ${line}: ${text}`;
}

/** Where Bun's `BuildMessage` found its error. */
function placeOf(error: unknown): { readonly line: number } | undefined {
  const isPlaced = error instanceof BuildMessage && error.position !== null;
  return isPlaced ? error.position : undefined;
}

function fileKeyName(path: string): KeyName {
  return (key) => (key === "" ? `Configuration "${path}"` : `"${key}" in "${path}"`);
}

/**
 * The configuration of a run: flags win over the file, the file over the defaults.
 *
 * @param flags Values of the command line
 * @param flagName How a flag is called in messages
 * @param file Configuration file, where one is named
 * @throws {AipError} as `loadConfigFile`, `checkRunConfig` and `checkOutputs`
 */
export async function loadRunConfig(
  flags: RunConfigInput,
  flagName: KeyName,
  file: string | undefined,
): Promise<RunConfig> {
  const fromFlags = checkRunConfig(flags, flagName);
  const fromFile = file === undefined ? {} : await loadConfigFile(file);
  const config = { ...runDefaults, ...fromFile, ...fromFlags };
  checkCascadeFlags(config, fromFlags, flagName);
  checkOutputs(config, [], file);
  return config;
}

/** What a cascade alone has a use for must not be passed over in silence. */
function checkCascadeFlags(config: RunConfig, flags: RunConfigInput, flagName: KeyName): void {
  if (config.cascade !== undefined) return;
  const idle = (["audit", "retrain", "retrainOut"] as const).find(
    (key) => flags[key] !== undefined,
  );
  if (idle === undefined) return;
  const message = `${flagName(idle)} is of use with a cascade alone: name one with ${flagName("cascade")}`;
  throw usageError("flag-invalid", message);
}
