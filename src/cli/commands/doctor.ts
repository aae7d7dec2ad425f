import type { Command } from "../command.ts";

/** `aip doctor`: proves of each device that it is what it says. */
export const doctor: Command = {
  meta: {
    name: "aip doctor",
    description: "Looks at this machine, and proves what really runs where, and how quickly",
  },
  args: {
    model: {
      type: "string",
      valueHint: "FILE|NAME",
      description: "Model to prove it with (Default: demo)",
    },
    device: {
      type: "string",
      valueHint: "LIST",
      description: "Devices to look at, by commas (Default: all, a software GPU included)",
    },
    "input-size": {
      type: "string",
      valueHint: "WxH",
      description: "The model's input size, where the model leaves it open",
    },
    seconds: {
      type: "string",
      valueHint: "S",
      description: "Time to measure in (Default: 5)",
    },
    json: { type: "boolean", description: "Print JSON" },
    quiet: { type: "boolean", description: "No progress" },
  },
  repeatable: ["device"],
  completions: { device: ["cpu", "gpu", "ane", "sim:20ms", "auto", "all"] },
  examples: [
    ["aip doctor", "everything, with the built-in model"],
    ["aip doctor --model yolox_nano.onnx", "the same with a model of yours"],
    ["aip doctor --device ane,gpu --json", "two devices, for programs"],
  ],
  async execute(input) {
    const { readDoctor } = await import("../doctor-options.ts");
    const { runDoctor } = await import("../doctor.ts");
    return runDoctor(readDoctor(input));
  },
};
