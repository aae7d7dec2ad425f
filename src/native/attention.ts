import { Status } from "../layout/layout.gen.ts";
import { library } from "./library.ts";

/**
 * Gives the calling thread the class of work that a user waits for (macOS; elsewhere nothing is to
 * be done).
 *
 * @returns false where the system refuses, which costs speed and nothing else
 */
export function prioritiseThread(): boolean {
  return library().aip_thread_prioritise() === Status.ok;
}

/**
 * Keeps App Nap, the coalescing of timers and the machine's sleep from this process until disposed
 * (macOS; elsewhere nothing is to be done).
 */
export function holdAttention(): Disposable {
  library().aip_activity_begin();
  return {
    [Symbol.dispose](): void {
      library().aip_activity_end();
    },
  };
}
