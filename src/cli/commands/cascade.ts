import { usageError } from "../../errors.ts";
import type { Command, CommandInput } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { printOut } from "../print-out.ts";

const inspect: Command = {
  meta: {
    name: "aip cascade inspect",
    description: "Shows a cascade's levels, how well they were shown to work, and their origin",
  },
  args: {
    file: { type: "positional", description: "A cascade, such as door.aip", required: true },
    json: { type: "boolean", description: "Print JSON" },
  },
  operands: "FILE",
  examples: [
    ["aip cascade inspect door.aip", "levels, errors and their bounds, costs, footage"],
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

/** `aip cascade`: answers most frames of a camera for almost nothing. */
export const cascade: Command = {
  meta: {
    name: "aip cascade",
    description: "Trains cascades that answer most frames without the reference model",
  },
  subCommands: { inspect },
  examples: [["aip cascade inspect door.aip", "what it answers, how, and how well"]],
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
