import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import schema from "../../docs/report.schema.json" with { type: "json" };
import { DetectionWords } from "../../src/index.ts";
import { Detection } from "../../src/layout/layout.gen.ts";
import { type ModelManifest, validateManifest } from "../../src/model/manifest.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { NdjsonSink } from "../../src/sink/ndjson.ts";
import { parseNdjsonLine } from "../../src/sink/ndjson-reader.ts";
import { FakeRun } from "../sink/fake-run.ts";
import { TraceFile } from "../sink/trace-file.ts";
import { codeBlocks, codeSpans, readPage, section, tableRows } from "./markdown.ts";

const results = readPage("docs/results.md");
const models = readPage("docs/models.md");

/** Every code span of the first cells, `sources[]` without its brackets. */
const keysOf = (text: string): string[] =>
  tableRows(text)
    .flatMap(([cell = ""]) => codeSpans(cell))
    .map((key) => key.replace("[]", ""))
    .sort();

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-formats-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("docs/results.md names every key of an NDJSON line, and no other", async () => {
  const path = join(folder, "results.ndjson");
  const run = new FakeRun({ fileAt: () => "shots/i04.jpg" });
  const sink = new NdjsonSink({ path });
  sink.open(run.context);
  const write = sink.write.bind(sink);
  const payload = { dtype: "u8", shape: [1, 4], data: new Uint8Array(4) } as const;
  const detections = [{ classId: 0, xyxy: [0, 0, 1, 1], trackId: 3 }] as const;
  await run.show({ frameId: 0, detections, payload, present: true, score: 0.9 }, write);
  await run.show({ frameId: 1, status: "failed", error: "no answer" }, write);
  await sink.close(true);
  const lines = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const written = new Set(lines.flatMap((line) => Object.keys(line)));
  const [box = {}] = (lines[0]?.["detections"] ?? []) as object[];
  for (const key of Object.keys(box)) written.add(key);
  const documented = keysOf(section(results, "## NDJSON"));
  expect(documented).toEqual([...written].sort());
});

test("docs/results.md: its lines are lines that aip reads", () => {
  const text = codeBlocks(results).find(({ language }) => language === "json")?.text ?? "";
  const frames = text
    .trim()
    .split("\n")
    .map((line) => parseNdjsonLine(line));
  expect(frames.map(({ frame, status }) => [frame, status])).toEqual([
    [12, "ok"],
    [13, "dropped"],
  ]);
});

test("docs/results.md names every key of the report, and no other", () => {
  expect(keysOf(section(results, "## Report"))).toEqual(Object.keys(schema.properties).sort());
});

test("docs/results.md: words of a detection record are those of the layout", () => {
  const picture = codeBlocks(section(results, "## Records"))[0]?.text ?? "";
  const names = picture
    .split("\n")
    .filter((line) => line.includes("│"))
    .map((line) =>
      line
        .split("│")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )[0];
  const offsets: Readonly<Record<string, number>> = {
    x1: Detection.x1,
    y1: Detection.y1,
    x2: Detection.x2,
    y2: Detection.y2,
    confidence: Detection.confidence,
    class_id: Detection.classId,
    track_id: Detection.trackId,
    reserved: Detection.reserved,
  };
  expect(names?.map((name) => offsets[name])).toEqual([0, 4, 8, 12, 16, 20, 24, 28]);
  const { WORDS, ...words } = DetectionWords;
  const exported = Object.entries(words).sort(([, one], [, other]) => one - other);
  expect(exported.map(([name]) => name.toLowerCase())).toEqual(names?.slice(0, -1) ?? []);
  expect(exported.map(([, word]) => word)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(WORDS).toBe(names?.length ?? 0);
});

test("docs/models.md: its manifest is one", () => {
  const text = codeBlocks(models).find(({ language }) => language === "json")?.text ?? "";
  const manifest: ModelManifest = validateManifest(JSON.parse(text), "docs.json");
  expect(manifest.classes).toEqual(["vehicle", "person"]);
});

test("docs/models.md names every key of a manifest, and no other", () => {
  const known = (manifest: object, prefix: string): string[] => {
    try {
      validateManifest(manifest, "x.json");
    } catch (error) {
      const list = /\(known: (.*)\)/.exec((error as Error).message)?.[1] ?? "";
      return list.split(", ").map((key) => prefix + key);
    }
    return [];
  };
  const keys = [
    ...known({ nonsenseKey: 1 }, "").filter((key) => key !== "input" && key !== "head"),
    ...known({ input: { nonsenseKey: 1 } }, "input."),
    ...known({ head: { nonsenseKey: 1 } }, "head."),
  ];
  expect(keysOf(section(models, "## Manifest"))).toEqual(keys.sort());
});

test("docs/results.md names every event of a timeline, and its arguments", async () => {
  const path = join(folder, "trace.json");
  await new Pipeline({
    sources: "demo:size=64x64",
    devices: "sim:2ms:fail=0.3,sim:9ms:die-at=5",
    fps: 500,
    drop: "oldest",
    slots: 4,
    frames: 200,
    trace: path,
  }).run();
  const rows = tableRows(section(results, "## Timeline"));
  const documented = new Map(
    rows.flatMap(([, names = "", , args = ""]) =>
      codeSpans(names).map((name) => [name, new Set(codeSpans(args))] as const),
    ),
  );
  for (const { ph, name, args } of TraceFile.read(path).events) {
    if (!"XiC".includes(ph)) continue;
    const keys = documented.get(name.replace(/sim-\d/, "DEVICE"));
    expect({ name, isDocumented: keys !== undefined }).toEqual({ name, isDocumented: true });
    expect([...(keys as Set<string>)]).toEqual(expect.arrayContaining(Object.keys(args)));
  }
});
