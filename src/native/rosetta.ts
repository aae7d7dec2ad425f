/** What is asked of the process and its machine. */
export interface ProcessView {
  readonly platform: string;
  readonly arch: string;
  /** Value of a sysctl, or null where there is none of that name. */
  sysctl(name: string): string | null;
}

/**
 * Why this process must not run: it is an Intel one, translated by Rosetta, on a Mac with Apple
 * silicon. The native library is arm64, and a translated process has neither Neural Engine nor NEON.
 *
 * @returns a sentence, or null where all is well
 */
export function rosettaRefusal(view: ProcessView = thisProcess): string | null {
  // Asked of Intel processes alone: others start no program for it.
  if (view.platform !== "darwin" || view.arch !== "x64") return null;
  if (view.sysctl("sysctl.proc_translated") !== "1") return null;
  return (
    "This Bun is built for Intel and runs under Rosetta, where there is no Neural Engine: " +
    'install Bun for Apple silicon from a terminal that is not translated ("arch" prints "arm64")'
  );
}

const thisProcess: ProcessView = {
  platform: process.platform,
  arch: process.arch,
  sysctl: (name) => {
    const { success, stdout } = Bun.spawnSync(["sysctl", "-n", name]);
    return success ? stdout.toString().trim() : null;
  },
};
