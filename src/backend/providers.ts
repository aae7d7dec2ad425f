/** Suffix of every execution provider's name in ONNX Runtime's own list. */
const SUFFIX = "ExecutionProvider";

/**
 * Providers that other builds of ONNX Runtime may hold, named as devices in lower case. The names
 * are those of ONNX Runtime's `GetAvailableProviderNames` (core/providers/get_execution_providers).
 * CPU, WebGPU and Core ML are missing here: they are the devices `cpu`, `gpu` and `ane`.
 */
const NAMED_PROVIDERS: readonly string[] = [
  "CUDA",
  "Tensorrt",
  "NvTensorRTRTX",
  "OpenVINO",
  "ROCM",
  "MIGraphX",
  "Dnnl",
  "Dml",
  "Xnnpack",
  "QNN",
  "CANN",
  "VitisAI",
  "ArmNN",
  "ACL",
  "Rknpu",
];

/** Device kinds of those providers: `cuda`, `tensorrt`, `openvino`… */
export const namedProviderKinds: readonly string[] = NAMED_PROVIDERS.map((name) =>
  name.toLowerCase(),
);

/**
 * The name of the provider behind a device kind, as ONNX Runtime spells it without its suffix:
 * `"CUDA"` for `cuda`. Undefined for kinds that no named provider serves.
 */
export function providerOfKind(kind: string): string | undefined {
  return NAMED_PROVIDERS.find((name) => name.toLowerCase() === kind);
}

/** The device kind of `CUDAExecutionProvider` and the like; undefined for the built-in ones. */
export function kindOfProvider(provider: string): string | undefined {
  const name = provider.endsWith(SUFFIX) ? provider.slice(0, -SUFFIX.length) : provider;
  return NAMED_PROVIDERS.includes(name) ? name.toLowerCase() : undefined;
}
