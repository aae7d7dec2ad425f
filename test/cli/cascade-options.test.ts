import { describe, expect, test } from "bun:test";
import { readBudget, readTrainRequest } from "../../src/cli/cascade-options.ts";

const read = (flags: Readonly<Record<string, string>>, ...operands: string[]) =>
  readTrainRequest({ flags, operands });

describe("readTrainRequest()", () => {
  test("completes what is left out", () => {
    expect(read({ for: "person" }, "clips/front door.mp4")).toEqual({
      camera: "clips/front door.mp4",
      question: { classes: ["person"], confidence: 0.5, region: null },
      model: "demo",
      devices: "auto",
      budget: { falseNegatives: 0.01, falsePositives: 0.01 },
      seconds: undefined,
      frames: undefined,
      labels: undefined,
      labelsFrom: undefined,
      output: "front-door-person.aip",
      seed: 1,
      quiet: false,
    });
  });

  test("takes several classes, a region and a length", () => {
    const request = read(
      { for: "person,bicycle", region: "0,0.4,0.5,1", "for-seconds": "7200", seed: "7" },
      "rtsp://192.0.2.7/door",
    );
    expect(request.question).toEqual({
      classes: ["person", "bicycle"],
      confidence: 0.5,
      region: [0, 0.4, 0.5, 1],
    });
    expect(request).toMatchObject({ seconds: 7200, seed: 7, output: "door-person-bicycle.aip" });
  });

  test.each([
    [{ for: "person" }, [], "No camera given"],
    [{}, ["a.mp4"], "What is asked for? Name it: --for person"],
    [{ for: "person" }, ["a.mp4", "b.mp4"], "a cascade is for one camera"],
    [{ for: "person", confidence: "2" }, ["a.mp4"], "--confidence must be a number from 0.05 to 1"],
    // Fainter detections are not kept as labels: found out before all frames are labelled.
    [
      { for: "person", confidence: "0.01" },
      ["a.mp4"],
      '--confidence must be a number from 0.05 to 1, not "0.01"',
    ],
    [{ for: "person", region: "0,0,1" }, ["a.mp4"], "--region must be left,top,right,bottom"],
    [{ for: "person", region: "0.5,0,0.4,1" }, ["a.mp4"], "--region must be"],
    [{ for: "person", frames: "9", "for-seconds": "9" }, ["a.mp4"], "leave out one of them"],
    [{ for: "person", "for-seconds": "-1" }, ["a.mp4"], "--for-seconds must be a number above 0"],
    [{ for: "person", seed: "x" }, ["a.mp4"], "--seed must be a whole number"],
  ])("refuses %p with %p: %s", (flags, operands, message) => {
    expect(() => read(flags as Readonly<Record<string, string>>, ...operands)).toThrow(message);
  });
});

describe("readBudget()", () => {
  test("takes percent and shares", () => {
    expect(readBudget({ "max-fn": "2%", "max-fp": "0.05" })).toEqual({
      falseNegatives: 0.02,
      falsePositives: 0.05,
    });
    expect(readBudget({ "max-fn": ".5 %" }).falseNegatives).toBeCloseTo(0.005, 12);
  });

  test("refuses 0 %, which no footage can show", () => {
    for (const zero of ["0", "0%", "0.0"]) {
      expect(() => readBudget({ "max-fn": zero })).toThrow(
        "--max-fn must be above 0: no footage, however long",
      );
    }
  });

  test("refuses what may be meant as percent or is no rate", () => {
    for (const text of ["1", "5", "100%", "-1%", "few"]) {
      expect(() => readBudget({ "max-fp": text })).toThrow(
        `--max-fp must be a rate above 0 and below 100 %, as 1% or 0.01, not "${text}"`,
      );
    }
  });
});
