import { AipError } from "../errors.ts";
import { Status } from "../layout/layout.gen.ts";
import { check, cString, lastError, library, outBuffer, readCString } from "./library.ts";

/** The kinds of compute unit Core ML knows, by the names of our devices. */
export type CoreMlUnit = "cpu" | "gpu" | "ane";

const INFO_BYTES = 4096;
const PATH_BYTES_MAX = 4096;
/** Room for a thousand operations. */
const PLAN_BYTES = 65_536;

/** What Core ML has here: the units it finds, or why there is none. */
export type CoreMlInfo =
  | { readonly units: readonly CoreMlUnit[]; readonly failure: null }
  | { readonly units: readonly []; readonly failure: string };

/** Asks Core ML for the compute units of this machine; loads no model. */
export function coreMlInfo(): CoreMlInfo {
  const json = outBuffer(INFO_BYTES);
  const status = library().aip_coreml_info(json, json.length);
  if (status === Status.unsupported) return { units: [], failure: lastError() };
  check(status, "coreml-unusable");
  const { devices } = JSON.parse(readCString(json)) as { readonly devices: readonly CoreMlUnit[] };
  return { units: devices, failure: null };
}

/** How a model would be loaded whose plan is asked for. */
export interface CoreMlPlanOptions {
  /** The `.mlmodelc` folder. */
  readonly compiledPath: string;
  /** A `ComputeUnits`. */
  readonly computeUnits: number;
  /** Lines of key=value, see `CoreMlOptions.swift`. */
  readonly options: string;
}

/**
 * Where Core ML means to run the operations of a compiled model: JSON, see `aip_coreml_plan`. The
 * process may hang in it.
 *
 * @throws {AipError} `placement-unknown`
 */
export function coreMlPlan({ compiledPath, computeUnits, options }: CoreMlPlanOptions): string {
  const [path, lines] = [cString(compiledPath), cString(options)];
  const needed = new Uint32Array(new SharedArrayBuffer(4));
  let json = outBuffer(PLAN_BYTES);
  const ask = (): number =>
    library().aip_coreml_plan(path, computeUnits, lines, json, json.length, needed);
  let status = ask();
  if (status === Status.truncated) {
    json = outBuffer(needed[0] as number);
    status = ask();
  }
  check(status, "placement-unknown");
  return readCString(json);
}

/**
 * Compiles an `.mlmodel` or `.mlpackage`. The process may die of it: see `aip.h`.
 *
 * @returns path of the `.mlmodelc` folder, in a temporary place
 * @throws {AipError} `model-invalid`
 */
export function compileCoreMl(path: string): string {
  const compiled = outBuffer(PATH_BYTES_MAX);
  const status = library().aip_coreml_compile(cString(path), compiled, compiled.length);
  if (status < 0) throw new AipError(lastError(), { code: "model-invalid", category: "usage" });
  return readCString(compiled);
}
