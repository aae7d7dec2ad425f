import { describe, expect, test } from "bun:test";
import { epochOrder } from "../../src/training/epoch-order.ts";

const labelsOf = (present: number, absent: number): Uint8Array =>
  Uint8Array.from({ length: present + absent }, (_, index) => Number(index < present));

describe("epochOrder()", () => {
  test("takes each picture once where both kinds are common", () => {
    expect([...epochOrder(labelsOf(3, 7))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("repeats the rarer kind until it is a quarter, whichever it is", () => {
    // 10 of 100 are less than a quarter; 30 of 120 are.
    const order = epochOrder(labelsOf(10, 90));
    expect(order).toHaveLength(120);
    expect(order.filter((picture) => picture === 4)).toHaveLength(3);
    expect(order.filter((picture) => picture === 50)).toHaveLength(1);
    const other = epochOrder(labelsOf(90, 10));
    expect(other.filter((picture) => picture >= 90)).toHaveLength(30);
  });

  test("shows no picture more than four times an epoch", () => {
    expect(epochOrder(labelsOf(1, 999))).toHaveLength(1003);
  });
});
