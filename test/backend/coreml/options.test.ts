import { describe, expect, test } from "bun:test";
import { coreMlLines, refuseCoreMlOptions } from "../../../src/backend/coreml/options.ts";
import { parseDevice } from "../../../src/backend/device-spec.ts";

describe("a device's options for Core ML", () => {
  test("become lines for the native library, in one order", () => {
    const spec = parseDevice("ane:reshape=infrequent:replicas=3:fast-prediction=yes");
    expect(coreMlLines(spec)).toEqual(["fast-prediction=yes", "reshape=infrequent"]);
    expect(coreMlLines(parseDevice("ane"))).toEqual([]);
  });

  test.each([
    [
      "ane:fast-prediction=1",
      'Device "ane:fast-prediction=1" has fast-prediction 1: it must be yes or no',
    ],
    [
      "gpu:reshape=never",
      'Device "gpu:reshape=never" has reshape never: it must be frequent or infrequent',
    ],
  ])("of %s are refused, with what would be right", (text, message) => {
    expect(() => parseDevice(text)).toThrow(message);
  });

  test("are refused for a model that is none of Core ML", () => {
    expect(() => refuseCoreMlOptions(parseDevice("gpu:low-precision=yes"), "x.onnx")).toThrow(
      'Device "gpu:low-precision=yes" has low-precision, which only Core ML models take: model "x.onnx" is none',
    );
    refuseCoreMlOptions(parseDevice("gpu:batch=2"), "x.onnx");
  });
});
