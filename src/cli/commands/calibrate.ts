import type { Command } from "../command.ts";

/** `aip calibrate`: finds the best devices for a model on this machine, and remembers them. */
export const calibrate: Command = {
  meta: {
    name: "aip calibrate",
    description: "Measures which devices run a model best here; --device auto then uses them",
  },
  args: {
    model: {
      type: "positional",
      required: false,
      description: "ONNX file, or the name of a built-in model (Default: demo)",
    },
    device: {
      type: "string",
      valueHint: "LIST",
      description: "Devices to measure, by commas (Default: auto, a software GPU included)",
    },
    for: {
      type: "string",
      valueHint: "GOAL",
      description: "throughput (default) or latency: what --device auto is to be best at",
    },
    seconds: {
      type: "string",
      valueHint: "S",
      description:
        "Time to measure in; what must be measured is, however long it takes (Default: 30)",
    },
    source: {
      type: "string",
      valueHint: "VIDEO",
      description: "Decode this beside: a file or demo (Default: nothing is decoded)",
    },
    replicas: {
      type: "string",
      valueHint: "A..B",
      description: "Measure every number of replicas, of each device and of all together",
    },
    threads: {
      type: "string",
      valueHint: "A,B",
      description: "Thread counts of cpu (Default: 1, 2, 4 … and all cores)",
    },
    "input-size": {
      type: "string",
      valueHint: "WxH",
      description: "The model's input size, where the model leaves it open",
    },
    output: {
      type: "string",
      valueHint: "FILE.json",
      description: "Everything that was measured (- for stdout)",
    },
    plot: {
      type: "string",
      valueHint: "FILE.svg",
      description: "Throughput and latency against the number of instances",
    },
    quiet: { type: "boolean", description: "No progress" },
  },
  operands: "MODEL",
  repeatable: ["device", "threads"],
  completions: {
    device: ["cpu", "gpu", "ane", "sim:20ms", "auto", "all"],
    for: ["throughput", "latency"],
  },
  examples: [
    ["aip calibrate yolox_nano.onnx", "every device alone and together, for later runs"],
    ["aip calibrate yolox_nano.onnx --for latency", "the quickest answer instead"],
    ["aip calibrate yolox_nano.onnx --source car.mp4", "with decoding beside"],
    ["aip calibrate yolox_nano.onnx --replicas 1..4 --plot runs.svg", "parallel model runs"],
  ],
  async execute(input) {
    const { readCalibration } = await import("../calibration-options.ts");
    const { runCalibration } = await import("../calibration.ts");
    return runCalibration(await readCalibration(input));
  },
};
