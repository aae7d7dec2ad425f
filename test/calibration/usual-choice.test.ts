import { describe, expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import { formatCombination, variantsOf } from "../../src/calibration/combination.ts";
import { Rounds } from "../../src/calibration/rounds.ts";
import { measureUsual, usualAmong } from "../../src/calibration/usual-choice.ts";
import { fakeTrials } from "./fake-devices.ts";

const variants = variantsOf(parseDevices("cpu,gpu"), { cores: 2, lone: ["gpu"] });

describe("usualAmong()", () => {
  test.each([
    [["cpu"], "cpu:threads=1:replicas=2"],
    [["gpu", "cpu"], "cpu:threads=1:replicas=2,gpu:replicas=1"],
  ])("of %p is %s", (kinds, expected) => {
    const usual = usualAmong(variants, kinds, 2);
    expect(usual === null ? null : formatCombination(usual)).toBe(expected);
  });

  test("is nothing where nothing is usual, or it is not among them", () => {
    expect(usualAmong(variants, [], 2)).toBeNull();
    expect(usualAmong(variants, ["cpu", "ane"], 2)).toBeNull();
  });
});

describe("measureUsual()", () => {
  /** What it measures after one session of one thread, whose rounds differ by these factors. */
  async function measured(slowdowns: readonly number[]): Promise<readonly string[]> {
    const names: string[] = [];
    const rounds = new Rounds({
      trial: (combination) => {
        const slowdown = slowdowns[names.length % slowdowns.length] ?? 1;
        names.push(formatCombination(combination));
        const device = { aloneMs: 20, sharedMs: 10 };
        return Promise.resolve(fakeTrials(combination, () => device, slowdown));
      },
      release: () => Promise.resolve(),
      decoding: false,
      progress: () => undefined,
    });
    const [single] = variants;
    const usual = usualAmong(variants, ["cpu"], 2);
    if (single === undefined || usual === null) throw new Error("a CPU has both");
    await rounds.measure([[{ variant: single, replicas: 1 }]], 3);
    const before = names.length;
    const search = { rounds, variants, progress: () => undefined, hasTime: () => false };
    await measureUsual(search, usual);
    return [...new Set(names.slice(before))].sort();
  }

  test("on a busy machine measures it, and the best beside it", async () => {
    expect(await measured([1, 3, 9])).toEqual([
      "cpu:threads=1:replicas=1",
      "cpu:threads=1:replicas=2",
    ]);
  });

  test("on a quiet one what the search left out stays out", async () => {
    expect(await measured([1, 1.01, 1.02])).toEqual([]);
  });
});
