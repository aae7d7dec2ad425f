import { describe, expect, test } from "bun:test";
import { compileFailure } from "../../../src/backend/coreml/compile.ts";

const full =
  'Cannot compile model "m.mlpackage" for the cache: the disk of "/tmp" is full, where Core ML\'s ' +
  "compiler writes first; make room there";

describe("compileFailure()", () => {
  test.each([
    // Foundation's code of a disk that is full (NSFileWriteOutOfSpaceError).
    ["model-invalid", 'Failed to write: Error Domain=NSCocoaErrorDomain Code=640 "(null)"', full],
    ["model-invalid", "Failed to write: No space left on device", full],
    ["model-invalid", "NSCocoaErrorDomain Code=6401", "NSCocoaErrorDomain Code=6401"],
    ["model-invalid", "it is damaged", "it is damaged"],
    ["probe-failed", "it is odd", 'Cannot compile model "m.mlpackage": it is odd'],
    // Whoever moves the model into the cache was told so: it is not the compiler's folder.
    ["ENOSPC", "ENOSPC: no space left on device", "ENOSPC: no space left on device"],
  ])("%s with %p", (code, reason, message) => {
    const failure = compileFailure("m.mlpackage", "/tmp", { code, reason });
    expect(failure.message).toBe(message);
    const expected = message === full ? "cache-unwritable" : code;
    expect(failure).toMatchObject({ code: code === "probe-failed" ? "model-unusable" : expected });
  });
});
