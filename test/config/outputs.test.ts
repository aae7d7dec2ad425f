import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkOutputs } from "../../src/config/outputs.ts";
import { resolveRunConfig } from "../../src/config/schema.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aip-outputs-"));
  await writeFile(join(folder, "in.mp4"), "frames");
  await symlink(join(folder, "in.mp4"), join(folder, "link.mp4"));
});

afterAll(() => rm(folder, { recursive: true }));

interface Outputs {
  readonly output?: string;
  readonly annotate?: string;
  readonly report?: string;
  readonly trace?: string;
}

const check = (config: Outputs): void =>
  checkOutputs(resolveRunConfig({ sources: join(folder, "in.mp4"), ...config }));

test("checkOutputs() accepts new files, files to replace, and standard output", async () => {
  const old = join(folder, "old.ndjson");
  await writeFile(old, "old");
  check({ output: old, annotate: join(folder, "new.mp4") });
  check({ output: "-" });
  check({});
  expect(await readFile(old, "utf8")).toBe("old");
});

test("checkOutputs() accepts a pipe, which has no name of its own", async () => {
  const module = JSON.stringify(join(import.meta.dir, "../../src/config/outputs.ts"));
  const program = `
    const { checkOutputs } = await import(${module});
    checkOutputs({ sources: ["demo"], model: "demo", output: "/dev/stdout" });
    console.log("accepted");
  `;
  const child = Bun.spawn([process.execPath, "-e", program], { stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toBe("accepted\n");
});

test("checkOutputs() refuses the input itself, by whatever path", () => {
  for (const annotate of ["in.mp4", "link.mp4"]) {
    expect(() => check({ annotate: join(folder, annotate) })).toThrow("it is the input");
  }
  expect(() => check({ annotate: `${folder}/./in.mp4` })).toThrow(
    `Cannot write "${folder}/./in.mp4": it is the input "${join(folder, "in.mp4")}"`,
  );
});

test("checkOutputs() refuses an input that only a pattern names, once the sources are open", () => {
  const config = resolveRunConfig({
    sources: join(folder, "*.mp4"),
    annotate: join(folder, "in.mp4"),
  });
  expect(() => checkOutputs(config)).not.toThrow();
  const source = { name: "in", spec: join(folder, "in.mp4") };
  expect(() => checkOutputs(config, [source])).toThrow("it is the input");
});

test("checkOutputs() looks at the annotated video of each of several sources", async () => {
  const taken = join(folder, "out-b.mp4");
  await writeFile(taken, "frames");
  const config = resolveRunConfig({
    sources: [join(folder, "in.mp4"), taken],
    annotate: join(folder, "out.mp4"),
  });
  expect(() => checkOutputs(config)).not.toThrow();
  const opened = [
    { name: "in", spec: join(folder, "in.mp4") },
    { name: "b", spec: taken },
  ];
  expect(() => checkOutputs(config, opened)).toThrow(`Cannot write "${taken}": it is the input`);
});

test("checkOutputs() refuses two outputs in one file", () => {
  const path = join(folder, "both.json");
  expect(() => check({ output: path, report: path })).toThrow(
    `Cannot write "${path}": --output writes to it too; name another file`,
  );
});

test("checkOutputs() refuses a folder, and a folder that does not exist", () => {
  expect(() => check({ output: folder })).toThrow("it is a folder; name a file");
  expect(() => check({ output: join(folder, "no", "x.ndjson") })).toThrow(
    `the folder "${join(folder, "no")}" does not exist`,
  );
  expect(() => check({ output: join(folder, "in.mp4", "x") })).toThrow("is no folder");
});

test.skipIf(process.getuid?.() === 0)(
  "checkOutputs() refuses where there is no permission (skipped for root, who has all)",
  async () => {
    const closed = join(folder, "closed");
    await mkdir(closed);
    await chmod(closed, 0o500);
    expect(() => check({ output: join(closed, "x") })).toThrow("no permission to write");
    await chmod(closed, 0o700);
  },
);

test.skipIf(process.platform !== "linux")(
  "checkOutputs() refuses a folder that takes no files, and leaves none in one that does (skipped off Linux)",
  () => {
    for (const flag of ["output", "annotate", "report"] as const) {
      expect(() => check({ [flag]: "/proc/x.mp4" })).toThrow('"/proc" takes no files');
    }
    const before = readdirSync(folder);
    check({ output: join(folder, "new.ndjson") });
    expect(readdirSync(folder)).toEqual(before);
  },
);

test("checkOutputs() refuses a timeline over the input, over another output, and without a file", () => {
  const trace = join(folder, "t.json");
  check({ trace });
  expect(() => check({ trace: join(folder, "in.mp4") })).toThrow("it is the input");
  expect(() => check({ trace, report: trace })).toThrow("--report writes to it too");
  expect(() => check({ trace: "-" })).toThrow(
    'Cannot write "-": a timeline needs a file; name one',
  );
});

test("checkOutputs() refuses the standard output for what needs a file", () => {
  expect(() => check({ report: "-" })).toThrow('Cannot write "-": a report needs a file; name one');
  expect(() => check({ annotate: "-" })).toThrow(
    'Cannot write "-": an annotated video needs a file; name one',
  );
});
