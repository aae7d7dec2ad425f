import { expect, test } from "bun:test";
import { manifestPathOf } from "../src/model-path.ts";

test("manifestPathOf() puts .json in the place of .onnx", () => {
  expect(manifestPathOf("a.b/x.onnx")).toBe("a.b/x.json");
  expect(manifestPathOf("x.ONNX")).toBe("x.json");
  expect(manifestPathOf("x")).toBe("x.json");
});
