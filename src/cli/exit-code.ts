/** Exit codes of `aip`, as documented. */
export const ExitCode = {
  done: 0,
  /** The run failed; the cause is named on stderr. */
  failed: 1,
  /** Wrong usage or configuration, found before anything ran. */
  usage: 2,
  /** Ended by a signal, after draining and writing what was done. */
  interrupted: 130,
} as const;
