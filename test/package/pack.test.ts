import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const LIBRARY = `libAipNative.${process.platform === "darwin" ? "dylib" : "so"}`;

/** Ten lines, as the documentation has them. */
const APPLICATION = `import { Pipeline } from "aip";

await using pipeline = new Pipeline({ sources: "demo", devices: "cpu", frames: 20 });
const frames: number[] = [];
for await (const frame of pipeline) frames.push(frame.frame);

const { received, emitted } = pipeline.report().sources[0]!.frames;
console.log(JSON.stringify({ frames, received, emitted }));
`;

setDefaultTimeout(120_000);

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aip-pack-")));
  await bun(["pm", "pack", "--quiet", "--destination", folder], ROOT);
  const name = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  tarball = join(folder, name as string);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs Bun and returns what it printed; throws with everything it said where it fails. */
async function bun(command: readonly string[], cwd: string): Promise<string> {
  const child = Bun.spawn([process.execPath, ...command], {
    cwd,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    // Packages are tested as users meet them: nothing of this checkout in the environment.
    env: { ...process.env, AIP_LIBRARY: undefined, AIP_ONNXRUNTIME: undefined, TMPDIR: folder },
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const status = await child.exited;
  if (status !== 0)
    throw new Error(`bun ${command.join(" ")}: status ${status}\n${output}${errors}`);
  return output;
}

function emptyFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

test("the tarball holds sources, models and the library of this platform, and no tests", async () => {
  const archive = new Bun.Archive(await Bun.file(tarball).bytes());
  const paths = [...(await archive.files()).keys()];
  for (const path of ["src/index.ts", "src/cli/main.ts", "LICENSE", `build/${LIBRARY}`]) {
    expect(paths).toContain(`package/${path}`);
  }
  expect(paths.filter((path) => /^package\/models\/.*\.onnx$/.test(path))).not.toBeEmpty();
  const coreMl = ["Manifest.json", "model.mlmodel", "weight.bin"];
  for (const name of coreMl) {
    const within = (path: string): boolean => path.startsWith("package/models/demo.mlpackage/");
    expect(paths.filter((path) => within(path) && path.endsWith(`/${name}`))).toHaveLength(1);
  }
  const folders = new Set(paths.map((path) => path.split("/").slice(1, -1)[0]));
  expect([...folders].filter((name) => name !== undefined).sort()).toEqual([
    "build",
    "models",
    "src",
  ]);
});

test("an application of ten lines runs the demo, every frame once and in order", async () => {
  const app = emptyFolder("app");
  await bun(["add", tarball], app);
  writeFileSync(join(app, "index.ts"), APPLICATION);
  const result = JSON.parse(await bun(["index.ts"], app));
  expect(result.frames).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect([result.received, result.emitted]).toEqual([20, 20]);

  // Its types are there, too, with what the README asks for; a browser's types do no harm.
  await bun(["add", "--dev", "@types/bun"], app);
  for (const lib of [["esnext"], ["esnext", "dom"]]) {
    const compilerOptions = {
      ...{ strict: true, noEmit: true, target: "esnext", lib, types: ["bun"] },
      ...{ module: "preserve", allowImportingTsExtensions: true },
    };
    writeFileSync(
      join(app, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["index.ts"] }),
    );
    await bun([join(ROOT, "node_modules/.bin/tsc"), "--project", app], app);
  }
});

test("bun x runs the command of the tarball in an empty folder", async () => {
  const here = emptyFolder("x");
  const options = ["--device", "cpu", "--frames", "10", "--output", "results.ndjson", "--quiet"];
  await bun(["x", "--package", tarball, "aip", "run", "demo", ...options], here);
  const lines = (await Bun.file(join(here, "results.ndjson")).text()).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).frame)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("bun x runs the command of the checkout after the set-up", async () => {
  expect(await bun(["x", "aip", "--help"], ROOT)).toContain("aip run");
});
