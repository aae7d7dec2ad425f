import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { chmod, link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRunConfig } from "../../src/config/load.ts";
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
  readonly sources?: string;
  readonly model?: string;
  readonly devices?: string;
  readonly cascade?: string;
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

test("checkOutputs() refuses a hard link to the input, and two links to one file", async () => {
  const other = join(folder, "hard.mp4");
  await link(join(folder, "in.mp4"), other);
  expect(() => check({ output: other })).toThrow("it is the input");
  const [one, two] = [join(folder, "one.json"), join(folder, "two.json")];
  await writeFile(one, "{}");
  await link(one, two);
  expect(() => check({ output: one, report: two })).toThrow("--output writes to it too");
});

test("checkOutputs() refuses a picture of a folder, and takes a new file there", async () => {
  const pictures = join(folder, "pictures");
  const picture = join(pictures, "p1.jpg");
  await mkdir(pictures);
  await writeFile(picture, "a picture");
  const opened = [{ name: "pictures", spec: pictures, files: [picture] }];
  for (const flag of ["output", "report", "trace"] as const) {
    const config = resolveRunConfig({ sources: pictures, [flag]: picture });
    expect(() => checkOutputs(config, opened)).toThrow(`it is the input "${picture}"`);
  }
  const config = resolveRunConfig({ sources: pictures, output: join(pictures, "new.ndjson") });
  expect(() => checkOutputs(config, opened)).not.toThrow();
});

test("checkOutputs() refuses a model, what lies beside it and its files of weights", async () => {
  const model = join(folder, "net.onnx");
  const hardLink = join(folder, "net-link.onnx");
  const weights = join(folder, "net.bin");
  const manifest = join(folder, "net.json");
  await writeFile(model, Buffer.from("  \x6a\x13\n\x08location\x12\x07net.bin", "latin1"));
  await link(model, hardLink);
  await writeFile(weights, "weights");
  expect(() => check({ model, output: hardLink })).toThrow(`it is the input "${model}"`);
  expect(() => check({ model, output: weights })).toThrow(
    `Cannot write "${weights}": it is the file of weights of the model "${model}"`,
  );
  // A manifest that is not there yet would be one in the next run.
  expect(() => check({ model, report: manifest })).toThrow(
    `Cannot write "${manifest}": it is the manifest of the model "${model}"`,
  );
  expect(() => check({ devices: `sim:1ms:model=${model}`, output: model })).toThrow("is the input");
  expect(() =>
    check({ devices: `sim:1ms:model=${model}`, report: join(folder, "r.json") }),
  ).not.toThrow();
});

test("checkOutputs() refuses everything inside a model or cascade that is a folder", async () => {
  for (const [key, path] of [
    ["model", join(folder, "net.mlpackage")],
    ["cascade", join(folder, "door.aip")],
  ] as const) {
    await mkdir(path);
    expect(() => check({ [key]: path, report: join(path, "new.json") })).toThrow(
      `it lies in the input "${path}"`,
    );
    expect(() => check({ [key]: path, report: `${path}.report.json` })).not.toThrow();
  }
});

test("loadRunConfig() refuses an output over the configuration file it comes from", async () => {
  const path = join(folder, "run.json");
  await writeFile(path, JSON.stringify({ output: path }));
  await expect(loadRunConfig({}, (key) => key, path)).rejects.toThrow(`it is the input "${path}"`);
  expect(await readFile(path, "utf8")).toContain("output");
});
