import { usageError } from "../../errors.ts";
import { suggestion } from "../../nearest.ts";
import type { Command } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { printOut } from "../print-out.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** `aip completion`: a script that completes commands, flags and values in a shell. */
export const completion: Command = {
  meta: { name: "aip completion", description: "Prints a completion script for a shell" },
  args: { shell: { type: "positional", description: SHELLS.join(", "), required: true } },
  operands: "SHELL",
  examples: [
    ["aip completion bash > ~/.local/share/bash-completion/completions/aip", "for bash"],
    ['aip completion zsh > "$HOME/.zfunc/_aip"', "for zsh (a folder of your fpath)"],
    ["aip completion fish > ~/.config/fish/completions/aip.fish", "for fish"],
  ],
  async execute({ operands }) {
    const [given = ""] = operands;
    const shell = SHELLS.find((name) => name === given);
    if (given === "") {
      const known = SHELLS.join(", ");
      throw usageError("shell-missing", `No shell given: write aip completion SHELL (${known})`);
    }
    if (shell === undefined) {
      throw usageError("shell-unknown", `Unknown shell "${given}"${suggestion(given, SHELLS)}`);
    }
    const { completionScript } = await import("../completion-script.ts");
    const { aip } = await import("../aip.ts");
    printOut(completionScript(aip, shell));
    return ExitCode.done;
  },
};
