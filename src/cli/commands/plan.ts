import type { Command } from "../command.ts";

/** `aip plan`: how many cameras fit, on which devices, and how well. */
export const plan: Command = {
  meta: {
    name: "aip plan",
    description: "Says how many cameras this machine serves, and how well",
  },
  args: {
    cameras: {
      type: "string",
      valueHint: "N",
      description: "Cameras wanted (Default: as many as fit)",
    },
    size: {
      type: "string",
      valueHint: "WxH",
      description: "Size of their pictures (Default: 1280x720, or the recording's)",
    },
    fps: {
      type: "string",
      valueHint: "N",
      description: "Frames a second of each (Default: 15, or the recording's)",
    },
    latency: {
      type: "string",
      valueHint: "MS",
      description: "In-order latency that 95 of 100 frames keep, in ms (Default: any)",
    },
    model: {
      type: "string",
      valueHint: "FILE|NAME",
      description: "ONNX model (Default: the built-in demo model)",
    },
    device: {
      type: "string",
      valueHint: "LIST",
      description: "Devices as for aip run (Default: auto, the best combination)",
    },
    source: {
      type: "string",
      valueHint: "FILE",
      description: "A recording of a camera (Default: a synthetic H.264 clip)",
    },
    verify: {
      type: "boolean",
      description: "Run the plan with paced cameras, and print predicted beside measured",
    },
    seconds: {
      type: "string",
      valueHint: "N",
      description: "Time --verify measures (Default: 60)",
    },
    json: { type: "boolean", description: "Print JSON" },
  },
  repeatable: ["device"],
  completions: { device: ["auto", "cpu", "gpu", "ane", "sim:20ms", "all"] },
  examples: [
    ["aip plan --model yolox_nano.onnx", "as many cameras as fit"],
    [
      "aip plan --cameras 18 --size 1280x720 --fps 15 --latency 200 --model yolox_nano.onnx",
      "whether these fit",
    ],
    ["aip plan --source gate.mp4 --model yolox_nano.onnx", "cameras like the one of a recording"],
    [
      "aip plan --cameras 5 --device sim:20ms,sim:50ms,sim:100ms --verify",
      "predicted and measured",
    ],
  ],
  async execute(input) {
    const { readPlanRequest } = await import("../planning.ts");
    const request = readPlanRequest(input);
    const { runPlan } = await import("../run-plan.ts");
    return runPlan(request, input.flags["json"] === true);
  },
};
