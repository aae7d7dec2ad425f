import { expect, test } from "bun:test";
import { run, toConfigInput } from "../../../src/cli/commands/run.ts";
import { flagNames } from "../../../src/cli/flags.ts";
import { scheduleNames } from "../../../src/config/run-config.ts";
import { checkRunConfig, runConfigKeys } from "../../../src/config/schema.ts";

test("toConfigInput() turns flags into configuration", () => {
  const input = toConfigInput({
    flags: {
      device: "cpu,gpu",
      "pixel-format": "nv12",
      "input-size": "640x384",
      fps: "12.5",
      quiet: true,
      config: "aip.config.ts",
    },
    operands: ["a.mp4", "b.mp4"],
  });
  expect<unknown>(input).toEqual({
    sources: ["a.mp4", "b.mp4"],
    devices: "cpu,gpu",
    pixelFormat: "nv12",
    inputSize: "640x384",
    fps: 12.5,
    quiet: true,
  });
});

test("toConfigInput() leaves words that are no numbers to the check", () => {
  for (const fps of ["abc", "0x10", "", "1,5"]) {
    const input: unknown = toConfigInput({ flags: { fps }, operands: [] });
    expect(input).toEqual({ fps });
    expect(() => checkRunConfig(input)).toThrow("must be a number above 0");
  }
});

test("aip run has a flag for every setting but the sources, which are operands", () => {
  const flags = flagNames(run).filter((flag) => flag !== "config" && flag !== "supervise");
  const values = Object.fromEntries(flags.map((flag) => [flag, "x"]));
  const keys = Object.keys(toConfigInput({ flags: values, operands: ["x"] }));
  expect(keys.toSorted()).toEqual([...runConfigKeys].toSorted());
});

test("aip run offers every schedule there is", () => {
  expect(run.completions?.["schedule"]).toEqual(scheduleNames);
});
