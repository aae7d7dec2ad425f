import type { InputSize } from "../../config/run-config.ts";
import { usageError } from "../../errors.ts";
import type { Command } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { printOut } from "../print-out.ts";

const inspect: Command = {
  meta: {
    name: "aip models inspect",
    description: "Shows a model's inputs, outputs, the head found for them and its class names",
  },
  args: {
    model: { type: "positional", description: "An ONNX file or a Core ML model", required: true },
    "input-size": {
      type: "string",
      valueHint: "WxH",
      description: "The input size to assume, where the model leaves it open",
    },
    json: { type: "boolean", description: "Print JSON" },
  },
  operands: "MODEL",
  examples: [
    ["aip models inspect yolox_nano.onnx", "what aip makes of it"],
    ["aip models inspect yolox_nano.onnx --json", "the same for programs"],
    ["aip models inspect yolo11n.mlpackage", "a Core ML model, on any machine"],
  ],
  async execute({ flags, operands }) {
    const [file, ...more] = operands;
    if (file === undefined) {
      throw usageError("operand-missing", "No model given: write aip models inspect FILE");
    }
    if (more.length > 0) {
      throw usageError("operand-unknown", `Unexpected "${more[0]}": one model at a time`);
    }
    const { inspectModel } = await import("../inspection.ts");
    const options = { json: flags["json"] === true, inputSize: await sizeOf(flags["input-size"]) };
    const { text, isUsable } = await inspectModel(file, options);
    printOut(text);
    return isUsable ? ExitCode.done : ExitCode.usage;
  },
};

/** The schema takes a while to load, and most have no size to check. */
async function sizeOf(given: string | boolean | undefined): Promise<InputSize | undefined> {
  if (given === undefined) return undefined;
  const { checkRunConfig } = await import("../../config/schema.ts");
  return checkRunConfig({ inputSize: given }, () => "--input-size").inputSize;
}

/** `aip models`: what is known of model files. */
export const models: Command = {
  meta: { name: "aip models", description: "Inspects model files" },
  subCommands: { inspect },
  examples: [["aip models inspect yolox_nano.onnx", "inputs, outputs, head, class names"]],
};
