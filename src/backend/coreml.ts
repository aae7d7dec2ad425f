import { lastError } from "../native/library.ts";
import { NativeSession } from "../native/session.ts";
import type { BackendSession, SessionTask } from "./backend.ts";

/**
 * A model run by Core ML inside the native library: one native call a frame, on the compute units
 * that the task names.
 *
 * @throws {AipError} where the model cannot be loaded or does not fit its configuration
 */
export function openCoreMlSession(task: SessionTask): BackendSession {
  const { model } = task;
  if (model?.coreMl == null) throw new TypeError("openCoreMlSession: the task is not Core ML's");
  const { path: modelPath, config } = model;
  const session = new NativeSession({ modelPath, config, ...model.coreMl });
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
    close: () => session.close(),
  };
}
