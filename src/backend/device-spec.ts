import { type AipError, usageError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import type { DeviceSpec } from "./backend.ts";
import { checkCoreMlOptions, coreMlOptionKeys } from "./coreml/options.ts";
import { readBatch, readCpuOptions, readReplicas, readWeight } from "./device-options.ts";
import { namedProviderKinds } from "./providers.ts";
import { readSimulatedOptions } from "./simulated-options.ts";

/** Options of each built-in kind; `""` stands for a bare word such as `20ms`. */
const OPTIONS_BY_KIND: Readonly<Record<string, readonly string[]>> = {
  cpu: ["threads", "batch", "replicas", "weight", ...coreMlOptionKeys],
  gpu: ["batch", "replicas", "weight", ...coreMlOptionKeys],
  ane: ["batch", "replicas", "weight", ...coreMlOptionKeys],
  sim: [
    "",
    "cv",
    "batch",
    "batch-cost",
    "fail",
    "hang-at",
    "die-at",
    "slow-at",
    "stall-at",
    "seed",
    "model",
    "replicas",
    "weight",
  ],
  auto: [],
  all: [],
};

/** Options that may be given several times; their values are joined by `+`. */
const REPEATABLE: readonly string[] = ["slow-at", "stall-at"];

const DEVICE_COUNT_MAX = 64;

/** Every device kind there is, the providers of other ONNX Runtime libraries included. */
export const deviceKinds: readonly string[] = [
  ...Object.keys(OPTIONS_BY_KIND),
  ...namedProviderKinds,
];

/**
 * Parses a list of devices, separated by commas.
 *
 * @example
 * ```ts
 * parseDevices("cpu:threads=1:replicas=2,sim:20ms").map((spec) => spec.kind); // ["cpu", "sim"]
 * ```
 *
 * @throws {AipError} `device-invalid`: an unknown kind or option, or a value that makes no sense
 */
export function parseDevices(text: string): readonly DeviceSpec[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > DEVICE_COUNT_MAX) {
    throw invalid(`${parts.length} devices are too many: at most ${DEVICE_COUNT_MAX} can be named`);
  }
  return parts.map(parseDevice);
}

/**
 * Parses one device: `kind[:option[:option…]]`, an option being `key=value` or a bare word.
 * Values cannot contain `:` or `,`.
 *
 * - `cpu:threads=N:batch=N:replicas=N`
 * - with a Core ML model `cpu`, `gpu` and `ane` take `fast-prediction=yes`, `low-precision=yes`
 *   and `reshape=frequent|infrequent` besides
 * - `gpu`, `ane`, and providers such as `cuda`, whose further options go to the provider
 * - `sim:20ms:cv=0.3:fail=0.01:hang-at=100:die-at=50:slow-at=1000x2:stall-at=500x300ms:seed=7`
 * - `auto` and `all`, which stand for what the machine has
 *
 * `batch`, `replicas` and `weight` go with every kind but the last two.
 *
 * @throws {AipError} `device-invalid`
 */
export function parseDevice(text: string): DeviceSpec {
  const [kind = "", ...words] = text.trim().split(":");
  if (kind === "") {
    throw invalid(
      `Device "${text}" names no kind: write for example cpu, gpu or cpu:threads=1:replicas=2`,
    );
  }
  if (!deviceKinds.includes(kind)) {
    throw invalid(`Unknown device "${kind}"${suggestion(kind, deviceKinds)}`);
  }
  const options = new Map<string, string>();
  for (const word of words) addOption({ kind, text, word, options });
  const spec: DeviceSpec = { kind, options, text: text.trim() };
  checkValues(spec);
  return spec;
}

/** The text of a device; `parseDevice` of it gives the same kind and options. */
export function formatDevice(spec: Pick<DeviceSpec, "kind" | "options">): string {
  const words = [...spec.options].map(([key, value]) => (key === "" ? value : `${key}=${value}`));
  return [spec.kind, ...words].join(":");
}

interface OptionContext {
  readonly kind: string;
  readonly text: string;
  readonly word: string;
  readonly options: Map<string, string>;
}

function addOption({ kind, text, word, options }: OptionContext): void {
  const equals = word.indexOf("=");
  const key = equals < 0 ? "" : word.slice(0, equals);
  const value = word.slice(equals + 1);
  if (value === "" || equals === 0) {
    throw invalid(`Device "${text}" has an incomplete option "${word}": write key=value`);
  }
  const known = OPTIONS_BY_KIND[kind];
  if (known !== undefined && !known.includes(key)) {
    throw invalid(unknownOption(text, key === "" ? word : key, known));
  }
  if (known === undefined && key === "") {
    throw invalid(`Device "${text}" has an option "${word}" without a value: write ${word}=VALUE`);
  }
  const earlier = options.get(key);
  if (earlier === undefined) {
    options.set(key, value);
  } else if (REPEATABLE.includes(key)) {
    options.set(key, `${earlier}+${value}`);
  } else {
    const name = key === "" ? "two service times" : `"${key}" twice`;
    throw invalid(`Device "${text}" has ${name}: give it once`);
  }
}

function unknownOption(text: string, option: string, known: readonly string[]): string {
  const named = known.filter((key) => key !== "");
  if (named.length === 0) return `Device "${text}" takes no options, but has "${option}"`;
  return `Device "${text}" has an unknown option "${option}"${suggestion(option, named)}`;
}

/** Reads every value once, so that nonsense is refused before anything starts. */
function checkValues(spec: DeviceSpec): void {
  if (spec.kind === "auto" || spec.kind === "all") return;
  readReplicas(spec);
  readWeight(spec);
  readBatch(spec);
  if (spec.kind === "cpu") readCpuOptions(spec);
  if (spec.kind === "sim") readSimulatedOptions(spec);
  checkCoreMlOptions(spec);
}

function invalid(message: string): AipError {
  return usageError("device-invalid", message);
}
