import { describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import type { BackendSession } from "../../src/backend/backend.ts";
import { openOnnxSession } from "../../src/backend/onnx.ts";
import { Head, Provider, SessionConfig, Status } from "../../src/layout/layout.gen.ts";
import { onnxRuntimePath } from "../../src/native/library.ts";
import { warmUp } from "../../src/pipeline/warm-up.ts";
import { pattern } from "./pattern.ts";

const { geometry } = pattern(1).info;

/** A session that notes how many frames its calls have. */
function noting(sizeMax: number, status: (count: number) => number = () => Status.ok) {
  const counts: number[] = [];
  const session: BackendSession = {
    payloadBytes: 0,
    run: () => Status.ok,
    warmUp: () => Status.ok,
    batch: {
      sizeMax,
      run(count) {
        counts.push(count);
        return status(count);
      },
    },
    lastError: () => "it is broken",
    close: () => undefined,
  };
  return { session, counts };
}

describe("warmUp()", () => {
  test("asks for no batches where none are wanted", () => {
    const { session, counts } = noting(8);
    expect(warmUp(session, 1, 0, geometry).callsMs).toEqual([]);
    expect(counts).toEqual([]);
  });

  test("times single frames and the number asked for, in turns", () => {
    const { session, counts } = noting(8);
    const { callsMs } = warmUp(session, 6, 0, geometry);
    expect(callsMs.map(([count]) => count)).toEqual([1, 6]);
    expect(counts.slice(0, 4)).toEqual([1, 6, 1, 6]);
  });

  test("asks for no more than the session takes", () => {
    const { session, counts } = noting(4);
    warmUp(session, 64, 0, geometry);
    expect(Math.max(...counts)).toBe(4);
  });

  test("goes on without batches where nobody asked for the ones that fail", () => {
    const { session } = noting(8, (count) => (count > 1 ? Status.inference : Status.ok));
    expect(warmUp(session, "auto", 0, geometry).callsMs).toEqual([]);
    expect(() => warmUp(session, 4, 0, geometry)).toThrow("The first inference failed");
  });

  test("sees a frame of a call that fails by its block", () => {
    const path = fileURLToPath(new URL("../fixtures/native/fails_any.onnx", import.meta.url));
    const config = new Uint8Array(SessionConfig.sizeBytes);
    const fields = new DataView(config.buffer);
    fields.setUint32(SessionConfig.provider, Provider.cpu, true);
    fields.setUint32(SessionConfig.threadCount, 1, true);
    fields.setUint32(SessionConfig.inputWidth, 4, true);
    fields.setUint32(SessionConfig.inputHeight, 2, true);
    fields.setFloat32(SessionConfig.inputScale, 1, true);
    for (const channel of [0, 1, 2])
      fields.setFloat32(SessionConfig.inputStd + 4 * channel, 1, true);
    fields.setUint32(SessionConfig.head, Head.raw, true);
    fields.setUint32(SessionConfig.detectionLimit, 1, true);
    fields.setUint32(SessionConfig.batchSizeMax, 2, true);
    const session = openOnnxSession({
      model: { path, bytes: null, config, providerOptions: null },
      onnxRuntimePath: onnxRuntimePath(),
      simulated: null,
    });
    // Pictures of the warm-up are grey, which this model cannot look up: every call fails.
    const answering = { ...session, warmUp: () => Status.ok };
    expect(() => warmUp(answering, 2, 4, geometry)).toThrow(
      "The first inference failed: The inference failed: indices element out of data bounds",
    );
    session.close();
  });
});
