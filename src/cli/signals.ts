const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Listens for the signals that end a run until disposed; `count` says how many came. */
export function onSignals(
  listener: (name: NodeJS.Signals, count: number) => void,
): Disposable & { readonly count: number } {
  let count = 0;
  const handle = (name: NodeJS.Signals): void => {
    count += 1;
    listener(name, count);
  };
  for (const name of SIGNALS) process.on(name, handle);
  return {
    get count(): number {
      return count;
    },
    [Symbol.dispose](): void {
      for (const name of SIGNALS) process.off(name, handle);
    },
  };
}
