import { dlopen, FFIType } from "bun:ffi";
import { expect, test } from "bun:test";
import { setNativeEnvironment } from "../../src/native/environment.ts";
import { cString } from "../../src/native/library.ts";

const libc = process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6";
const { getenv } = dlopen(libc, {
  getenv: { args: [FFIType.ptr], returns: FFIType.cstring },
}).symbols;

test("setNativeEnvironment() reaches getenv, process.env and child processes", async () => {
  setNativeEnvironment({ AIP_TEST_VARIABLE: "grüß=dich" });
  expect(String(getenv(cString("AIP_TEST_VARIABLE")))).toBe("grüß=dich");
  expect(process.env["AIP_TEST_VARIABLE"]).toBe("grüß=dich");
  const child = Bun.spawn(["printenv", "AIP_TEST_VARIABLE"], { env: process.env });
  expect((await new Response(child.stdout).text()).trim()).toBe("grüß=dich");
});

test("setNativeEnvironment() overwrites", () => {
  setNativeEnvironment({ AIP_TEST_VARIABLE: "one" });
  setNativeEnvironment({ AIP_TEST_VARIABLE: "two" });
  expect(String(getenv(cString("AIP_TEST_VARIABLE")))).toBe("two");
});
