import { prioritiseThread } from "../native/attention.ts";
import type { BackendSession, SessionTask } from "./backend.ts";
import { openCoreMlSession } from "./coreml.ts";
import { openOnnxSession } from "./onnx.ts";
import { openSimulatedSession } from "./simulated.ts";

/**
 * Opens the session of a device instance, inside the worker that will run it.
 *
 * @param stopAddress Native address of a u32 in shared memory that ends every wait of the session
 * once it is not 0
 * @param profilePrefix path, without its ending, of a profile to take; a simulated device takes none
 * @throws {AipError} where the model or the device cannot be opened
 */
export function openSession(
  task: SessionTask,
  stopAddress: number,
  profilePrefix?: string,
): BackendSession {
  prioritiseThread();
  if (task.model?.coreMl !== undefined) return openCoreMlSession(task);
  if (task.simulated === null) return openOnnxSession(task, profilePrefix);
  const answers = task.model === null ? null : openOnnxSession(task);
  return openSimulatedSession(task.simulated, stopAddress, answers);
}
