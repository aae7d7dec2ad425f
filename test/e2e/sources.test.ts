import { afterAll, beforeAll, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { auditReport } from "../../src/metrics/report.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { sentences, upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const CAMERAS = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `camera-${number}`);
/** Different lengths, so that they end at different times. */
const frameCount = (index: number): number => 40 + 5 * index;

beforeAll(() => {
  for (const [index, name] of CAMERAS.entries()) {
    workspace.makeVideo(`${name}.mp4`, frameCount(index), "-preset", "ultrafast");
  }
  workspace.makeVideo("broken.mkv", 60);
  const half = Math.floor(Bun.file(workspace.file("broken.mkv")).size / 2);
  truncateSync(workspace.file("broken.mkv"), half);
});

test("aip run takes eight videos at once, each in its own order", async () => {
  const names = CAMERAS.map((name) => `${name}.mp4`).join(" ");
  const { code } = await workspace.run(
    `${names} --device sim:1ms:cv=1,sim:2ms:cv=1 --output o.ndjson --report o.json --quiet`,
  );
  expect(code).toBe(0);
  const expected = CAMERAS.map((name, index) => [name, upTo(frameCount(index))]);
  expect(await workspace.frames("o.ndjson")).toEqual(Object.fromEntries(expected));
  const report = await workspace.report("o.json");
  expect(auditReport(report)).toEqual([]);
  expect(
    report.sources.map(({ name, frames, in_order }) => [name, frames.emitted, in_order]),
  ).toEqual(CAMERAS.map((name, index) => [name, frameCount(index), true]));
});

test("aip run says which picture of a folder a frame is from", async () => {
  const sizes = { "i2.jpg": "64x48", "i10.png": "64x48", "i11.png": "31x21" };
  for (const [name, size] of Object.entries(sizes)) workspace.makePicture(`shots/${name}`, size);
  const { code } = await workspace.run("shots --device sim:1ms --output o.ndjson --quiet");
  expect(code).toBe(0);
  const files = (await workspace.lines("o.ndjson")).map(({ frame, file }) => [frame, file]);
  const expected = Object.keys(sizes).map((name, index) => [index, `shots/${name}`]);
  expect(files).toEqual(expected);
  await using pipeline = new Pipeline({ sources: workspace.file("shots"), devices: "sim:1ms" });
  const seen: unknown[] = [];
  for await (const { frame, file } of pipeline) seen.push([frame, file]);
  expect(seen).toEqual(expected.map(([frame, file]) => [frame, workspace.file(String(file))]));
});

test("aip run goes on with the other sources when one breaks off", async () => {
  const { code, stderr } = await workspace.run(
    "camera-1.mp4 broken.mkv camera-8.mp4 --device sim:1ms --output o.ndjson --annotate o.mp4 --quiet",
  );
  expect(code).toBe(1);
  expect(sentences(stderr).at(-1)).toStartWith('aip: "broken.mkv" is cut short after ');
  const { broken = [], ...whole } = await workspace.frames("o.ndjson");
  expect(whole).toEqual({ "camera-1": upTo(40), "camera-8": upTo(75) });
  expect(broken).toEqual(upTo(broken.length));
  expect(workspace.countPictures("o-camera-8.mp4")).toBe(75);
});

test("aip run, run again, replaces its outputs", async () => {
  const line = "camera-8.mp4 --device sim:1ms --output o.ndjson --annotate o.mp4 --report o.json";
  for (const count of [30, 10]) {
    const { code } = await workspace.run(`${line} --quiet --frames ${count}`);
    expect(code).toBe(0);
    expect(await workspace.frames("o.ndjson")).toEqual({ "camera-8": upTo(count) });
    expect(workspace.countPictures("o.mp4")).toBe(count);
    expect((await workspace.report("o.json")).frames.emitted).toBe(count);
  }
});
