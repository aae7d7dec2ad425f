import { describe, expect, test } from "bun:test";
import { plan } from "../../src/cli/commands/plan.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { formatOf, type PlanRequest, readPlanRequest } from "../../src/cli/planning.ts";
import { aipProcess } from "./process.ts";

const read = (line: string): PlanRequest =>
  readPlanRequest(parseFlags(plan, line.split(" ").filter(Boolean)));

describe("readPlanRequest()", () => {
  test("of nothing asks for as many cameras as fit, on the devices that help", () => {
    const request = read("");
    expect(request).toEqual({
      cameras: null,
      size: null,
      fps: null,
      latencyMs: null,
      model: "demo",
      devices: "auto",
      source: null,
      verifySeconds: null,
    });
    expect(formatOf(request, {})).toEqual({ width: 1280, height: 720, fps: 15 });
  });

  test("takes everything from the flags", () => {
    const line = "--cameras 18 --size 1920x1080 --fps 12.5 --latency 200 --verify --seconds 5";
    expect(read(`${line} --device sim:20ms --device cpu --model m.onnx`)).toEqual({
      cameras: 18,
      size: { width: 1920, height: 1080 },
      fps: 12.5,
      latencyMs: 200,
      model: "m.onnx",
      devices: "sim:20ms,cpu",
      source: null,
      verifySeconds: 5,
    });
    expect(read("--verify").verifySeconds).toBe(60);
  });

  test("takes size and rate of a recording, and another rate where one is given", () => {
    const recording = { width: 768, height: 432, fps: 25 };
    expect(formatOf(read("--source a.mp4"), recording)).toEqual(recording);
    expect(formatOf(read("--source a.mp4 --fps 10"), recording).fps).toBe(10);
  });
});

// Each row: what is typed, and the whole of what stderr says.
test.each([
  ["--cameras 0", '--cameras must be a whole number from 1 to 1024, not "0"'],
  ["--cameras 2.5", '--cameras must be a whole number from 1 to 1024, not "2.5"'],
  ["--fps 0", '--fps must be a number above 0, at most 1000, not "0"'],
  ["--latency -5", '--latency must be a number above 0, at most 600000, not "-5"'],
  [
    "--size 1280",
    '--size must be WIDTHxHEIGHT, such as 1280x720, both even and from 64 to 8192, not "1280"',
  ],
  [
    "--size 641x480",
    '--size must be WIDTHxHEIGHT, such as 1280x720, both even and from 64 to 8192, not "641x480"',
  ],
  [
    "--size 640x480 --source a.mp4",
    "--size is the recording's own where --source names one: leave it out",
  ],
  ["--seconds 5", "--seconds is the time that --verify measures: add --verify"],
  ["--verify --seconds 0", '--seconds must be a whole number from 1 to 86400, not "0"'],
  ["--source no-such.mp4", 'Cannot open source "no-such.mp4": no such file'],
  ["--source demo", 'Cannot open source "demo": what stands for a camera is one video file'],
  ["--device nonsense", 'Unknown device "nonsense"'],
  ["--camera 5", 'Unknown flag "--camera"; did you mean "--cameras"?'],
])("aip plan %s is refused with one sentence and exit code 2", async (line, sentence) => {
  const { code, stdout, stderr } = await aipProcess(["plan", ...line.split(" ")]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toStartWith(`aip: ${sentence}`);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});
