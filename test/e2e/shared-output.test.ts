import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { upTo, Workspace } from "./workspace.ts";

setDefaultTimeout(60_000);

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

test("a second run to a file that is being written is refused; a killed run blocks nobody", async () => {
  const first = workspace.start("demo:frames=endless --device sim:5ms --quiet --output a.ndjson");
  while (Bun.file(workspace.file("a.ndjson")).size === 0) await Bun.sleep(20);
  for (const more of ["", " --resume", " --supervise"]) {
    const line = `demo --device sim:1ms --frames 20 --quiet --output a.ndjson${more}`;
    expect(await workspace.run(line)).toEqual({
      code: 2,
      stdout: "",
      stderr: 'aip: Cannot write "a.ndjson": another run is writing it; name another file\n',
    });
  }
  first.kill("SIGKILL");
  await first.exited;
  // Whole lines of the first run alone, but for the one it was killed in.
  const text = await Bun.file(workspace.file("a.ndjson")).text();
  const numbers = text
    .slice(0, text.lastIndexOf("\n"))
    .split("\n")
    .map((line) => (JSON.parse(line) as { frame: number }).frame);
  expect(numbers).toEqual(upTo(numbers.length));
  const third = await workspace.run("demo --device sim:1ms --frames 20 --quiet --output a.ndjson");
  expect(third.code).toBe(0);
  expect(await workspace.frames("a.ndjson")).toEqual({ demo: upTo(20) });
});

test("a pipe takes the results where somebody reads it, and is refused where nobody does", async () => {
  const pipe = workspace.file("pipe");
  Bun.spawnSync(["mkfifo", pipe]);
  const line = "demo --device sim:1ms --frames 20 --quiet --output pipe";
  expect(await workspace.run(line)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Cannot write "pipe": nobody reads it; start the reader first'),
  });
  const reader = Bun.spawn(["cat", pipe], { stdout: "pipe" });
  const text = new Response(reader.stdout).text();
  // Refused until the reader has come as far as opening it.
  let outcome = await workspace.run(line);
  while (outcome.code === 2) outcome = await workspace.run(line);
  expect(outcome.code).toBe(0);
  expect((await text).trimEnd().split("\n")).toHaveLength(20);
});
