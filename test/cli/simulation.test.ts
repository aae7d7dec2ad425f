import { describe, expect, test } from "bun:test";
import { simulate } from "../../src/cli/commands/simulate.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { readSimulation, type Simulation } from "../../src/cli/simulation.ts";
import { formatSimulation, simulationToJson } from "../../src/cli/simulation-table.ts";
import { compareSchedules } from "../../src/schedule/comparison.ts";
import { scheduleNames } from "../../src/schedule/schedule-spec.ts";
import { aipProcess } from "./process.ts";

const read = (line: string): Promise<Simulation> =>
  readSimulation(parseFlags(simulate, line.split(" ").filter(Boolean)));

describe("readSimulation()", () => {
  test("of nothing is every schedule on 20, 50 and 100 ms", async () => {
    const { devices, sources, schedules, seedCount, fps } = await read("");
    expect(devices.map(({ id, serviceMs, cv, weight }) => [id, serviceMs, cv, weight])).toEqual([
      ["sim-0", 20, 0.3, 5],
      ["sim-1", 50, 0.3, 2],
      ["sim-2", 100, 0.3, 1],
    ]);
    expect(sources).toEqual([{ frames: 20_000, slots: 10, drop: "never", arrivalMs: null }]);
    expect(schedules.map(({ name }) => name)).toEqual([...scheduleNames]);
    expect([seedCount, fps]).toEqual([5, null]);
  });

  test("paced sources begin one after the other within a frame's time", async () => {
    const { sources } = await read("--sources 4 --fps 5 --frames 9 --slots 3 --drop newest");
    expect(sources.map(({ arrivalMs }) => arrivalMs?.(0))).toEqual([0, 50, 100, 150]);
    expect(sources[1]?.arrivalMs?.(2)).toBe(450);
    expect(sources[1]).toMatchObject({ frames: 9, slots: 3, drop: "newest" });
  });

  test("replicas are devices of their own, and a model's answers make no difference", async () => {
    const { devices } = await read("--device sim:5ms:replicas=2:model=no-such.onnx");
    expect(devices.map(({ id }) => id)).toEqual(["sim-0", "sim-1"]);
  });

  test("a device takes its batch, and the latency goal", async () => {
    const { devices } = await read(
      "--device sim:20ms:batch=4:batch-cost=0.25,sim:5ms --latency 90",
    );
    expect(devices.map(({ batch, batchCost, goalMs }) => [batch, batchCost, goalMs])).toEqual([
      [4, 0.25, 90],
      [1, undefined, 90],
    ]);
  });
});

// Each row: what is typed, and the whole of what stderr says.
test.each([
  [
    "--device cpu",
    'Device "cpu" has no model of its times: name one with a service time, such as sim:20ms',
  ],
  ["--seeds 0", '--seeds must be a whole number from 1 to 1000, not "0"'],
  ["--window 0", '--window must be a number of seconds from 0.1 to 3600, not "0"'],
  ["--window 2s", '--window must be a number of seconds from 0.1 to 3600, not "2s"'],
  ["--sources 1e3", '--sources must be a whole number from 1 to 10000, not "1e3"'],
  ["--latency 0", "--latency must be a number of milliseconds above 0, at most 3600000, not 0"],
  ["--fps x", '--fps must be a number above 0, at most 100000, not "x"'],
  ["--schedule pul", 'Unknown schedule "pul"; did you mean "pull"?'],
  [
    "--schedule foo",
    'Unknown schedule "foo" (known: look-ahead, earliest-finish, pull, smooth, weighted, all)',
  ],
  [
    "--schedule weighted:1:2",
    'Schedule "weighted:1:2" has 2 weights for 3 devices (sim-0, sim-1, sim-2): ' +
      "give one for each, in this order",
  ],
  [
    "--frames 10000001",
    "10000001 frames are too many: at most 10000000 of all sources together can be simulated",
  ],
])("aip simulate %s is refused with one sentence and exit code 2", async (line, sentence) => {
  const words = ["simulate", ...line.split(" ")];
  expect(await aipProcess(words)).toEqual({ code: 2, stdout: "", stderr: `aip: ${sentence}\n` });
});

test("aip simulate prints a row for every schedule", async () => {
  const { code, stdout, stderr } = await aipProcess(
    "simulate --frames 2000 --seeds 1 --device sim:20ms,sim:50ms,sim:100ms".split(" "),
  );
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("3 devices: 20 ms, 50 ms, 100 ms; at most 80.0 fps");
  expect(stdout).toContain("1 source, saturated, 10 slots, 2,000 frames, one seed");
  for (const name of scheduleNames) expect(stdout).toMatch(new RegExp(`^${name} +\\d`, "m"));
});

const printed = async (line: string): Promise<string> => {
  const simulation = await read(`--seeds 2 --schedule pull ${line}`);
  return formatSimulation(simulation, compareSchedules(simulation));
};

test("what cannot be told is left out of the table", async () => {
  // No frame comes, so that there is no share of what could, and no latency.
  expect(await printed("--source silent")).toMatch(/^pull +0\.0( +–){5}$/m);
  // Frames that take no time have no rate.
  expect(await printed("--device sim:0ms --frames 50")).toMatch(/^pull +∞ +– +0\.0/m);
  const json = await read("--device sim:0ms --frames 50 --schedule pull");
  expect(simulationToJson(json, compareSchedules(json))).toContain('"throughput_fps": null');
});

test("a rate is that of the frames that come, however few and slow they are", async () => {
  const text = await printed("--fps 0.0001 --frames 10");
  expect(text).toContain("1 source, 0.0001 fps each");
  expect(text).toMatch(/^pull +0\.0001 +100 %/m);
});

test("a schedule that is named twice is compared once", async () => {
  const { schedules } = await read("--schedule all,pull");
  expect(schedules.map(({ name }) => name)).toEqual([...scheduleNames]);
});

test("a device that is given up is named, with the frames nobody was left for", async () => {
  // 10 frames have slots, and the two that were lost twice made room for two more.
  const text = await printed("--device sim:600s --frames 100");
  expect(text).toContain("\ngiven up    sim-0, lost too often; 88 frames never begun");
  const one = await printed("--device sim:20ms,sim:30ms:die-at=3 --frames 900");
  expect(one.split("\n").at(-1)).toBe("given up    sim-1, lost too often");
});

test("a saturated source keeps the devices busy as long as the paced ones beside it run", async () => {
  for (const drop of ["never", "oldest"]) {
    const line = `--source saturated,2fps:count=7 --drop ${drop} --schedule look-ahead --seeds 1`;
    const [figures] = compareSchedules(await read(line));
    // 20, 50 and 100 ms answer 80 frames a second together.
    expect(figures?.throughputFps).toBeGreaterThan(0.97 * 80);
    expect(figures?.frames.dropped).toBe(0);
  }
});

test("the table leaves out what is 0 everywhere; JSON has it all", async () => {
  const simulation = await read("--device sim:20ms --fps 60 --frames 300 --schedule pull");
  const quiet = compareSchedules(simulation);
  expect(formatSimulation(simulation, quiet)).not.toContain("dropped");
  const overload = await read("--device sim:20ms --fps 100 --frames 300 --drop newest");
  const figures = compareSchedules(overload);
  expect(formatSimulation(overload, figures)).toContain("mean dropped");
  const json = JSON.parse(simulationToJson(overload, figures));
  expect(json).toMatchObject({ bound_fps: 50, fps: 100, frames: 300, seeds: 5, slots: 10 });
  expect(json.schedules).toHaveLength(scheduleNames.length);
  const [first] = json.schedules;
  expect(first.frames.emitted + first.frames.dropped).toBeCloseTo(300, 6);
});
