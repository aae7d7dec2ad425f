import { expect, test } from "bun:test";

import { nearest, suggestion } from "../src/nearest.ts";

test("nearest() finds a word with one letter wrong, missing, added or swapped", () => {
  const flags = ["--model", "--device", "--frames", "--fps"];
  expect(nearest("--modal", flags)).toBe("--model");
  expect(nearest("--mdel", flags)).toBe("--model");
  expect(nearest("--modell", flags)).toBe("--model");
  expect(nearest("--modle", flags)).toBe("--model");
  expect(nearest("--fsp", flags)).toBe("--fps");
});

test("nearest() ignores case", () => {
  expect(nearest("CPU", ["gpu", "cpu"])).toBe("cpu");
});

test("nearest() takes the beginning of a long word", () => {
  expect(nearest("conf", ["confidence", "config-of-something-else-entirely"])).toBe("confidence");
});

test("nearest() finds nothing when every candidate is far", () => {
  expect(nearest("zebra", ["cpu", "gpu", "sim"])).toBeUndefined();
  expect(nearest("cpu", [])).toBeUndefined();
});

test("nearest() prefers the earlier of two equally near words", () => {
  expect(nearest("xpu", ["cpu", "gpu"])).toBe("cpu");
});

test("suggestion() names the near word, or all that are known", () => {
  expect(suggestion("gpuu", ["cpu", "gpu"])).toBe('; did you mean "gpu"?');
  expect(suggestion("zebra", ["cpu", "gpu"])).toBe(" (known: cpu, gpu)");
  expect(suggestion("zebra", [])).toBe("");
});
