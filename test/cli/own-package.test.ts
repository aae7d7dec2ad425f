import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aipProcess } from "./process.ts";

test('a configuration imports "aip" from a folder where nothing is installed', async () => {
  const cwd = mkdtempSync(join(tmpdir(), "aip-own-package-"));
  try {
    const config = [
      'import { AipError, defineConfig, type RunConfigInput } from "aip";',
      'const settings: RunConfigInput = { output: "none/" + AipError.name };',
      // Neither runs nor needs a device: the folder that is missing shows that it was read.
      "export default defineConfig(settings);",
    ];
    writeFileSync(join(cwd, "far.config.ts"), config.join("\n"));
    const { code, stderr } = await aipProcess(["run", "--config", "far.config.ts"], { cwd });
    expect(stderr).toBe('aip: Cannot write "none/AipError": the folder "none" does not exist\n');
    expect(code).toBe(2);
    writeFileSync(join(cwd, "other.config.ts"), 'import "not-installed";\nexport default {};');
    const other = await aipProcess(["run", "--config", "other.config.ts"], { cwd });
    expect(other.code).toBe(2);
    expect(other.stderr).toStartWith(
      "aip: Cannot read configuration \"other.config.ts\": Cannot find package 'not-installed'",
    );
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
