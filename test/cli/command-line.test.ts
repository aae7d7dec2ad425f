import { expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { aipProcess, type Outcome } from "./process.ts";

const run = (line: string, env: Record<string, string> = {}): Promise<Outcome> =>
  aipProcess(line.split(" ").filter(Boolean), { env });

test("aip --version prints the version", async () => {
  expect(await run("--version")).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test("aip --help lists the commands and examples, without escapes in a pipe", async () => {
  const { code, stdout, stderr } = await run("--help");
  expect(code).toBe(0);
  expect(stderr).toBe("");
  for (const word of ["run", "devices", "models", "simulate", "completion", "EXAMPLES"]) {
    expect(stdout).toContain(word);
  }
  expect(stdout).not.toContain("\u001b");
});

test.each(["run", "devices", "models", "models inspect", "simulate", "completion"])(
  "aip %s --help describes it, with examples",
  async (command) => {
    const { code, stdout } = await run(`${command} --help`);
    expect(code).toBe(0);
    expect(stdout).toContain(`USAGE aip ${command}`);
    expect(stdout).toContain("EXAMPLES");
  },
);

test("aip without a command shows the help on stderr and exits with 2", async () => {
  const { code, stdout, stderr } = await run("");
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("COMMANDS");
});

// Each row: what is typed, and the whole of what stderr says.
test.each([
  ["rnu", 'Unknown command "rnu"; did you mean "run"?'],
  ["xyzzy", 'Unknown command "xyzzy": "aip --help" lists them'],
  ["models inspekt x", 'Unknown command "inspekt"; did you mean "inspect"?'],
  ["--hlep", 'Unknown flag "--hlep"; did you mean "--help"?'],
  ["run --modle x.onnx", 'Unknown flag "--modle"; did you mean "--model"?'],
  ["run --fps -1", "--fps must be a number above 0, at most 100000, not -1"],
  ["run --frames many", '--frames must be a whole number from 1 to 4294967295, not "many"'],
  ["run --schedule pul", 'Unknown schedule "pul"; did you mean "pull"?'],
  [
    "run --device sim:1ms,sim:2ms --schedule weighted:weights=7:3:1",
    'Schedule "weighted:weights=7:3:1" has 3 weights for 2 devices (sim-0, sim-1): ' +
      "give one for each, in this order",
  ],
  [
    "run --pixel-format rgb",
    '--pixel-format must be one of yuv420p, nv12, rgb24, bgr24; did you mean "rgb24"?',
  ],
  ["run --device cpi", 'Unknown device "cpi"; did you mean "cpu"?'],
  [
    "run --device cpu:replicas=0",
    'Device "cpu:replicas=0" has replicas 0: it must be a whole number from 1 to 64',
  ],
  ["run --model", "Flag --model needs a value: --model FILE|NAME"],
  ["run --config no.yaml", 'Cannot read configuration "no.yaml": no such file'],
  ["devices cpu", 'Unexpected "cpu": "aip devices --help" says what it takes'],
  ["models inspect", "No model given: write aip models inspect FILE"],
  ["completion", "No shell given: write aip completion SHELL (bash, zsh, fish)"],
  ["completion tcsh", 'Unknown shell "tcsh" (known: bash, zsh, fish)'],
])("aip %s is refused with one sentence and exit code 2", async (line, sentence) => {
  expect(await run(line)).toEqual({ code: 2, stdout: "", stderr: `aip: ${sentence}\n` });
});

test("aip shows the stack of an error only where AIP_DEBUG=1", async () => {
  const { code, stderr } = await run("run --fps -1", { AIP_DEBUG: "1" });
  expect(code).toBe(2);
  expect(stderr).toContain("schema.ts");
});

test("aip says how to get a missing native library", async () => {
  const { code, stdout } = await run("devices", { AIP_LIBRARY: "no-such-library.so" });
  expect(code).toBe(0);
  expect(stdout).toContain('"no-such-library.so" is missing: run "sh scripts/setup.sh"');
  const refused = await run("models inspect x.onnx", { AIP_LIBRARY: "no-such-library.so" });
  expect(refused.code).toBe(2);
});

test("aip help is the help", async () => {
  expect(await run("help")).toEqual(await run("--help"));
});

test("aip devices --json lists the CPU", async () => {
  const { code, stdout } = await run("devices --json");
  expect(code).toBe(0);
  const cpu = JSON.parse(stdout).devices.find((device: { kind: string }) => device.kind === "cpu");
  expect(cpu.available).toBe(true);
});

test("aip models inspect shows what a run would make of a model", async () => {
  const model = new URL("../fixtures/models/yolox.onnx", import.meta.url).pathname;
  const { code, stdout } = await run(`models inspect ${model}`);
  expect(code).toBe(0);
  expect(stdout).toContain("float32 [1, 3, 64, 64]");
  expect(stdout).toContain("yolox");
  const json = JSON.parse((await run(`models inspect ${model} --json`)).stdout);
  expect(json.model.head.type).toBe("yolox");
});

test.each(["", " --json"])("aip models inspect shows a Core ML model anywhere%s", async (json) => {
  const model = new URL("../fixtures/coreml/detector.mlpackage", import.meta.url).pathname;
  // Not even the native library is needed.
  const environment = { AIP_LIBRARY: "no-such-library.so" };
  const { code, stdout } = await run(`models inspect ${model}${json}`, environment);
  expect(code).toBe(0);
  const { inspection, model: spec } = json === "" ? {} : JSON.parse(stdout);
  expect(inspection?.operations.conv ?? 6).toBe(6);
  expect(spec?.head.type ?? "yolox").toBe("yolox");
  expect(stdout).toContain("32BGRA");
});

test("aip models inspect shows what cannot be run, with exit code 2", async () => {
  const model = new URL("../fixtures/coreml/two-inputs.mlmodel", import.meta.url).pathname;
  const { code, stdout } = await run(`models inspect ${model}`);
  expect(code).toBe(2);
  expect(stdout).toContain("\n\ncannot run   Cannot open model");
  const json = await run(`models inspect ${model} --json`);
  expect(json.code).toBe(2);
  expect(JSON.parse(json.stdout).error.code).toBe("model-input");
});

test.skipIf(process.platform === "darwin")("aip run needs a Mac for a Core ML model", async () => {
  const model = new URL("../fixtures/coreml/detector.mlpackage", import.meta.url).pathname;
  expect(await run(`run demo --frames 1 --model ${model}`)).toEqual({
    code: 2,
    stdout: "",
    stderr:
      `aip: Cannot run model "${model}": Core ML models run on a Mac alone; ` +
      "here, give the ONNX file it was made from\n",
  });
});

test("aip models inspect takes a size for a model that leaves it open", async () => {
  const model = new URL("../fixtures/models/yolox-dynamic-size.onnx", import.meta.url).pathname;
  expect((await run(`models inspect ${model}`)).stdout).toContain("cannot run");
  const sized = await run(`models inspect ${model} --input-size 64x64`);
  expect(sized.stdout).toContain("64×64");
  expect((await run(`models inspect ${model} --input-size 64`)).stderr).toBe(
    'aip: --input-size must be WIDTHxHEIGHT, such as 640x384, each from 16 to 8192, not "64"\n',
  );
});
