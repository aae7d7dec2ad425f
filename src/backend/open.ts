import type { BackendSession, SessionTask } from "./backend.ts";
import { openOnnxSession } from "./onnx.ts";
import { openSimulatedSession } from "./simulated.ts";

/** What a session may know of the worker it runs in. */
export interface SessionContext {
  /** The arena that slots and result blocks lie in; the worker keeps it alive. */
  readonly arena: SharedArrayBuffer;
  /** Native address of the arena's first byte. */
  readonly arenaAddress: number;
  /** Native address of a u32 that ends every wait once it is not 0. */
  readonly stopAddress: number;
}

/**
 * Opens the session of a device instance, inside the worker that will run it.
 *
 * @throws {AipError} where the model or the device cannot be opened
 */
export function openSession(task: SessionTask, context: SessionContext): BackendSession {
  const { simulated, model } = task;
  if (simulated === null) return openOnnxSession(task);
  const answers = model === null ? null : openOnnxSession(task);
  return openSimulatedSession(simulated, context, answers);
}
