/** What a library built on a Mac is called by those who link it, wherever it lies. */
const INSTALL_NAME = "@rpath/libAipNative.dylib";

/**
 * Makes a library built on a Mac fit to be moved and shipped: its install name holds no path of the
 * machine that built it, and it is signed ad hoc, without which a Mac with Apple silicon kills
 * whoever opens it. Both tools come with the compiler, in the command line tools.
 *
 * @param path the library; nobody may have it open, since signing writes to it
 * @throws {Error} where a tool is missing or fails, with what it said
 */
export async function finishLibrary(path: string): Promise<void> {
  // In this order: a signature holds for the bytes it was made of.
  await runTool("install_name_tool", ["-id", INSTALL_NAME, path]);
  await runTool("codesign", ["--force", "--sign", "-", path]);
  await runTool("codesign", ["--verify", "--strict", path]);
}

async function runTool(name: string, options: readonly string[]): Promise<void> {
  const tool = Bun.which(name);
  if (tool === null) {
    throw new Error(`${name} is missing: run "xcode-select --install" for the command line tools`);
  }
  const child = Bun.spawn([tool, ...options], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, status] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  if (status === 0) return;
  const said = (output + errors).trim() || `status ${status}`;
  throw new Error(`"${name} ${options.join(" ")}" failed: ${said}`);
}
