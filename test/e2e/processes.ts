/** A running process. */
export interface Process {
  readonly pid: number;
  readonly parentPid: number;
  /** Signals of the terminal go to a whole group. */
  readonly groupId: number;
  readonly residentBytes: number;
  readonly command: string;
}

/** All processes that run; those that have ended and wait for their parent are left out. */
export function runningProcesses(): Process[] {
  const { stdout } = Bun.spawnSync(["ps", "-A", "-o", "pid=,ppid=,pgid=,rss=,stat=,command="]);
  const lines = stdout.toString().trimEnd().split("\n");
  return lines.flatMap((line) => {
    const [pid, parentPid, groupId, rssKib, state, ...command] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith("Z")) return [];
    return [
      {
        pid: Number(pid),
        parentPid: Number(parentPid),
        groupId: Number(groupId),
        residentBytes: Number(rssKib) * 1024,
        command: command.join(" "),
      },
    ];
  });
}

/** Processes that `pid` has started and that still run. */
export function childrenOf(pid: number): Process[] {
  return runningProcesses().filter((each) => each.parentPid === pid);
}
