import { dlopen, FFIType } from "bun:ffi";
import { runtimeError } from "../errors.ts";
import { cString } from "./library.ts";

const LIBC = process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6";

/**
 * Sets environment variables for this process's native code. Assigning to `process.env` does not
 * reach `getenv` in Bun, so libraries such as the Vulkan loader would never see it.
 *
 * `setenv` is not thread-safe: call this before any worker runs native code.
 *
 * @throws {AipError} `environment` where the C library refuses
 */
export function setNativeEnvironment(variables: Readonly<Record<string, string>>): void {
  const entries = Object.entries(variables);
  if (entries.length === 0) return;
  const { setenv } = dlopen(LIBC, {
    setenv: { args: [FFIType.ptr, FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
  }).symbols;
  for (const [name, value] of entries) {
    if (setenv(cString(name), cString(value), 1) !== 0) {
      throw runtimeError("environment", `Cannot set the environment variable ${name}`);
    }
    process.env[name] = value; // For child processes.
  }
}
