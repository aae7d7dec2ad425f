let isResolved = false;

/**
 * Makes `import … from "aip"` mean the running program, from any folder: a configuration module
 * may lie where no package is installed.
 */
export function resolveOwnPackage(): void {
  if (isResolved) return;
  isResolved = true;
  Bun.plugin({
    name: "aip",
    setup: (build) => {
      // Not `onResolve`: Bun 1.4 does not ask it for a package that is not there.
      build.module("aip", async () => ({ exports: await import("../index.ts"), loader: "object" }));
    },
  });
}
