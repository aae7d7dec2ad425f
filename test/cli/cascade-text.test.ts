import { expect, test } from "bun:test";
import type { Cascade } from "../../src/cascade/file/cascade.ts";
import { formatCascade } from "../../src/cli/cascade-text.ts";
import { sampleCascade } from "../cascade/file/sample-cascade.ts";

/** The sample with other levels and figures. */
function cascade(
  levels: Partial<Cascade["levels"]>,
  validation: Partial<Cascade["validation"]> = {},
): Cascade {
  const sample = sampleCascade();
  return {
    ...sample,
    levels: { ...sample.levels, ...levels },
    validation: { ...sample.validation, ...validation },
  };
}

test("formatCascade() says what the frames behind the bounds are worth, where the file knows", () => {
  const figures = {
    falseNegatives: { count: 1, of: 938, bound: 0.00809, effective: 485, runs: 63 },
    falsePositives: { count: 292, of: 44_407, bound: 0.00789, effective: 12_617, runs: 64 },
  };
  expect(formatCascade("door.aip", cascade({}, figures))).toContain(
    "938 frames in 63 appearances worth 485 independent ones; " +
      "44,407 frames in 64 absences worth 12,617 independent ones",
  );
  expect(formatCascade("door.aip", sampleCascade())).not.toContain("worth");
});

test("formatCascade() says how often it was tuned, and from four times on what that does", () => {
  const tunedLine = (count: number): string => {
    const sample = sampleCascade();
    const tuned = { at: "2026-11-22T09:30:00.000Z", count };
    const text = formatCascade("d.aip", { ...sample, provenance: { ...sample.provenance, tuned } });
    return /^tuned +(.*)$/m.exec(text)?.[1] ?? "";
  };
  expect(tunedLine(1)).toBe("once since its training, 2026-11-22 09:30 UTC");
  expect(tunedLine(3)).toBe("3 times since its training, last 2026-11-22 09:30 UTC");
  expect(tunedLine(4)).toBe(
    "4 times since its training, last 2026-11-22 09:30 UTC; each looked at the held-out frames " +
      "again: the bounds hold less surely than 95 %",
  );
  expect(formatCascade("d.aip", sampleCascade())).not.toMatch(/^tuned/m);
});

test("formatCascade() leaves out what levels cost that are not there", () => {
  const costs = (text: string): string => /^costs +(.*)$/m.exec(text)?.[1] ?? "";
  const bare = cascade({ tSkip: 1, difference: null, network: null });
  expect(costs(formatCascade("door.aip", bare))).toMatch(/^decode \S+ +reference \S+ ms a frame/);
  const full = costs(formatCascade("door.aip", cascade({ tSkip: 2 })));
  for (const name of ["skipped", "difference", "network"]) expect(full).toContain(name);
});

test("formatCascade() says where nothing is left for the reference model", () => {
  const { network } = sampleCascade().levels;
  if (network === null) throw new Error("the sample has a network");
  const text = formatCascade(
    "door.aip",
    cascade({ network: { ...network, cLow: 0.3, cHigh: 0.3 } }),
  );
  expect(text).toContain("the reference model is asked for audits alone");
});

test("formatCascade() shows what each level saves, where the file knows", () => {
  const factors = [{ levels: "reference alone", fps: 12.44, inferred: 1, holds: true }];
  const text = formatCascade("door.aip", { ...sampleCascade(), factors });
  expect(text).toMatch(
    /^factors +levels +frames\/s +to reference\n +reference alone +12\.4 +100 %$/m,
  );
  expect(formatCascade("door.aip", sampleCascade())).not.toContain("factors");
});
