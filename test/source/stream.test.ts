import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { AipError } from "../../src/errors.ts";
import { openSource } from "../../src/source/open.ts";
import { hasFfmpeg, MediaFolder, testPicture } from "./media.ts";
import { pipes } from "./pipes.ts";
import { RtspServer } from "./rtsp-server.ts";
import { readSegment, readSource } from "./segment-reader.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

const quick = { pipes, reconnectDelayMs: 5 };

async function failure(spec: string): Promise<AipError> {
  const error = await openSource(spec, quick).catch((thrown: unknown) => thrown);
  if (error instanceof AipError) return error;
  throw new Error("It should have failed");
}

describe.skipIf(!hasFfmpeg)("openStream()", () => {
  let media: MediaFolder;
  let rtsp: RtspServer;
  beforeAll(async () => {
    media = new MediaFolder();
    rtsp = await RtspServer.start();
  });
  afterAll(() => {
    rtsp.stop();
    media.remove();
  });

  test("an .mp4 over HTTP is a video like a file", async () => {
    const path = media.make("clip.mp4", ...testPicture(320, 240, 1), "-pix_fmt", "yuv420p");
    using server = Bun.serve({ port: 0, fetch: () => new Response(Bun.file(path)) });
    const source = await openSource(`http://127.0.0.1:${server.port}/clip.mp4`, quick);
    expect(source).toMatchObject({ name: "clip", live: false, info: { frameCount: 25, fps: 25 } });
    const { segments, errors } = await readSource(source);
    expect(errors).toEqual([null]);
    expect(segments[0]?.frames).toBe(25);
  });

  test("an MJPEG camera is live, and connected to again when it hangs up", async () => {
    const path = media.make("a.mjpeg", ...testPicture(320, 240, 1), "-c:v", "mjpeg");
    const bytes = await Bun.file(path).bytes();
    let connections = 0;
    using server = Bun.serve({
      port: 0,
      fetch: () => {
        connections += 1;
        return new Response(new Blob([bytes]).stream(), {
          headers: { "content-type": "video/x-motion-jpeg" },
        });
      },
    });
    const source = await openSource(`http://127.0.0.1:${server.port}/camera.mjpeg`, quick);
    expect(source.live).toBe(true);
    expect(source.info.frameCount).toBeUndefined();
    const first = await readSegment(await source.open());
    expect(first.frames).toBe(25);
    expect(await source.finish(first)).toBeNull();
    expect(source.notes()).toEqual(["the connection broke off once"]);
    const second = await source.open();
    const read = await readSegment(second);
    expect(read.frames).toBe(25);
    // Times go on where the first connection left off.
    expect(read.timesMs[0]).toBeGreaterThan(0);
    expect(connections).toBeGreaterThanOrEqual(3);
    await source.close();
    expect(await source.open()).toBeNull();
  });

  test("an RTSP camera is live, over TCP, and survives a broken connection", async () => {
    const source = await openSource(rtsp.url, quick);
    expect(source).toMatchObject({ name: "127.0.0.1", live: true });
    expect(source.info.geometry).toMatchObject({ width: 320, height: 240, pixelFormat: "yuv420p" });
    rtsp.packetsMax = 120;
    const first = await readSegment(await source.open());
    expect(first.frames).toBeGreaterThan(3);
    // 25 frames a second. ffmpeg gives the first packet of an RTSP stream no time of its own, so
    // its frame may share that of the second.
    const [, second = 0, ...later] = first.timesMs;
    for (const [index, time] of later.entries()) {
      expect(Math.abs(time - second - (index + 1) * 40)).toBeLessThan(1);
    }
    expect(await source.finish(first)).toBeNull();
    rtsp.packetsMax = Number.POSITIVE_INFINITY;
    const again = await readSegment(await source.open(), 5);
    expect(again.frames).toBe(5);
    expect(source.notes()[0]).toBe("the connection broke off once");
    await source.close();
  }, 30_000);

  test("a camera's pictures are scaled in every connection", async () => {
    const path = media.make("c.mjpeg", ...testPicture(320, 240, 0.4), "-c:v", "mjpeg");
    const bytes = await Bun.file(path).bytes();
    using server = Bun.serve({ port: 0, fetch: () => new Response(new Blob([bytes])) });
    const source = await openSource(`http://127.0.0.1:${server.port}/c.mjpeg`, quick);
    source.scaleTo?.({ width: 80, height: 60 });
    expect(source.info.geometry).toMatchObject({ width: 320, height: 240 });
    for (let connection = 0; connection < 2; connection += 1) {
      const segment = await source.open();
      expect(segment?.geometry).toMatchObject({
        ...{ width: 80, height: 60 },
        sourceSize: { width: 320, height: 240 },
      });
      const read = await readSegment(segment);
      expect(read).toMatchObject({ frames: 10, partialBytes: 0 });
      expect(await source.finish(read)).toBeNull();
    }
    await source.close();
  }, 30_000);

  test("gives a camera up after five tries without a frame", async () => {
    let up = true;
    const path = media.make("b.mjpeg", ...testPicture(320, 240, 0.4), "-c:v", "mjpeg");
    const bytes = await Bun.file(path).bytes();
    using server = Bun.serve({
      port: 0,
      fetch: () => (up ? new Response(new Blob([bytes])) : new Response("", { status: 503 })),
    });
    const spec = `http://user:secret@127.0.0.1:${server.port}/b.mjpeg`;
    const source = await openSource(spec, { pipes, reconnectDelayMs: 1 });
    const good = await readSegment(await source.open());
    expect(await source.finish(good)).toBeNull();
    up = false;
    let tries = 0;
    let error: AipError | null = null;
    for (let segment = await source.open(); segment !== null; segment = await source.open()) {
      tries += 1;
      const read = await readSegment(segment);
      error = await source.finish(read);
    }
    // The first connection that fails, and five more.
    expect(tries).toBe(6);
    expect(error).toMatchObject({ code: "source-lost", category: "runtime" });
    expect(error?.message).toContain("no frame in 5 tries to reconnect");
    expect(error?.message).toContain("5XX");
    expect(error?.message).not.toContain("secret");
  }, 30_000);

  test("a camera that refuses the connection fails in one sentence, without its password", async () => {
    const error = await failure("rtsp://admin:secret@127.0.0.1:9/stream");
    expect(error).toMatchObject({ code: "source-unreachable", category: "usage" });
    expect(error.message).toBe(
      'Cannot open source "rtsp://127.0.0.1:9/stream": Connection refused; ' +
        "check the address and that the camera is on",
    );
  });

  test("a camera that accepts and says nothing fails within its time limit", async () => {
    const silent = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: () => undefined },
    });
    const specs = [`rtsp://127.0.0.1:${silent.port}/a`, `http://127.0.0.1:${silent.port}/a`];
    const errors = await Promise.all(specs.map(failure));
    silent.stop(true);
    for (const error of errors) {
      expect(error.code).toBe("source-unreachable");
      expect(error.message).toContain("no answer within 5 s");
    }
  }, 15_000);
});
