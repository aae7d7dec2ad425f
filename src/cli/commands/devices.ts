import type { Command } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { printOut } from "../print-out.ts";

/** `aip devices`: what this machine has to run on, and why something is missing. */
export const devices: Command = {
  meta: {
    name: "aip devices",
    description: "Lists the devices of this machine, and why others are missing",
  },
  args: { json: { type: "boolean", description: "Print JSON" } },
  examples: [
    ["aip devices", "what --device can name here"],
    ["aip devices --json", "the same for programs"],
    ["AIP_ONNXRUNTIME=libonnxruntime.so aip devices", "with another ONNX Runtime's providers"],
  ],
  async execute({ flags }) {
    const { discoverMachine } = await import("../../backend/discover.ts");
    const { formatMachine, machineToJson } = await import("../machine.ts");
    const machine = discoverMachine();
    const text = flags["json"] === true ? machineToJson(machine) : formatMachine(machine);
    printOut(`${text}\n`);
    return ExitCode.done;
  },
};
