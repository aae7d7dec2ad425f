import { HeldLock } from "../../native/held-lock.ts";
import { throwIfInterrupted } from "./interrupted.ts";

/** How often a lock that another process holds is asked for again. */
const RETRY_MS = 50;

/**
 * Waits for the lock on a file.
 * @param onWait Called once where it has to be waited for.
 * @throws {AipError} `interrupted` where the signal is aborted
 */
export async function waitForLock(
  path: string,
  signal: AbortSignal,
  onWait: () => void,
): Promise<HeldLock> {
  for (let isFirst = true; ; isFirst = false) {
    const lock = HeldLock.try(path);
    if (lock !== null) return lock;
    if (isFirst) onWait();
    throwIfInterrupted(signal);
    await Bun.sleep(RETRY_MS);
  }
}
