import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { AipError } from "../../src/errors.ts";
import { openSource } from "../../src/source/open.ts";
import { testSourceContract } from "./contract.ts";
import { ffmpeg, hasFfmpeg, MediaFolder, testPicture } from "./media.ts";
import { pipes } from "./pipes.ts";
import { RtspServer } from "./rtsp-server.ts";
import { readSegment, readSource } from "./segment-reader.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

const quick = { pipes, reconnectDelayMs: 5 };

/** A camera's answer: without a length. */
function endless(bytes: Uint8Array<ArrayBuffer>): Response {
  const pieces = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return new Response(pieces, { headers: { "content-type": "video/x-motion-jpeg" } });
}

/** A plain file server's: with a length, without seeking. */
function serveBytes(bytes: Uint8Array<ArrayBuffer>): ReturnType<typeof Bun.serve> {
  return Bun.serve({ port: 0, fetch: () => new Response(bytes) });
}

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

  testSourceContract("an RTSP camera", () => openSource(rtsp.url, quick));

  test("an .mp4 over HTTP is a video like a file", async () => {
    const path = media.make("clip.mp4", ...testPicture(320, 240, 1), "-pix_fmt", "yuv420p");
    using server = Bun.serve({ port: 0, fetch: () => new Response(Bun.file(path)) });
    const source = await openSource(`http://127.0.0.1:${server.port}/clip.mp4`, quick);
    expect(source).toMatchObject({ name: "clip", live: false, info: { frameCount: 25, fps: 25 } });
    const { segments, errors } = await readSource(source);
    expect(errors).toEqual([null]);
    expect(segments[0]?.frames).toBe(25);
  });

  test.each([
    ["ts", "libx264", "mpegts"],
    ["mkv", "libx264", "matroska"],
    ["mjpeg", "mjpeg", "mjpeg"],
  ])(
    "a .%s without a duration on a server that cannot seek is a file",
    async (type, codec, muxer) => {
      // Through a pipe: Matroska's duration is written when the muxer can seek back.
      const options = ["-pix_fmt", "yuvj420p", "-c:v", codec, "-f", muxer, "-"];
      using server = serveBytes(Uint8Array.from(ffmpeg(...testPicture(320, 240, 1), ...options)));
      const source = await openSource(`http://127.0.0.1:${server.port}/whole.${type}`, quick);
      expect(source.live).toBe(false);
      const { segments, errors } = await readSource(source);
      expect(errors).toEqual([null]);
      expect(segments.map((segment) => segment.frames)).toEqual([25]);
    },
  );

  test("an .mp4 with its index at the end on a server that cannot seek says what would help", async () => {
    // More than ffmpeg keeps of what it has read, or it would seek back in its own memory.
    const big = [...testPicture(320, 240, 4), "-c:v", "mjpeg", "-q:v", "1", "-pix_fmt", "yuvj420p"];
    const noisy = [...big, "-vf", "noise=alls=40:allf=t"];
    const path = media.make("index-last.mp4", ...noisy);
    using server = serveBytes(Uint8Array.from(await Bun.file(path).bytes()));
    const error = await failure(`http://127.0.0.1:${server.port}/index-last.mp4`);
    expect(error).toMatchObject({ code: "source-not-seekable", category: "usage" });
    expect(error.message).toBe(
      `Cannot open source "http://127.0.0.1:${server.port}/index-last.mp4": its index stands at ` +
        "the end, and the server cannot seek (no range requests); download it, or put the index " +
        'first with "ffmpeg -i IN.mp4 -c copy -movflags +faststart OUT.mp4"',
    );
    const first = media.make(
      "index-first.mp4",
      ...["-i", path, "-c", "copy"],
      "-movflags",
      "+faststart",
    );
    using helped = serveBytes(Uint8Array.from(await Bun.file(first).bytes()));
    const source = await openSource(`http://127.0.0.1:${helped.port}/index-first.mp4`, quick);
    expect(source.info.frameCount).toBe(100);
  });

  test("an MJPEG camera is live, and connected to again when it hangs up", async () => {
    const path = media.make("a.mjpeg", ...testPicture(320, 240, 1), "-c:v", "mjpeg");
    const bytes = await Bun.file(path).bytes();
    let connections = 0;
    using server = Bun.serve({
      port: 0,
      fetch: () => {
        connections += 1;
        return endless(bytes);
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
  }, 60_000);

  test("a camera's pictures are scaled in every connection", async () => {
    const path = media.make("c.mjpeg", ...testPicture(320, 240, 0.4), "-c:v", "mjpeg");
    const bytes = await Bun.file(path).bytes();
    using server = Bun.serve({ port: 0, fetch: () => endless(bytes) });
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
  }, 60_000);

  test("gives a camera up after five tries without a frame", async () => {
    let up = true;
    const path = media.make("b.mjpeg", ...testPicture(320, 240, 0.4), "-c:v", "mjpeg");
    const bytes = await Bun.file(path).bytes();
    using server = Bun.serve({
      port: 0,
      fetch: () => (up ? endless(bytes) : new Response("", { status: 503 })),
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
  }, 60_000);

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
  }, 60_000);
});
