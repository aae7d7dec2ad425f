import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { LabelStore } from "../../src/cascade/labels/store.ts";
import { fingerprintOf } from "../../src/footage/fingerprint.ts";
import { type LabelRequest, labelFootage } from "../../src/labelling/label-footage.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink } from "../../src/sink/sink.ts";
import { MediaFolder } from "../source/media.ts";

const folder = new MediaFolder();
afterAll(() => folder.remove());

const SPEC = "demo:visitors=0.4:stay=2:fps=15:seed=3:frames=90";
const person = { classes: ["person"], confidence: 0.5, region: null } as const;

/** What the labels of the whole scene say. */
async function answers(path: string, frames = 90): Promise<number[]> {
  using store = LabelStore.open(path, { footage: await fingerprintOf(SPEC) });
  return [...store.span({ start: 0, end: frames }, person).truth];
}

/** What a plain run of the model says. */
async function expected(): Promise<number[]> {
  const truth: number[] = [];
  await using pipeline = new Pipeline({ sources: SPEC, devices: "cpu:replicas=1" });
  for await (const { detections } of pipeline) {
    const found = detections.some((one) => one.label === "person" && one.confidence >= 0.5);
    truth.push(found ? 1 : 0);
  }
  return truth;
}

function request(name: string, more: Partial<LabelRequest> = {}): LabelRequest {
  return { spec: SPEC, path: folder.file(name), devices: "cpu:replicas=2", ...more };
}

/** Calls `act` once that many frames have passed. */
function after(frames: number, act: () => void): Sink {
  let seen = 0;
  return {
    name: "after",
    pixels: "none",
    open: () => undefined,
    write: () => {
      seen += 1;
      if (seen === frames) act();
    },
    close: async () => undefined,
    outputs: () => [],
  };
}

/** Labels in a process of its own, from the project's folder. */
function labelling(path: string, before = "", more = ""): string[] {
  const script = `
    import { labelFootage } from "./src/labelling/label-footage.ts";
    const request = { spec: ${JSON.stringify(SPEC)}, path: ${JSON.stringify(path)}, devices: "cpu", ${more} };
    try { await labelFootage(request); } catch (error) { console.log(error.message); process.exit(1); }
    process.exit(0);`;
  return ["bash", "-c", `${before} exec "$0" "$@"`, process.execPath, "-e", script];
}

describe("labelFootage()", () => {
  test("has every frame answered as a run of the model answers it", async () => {
    const done = await labelFootage(request("whole.labels"));
    expect(done).toMatchObject({ before: 0, labelled: 90, interrupted: false });
    const truth = await answers(folder.file("whole.labels"));
    expect(truth).toEqual(await expected());
    expect(new Set(truth)).toEqual(new Set([0, 1]));
  });

  test("goes on where an interruption stopped it, and has nothing to do a third time", async () => {
    const stop = new AbortController();
    const sinks = [after(20, () => stop.abort())];
    const first = await labelFootage(request("cut.labels", { signal: stop.signal, sinks }));
    expect(first.interrupted).toBe(true);
    expect(first.labelled).toBeGreaterThanOrEqual(20);
    expect(first.labelled).toBeLessThan(90);
    const second = await labelFootage(request("cut.labels"));
    expect(second).toMatchObject({ before: first.labelled, labelled: 90 - first.labelled });
    expect(await answers(folder.file("cut.labels"))).toEqual(
      await answers(folder.file("whole.labels")),
    );
    const third = await labelFootage(request("cut.labels"));
    expect(third).toMatchObject({ before: 90, labelled: 0, report: null });
  });

  test("goes on after kill -9", async () => {
    const path = folder.file("killed.labels");
    // At this pace it takes nine seconds.
    const slowly = 'confidence: 0.05, devices: "sim:100ms:model=demo"';
    const child = Bun.spawn(labelling(path, "", slowly), { stdout: "ignore" });
    // The write-ahead log grows with the first commit.
    while (!existsSync(`${path}-wal`) && child.exitCode === null) await Bun.sleep(20);
    child.kill("SIGKILL");
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    const done = await labelFootage(request("killed.labels"));
    expect(done.before + done.labelled).toBe(90);
    expect(await answers(path)).toEqual(await answers(folder.file("whole.labels")));
  });

  test("says that the disk is full, keeps what fitted, and goes on", async () => {
    const path = folder.file("full.labels");
    // A limit of 48 KiB a file stands in for the disk: the empty file is 24.
    const run = Bun.spawnSync(labelling(path, "ulimit -f 48;", "frames: 90, confidence: 0.01"));
    expect(run.stdout.toString().trim()).toMatch(
      /^Cannot write labels ".*": .+; free some space and run it again: it goes on where it stopped$/,
    );
    const done = await labelFootage(request("full.labels", { confidence: 0.01 }));
    expect(done.before + done.labelled).toBe(90);
    expect(await answers(path)).toEqual(await answers(folder.file("whole.labels")));
  });

  test("labels the beginning alone, and later the rest", async () => {
    const first = await labelFootage(request("part.labels", { frames: 30 }));
    expect(first.labelled).toBe(30);
    await expect(answers(folder.file("part.labels"))).rejects.toThrow("say nothing of frame 30");
    expect((await labelFootage(request("part.labels"))).labelled).toBe(60);
  });

  test("refuses a class the reference does not know, and writes nothing", async () => {
    const asked = request("class.labels", { classes: ["persn"] });
    await expect(labelFootage(asked)).rejects.toThrow(
      'The reference model knows no class "persn"; did you mean "person"?',
    );
    expect(existsSync(asked.path)).toBe(false);
  });

  test("refuses labels of other footage", async () => {
    const asked = request("whole.labels", { spec: "demo:seed=8:frames=90" });
    await expect(labelFootage(asked)).rejects.toThrow(
      "delete it and it is made anew, or (in code) label into another file",
    );
  });

  test("refuses devices without a model, or with several", async () => {
    await expect(labelFootage(request("sim.labels", { devices: "sim:1ms" }))).rejects.toThrow(
      'Cannot label on "sim:1ms": no device there runs a model; name one that does, such as cpu',
    );
    const devices = "cpu,sim:1ms:model=other.onnx";
    await expect(labelFootage(request("two.labels", { devices }))).rejects.toThrow(
      'Labels have one author, and the devices run "demo", "other.onnx"',
    );
  });
});
