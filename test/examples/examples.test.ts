import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { upTo, Workspace } from "../e2e/workspace.ts";

// Every example is a process of its own; a busy machine takes its time.
setDefaultTimeout(60_000);

const EXAMPLES = join(import.meta.dir, "../../examples");
const MODEL = fileURLToPath(new URL("../fixtures/models/yolox-coco.onnx", import.meta.url));

const workspace = new Workspace();
beforeAll(() => workspace.makeVideo("clip.mp4", 20));
afterAll(() => workspace[Symbol.dispose]());

/** Runs an example as its comment says; returns the lines it printed. */
async function example(name: string, ...words: readonly string[]): Promise<string[]> {
  const child = Bun.spawn([process.execPath, join(EXAMPLES, name), ...words], {
    cwd: workspace.path,
    stdin: "ignore",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) !== 0) throw new Error(`${name}: ${stderr}`);
  return stdout.trimEnd().split("\n");
}

describe("examples, run as their comments say", () => {
  test("all of them are run here", () => {
    expect(readdirSync(EXAMPLES).toSorted()).toEqual(["camera.ts", "custom-stage.ts", "file.ts"]);
  });

  test("file.ts clip.mp4 MODEL prints what is in every frame, with its time", async () => {
    const lines = await example("file.ts", "clip.mp4", MODEL);
    const fps = lines.pop();
    expect(fps).toMatch(/^[\d.]+ frames\/s$/);
    // 25 frames a second; what the fixture finds is written in its README.
    expect(lines).toEqual(
      Array.from(
        { length: 20 },
        (_, frame) => `${(frame * 0.04).toFixed(2)} s  person 0.90, bicycle 0.80, bicycle 0.50`,
      ),
    );
  });

  test("custom-stage.ts clip.mp4 MODEL counts objects by class", async () => {
    const lines = await example("custom-stage.ts", "clip.mp4", MODEL);
    expect(lines.toSorted()).toEqual(["bicycle: 40", "person: 20"]);
  });

  test("camera.ts URL follows a camera to its end", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: () => new Response(Bun.file(workspace.file("clip.mp4"))),
    });
    const lines = await example("camera.ts", `http://127.0.0.1:${server.port}/clip.mp4`);
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toMatch(/^20 received = \d+ emitted \+ \d+ dropped$/);
  });

  test("without arguments they show the demo scene, in which something happens", async () => {
    const file = await example("file.ts");
    expect(file).toHaveLength(51);
    expect(
      file.filter((line) => /\b(vehicle|car|person|cyclist) 0\.\d\d/.test(line)).length,
    ).toBeGreaterThan(25);

    const camera = await example("camera.ts");
    expect(camera.at(-1)).toMatch(/^50 received = \d+ emitted \+ \d+ dropped$/);
    expect(camera.slice(0, -1).map((line) => Number(/^frame (\d+): /.exec(line)?.[1]))).toEqual(
      upTo(50),
    );

    const counts = (await example("custom-stage.ts")).map((line) => Number(line.split(": ")[1]));
    expect(counts.length).toBeGreaterThan(0);
    for (const count of counts) expect(count).toBeGreaterThan(0);
  });
});
