import { existsSync, statSync } from "node:fs";
import { parseDevice } from "../backend/device-spec.ts";
import { BUNDLED_MODELS } from "../model/catalog.ts";
import { manifestPathOf } from "../model-path.ts";
import { externalDataFiles } from "../onnx/external-data.ts";
import type { Source } from "../source/source.ts";
import { mayAccess } from "./permission.ts";
import type { RunConfig } from "./run-config.ts";

/** Something a run reads, which it must not write to. */
export interface RunInput {
  readonly path: string;
  /** As a sentence calls it: `input "clip.mp4"`. */
  readonly name: string;
  /** A folder that is one thing: nothing may be written into it. */
  readonly isWhole: boolean;
}

/** What names the files of a run. */
export type InputConfig = Pick<RunConfig, "sources" | "model"> &
  Partial<Pick<RunConfig, "devices" | "cascade">>;

/**
 * Every file and folder a run reads: sources, models with what lies beside them, a cascade, and the
 * configuration's own file.
 *
 * @param opened the sources, once they are open: what patterns and folders stand for
 * @param configFile where the configuration was read from
 */
export function runInputs(
  { sources, model, devices = [], cascade }: InputConfig,
  opened: readonly Pick<Source, "spec" | "files">[] = [],
  configFile?: string,
): readonly RunInput[] {
  const specs = [...sources, ...opened.flatMap(({ spec, files = [] }) => [spec, ...files])];
  return [
    ...specs.map((path) => input(path)),
    ...[model, ...devices.flatMap(modelOf)].flatMap(modelInputs),
    ...(cascade === undefined ? [] : [{ ...input(cascade), isWhole: true }]),
    ...(configFile === undefined ? [] : [input(configFile)]),
  ];
}

function input(path: string, name = `input "${path}"`): RunInput {
  return { path, name, isWhole: false };
}

/** The model whose answers a simulated device gives. */
function modelOf(device: string): readonly string[] {
  const { kind, options } = parseDevice(device);
  const file = kind === "sim" ? options.get("model") : undefined;
  return file === undefined ? [] : [file];
}

/** A model, its manifest, be it there or not, and the files its weights are in. */
function modelInputs(nameOrPath: string): readonly RunInput[] {
  const path = Object.hasOwn(BUNDLED_MODELS, nameOrPath)
    ? (BUNDLED_MODELS[nameOrPath] as string)
    : nameOrPath;
  if (!existsSync(path)) return [];
  const isFile = statSync(path).isFile();
  return [
    { ...input(path), isWhole: !isFile },
    input(manifestPathOf(path), `manifest of the model "${nameOrPath}"`),
    // What cannot be read is refused where it is opened.
    ...(isFile && mayAccess(path, "read") ? externalDataFiles(path) : []).map((file) =>
      input(file, `file of weights of the model "${nameOrPath}"`),
    ),
  ];
}
