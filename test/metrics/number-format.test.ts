import { expect, test } from "bun:test";
import {
  formatCount,
  formatMs,
  formatPercent,
  formatRate,
  formatSeconds,
} from "../../src/metrics/number-format.ts";

test("formatCount() separates thousands", () => {
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
});

test("formatRate() has a decimal below a thousand", () => {
  expect([0, 96.24, 999.94, 999.95, 12_345.6].map(formatRate)).toEqual([
    "0.0",
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

test("formatSeconds() goes from tenths to hours", () => {
  expect([0.44, 9.96, 119.4, 185, 7380].map(formatSeconds)).toEqual([
    "0.4 s",
    "10 s",
    "119 s",
    "3 min 5 s",
    "2 h 3 min",
  ]);
});
