/** An execution provider that other builds of ONNX Runtime may hold. */
export interface NamedProvider {
  /** As ONNX Runtime spells it, without the suffix `ExecutionProvider`. */
  readonly name: string;
  /** Device kind: the name in lower case. */
  readonly kind: string;
  /**
   * Stem of the provider's own library, `libonnxruntime_providers_<stem>`, which must lie beside
   * ONNX Runtime's; null where it is linked in. A build can list a provider and lack its library.
   */
  readonly libraryStem: string | null;
  readonly vendor: "nvidia" | "amd" | null;
}

const SUFFIX = "ExecutionProvider";

/**
 * Names as in ONNX Runtime's `GetAvailableExecutionProviderNames`; CPU, WebGPU and Core ML are
 * missing here, as they are the devices `cpu`, `gpu` and `ane`.
 */
const NAMED_PROVIDERS: readonly NamedProvider[] = [
  named("CUDA", "cuda", "nvidia"),
  named("Tensorrt", "tensorrt", "nvidia"),
  named("NvTensorRTRTX", "nv_tensorrt_rtx", "nvidia"),
  named("ROCM", "rocm", "amd"),
  named("MIGraphX", "migraphx", "amd"),
  named("OpenVINO", "openvino"),
  named("Dnnl", "dnnl"),
  named("QNN", "qnn"),
  named("CANN", "cann"),
  named("VitisAI", "vitisai"),
  named("Xnnpack"),
  named("ArmNN"),
  named("ACL"),
  named("Rknpu"),
];

function named(
  name: string,
  libraryStem: string | null = null,
  vendor: NamedProvider["vendor"] = null,
): NamedProvider {
  return { name, kind: name.toLowerCase(), libraryStem, vendor };
}

/** Device kinds of those providers: `cuda`, `tensorrt`, `openvino`… */
export const namedProviderKinds: readonly string[] = NAMED_PROVIDERS.map(({ kind }) => kind);

/** The provider behind a device kind such as `cuda`; undefined where no named one serves it. */
export function providerOfKind(kind: string): NamedProvider | undefined {
  return NAMED_PROVIDERS.find((provider) => provider.kind === kind);
}

/** The provider that ONNX Runtime lists as `CUDAExecutionProvider`; undefined for built-in ones. */
export function providerOfListing(listed: string): NamedProvider | undefined {
  return NAMED_PROVIDERS.find(({ name }) => listed === name + SUFFIX);
}
