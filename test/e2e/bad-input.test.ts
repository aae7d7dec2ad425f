import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { sentences, upTo, Workspace } from "./workspace.ts";

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

beforeAll(() => {
  workspace.makeVideo("clip.mp4", 60);
  symlinkSync(workspace.file("clip.mp4"), workspace.file("link.mp4"));
  workspace.makeVideo("no-frames.mp4", 0);
  // The index of an .mp4 stands at its end, or, made for streaming, at its beginning.
  workspace.makeVideo("index-first.mp4", 60, "-movflags", "+faststart");
  workspace.makeVideo("index-last.mp4", 60);
  workspace.makeVideo("blocks.mkv", 60);
  for (const name of ["index-first.mp4", "index-last.mp4", "blocks.mkv"]) {
    truncateSync(workspace.file(name), Math.floor(Bun.file(workspace.file(name)).size / 2));
  }
  writeFileSync(workspace.file("results.ndjson"), "results of an earlier run\n");
});

const OUTPUTS = "--output o.ndjson --annotate o.mp4 --report o.json";

// What is typed, and the whole sentence: what was wrong, and what would be right.
test.each([
  ["no-frames.mp4", 'Cannot open source "no-frames.mp4": it has no video'],
  [
    "index-last.mp4",
    'Cannot open source "index-last.mp4": it is cut short, and the index of its frames is missing',
  ],
  ["demo --device cpi", 'Unknown device "cpi"; did you mean "cpu"?'],
  [
    "demo --device cpu:thread=1",
    'Device "cpu:thread=1" has an unknown option "thread"; did you mean "threads"?',
  ],
  [
    "demo --device cpu:replicas=0",
    'Device "cpu:replicas=0" has replicas 0: it must be a whole number from 1 to 64',
  ],
  ["demo --fps -1", "--fps must be a number above 0, at most 100000, not -1"],
  ["demo --frames many", '--frames must be a whole number from 1 to 4294967295, not "many"'],
  ["demo --drop oldes", '--drop must be one of never, oldest, newest; did you mean "oldest"?'],
  ["demo --frmes 5", 'Unknown flag "--frmes"; did you mean "--frames"?'],
  [
    "clip.mp4 --output link.mp4",
    'Cannot write "link.mp4": it is the input "clip.mp4"; name another file',
  ],
  [
    "demo --output both --report both",
    'Cannot write "both": --output writes to it too; name another file',
  ],
])("aip run %s is refused in one sentence, and leaves nothing behind", async (line, expected) => {
  const before = readdirSync(workspace.path).toSorted();
  const device = line.includes("--device") ? "" : " --device sim:1ms";
  const outputs = line.includes("--output") ? "" : ` ${OUTPUTS}`;
  const { code, stdout, stderr } = await workspace.run(`${line}${device}${outputs}`);
  expect(stderr).toBe(`aip: ${expected}\n`);
  expect(stdout).toBe("");
  expect(code).toBe(2);
  expect(readdirSync(workspace.path).toSorted()).toEqual(before);
});

test("aip run says in time that a camera takes the connection and is silent", async () => {
  const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const url = `rtsp://127.0.0.1:${silent.port}/stream`;
  const { code, stderr } = await workspace.run(`${url} --device sim:1ms ${OUTPUTS}`);
  silent.stop(true);
  expect(stderr).toBe(
    `aip: Cannot open source "${url}": no answer within 5 s; ` +
      "check the address and that the camera is on\n",
  );
  expect(code).toBe(2);
}, 60_000);

test.each(["index-first.mp4", "blocks.mkv"])(
  "aip run %s, cut short, keeps the frames before the break and reports it",
  async (name) => {
    const { code, stderr } = await workspace.run(`${name} --device sim:1ms ${OUTPUTS} --quiet`);
    expect(code).toBe(1);
    const { frames, error, end } = await workspace.report("o.json");
    // Half of the bytes hold about half of the frames, the first of which are the largest.
    expect(frames.received).toBeGreaterThan(10);
    expect(frames.received).toBeLessThan(60);
    expect(frames).toMatchObject({ emitted: frames.received, dropped: 0, failed: 0 });
    expect(end).toBe("failed");
    expect(error).toStartWith(`"${name}" is cut short after ${frames.received} of 60 frames: `);
    expect(sentences(stderr).at(-1)).toBe(`aip: ${error}`);
    expect(Object.values(await workspace.frames("o.ndjson"))).toEqual([upTo(frames.received)]);
    expect(workspace.countPictures("o.mp4")).toBe(frames.received);
  },
);

test("aip run that cannot start leaves the results of an earlier run alone", async () => {
  const { code } = await workspace.run(
    "demo --device sim:1ms --output results.ndjson --annotate o.mp4",
    { PATH: workspace.path },
  );
  expect(code).toBe(2);
  expect(await Bun.file(workspace.file("results.ndjson")).text()).toBe(
    "results of an earlier run\n",
  );
});
