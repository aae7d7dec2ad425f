import { expect, test } from "bun:test";
import {
  formatCount,
  formatCountOf,
  formatMs,
  formatPercent,
  formatRate,
  formatScore,
  formatSeconds,
  formatShares,
} from "../../src/metrics/number-format.ts";

test("formatCount() separates thousands", () => {
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
});

test("formatRate() has a decimal below a thousand", () => {
  expect([0, 0.0001, 0.044, 96.24, 999.94, 999.95, 12_345.6].map(formatRate)).toEqual([
    "0.0",
    "0.0001",
    "0.044",
    "96.2",
    "999.9",
    "1,000",
    "12,346",
  ]);
});

test("formatMs() has as many decimals as a reader needs", () => {
  expect([0, 0.044, 0.4, 20.94, 99.95, 1234].map(formatMs)).toEqual([
    "0.0",
    "0.04",
    "0.4",
    "20.9",
    "100",
    "1,234",
  ]);
});

test("formatPercent() tells little from nothing", () => {
  expect([0, 0.004, 0.005, 0.444, 1].map(formatPercent)).toEqual([
    "0 %",
    "<1 %",
    "1 %",
    "44 %",
    "100 %",
  ]);
});

test("formatCountOf() has one word for one and another for many", () => {
  expect([0, 1, 1234].map((count) => formatCountOf(count, "frame"))).toEqual([
    "0 frames",
    "1 frame",
    "1,234 frames",
  ]);
});

test("formatShares() adds up to 100 %, and gives what is missing to the largest remainders", () => {
  // 376, 211 and 13 of 600 are 62.67, 35.17 and 2.17 %; rounded one by one 63 + 35 + 2.
  expect(formatShares([376, 211, 13], 600)).toEqual(["63 %", "35 %", "2 %"]);
  // Each of these halves would be rounded up: 101 %.
  expect(formatShares([125, 75], 200)).toEqual(["63 %", "37 %"]);
  expect(formatShares([1, 1, 1], 3)).toEqual(["34 %", "33 %", "33 %"]);
  expect(formatShares([1, 999], 1000)).toEqual(["<1 %", "100 %"]);
  expect(formatShares([0, 0], 0)).toEqual(["0 %", "0 %"]);
});

test("formatScore() rounds nothing up", () => {
  expect([0.9058, 0.8999, 0.57, 1, 0].map(formatScore)).toEqual([
    "0.905",
    "0.899",
    "0.570",
    "1.000",
    "0.000",
  ]);
});

test("formatSeconds() goes from tenths to hours", () => {
  expect([0.44, 9.96, 119.4, 185, 7380].map(formatSeconds)).toEqual([
    "0.4 s",
    "10 s",
    "119 s",
    "3 min 5 s",
    "2 h 3 min",
  ]);
});
