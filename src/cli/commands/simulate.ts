import type { Command } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { printOut } from "../print-out.ts";

/** `aip simulate`: schedules compared on modelled devices, in a second and without running any. */
export const simulate: Command = {
  meta: {
    name: "aip simulate",
    description: "Compares schedules on simulated devices, without running them",
  },
  args: {
    device: {
      type: "string",
      valueHint: "LIST",
      description:
        "sim:20ms[:cv=0.3:slow-at=1000x2:fail=0.01:…], by commas (Default: 20, 50 and 100 ms, cv 0.3)",
    },
    schedule: {
      type: "string",
      valueHint: "LIST",
      description: "Names by commas, with weights where shares are fixed (Default: all)",
    },
    sources: { type: "string", valueHint: "N", description: "Number of sources (Default: 1)" },
    source: {
      type: "string",
      valueHint: "LIST",
      description:
        "Unequal ones: 15fps:count=32:weight=2:priority=1:deadline=200,silent, by commas",
    },
    fps: {
      type: "string",
      valueHint: "N",
      description: "Frames a second each source delivers (Default: as fast as they are taken)",
    },
    frames: {
      type: "string",
      valueHint: "N",
      description: "Frames of each source (Default: 20000, divided among the sources)",
    },
    slots: {
      type: "string",
      valueHint: "N",
      description: "Slots per source (Default: 10)",
    },
    latency: {
      type: "string",
      valueHint: "MS",
      description: "Latency goal of a frame, which limits batches (Default: 4 frames' time)",
    },
    drop: {
      type: "string",
      valueHint: "POLICY",
      description: "never (default), oldest or newest",
    },
    seeds: { type: "string", valueHint: "N", description: "Runs of each schedule (Default: 5)" },
    window: {
      type: "string",
      valueHint: "S",
      description: "Also shows the frames a second in every S seconds (Default: none)",
    },
    json: { type: "boolean", description: "Print JSON" },
  },
  repeatable: ["device", "schedule", "source"],
  completions: {
    device: ["sim:20ms"],
    source: ["15fps", "saturated", "silent"],
    schedule: ["all", "look-ahead", "earliest-finish", "pull", "smooth", "weighted"],
    drop: ["never", "oldest", "newest"],
  },
  examples: [
    ["aip simulate", "every schedule on three unequal devices"],
    ["aip simulate --device sim:8ms,sim:30ms --fps 120", "paced at 120 frames a second"],
    ["aip simulate --schedule look-ahead,weighted:weights=7:3:1", "two schedules, given shares"],
    [
      "aip simulate --device sim:20ms:slow-at=1000x2,sim:50ms --window 5",
      "a device that throttles, over time",
    ],
    ["aip simulate --device sim:20ms:batch=8:batch-cost=0.3", "several frames in one call"],
    ["aip simulate --sources 200 --fps 6 --drop oldest --device sim:20ms:replicas=64", "many"],
    ["aip simulate --source 15fps:count=9,30fps:weight=2 --drop oldest", "unequal sources"],
  ],
  async execute(input) {
    const { readSimulation } = await import("../simulation.ts");
    const { compareSchedules } = await import("../../schedule/comparison.ts");
    const { formatSimulation, simulationToJson } = await import("../simulation-table.ts");
    const simulation = await readSimulation(input);
    const figures = compareSchedules(simulation);
    const print = input.flags["json"] === true ? simulationToJson : formatSimulation;
    printOut(`${print(simulation, figures)}\n`);
    return ExitCode.done;
  },
};
