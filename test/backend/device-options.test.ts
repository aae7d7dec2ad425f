import { expect, test } from "bun:test";
import type { DeviceSpec } from "../../src/backend/backend.ts";
import {
  parseDecimal,
  readBatch,
  readCpuOptions,
  readReplicas,
  readWeight,
} from "../../src/backend/device-options.ts";

const spec = (options: Record<string, string>): DeviceSpec => ({
  kind: "cpu",
  options: new Map(Object.entries(options)),
  text: "cpu:…",
});

test("readReplicas() and readCpuOptions() leave the choice open where nothing is given", () => {
  expect(readReplicas(spec({}))).toBeUndefined();
  expect(readWeight(spec({}))).toBeUndefined();
  expect(readCpuOptions(spec({}))).toEqual({ threads: undefined });
});

test("readReplicas() takes whole numbers from 1 to 64 alone", () => {
  expect(readReplicas(spec({ replicas: "1" }))).toBe(1);
  expect(readReplicas(spec({ replicas: "64" }))).toBe(64);
  for (const replicas of ["0", "65", "-1", "1.5", "1e1", "0x2", "two", " 2"]) {
    expect(() => readReplicas(spec({ replicas }))).toThrow("a whole number from 1 to 64");
  }
});

test("readWeight() takes any positive number", () => {
  expect(readWeight(spec({ weight: "0.5" }))).toBe(0.5);
  expect(() => readWeight(spec({ weight: "0" }))).toThrow("a number above 0");
  expect(() => readWeight(spec({ weight: "Infinity" }))).toThrow("a number above 0");
});

test("parseDecimal() reads decimal numbers and nothing else", () => {
  expect(parseDecimal("0.25")).toBe(0.25);
  expect(parseDecimal(".5")).toBe(0.5);
  expect(parseDecimal("-1e-3")).toBe(-0.001);
  for (const text of ["", " ", "0x10", "1_000", "1,5", "NaN", "1e", "1.2.3"]) {
    expect(parseDecimal(text)).toBeNaN();
  }
});

test("readBatch() takes a number of frames from 1 to 64, or leaves it to be measured", () => {
  expect(readBatch(spec({}))).toBe("auto");
  expect(readBatch(spec({ batch: "auto" }))).toBe("auto");
  expect(readBatch(spec({ batch: "64" }))).toBe(64);
  for (const batch of ["0", "65", "-1", "2.5", "all", "0x2", ""]) {
    expect(() => readBatch(spec({ batch }))).toThrow(
      "it must be auto, or a whole number from 1 to 64",
    );
  }
});
