import { lastError } from "../native/library.ts";
import { NativeSession } from "../native/session.ts";
import type { BackendSession, SessionTask } from "./backend.ts";

/**
 * A model run by ONNX Runtime inside the native library: one native call a frame, on whichever
 * execution provider the task's configuration names.
 *
 * @param profilePrefix path, without its ending, of the profile to take; absent: none is taken
 * @throws {AipError} where the model cannot be loaded or does not fit its configuration
 */
export function openOnnxSession(task: SessionTask, profilePrefix?: string): BackendSession {
  const { model, onnxRuntimePath } = task;
  if (model === null || onnxRuntimePath === null) {
    throw new TypeError("openOnnxSession: the task needs a model and an ONNX Runtime");
  }
  const { path: modelPath, bytes: modelBytes, config, providerOptions } = model;
  const session = new NativeSession({
    modelPath,
    modelBytes,
    config,
    providerOptions,
    onnxRuntimePath,
    ...(profilePrefix !== undefined && { profilePrefix }),
  });
  return {
    payloadBytes: session.payloadBytes,
    // HOT: one native call.
    run: (slotAddress, resultAddress) => session.run(slotAddress, resultAddress),
    batch: {
      sizeMax: session.batchSizeMax,
      // HOT: one native call.
      run: (count, slots, results) => session.runBatch(count, slots, results),
    },
    warmUp: (slotAddress, resultAddress) => session.run(slotAddress, resultAddress),
    lastError,
    ...(profilePrefix !== undefined && { endProfile: () => session.endProfile() }),
    close: () => session.close(),
  };
}
