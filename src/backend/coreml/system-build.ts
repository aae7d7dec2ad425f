import { readFileSync } from "node:fs";
import { release } from "node:os";

/** Where macOS says which build it is. */
const VERSION_FILE = "/System/Library/CoreServices/SystemVersion.plist";
const BUILD = /<key>ProductBuildVersion<\/key>\s*<string>([^<]+)<\/string>/;

/**
 * The build of the system, such as `24.2.0 24C101`. Core ML comes with it, and a supplemental
 * update changes the build alone.
 *
 * @param readText reads a small file; throws where there is none
 */
export function systemBuild(
  readText: (path: string) => string = (path) => readFileSync(path, "utf8"),
): string {
  try {
    const build = BUILD.exec(readText(VERSION_FILE))?.[1];
    return build === undefined ? release() : `${release()} ${build}`;
  } catch {
    return release(); // Not macOS.
  }
}
