import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AipError } from "../../src/errors.ts";
import { closeFd } from "../../src/native/library.ts";
import { openCameras } from "../../src/planning/camera.ts";
import { openClip, syntheticClip } from "../../src/planning/camera-clip.ts";
import { costOf, measureCamera } from "../../src/planning/camera-cost.ts";
import { measurePaced } from "../../src/planning/paced-trial.ts";
import { verifyPlan } from "../../src/planning/verification.ts";
import type { Combination } from "../../src/schedule/capacity.ts";
import { until } from "../e2e/workspace.ts";

const format = { width: 128, height: 96, fps: 20 };

describe("syntheticClip()", () => {
  test("encodes what a camera of this size and rate sends, and deletes it in the end", async () => {
    let path = "";
    {
      await using clip = await syntheticClip(format);
      expect(clip.stream).toMatchObject({ codec: "h264", width: 128, height: 96, fps: 20 });
      expect(clip.description).toBe("synthetic h264 128×96, 37 kbit/s");
      path = (clip.request.input.at(-1) ?? "").replace("file:", "");
      expect(existsSync(path)).toBe(true);
    }
    expect(existsSync(path)).toBe(false);
  });

  test("ends at once when it is interrupted, and leaves nothing behind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aip-test-"));
    const { TMPDIR } = process.env;
    process.env["TMPDIR"] = folder;
    const ended = new AbortController();
    const making = syntheticClip({ width: 4096, height: 4096, fps: 60 }, ended.signal);
    await until("it has begun", () => readdirSync(folder).length === 1);
    ended.abort();
    await expect(making).rejects.toMatchObject({ code: "interrupted" });
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
    if (TMPDIR === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = TMPDIR;
  });

  test("refuses a file that is no video", async () => {
    const opening = openClip(import.meta.path);
    await expect(opening).rejects.toThrow(AipError);
    await expect(opening).rejects.toThrow(`Cannot open source "${import.meta.path}": `);
  });
});

test("costOf() takes what a short trial took off a long one's, and never finds less than 0", () => {
  const short = { frames: 2, decoderMs: 50, ownMs: 30, decoderBytes: 1e6, readMs: [9, 9] };
  const long = {
    frames: 6,
    decoderMs: 90,
    ownMs: 40,
    decoderBytes: 2e6,
    readMs: [9, 9, 1, 3, 2, 2],
  };
  expect(costOf(short, long, 777)).toEqual({
    // (90 - 50) / 4, and what is left of 50 without two frames of it.
    ...{ decodeMs: 10, pacedDecodeMs: 10, decoderStartMs: 30 },
    // (40 - 30) / 4; 5 MiB for the thread that reads.
    ...{ readMs: 2.5, memoryBytes: 5 * 2 ** 20 + 1e6, pictureBytes: 777 },
    rhythm: [0.5, 1.5, 1, 1],
  });
  const noisy = costOf({ ...short, decoderMs: 95, ownMs: 45 }, long, 777);
  expect(noisy).toMatchObject({ decodeMs: 0, readMs: 0, decoderStartMs: 95 });
});

test("measureCamera() finds a cost for decoding and for reading", async () => {
  await using clip = await syntheticClip(format);
  const cost = await measureCamera(clip);
  for (const ms of [cost.decodeMs, cost.readMs, cost.decoderStartMs]) {
    expect(Number.isFinite(ms)).toBe(true);
    expect(ms).toBeGreaterThanOrEqual(0);
  }
  expect(cost.memoryBytes).toBeGreaterThan(5 * 2 ** 20);
  const mean = cost.rhythm.reduce((sum, share) => sum + share, 0) / cost.rhythm.length;
  expect(mean).toBeCloseTo(1, 9);
  // yuv420p: 12 bits a pixel.
  expect(cost.pictureBytes).toBe((128 * 96 * 3) / 2);
}, 60_000);

test("measurePaced() finds times for real devices, and leaves those of simulated ones alone", async () => {
  await using clip = await syntheticClip(format);
  const camera = await measureCamera(clip);
  const combination = (devices: string, instance: object): Combination => ({
    devices,
    memoryBytes: 0,
    instances: [{ id: `${devices}-0`, serviceMs: 5, cv: 0, processorMs: 0, ...instance }],
  });
  const given = { clip, camera, fps: 20, model: "demo" };
  // However quick frames are now: a promise rests on what they took with everything busy.
  const busy = { serviceMs: 1000, processorMs: 900 };
  const real = await measurePaced({ ...given, combinations: [combination("cpu", busy)] });
  const [instance] = real.combinations[0]?.instances ?? [];
  expect(instance).toMatchObject(busy);
  expect(real.camera.decodeMs).toBe(camera.decodeMs);
  expect(instance?.paced?.serviceMs).toBeGreaterThan(0);
  const shape = instance?.paced?.shape ?? [];
  expect(shape.reduce((sum, share) => sum + share, 0) / shape.length).toBeCloseTo(1, 9);
  const simulated = combination("sim:5ms", { seed: 1 });
  const known = await measurePaced({ ...given, combinations: [simulated] });
  expect(known.combinations).toEqual([simulated]);
}, 60_000);

test("verifyPlan() accounts for every frame of every camera, past the end of the clip", async () => {
  await using clip = await syntheticClip(format);
  const measured = await verifyPlan({
    clip,
    cameras: 2,
    demand: { fps: 20, latencyMs: null },
    slots: 20,
    devices: "sim:1ms",
    model: "demo",
    seconds: 3,
  });
  // Two seconds of warm-up, three that are measured: the clip of four seconds begins again.
  expect(measured.frames).toBe(2 * 20 * 5);
  expect(measured.failed).toBe(0);
  expect(measured.latencyMs.p50).toBeGreaterThan(0);
}, 60_000);

test("verifyPlan() sees that an overload is dropped", async () => {
  await using clip = await syntheticClip(format);
  const measured = await verifyPlan({
    clip,
    cameras: 2,
    demand: { fps: 20, latencyMs: null },
    slots: 8,
    devices: "sim:100ms",
    model: "demo",
    seconds: 2,
  });
  expect(measured.frames).toBe(2 * 20 * 4);
  expect(measured.dropped).toBeGreaterThan(0);
  expect(measured.fault).toBe(`${measured.dropped} of 160 frames were dropped`);
}, 60_000);

test("Camera.close() ends a camera that waits for the others", async () => {
  await using clip = await syntheticClip(format);
  const [first] = openCameras({ clip, count: 2, fps: 20 });
  const opening = first?.open();
  await first?.close();
  const segment = await opening;
  if (segment?.kind !== "pipe") throw new TypeError("a decoder's segment is a pipe");
  closeFd(segment.fd);
  closeFd(segment.timestampFd);
  expect(await first?.open()).toBeNull();
});
