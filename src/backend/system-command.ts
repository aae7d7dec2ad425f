/** What a command printed, or null where it is missing, failed or took too long. */
export type SystemCommand = (words: readonly [string, ...string[]]) => Promise<string | null>;

const LIMIT_MS = 10_000;

/** Asks a command of the system, such as `sysctl`. */
export const localCommand: SystemCommand = async ([name, ...words]) => {
  const path = Bun.which(name);
  if (path === null) return null;
  const child = Bun.spawn([path, ...words], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const text = await new Response(child.stdout).text();
  return (await child.exited) === 0 ? text : null;
};
