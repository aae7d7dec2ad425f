import { expect, test } from "bun:test";
import {
  namedProviderKinds,
  providerOfKind,
  providerOfListing,
} from "../../src/backend/providers.ts";

test("providerOfKind() and providerOfListing() meet for every kind", () => {
  for (const kind of namedProviderKinds) {
    const provider = providerOfKind(kind);
    expect(provider?.kind).toBe(kind);
    expect(providerOfListing(`${provider?.name}ExecutionProvider`)).toBe(provider);
  }
});

test("providerOfListing() knows ONNX Runtime's own spelling", () => {
  expect(providerOfListing("TensorrtExecutionProvider")?.kind).toBe("tensorrt");
  expect(providerOfListing("OpenVINOExecutionProvider")?.kind).toBe("openvino");
});

test("providerOfListing() leaves the built-in providers to cpu, gpu and ane", () => {
  for (const name of ["CPU", "WebGpu", "CoreML"]) {
    expect(providerOfListing(`${name}ExecutionProvider`)).toBeUndefined();
  }
});
