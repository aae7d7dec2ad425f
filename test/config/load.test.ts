import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfigFile, loadRunConfig } from "../../src/config/load.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aip-config-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const flagName = (key: string): string => `--${key}`;
const wanted = { model: "nano.onnx", devices: ["cpu", "gpu"], fps: 25 };

test("loadConfigFile() reads JSON", async () => {
  const path = await file("a.json", '{"model": "nano.onnx", "devices": ["cpu", "gpu"], "fps": 25}');
  expect(await loadConfigFile(path)).toEqual(wanted);
});

test("loadConfigFile() reads YAML", async () => {
  const path = await file("a.yaml", "model: nano.onnx\ndevices: cpu, gpu\nfps: 25\n");
  expect(await loadConfigFile(path)).toEqual(wanted);
});

test("loadConfigFile() reads the default export of a TypeScript module", async () => {
  const text = 'export default { model: "nano.onnx", devices: "cpu,gpu", fps: 5 * 5 as number };';
  expect(await loadConfigFile(await file("a.config.ts", text))).toEqual(wanted);
});

test("loadRunConfig() lets flags win over the file, and the file over the defaults", async () => {
  const path = await file("b.json", '{"model": "file.onnx", "fps": 10}');
  const config = await loadRunConfig({ fps: 20 }, flagName, path);
  expect(config).toMatchObject({ model: "file.onnx", fps: 20, sources: ["demo"] });
});

test("loadRunConfig() works without a file", async () => {
  expect(await loadRunConfig({ frames: 3 }, flagName, undefined)).toMatchObject({ frames: 3 });
});

test("loadConfigFile() names the file with the key it refuses", async () => {
  const path = await file("c.yaml", "fps: -1\n");
  await expect(loadConfigFile(path)).rejects.toThrow(`"fps" in "${path}" must be a number above 0`);
  const unknown = await file("d.json", '{"modle": "x"}');
  await expect(loadConfigFile(unknown)).rejects.toThrow(
    `Unknown setting "modle" in "${unknown}"; did you mean "model"?`,
  );
});

test("loadConfigFile() refuses a file that is missing, of another kind or broken", async () => {
  const missing = join(folder, "no.json");
  await expect(loadConfigFile(missing)).rejects.toThrow(
    `Cannot read configuration "${missing}": no such file`,
  );
  const other = await file("e.toml", "");
  await expect(loadConfigFile(other)).rejects.toThrow("its name must end in .ts");
  const broken = await file("f.json", "{");
  await expect(loadConfigFile(broken)).rejects.toThrow(`Cannot read configuration "${broken}": `);
  const brokenYaml = await file("f.yaml", "a: [1\n");
  await expect(loadConfigFile(brokenYaml)).rejects.toThrow("Cannot read configuration");
  for (const text of ["\nexport default { fps: 5", "\nexport default { fps: 5 ] }; ) ("]) {
    const brokenModule = await file(`${crypto.randomUUID()}.ts`, text);
    await expect(loadConfigFile(brokenModule)).rejects.toThrow(
      `Cannot read configuration "${brokenModule}": line 2: Expected "}" but found`,
    );
  }
  const noDefault = await file("g.ts", "export const model = 1;");
  await expect(loadConfigFile(noDefault)).rejects.toThrow("it has no default export");
});

test("loadConfigFile() says that supervising is for the command line alone", async () => {
  const path = await file("i.json", '{"supervise": true}');
  await expect(loadConfigFile(path)).rejects.toThrow(
    `Unknown setting "supervise" in "${path}": --supervise is a flag only`,
  );
});

test("loadConfigFile() refuses a file that holds no settings", async () => {
  const path = await file("h.yaml", "- a\n- b\n");
  await expect(loadConfigFile(path)).rejects.toThrow(
    `Configuration "${path}" must hold settings such as model and devices`,
  );
});

test("loadRunConfig() refuses what only a cascade has a use for, where none is named", async () => {
  const nowhere = { retrain: "warn", retrainOut: "x.aip" } as const;
  await expect(loadRunConfig(nowhere, flagName, undefined)).rejects.toThrow(
    "--retrain is of use with a cascade alone: name one with --cascade",
  );
  const named = { audit: 0.1, cascade: "door.aip" };
  expect((await loadRunConfig(named, flagName, undefined)).audit).toBe(0.1);
  // A file may be for runs with a cascade and for others.
  const path = await file("audit.json", '{"audit": 0.2}');
  expect((await loadRunConfig({}, flagName, path)).audit).toBe(0.2);
});
