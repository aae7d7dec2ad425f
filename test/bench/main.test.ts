import { expect, setDefaultTimeout, test } from "bun:test";
import { fileURLToPath } from "node:url";
import type { Comparison } from "../../bench/benchmark.ts";

// Each benchmark starts processes of its own; a busy machine takes its time.
setDefaultTimeout(240_000);

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));
/** A machine without the baselines' Python: our side is measured all the same. */
const NO_PYTHON = { ...process.env, AIP_PYTHON: "/nonexistent/python3" };

interface Report {
  readonly machine: { readonly cores: number; readonly versions: Record<string, string> };
  readonly quick: boolean;
  readonly results: Readonly<Record<string, readonly Comparison[]>>;
}

async function bench(...args: string[]) {
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    env: NO_PYTHON,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { output, errors, status };
}

/** Runs one benchmark quickly, checks what all of them promise, and returns its comparisons. */
async function quick(name: string): Promise<readonly Comparison[]> {
  const { output, errors, status } = await bench(name, "--quick", "--json");
  expect({ status, errors: status === 0 ? "" : errors }).toEqual({ status: 0, errors: "" });
  const report = JSON.parse(output) as Report;
  expect(report.quick).toBe(true);
  expect(report.machine.cores).toBeGreaterThan(0);
  expect(report.machine.versions["bun"]).toBe(Bun.version);
  expect(Object.keys(report.results)).toEqual([name]);
  const comparisons = report.results[name] as readonly Comparison[];
  expect(comparisons.length).toBeGreaterThan(0);
  for (const { ways } of comparisons) {
    for (const { values } of ways) {
      for (const value of values) expect(Number.isFinite(value)).toBe(true);
    }
  }
  return comparisons;
}

/** Names of all ways that stand in ratios with their opposite. */
function pairs(comparisons: readonly Comparison[]): Set<string> {
  return new Set(comparisons.flatMap(({ ratios }) => ratios.map(({ of, to }) => `${of} / ${to}`)));
}

test("bench ring compares the ring with an array and with messages", async () => {
  expect(pairs(await quick("ring"))).toEqual(
    new Set(["ring / JavaScript array, push and shift", "ring / postMessage"]),
  );
});

test("bench bgra makes about the picture that others make, from every size and format", async () => {
  const comparisons = await quick("bgra");
  expect(comparisons).toHaveLength(9);
  for (const { ways, ratios, notes } of comparisons) {
    const names = ways.map(({ name }) => name).filter((name) => name !== "aip");
    expect(ratios.map(({ of, to }) => `${of} / ${to}`)).toEqual(names.map((to) => `aip / ${to}`));
    for (const peer of ["libswscale", "vImage"]) {
      const note = notes.find((text) => text.includes(peer));
      if (!names.includes(peer)) {
        expect(note).toStartWith(`without ${peer}: `);
        continue;
      }
      // Two roundings and the filters' difference; another format or order of colours is off by tens.
      const off = /: ([\d.]+) grey levels off/.exec(note ?? "")?.[1];
      expect(Number(off)).toBeLessThan(2);
    }
  }
});

test("bench coreml measures each unit that Core ML has, or says why there is none", async () => {
  const [comparison] = await quick("coreml");
  const names = comparison?.ways.map(({ name }) => name) ?? [];
  expect(names[0]).toBe("ONNX Runtime, one thread");
  for (const name of names.slice(1)) expect(name).toMatch(/^Core ML, (CPU|GPU|Neural Engine)$/);
  if (names.length === 1) expect(comparison?.notes[0]).toStartWith("without Core ML");
});

test("bench demo draws the scene in every size", async () => {
  expect((await quick("demo")).map(({ title }) => title)).toEqual([
    "demo scene 640x360 yuv420p",
    "demo scene 1280x720 yuv420p",
    "demo scene 1920x1080 yuv420p",
  ]);
});

test("bench batch holds calls of several frames against single ones", async () => {
  const comparisons = await quick("batch");
  const simulated = comparisons.at(-1);
  expect(simulated?.title).toBe("a device of 20 ms, each further frame 6 ms more");
  expect(pairs(comparisons)).toContain("4 a call / 1 a call");
});

test("bench help compares with an empty program", async () => {
  expect(pairs(await quick("help"))).toEqual(new Set(["aip --help / Bun with an empty program"]));
});

test("bench postprocess finds nothing where nothing is, and says what is missing", async () => {
  const comparisons = await quick("postprocess");
  expect(comparisons[0]?.notes[0]).toBe("aip: 0 boxes");
  expect(comparisons[0]?.notes[1]).toContain("AIP_PYTHON");
});

test("bench preprocess without a Python says so", async () => {
  const [comparison] = await quick("preprocess");
  expect(comparison?.notes[0]).toContain("AIP_PYTHON");
});

test("bench dispatch compares with writing the bytes alone", async () => {
  expect(pairs(await quick("dispatch"))).toEqual(new Set(["aip / writing the bytes alone"]));
});

test("bench schedule compares with fixed shares, simulated and on real workers", async () => {
  const comparisons = await quick("schedule");
  expect(pairs(comparisons)).toEqual(
    new Set([
      "look-ahead / weighted",
      "look-ahead / look-ahead, simulated",
      "weighted / weighted, simulated",
      "look-ahead / all devices together",
    ]),
  );
});

test("bench estimate compares estimators, and every one of them sees a change", async () => {
  const comparisons = await quick("estimate");
  expect(comparisons).toHaveLength(11);
  const [first] = comparisons;
  for (const { values } of first?.ways ?? []) expect(Math.min(...values)).toBeGreaterThan(0);
});

test("bench ingest compares scaled frames with full-size ones, size by size", async () => {
  const comparisons = await quick("ingest");
  expect(pairs(comparisons)).toEqual(new Set(["scaled / native"]));
  expect(comparisons).toHaveLength(4);
});

test("bench capacity compares what is measured with what was predicted", async () => {
  const comparisons = await quick("capacity");
  expect(pairs(comparisons)).toEqual(new Set(["measured / predicted"]));
  // 80 frames a second are 5 cameras of 15.
  expect(comparisons.at(-1)?.notes.map((note) => note.split(":")[0])).toEqual([
    "5 cameras",
    "7 cameras",
  ]);
}, 240_000);

test("bench fullrun measures, or says what is missing", async () => {
  const [comparison] = await quick("fullrun");
  const measured = comparison?.ways.some(({ name }) => name === "aip") === true;
  const skipped = comparison?.notes[0]?.startsWith("skipped") === true;
  expect(measured || skipped).toBe(true);
});

test("bench trace compares with the same runs without a timeline", async () => {
  expect(pairs(await quick("trace"))).toEqual(new Set(["with a timeline / without"]));
});

test.skipIf(Bun.which("ffmpeg") === null)(
  "bench cascade-early compares the early path with decoding alone",
  async () => {
    const comparisons = await quick("cascade-early");
    expect(comparisons[0]?.ways.map(({ name }) => name)).toContain("limit of 60 µs");
    expect(pairs(comparisons.slice(1))).toEqual(
      new Set([
        "early path / decoding alone",
        "early path / ffmpeg to nowhere",
        "early path, every 5th frame / decoding alone",
        "early path, every 30th frame / decoding alone",
        "early path, every 30th frame / early path, every 30th frame, all decoded",
      ]),
    );
  },
  240_000,
);

test("bench names an unknown benchmark's nearest", async () => {
  const { status, errors, output } = await bench("dispach");
  expect({ status, output }).toEqual({ status: 2, output: "" });
  expect(errors).toBe('Unknown benchmark "dispach"; did you mean "dispatch"?\n');
});

test("bench --help lists every benchmark", async () => {
  const { status, output } = await bench("--help");
  expect(status).toBe(0);
  const names = [
    "ring",
    "dispatch",
    "schedule",
    "estimate",
    "preprocess",
    "coreml",
    "postprocess",
    "demo",
    "help",
    "ingest",
  ];
  for (const name of [...names, "capacity", "fullrun", "trace"]) {
    expect(output).toContain(`  ${name} `);
  }
});

test("bench training holds training and answers against their limits", async () => {
  const [trained, scored] = await quick("training");
  expect(trained?.unit).toBe("examples/s of one core");
  expect(pairs([trained as Comparison])).toEqual(
    new Set([
      "training, validation included / the limit: 10000 × 3 in 60 s",
      "training, validation included / its native steps alone",
    ]),
  );
  expect(pairs([scored as Comparison])).toEqual(
    new Set(["batch 64 / onnxruntime-node, batch 64", "batch 64 / the limit: 10000"]),
  );
});
