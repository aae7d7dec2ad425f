import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const SCRIPT = join(import.meta.dir, "../../scripts/build.ts");
const LIBRARY = `libAipNative.${process.platform === "darwin" ? "dylib" : "so"}`;

/** A stand-in for Swift: counts its runs, and "links" the sources' text into the library. */
const SWIFT = `#!/bin/sh
echo run >> runs
echo "$AIP_COREML_STANDIN $*" > last-run
while [ $# -gt 0 ]; do [ "$1" = --scratch-path ] && scratch=$2; shift; done
mkdir -p "$scratch/release"
sleep 0.2
cat swift/AipNative/*.swift > "$scratch/release/${LIBRARY}"
! grep -q 'syntax error' "$scratch/release/${LIBRARY}"
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aip-build-"));
  for (const folder of ["bin", "swift/AipNative", "swift/AipNativeTests"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, "Package.swift"), "// manifest");
  writeFileSync(join(root, "swift/AipNative/A.swift"), "let a = 1\n");
  writeFileSync(join(root, "bin/swift"), SWIFT);
  chmodSync(join(root, "bin/swift"), 0o755);
  // What a Mac does to a library, which text is not.
  for (const tool of ["install_name_tool", "codesign"]) {
    writeFileSync(join(root, "bin", tool), "#!/bin/sh\n");
    chmodSync(join(root, "bin", tool), 0o755);
  }
});
afterEach(() => rmSync(root, { recursive: true }));

/** Calls `ensureBuilt()` in a process of its own. */
async function build(
  options = "{}",
  path = `${join(root, "bin")}${delimiter}${process.env["PATH"]}`,
) {
  const code = `import { ensureBuilt } from ${JSON.stringify(SCRIPT)};
    try { console.log(await ensureBuilt({ root: ${JSON.stringify(root)}, ...${options} })); }
    catch (error) { console.log(error.message); process.exit(1); }`;
  const child = Bun.spawn([process.execPath, "-e", code], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { status: await child.exited, output: output.trim(), errors };
}

const runs = (): number => readFileSync(join(root, "runs"), "utf8").split("\n").length - 1;
const library = (): string => readFileSync(join(root, "build", LIBRARY), "utf8");

describe("ensureBuilt()", () => {
  test("builds a missing library, says so, and returns its path", async () => {
    const { status, output, errors } = await build();
    expect(status).toBe(0);
    expect(output).toBe(join(root, "build", LIBRARY));
    expect(errors).toContain(`build/${LIBRARY} (it is missing)`);
    expect(library()).toBe("let a = 1\n");
  });

  test("builds again only where a source has changed", async () => {
    await build();
    expect((await build()).errors).toBe("");
    writeFileSync(join(root, "swift/AipNativeTests/T.swift"), "// a test is no source of it");
    await build();
    expect(runs()).toBe(1);

    writeFileSync(join(root, "swift/AipNative/A.swift"), "let a = 2\n");
    expect((await build()).errors).toContain("its sources have changed");
    expect(runs()).toBe(2);
    expect(library()).toBe("let a = 2\n");
  });

  test("builds again where a source was added or the caller forces it", async () => {
    await build();
    writeFileSync(join(root, "swift/AipNative/B.swift"), "let b = 1\n");
    await build();
    await build("{ force: true }");
    expect(runs()).toBe(3);
  });

  test("builds once for processes that call it at the same time", async () => {
    const results = await Promise.all([build(), build(), build()]);
    expect(results.map((result) => result.status)).toEqual([0, 0, 0]);
    expect(runs()).toBe(1);
  });

  test("leaves the last good library stale where a build fails", async () => {
    await build();
    writeFileSync(join(root, "swift/AipNative/A.swift"), "syntax error\n");
    const { status, output } = await build();
    expect(status).toBe(1);
    expect(output).toStartWith('"swift build -c release --product AipNative');
    expect(output).toEndWith("failed with status 1");
    expect(library()).toBe("let a = 1\n");
    expect((await build()).status).toBe(1);
  });

  test.if(process.platform === "linux")(
    "builds the library for tests beside the other, each of its own sources",
    async () => {
      mkdirSync(join(root, "swift/StandIn"));
      const { output } = await build("{ standIn: true }");
      expect(output).toBe(join(root, "build/standin", LIBRARY));
      expect(readFileSync(join(root, "last-run"), "utf8")).toStartWith("1 build");
      await build();
      expect(readFileSync(join(root, "last-run"), "utf8")).toStartWith("0 build");
      expect(runs()).toBe(2);

      writeFileSync(join(root, "swift/StandIn/S.swift"), "// only the one for tests has it");
      await build();
      expect(runs()).toBe(2);
      await build("{ standIn: true }");
      expect(runs()).toBe(3);
    },
  );

  test("says how to get Swift where there is none", async () => {
    const { status, output } = await build("{}", "/nowhere");
    expect(status).toBe(1);
    expect(output).toContain('run "sh scripts/setup.sh"');
  });
});
