#!/usr/bin/env bun
import { runCommandLine } from "./command-line.ts";

const code = await runCommandLine(process.argv.slice(2));
// A hung device's thread would keep the process alive: once all is written, end it.
process.stderr.write("", () => process.exit(code));
