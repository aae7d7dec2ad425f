import { dirname, join } from "node:path";
import { AipError } from "../errors.ts";
import { type CoreMlInfo, coreMlInfo } from "../native/coreml.ts";
import { type OnnxRuntimeInfo, onnxInfo, onnxRuntimePath } from "../native/library.ts";
import { COREML_PROVIDER_NAME } from "./coreml-provider.ts";
import { type NamedProvider, providerOfListing } from "./providers.ts";
import { localSystem, type SystemView } from "./system-view.ts";
import { inspectVulkan } from "./vulkan.ts";

/** One kind of device as this machine has it, or lacks it. */
export interface MachineDevice {
  /** `cpu`, `gpu`, `ane`, or a provider of another ONNX Runtime such as `cuda`. */
  readonly kind: string;
  readonly available: boolean;
  /** A GPU computed by the CPU: good for tests, of no help to a run. */
  readonly software: boolean;
  /** Execution provider as ONNX Runtime names it. */
  readonly provider: string;
  /** For people: `"ONNX Runtime 1.30.0 WebGPU on llvmpipe, software"`. */
  readonly description: string;
  /** Why it is missing or only software; null where all is well. */
  readonly reason: string | null;
  /** The way to get it; null where there is none. */
  readonly remedy: string | null;
  /** Variables native code must see before the device is opened. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What this machine has to compute with. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly cpuModel: string;
  /** Cores this process may use. */
  readonly coreCount: number;
  /** The ONNX Runtime in use; null where it cannot be loaded. */
  readonly onnxRuntime: (OnnxRuntimeInfo & { readonly path: string }) | null;
  /** Why there is no ONNX Runtime; null where there is one. */
  readonly failure: string | null;
  /** Every kind worth a word, the missing ones included; simulated devices are not listed. */
  readonly devices: readonly MachineDevice[];
}

/** What discovery asks; each has a default that asks the real machine. */
export interface DiscoverOptions {
  readonly system?: SystemView;
  /** Loads ONNX Runtime and says what it holds. */
  readonly onnxRuntime?: () => OnnxRuntimeInfo & { readonly path: string };
  /** Asks Core ML for its units; asked on macOS alone. */
  readonly coreMl?: () => CoreMlInfo;
}

/**
 * Finds the devices of this machine: cores, GPU (through WebGPU, or Core ML on macOS), Neural
 * Engine, and the further providers of the ONNX Runtime named in `AIP_ONNXRUNTIME`. Opens none of
 * them. Where ONNX Runtime cannot be loaded, every real device is missing and says why.
 */
export function discoverMachine(options: DiscoverOptions = {}): Machine {
  const system = options.system ?? localSystem();
  const { platform, arch, cpuModel, coreCount } = system;
  let runtime: Machine["onnxRuntime"] = null;
  let failure: string | null = null;
  try {
    runtime = (options.onnxRuntime ?? localOnnxRuntime)();
  } catch (error) {
    if (!(error instanceof AipError)) throw error;
    failure = error.message;
  }
  const asksCoreMl = platform === "darwin" && failure === null;
  const coreMl = asksCoreMl ? (options.coreMl ?? coreMlInfo)() : null;
  const context: Context = { system, runtime, failure, coreMl };
  const devices = [cpuDevice(context), gpuDevice(context), aneDevice(context)];
  for (const listed of runtime?.providers ?? []) {
    const provider = providerOfListing(listed);
    if (provider !== undefined) devices.push(namedDevice(context, listed, provider));
  }
  return { platform, arch, cpuModel, coreCount, onnxRuntime: runtime, failure, devices };
}

interface Context {
  readonly system: SystemView;
  readonly runtime: Machine["onnxRuntime"];
  /** Why there is no ONNX Runtime. */
  readonly failure: string | null;
  /** Null where there is none to ask. */
  readonly coreMl: CoreMlInfo | null;
}

function localOnnxRuntime(): OnnxRuntimeInfo & { readonly path: string } {
  return { ...onnxInfo(), path: onnxRuntimePath() };
}

function cpuDevice(context: Context): MachineDevice {
  const { coreCount } = context.system;
  const on = `${coreCount} ${coreCount === 1 ? "core" : "cores"}`;
  return offered(context, { kind: "cpu", provider: "CPUExecutionProvider", on });
}

function gpuDevice(context: Context): MachineDevice {
  const { platform } = context.system;
  if (platform === "darwin") {
    return coreMlDevice(context, { kind: "gpu", provider: COREML_PROVIDER_NAME });
  }
  const gpu = { kind: "gpu", provider: "WebGpuExecutionProvider" };
  if (platform !== "linux") return missing(gpu, `it is not supported on ${platform}`, null);
  const vulkan = inspectVulkan(context.system);
  if (vulkan.level === "none") return missing(gpu, vulkan.reason ?? "", vulkan.remedy);
  const software = vulkan.level === "software";
  const on = software ? `${vulkan.name}, software` : vulkan.name;
  const { reason, remedy, environment } = vulkan;
  return offered(context, { ...gpu, on, software, reason, remedy, environment });
}

function aneDevice(context: Context): MachineDevice {
  const ane = { kind: "ane" as const, provider: COREML_PROVIDER_NAME };
  const { platform, arch } = context.system;
  if (platform === "darwin" && arch === "arm64") return coreMlDevice(context, ane);
  return missing(ane, "only Macs with Apple silicon have a Neural Engine", null);
}

/** A unit that Core ML does not find must not be asked for: a load for it may hang. */
function coreMlDevice(
  context: Context,
  offer: Offer & { readonly kind: "gpu" | "ane" },
): MachineDevice {
  const { coreMl } = context;
  if (coreMl?.failure != null) return missing(offer, coreMl.failure, null);
  if (coreMl === null || coreMl.units.some((unit) => unit === offer.kind)) {
    return offered(context, offer);
  }
  const name = offer.kind === "ane" ? "Neural Engine" : "GPU";
  const reason = `Core ML finds no ${name} on this machine; a virtual one often has none`;
  return missing(offer, reason, null);
}

/** A provider that ONNX Runtime lists: usable where its own library and its hardware are there. */
function namedDevice(context: Context, listed: string, provider: NamedProvider): MachineDevice {
  const { system, runtime } = context;
  const { kind, name, libraryStem, vendor } = provider;
  const offer = { kind, provider: listed };
  if (vendor === "nvidia" && !hasNvidia(system)) {
    return missing(offer, "no NVIDIA GPU is visible to this machine", null);
  }
  if (vendor === "amd" && !system.exists("/dev/kfd")) {
    return missing(offer, "no AMD GPU with ROCm is visible to this machine", null);
  }
  const suffix = system.platform === "darwin" ? "dylib" : "so";
  const library = `libonnxruntime_providers_${libraryStem}.${suffix}`;
  const folder = dirname(runtime?.path ?? "");
  if (libraryStem !== null && !system.exists(join(folder, library))) {
    const remedy = `name an ONNX Runtime with ${name} in AIP_ONNXRUNTIME`;
    return missing(offer, `"${library}" is not beside ONNX Runtime in "${folder}"`, remedy);
  }
  return present(context, offer);
}

/** Device nodes of NVIDIA's driver: on servers, in WSL, on Jetson boards. */
function hasNvidia(system: SystemView): boolean {
  const nodes = ["/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-gpu", "/dev/nvgpu"];
  return nodes.some((node) => system.exists(node));
}

interface Offer {
  readonly kind: string;
  readonly provider: string;
  /** What it computes on, for people. */
  readonly on?: string;
  readonly software?: boolean;
  readonly reason?: string | null;
  readonly remedy?: string | null;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The hardware is there: whether ONNX Runtime can use it decides. */
function offered(context: Context, offer: Offer): MachineDevice {
  const { runtime, failure } = context;
  if (runtime === null) return missing(offer, failure ?? "ONNX Runtime is missing", null);
  if (runtime.providers.includes(offer.provider)) return present(context, offer);
  return missing(
    offer,
    `ONNX Runtime ${runtime.version} at "${runtime.path}" was built without ${offer.provider}`,
    "name a library that has it in AIP_ONNXRUNTIME, or unset AIP_ONNXRUNTIME",
  );
}

function present(context: Context, offer: Offer): MachineDevice {
  const name = offer.provider.replace("ExecutionProvider", "").replace("WebGpu", "WebGPU");
  const on = offer.on === undefined ? "" : ` on ${offer.on}`;
  return {
    kind: offer.kind,
    available: true,
    software: offer.software ?? false,
    provider: offer.provider,
    description: `ONNX Runtime ${context.runtime?.version} ${name}${on}`,
    reason: offer.reason ?? null,
    remedy: offer.remedy ?? null,
    environment: offer.environment ?? {},
  };
}

function missing(offer: Offer, reason: string, remedy: string | null): MachineDevice {
  const { kind, provider } = offer;
  const description = "not available";
  return {
    kind,
    available: false,
    software: false,
    provider,
    description,
    reason,
    remedy,
    environment: {},
  };
}
