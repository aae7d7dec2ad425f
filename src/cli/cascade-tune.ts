import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { budgetOf } from "../cascade/file/budget.ts";
import { loadCascade } from "../cascade/file/load.ts";
import { DOCUMENT_NAME, saveCascade } from "../cascade/file/save.ts";
import { usageError } from "../errors.ts";
import { tuneFile } from "../learning/tune.ts";
import { formatChange } from "./cascade-change.ts";
import { readBudget } from "./cascade-options.ts";
import { formatCascade } from "./cascade-text.ts";
import type { CommandInput } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import { NAME_WIDTH } from "./header.ts";
import { printOut } from "./print-out.ts";

/**
 * Sets a cascade's thresholds anew, and says what they were; a budget that is not named stays.
 *
 * @param file the cascade, which is replaced where `--out` names no other
 * @returns the exit code
 * @throws {AipError} `network-lost` where the cascade would be replaced by one without its network,
 * or as `readBudget`, `loadCascade`, `tuneFile` and `saveCascade`
 */
export async function runTuning(file: string, flags: CommandInput["flags"]): Promise<number> {
  const cascade = await loadCascade(file);
  const budget = readBudget(flags, budgetOf(cascade));
  const tuned = tuneFile(cascade, budget);
  const { out = file } = flags;
  const isInPlace = resolve(String(out)) === resolve(file);
  if (isInPlace && cascade.levels.network !== null && tuned.levels.network === null) {
    const why = "Within these budgets the network saves nothing";
    const message = `${why}, and "${file}" would lose it for good: name another file with --out`;
    throw usageError("network-lost", message);
  }
  const isReplaced = existsSync(join(String(out), DOCUMENT_NAME));
  await saveCascade(String(out), tuned);
  const what = `${out}${isInPlace ? "" : `, from ${file}`}: ${formatChange(cascade, tuned)}`;
  process.stderr.write(`${(isReplaced ? "replaced" : "written").padEnd(NAME_WIDTH)}${what}\n`);
  printOut(formatCascade(String(out), tuned));
  return ExitCode.done;
}
