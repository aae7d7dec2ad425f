import { usageError } from "../../errors.ts";
import type { Command, CommandInput } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { printOut } from "../print-out.ts";
import {
  budgets,
  CASCADE_FILE,
  CASCADE_MODEL,
  DEVICE,
  DEVICE_WORDS,
  JSON_OUTPUT,
  LABELS_FROM,
  labels,
  output,
  QUIET,
} from "./cascade-arguments.ts";

const inspect: Command = {
  meta: {
    name: "aip cascade inspect",
    description: "Shows a cascade's levels, how well they work, and its origin",
  },
  args: {
    file: CASCADE_FILE,
    json: JSON_OUTPUT,
  },
  operands: "FILE",
  examples: [
    ["aip cascade inspect door.aip", "levels, errors, bounds, costs, origin"],
    ["aip cascade inspect door.aip --json", "the same for programs"],
  ],
  async execute(input) {
    const file = fileOf(input, "inspect");
    const { loadCascade } = await import("../../cascade/file/load.ts");
    const { cascadeToJson, formatCascade } = await import("../cascade-text.ts");
    const cascade = await loadCascade(file);
    printOut(input.flags["json"] === true ? cascadeToJson(cascade) : formatCascade(file, cascade));
    return ExitCode.done;
  },
};

const train: Command = {
  meta: {
    name: "aip cascade train",
    description: "Learns from a fixed camera's footage when a tiny model suffices",
  },
  args: {
    camera: { type: "positional", description: "A video of the camera, or the camera itself" },
    for: {
      type: "string",
      valueHint: "a,b",
      description: "What is asked for, names or numbers, such as person",
    },
    model: {
      ...CASCADE_MODEL,
      description: "The reference model, whose answers are the truth (Default: demo)",
    },
    device: DEVICE,
    confidence: {
      type: "string",
      valueHint: "X",
      description: "Detections of the reference count from X on, 0.05 to 1 (Default: 0.5)",
    },
    region: {
      type: "string",
      valueHint: "L,T,R,B",
      description: "Only this part of the picture, as shares of it (Default: all)",
    },
    ...budgets("1%"),
    "for-seconds": {
      type: "string",
      valueHint: "S",
      description: "Time to watch (Default: all of a video, an hour of a camera)",
    },
    frames: { type: "string", valueHint: "N", description: "Frames to watch, instead" },
    labels: labels("the reference model says it"),
    "labels-from": LABELS_FROM,
    out: output("CAMERA-CLASS.aip"),
    seed: { type: "string", valueHint: "N", description: "Seed of the training (Default: 1)" },
    quiet: QUIET,
  },
  operands: "CAMERA",
  repeatable: ["device", "for"],
  completions: { device: DEVICE_WORDS },
  examples: [
    ["aip cascade train door.mp4 --for person --model yolox_nano.onnx", "from a recording"],
    [
      "aip cascade train rtsp://192.0.2.7/door --for person --for-seconds 7200",
      "from a camera, two hours",
    ],
    ["aip cascade train door.mp4 --for person --max-fn 2% --max-fp 5%", "with laxer budgets"],
  ],
  async execute(input) {
    const { readTrainRequest } = await import("../cascade-options.ts");
    const request = readTrainRequest(input);
    const { runTraining } = await import("../cascade-train.ts");
    return runTraining(request);
  },
};

const evaluate: Command = {
  meta: {
    name: "aip cascade evaluate",
    description: "Runs a cascade over a video and compares with what is right",
  },
  args: {
    file: CASCADE_FILE,
    video: { type: "positional", description: "A video of the same camera" },
    labels: labels("the reference model says it"),
    "labels-from": LABELS_FROM,
    truth: {
      ...labels("none"),
      description: "The same, where it is ground truth",
    },
    model: CASCADE_MODEL,
    device: DEVICE,
    json: JSON_OUTPUT,
    quiet: QUIET,
  },
  operands: "FILE VIDEO",
  repeatable: ["device"],
  completions: { device: DEVICE_WORDS },
  examples: [
    ["aip cascade evaluate door.aip tuesday.mp4", "against the reference model"],
    ["aip cascade evaluate door.aip rare.mp4 --truth rare.truth.ndjson", "against ground truth"],
  ],
  async execute(input) {
    const { runEvaluation } = await import("../cascade-evaluate.ts");
    return runEvaluation(input);
  },
};

const tune: Command = {
  meta: {
    name: "aip cascade tune",
    description: "Sets a cascade's thresholds anew for other budgets, without training",
  },
  args: {
    file: CASCADE_FILE,
    ...budgets("the cascade's own"),
    out: output("FILE"),
  },
  operands: "FILE",
  examples: [
    ["aip cascade tune door.aip --max-fn 2%", "fewer frames to the model"],
    ["aip cascade tune door.aip --max-fp 5% --out lax.aip", "another file"],
  ],
  async execute(input) {
    const file = fileOf(input, "tune");
    const { runTuning } = await import("../cascade-tune.ts");
    return runTuning(file, input.flags);
  },
};

/** `aip cascade`: answers most frames of a camera for almost nothing. */
export const cascade: Command = {
  meta: {
    name: "aip cascade",
    description: "Trains cascades that answer most frames without the reference model",
  },
  subCommands: { train, inspect, evaluate, tune },
  examples: [
    ["aip cascade train door.mp4 --for person", "learn from a recording"],
    ["aip cascade inspect door-person.aip", "what it answers, and how well"],
    ["aip run door.mp4 --cascade door-person.aip", "use it"],
  ],
};

function fileOf({ operands }: CommandInput, name: string): string {
  const [file, extra] = operands;
  if (file === undefined) {
    throw usageError("operand-missing", `No cascade given: write aip cascade ${name} FILE`);
  }
  if (extra !== undefined) {
    throw usageError("operand-unknown", `Unexpected "${extra}": one cascade at a time`);
  }
  return file;
}
