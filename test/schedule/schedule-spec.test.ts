import { describe, expect, test } from "bun:test";
import { AipError } from "../../src/errors.ts";
import {
  createScheduler,
  parseSchedule,
  scheduleNames,
  withWeights,
} from "../../src/schedule/schedule-spec.ts";
import { state } from "./state.ts";

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AipError);
    expect(error).toMatchObject({ code: "schedule-invalid", category: "usage" });
    return (error as AipError).message;
  }
  throw new Error("nothing was refused");
}

describe("parseSchedule()", () => {
  test("reads every name there is", () => {
    for (const name of scheduleNames) {
      expect(parseSchedule(name)).toEqual({ name, weights: null, text: name });
      expect(createScheduler(name, [{ weight: 1 }]).name).toBe(name);
    }
  });

  test("shares of smooth follow devices that slow down, but not where they are given", () => {
    const frames = (text: string): number => {
      const devices = [{ weight: 1 }, { weight: 1 }];
      const scheduler = createScheduler(parseSchedule(text), devices);
      const now = state([{ slowdown: 3 }, {}]);
      return Array.from({ length: 40 }, () => scheduler.enter(now)).filter((to) => to === 0).length;
    };
    expect(frames("smooth")).toBe(10);
    expect(frames("smooth:weights=1:1")).toBe(20);
    expect(frames("weighted")).toBe(20);
  });

  test.each([
    ["weighted:weights=7:3:1", [7, 3, 1]],
    ["weighted:7:3:1", [7, 3, 1]],
    ["smooth:weights=0.5", [0.5]],
  ] as const)("reads the weights of %s", (text, weights) => {
    expect(parseSchedule(text).weights).toEqual(weights);
  });

  test.each([
    ["wieghted", 'Unknown schedule "wieghted"; did you mean "weighted"?'],
    [
      "fastest",
      'Unknown schedule "fastest" ' +
        "(known: look-ahead, earliest-finish, pull, smooth, weighted)",
    ],
    [
      "weighted:weights=7:0",
      'Schedule "weighted" has weights "7:0": ' +
        "write a number above 0 for each device, such as weighted:weights=7:3:1",
    ],
    [
      "smooth:",
      'Schedule "smooth" has weights "": ' +
        "write a number above 0 for each device, such as smooth:weights=7:3:1",
    ],
    [
      "pull:weights=1:2",
      'Schedule "pull" has no shares to set: only smooth and weighted take weights',
    ],
  ])("refuses %s", (text, sentence) => {
    expect(refusal(() => parseSchedule(text))).toBe(sentence);
  });
});

describe("withWeights()", () => {
  const devices = [
    { id: "sim-0", weight: 5 },
    { id: "sim-1", weight: 2 },
  ];

  test("gives the devices the weights asked for, and leaves them their own otherwise", () => {
    const given = withWeights(parseSchedule("weighted:weights=7:3"), devices);
    expect(given.map(({ weight }) => weight)).toEqual([7, 3]);
    expect(withWeights(parseSchedule("weighted"), devices)).toEqual(devices);
  });

  test("refuses another number of weights than there are devices", () => {
    expect(refusal(() => withWeights(parseSchedule("smooth:weights=1"), devices))).toBe(
      'Schedule "smooth:weights=1" has 1 weight for 2 devices (sim-0, sim-1): ' +
        "give one for each, in this order",
    );
  });
});
