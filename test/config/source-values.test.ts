import { describe, expect, test } from "bun:test";
import { checkRunConfig } from "../../src/config/schema.ts";
import { checkSourceNames, readSourceValues, shareOf } from "../../src/config/source-values.ts";

describe("readSourceValues()", () => {
  test.each([
    [200, { "*": 200 }],
    ["200", { "*": 200 }],
    ["door=3, yard=0.5", { door: 3, yard: 0.5 }],
    ["200,yard=500", { "*": 200, yard: 500 }],
    ["a=b.mp4=2", { "a=b.mp4": 2 }],
    [
      { door: 3, "*": 1 },
      { door: 3, "*": 1 },
    ],
  ] as const)("reads %p", (input, values) => {
    expect(readSourceValues(input)).toEqual(values);
  });

  test.each(["", "door", "door=", "=3", "door=3,", "door=3,door=4", "1,2", "door=x", "door=1e3"])(
    "cannot read %p",
    (text) => {
      expect(readSourceValues(text)).toBeUndefined();
    },
  );
});

describe("checkRunConfig()", () => {
  test.each([
    [{ weight: { door: 0 } }, '"weight" must be a number from 0.001 to 1000'],
    [{ weight: "door=-1" }, '"weight" must be a number from 0.001 to 1000'],
    [{ weight: true }, '"weight" must be a number from 0.001 to 1000'],
    [{ priority: "door=0.5" }, '"priority" must be a whole number from -100 to 100'],
    [{ deadline: 0 }, '"deadline" must be a time in ms above 0'],
    [{ weight: "door=2,door=3" }, '"weight" must be given once for source "door", not "door=2'],
    [{ deadline: "1,2" }, '"deadline" must be given once for all sources, not "1,2"'],
    [{ deadline: Number.NaN }, '"deadline" must be a time in ms above 0'],
  ])("refuses %p", (config, message) => {
    expect(() => checkRunConfig(config)).toThrow(message);
  });

  test("brings all forms into one", () => {
    expect(checkRunConfig({ weight: "door=3", priority: 2, deadline: { yard: 80 } })).toEqual({
      weight: { door: 3 },
      priority: { "*": 2 },
      deadline: { yard: 80 },
    });
  });
});

test("shareOf() takes a source's own values, else those for all others, else the defaults", () => {
  const config = checkRunConfig({ weight: "2,door=3", priority: "yard=1" });
  expect(shareOf("door", config)).toEqual({ weight: 3, priority: 0, deadlineMs: null });
  expect(shareOf("yard", config)).toEqual({ weight: 2, priority: 1, deadlineMs: null });
  expect(shareOf("constructor", config)).toEqual({ weight: 2, priority: 0, deadlineMs: null });
});

test("checkSourceNames() refuses a name there is no source of", () => {
  const config = checkRunConfig({ weight: "1,door=3" });
  expect(() => checkSourceNames(config, ["door", "yard"])).not.toThrow();
  expect(() => checkSourceNames(config, ["doors", "yard"])).toThrow(
    'A weight is given for source "door", and none has this name; did you mean "doors"?',
  );
});
