import { runtimeError } from "../../errors.ts";

/** @throws {AipError} `interrupted` where the signal is aborted */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw runtimeError("interrupted", "Preparing the model was interrupted");
}
