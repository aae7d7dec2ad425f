import { describe, expect, test } from "bun:test";
import { plan } from "../../src/cli/commands/plan.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { formatOf, type PlanRequest, readPlanRequest } from "../../src/cli/planning.ts";
import { aipProcess, spawnAip } from "./process.ts";

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
  ["--model no-such.onnx", 'Cannot open model "no-such.onnx": no such file'],
  [
    "--device sim:20ms:die-at=10",
    'Device "sim:20ms:die-at=10" cannot be planned with: a plan counts on devices that neither ' +
      "fail nor change their speed; leave out die-at=",
  ],
  ["--device cpu,sim:20ms:slow-at=9x4", 'Device "sim:20ms:slow-at=9x4" cannot be planned with'],
  ["--device sim:20ms:fail=1", 'Device "sim:20ms:fail=1" cannot be planned with'],
  ["--device sim:20ms:hang-at=3", 'Device "sim:20ms:hang-at=3" cannot be planned with'],
  ["--device sim:9ms:stall-at=3x5ms", 'Device "sim:9ms:stall-at=3x5ms" cannot be planned with'],
  ["--device nonsense", 'Unknown device "nonsense"'],
  ["--camera 5", 'Unknown flag "--camera"; did you mean "--cameras"?'],
])("aip plan %s is refused with one sentence and exit code 2", async (line, sentence) => {
  const { code, stdout, stderr } = await aipProcess(["plan", ...line.split(" ")]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toStartWith(`aip: ${sentence}`);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("aip plan that is interrupted while it makes its clip ends there, and says so", async () => {
  const child = spawnAip("plan --size 8192x8192 --device sim:20ms".split(" "));
  let stderr = "";
  for await (const chunk of child.stderr) {
    if (stderr === "") child.kill("SIGINT");
    stderr += new TextDecoder().decode(chunk);
  }
  expect([await child.exited, await new Response(child.stdout).text()]).toEqual([130, ""]);
  expect(stderr.trimEnd().split("\n").at(-1)).toBe("aip: the plan was interrupted");
});
