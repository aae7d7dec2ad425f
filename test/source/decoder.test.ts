import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { Decoder, type PipeFactory } from "../../src/source/decoder.ts";
import { chooseFormat } from "../../src/source/geometry.ts";
import { openSource } from "../../src/source/open.ts";
import { hasFfmpeg, MediaFolder, testPicture } from "./media.ts";
import { openPipes, pipes } from "./pipes.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

const ORPHAN = fileURLToPath(new URL("./orphan.ts", import.meta.url));
/** Longest silence a live decoder bears, plus time for a busy machine. */
const GONE_LIMIT_MS = 40_000;

async function isGoneWithin(pid: number, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 50) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await Bun.sleep(50);
  }
  return false;
}

/** Starts a process that opens the source, kills it, and says whether its ffmpeg goes too. */
async function orphanGoes(spec: string): Promise<boolean> {
  const parent = Bun.spawn([process.execPath, ORPHAN, spec], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { value } = await parent.stdout.getReader().read();
  const pid = Number(new TextDecoder().decode(value));
  expect(pid).toBeGreaterThan(1);
  parent.kill("SIGKILL");
  await parent.exited;
  return await isGoneWithin(pid, GONE_LIMIT_MS);
}

describe.skipIf(!hasFfmpeg)("Decoder", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  test("goes when its parent is killed while it is blocked on a full pipe", async () => {
    const path = media.make("long.mp4", ...testPicture(640, 480, 20), "-pix_fmt", "yuv420p");
    expect(await orphanGoes(path)).toBe(true);
  }, 60_000);

  test("goes when its parent is killed while a camera is silent", async () => {
    const path = media.make("a.mjpeg", ...testPicture(320, 240, 0.4), "-c:v", "mjpeg");
    const bytes = await Bun.file(path).bytes();
    let connections = 0;
    using server = Bun.serve({
      port: 0,
      idleTimeout: 60,
      fetch: () => {
        connections += 1;
        // The probe gets a stream that ends, the decoder one that falls silent.
        if (connections === 1) return new Response(new Blob([bytes]));
        return new Response(
          new ReadableStream({ start: (controller) => controller.enqueue(bytes) }),
        );
      },
    });
    expect(await orphanGoes(`http://127.0.0.1:${server.port}/a.mjpeg`)).toBe(true);
  }, 60_000);

  test.skipIf(process.platform !== "linux")(
    "closes every pipe when the second cannot be made",
    () => {
      const before = openPipes();
      let made = 0;
      const failing: PipeFactory = {
        ...pipes,
        createPipe(capacityBytes) {
          made += 1;
          if (made === 2) throw new Error("too many open files");
          return pipes.createPipe(capacityBytes);
        },
      };
      const stream = {
        codec: "h264",
        width: 64,
        height: 48,
        rotation: 0,
        pixelFormat: "nv12",
      } as const;
      const request = {
        input: ["-i", "file:a.mp4"],
        format: chooseFormat(stream, {}),
        hardware: null,
        version: [5, 1],
        threads: 1,
      } as const;
      expect(() => new Decoder(request, failing)).toThrow("too many open files");
      expect(openPipes()).toEqual(before);
    },
  );

  test("says how to install ffmpeg where there is none", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = media.path;
    try {
      const opened = openSource(media.file("long.mp4"), { pipes });
      await expect(opened).rejects.toMatchObject({
        code: "ffmpeg-missing",
        category: "usage",
        message: expect.stringMatching(/is not on the PATH: install it with ".*install ffmpeg"$/),
      });
    } finally {
      process.env["PATH"] = path;
    }
  });
});
