import { describe, expect, test } from "bun:test";
import { computedBy, effortText } from "../../src/doctor/effort.ts";

const cpu = { busyCores: 1, processorMs: 9 };

describe("computedBy()", () => {
  test.each([
    // 9 − 6.1 is less than a third of 9; 9 − 5.9 is more.
    ["processor", { busyCores: 0.3, processorMs: 6.1 }, 1],
    ["elsewhere", { busyCores: 0.3, processorMs: 5.9 }, 1],
    // Half of the work is to leave: 1.5 ms of 9.
    ["processor", { busyCores: 0.6, processorMs: 7.6 }, 0.5],
    ["unknown", { busyCores: 0.6, processorMs: 7.4 }, 0.5],
    // Half a core or more is busy: 9 − 3 is two thirds of 9, 9 − 3.1 is less.
    ["elsewhere", { busyCores: 0.6, processorMs: 3 }, 1],
    ["unknown", { busyCores: 0.6, processorMs: 3.1 }, 1],
    ["unknown", { busyCores: 0.5, processorMs: 3.1 }, 1],
    ["elsewhere", { busyCores: 0.79, processorMs: 5.9 }, 0.5],
    ["unknown", { busyCores: 0.79, processorMs: 8.9 }, 0],
    ["processor", { busyCores: 0.8, processorMs: 2 }, 1],
    ["elsewhere", { busyCores: 0.8, processorMs: 1.9 }, 1],
    ["unknown", { busyCores: null, processorMs: null }, 1],
  ] as const)("says %s of %p with a share of %d", (computed, unit, share) => {
    expect(computedBy(unit, cpu, share)).toBe(computed);
  });

  test("relief beside a CPU that computes in another way proves nothing", () => {
    expect(computedBy({ busyCores: 0.6, processorMs: 1.8 }, cpu, 1, false)).toBe("unknown");
    expect(computedBy({ busyCores: 0.3, processorMs: 1.8 }, cpu, 1, false)).toBe("elsewhere");
  });

  test("cores that others kept from both prove nothing, what was spared does", () => {
    const crowded = { busyCores: 0.7, processorMs: 9 };
    expect(computedBy({ busyCores: 0.3, processorMs: 5.9 }, crowded, 1)).toBe("unknown");
    expect(computedBy({ busyCores: 0.3, processorMs: 3 }, crowded, 1)).toBe("elsewhere");
  });

  test("a frame that costs the CPU next to nothing itself proves nothing", () => {
    const short = { busyCores: 1, processorMs: 1.9 };
    expect(computedBy({ busyCores: 0.6, processorMs: 0.3 }, short, 1)).toBe("unknown");
  });

  test("needs no reference where the cores are busy or idle", () => {
    expect(computedBy({ busyCores: 1, processorMs: 9 }, null, 1)).toBe("processor");
    expect(computedBy({ busyCores: 0.1, processorMs: 9 }, null, 1)).toBe("elsewhere");
  });
});

test("effortText() names both sides", () => {
  expect(effortText({ busyCores: 0.24, processorMs: 1.04 }, cpu)).toBe(
    "0.2 cores busy, 1.0 ms of processor time a frame against 9.0 on CPU",
  );
  expect(effortText({ busyCores: null, processorMs: null }, cpu)).toBe(
    "its processor time is not known",
  );
});
