import { describe, expect, test } from "bun:test";
import { release } from "node:os";
import { systemBuild } from "../../../src/backend/coreml/system-build.ts";

const PLIST = `<plist version="1.0"><dict>
  <key>ProductBuildVersion</key>
  <string>24C101</string>
  <key>ProductVersion</key>
  <string>15.2</string>
</dict></plist>`;

describe("systemBuild()", () => {
  test("is the kernel's release and the build of macOS", () => {
    expect(systemBuild(() => PLIST)).toBe(`${release()} 24C101`);
  });

  test.each([
    [
      "elsewhere",
      () => {
        throw new Error("ENOENT");
      },
    ],
    ["where the file says nothing", () => "<plist/>"],
  ])("is the kernel's release %s", (_, readText) => {
    expect(systemBuild(readText)).toBe(release());
  });
});
