import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { openSource } from "../../../src/source/open.ts";
import { decodedBy, multiples, readFrames } from "../frame-reader.ts";
import { ffmpeg, hasFfmpeg, MediaFolder, testPicture } from "../media.ts";
import { openPipes, pipes } from "../pipes.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(120_000);

const WIDTH = 160;
const HEIGHT = 120;
const PICTURE_BYTES = WIDTH * HEIGHT * 1.5;
const COUNT = 100;
const SCENE = testPicture(WIDTH, HEIGHT, COUNT / 25);
const YUV = ["-pix_fmt", "yuv420p"];
const H264 = ["-c:v", "libx264", "-bf", "3", ...YUV];
const hasH265 = hasFfmpeg && ffmpeg("-encoders").toString().includes("libx265");
const x265 = (params: string): string[] => {
  return ["-c:v", "libx265", "-x265-params", `log-level=none:${params}`, ...YUV];
};

describe.skipIf(!hasFfmpeg)("ThinnedFeed", () => {
  let media: MediaFolder;
  beforeAll(() => {
    media = new MediaFolder();
  });
  afterAll(() => media.remove());

  /** The pictures are those of a decoder that decodes all, the times those of even frames. */
  async function checkFrames(path: string, every: number, first = 0): Promise<void> {
    const { timesMs, pictures, error, notes, isThinned } = await readFrames(path, { every, first });
    expect(error).toBeNull();
    expect(notes).toEqual([]);
    expect(isThinned).toBe(true);
    expect(timesMs).toEqual(Array.from({ length: COUNT }, (_, frame) => frame * 40));
    const wanted = multiples(every, COUNT).filter((frame) => frame > first);
    expect([...pictures.keys()]).toEqual([first, ...wanted]);
    const all = decodedBy(path, PICTURE_BYTES);
    for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
  }

  /** 500 frames, of which no pipe holds all packets. */
  const longVideo = (name: string): string => {
    const noise = ["-vf", "noise=alls=40:allf=t", "-preset", "ultrafast"];
    return media.make(name, ...testPicture(640, 480, 20), ...noise, ...H264);
  };

  test.each([2, 3, 7, 24, 25, 26, 99, 100, 400])(
    "gives the pixels of every %i-th frame and the times of all",
    async (every) => {
      await checkFrames(media.make(`every-${every}.mp4`, ...SCENE, ...H264), every);
    },
  );

  test("goes on in the middle with the first frame asked for, whatever its number", async () => {
    await checkFrames(media.make("resumed.mp4", ...SCENE, ...H264), 10, 43);
  });

  test.each([
    [
      "pyramids of B-frames, four slices",
      "pyramid.mkv",
      ["-bf", "8", "-x264-params", "ref=8:b-pyramid=normal:slices=4"],
    ],
    ["open groups of pictures", "open.mp4", ["-x264-params", "open-gop=1:keyint=20"]],
    ["a transport stream that begins late", "late.ts", ["-output_ts_offset", "1000"]],
    [
      "a stream without reordering hints",
      "hintless.mkv",
      ["-bsf:v", "h264_metadata=zero_new_constraint_set_flags=1"],
    ],
  ] as const)("H.264: %s", async (_, name, args) => {
    await checkFrames(media.make(name, ...SCENE, ...H264, ...args), 6);
  });

  test.skipIf(!hasH265).each([
    ["one temporal layer", "one.mp4", x265("bframes=4")],
    ["two of them", "two.mkv", x265("bframes=4:temporal-layers=2")],
  ] as const)("H.265: %s", async (_, name, args) => {
    await checkFrames(media.make(name, ...SCENE, ...args), 6);
  });

  test("pictures are turned as the file says", async () => {
    const path = media.make("upright.mp4", ...SCENE, ...H264);
    const turned = media.make("turned.mp4", "-i", path, "-c", "copy", "-metadata:s:v", "rotate=90");
    const { pictures, isThinned } = await readFrames(turned, { every: 9 });
    expect(isThinned).toBe(true);
    const all = decodedBy(turned, PICTURE_BYTES);
    expect(all[0]).not.toEqual(decodedBy(path, PICTURE_BYTES)[0] as Buffer);
    for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
  });

  test("uneven times are those of a decoder that decodes all", async () => {
    const uneven = ["-vf", "select='lt(n,30)+not(mod(n,3))'", "-fps_mode", "vfr"];
    const path = media.make("vfr.mkv", ...SCENE, ...uneven, ...H264);
    const thinned = await readFrames(path, { every: 4 });
    const whole = await readFrames(path, { every: 1 });
    expect([thinned.isThinned, whole.isThinned]).toEqual([true, false]);
    expect(thinned.timesMs).toHaveLength(30 + 24);
    expect(thinned.timesMs).toEqual(whole.timesMs);
  });

  test.each([
    [
      "a file that was cut at its beginning: frames are decoded that are not shown",
      "trimmed.mp4",
      ["-ss", "1.3"],
      ["-c", "copy"],
    ],
    [
      "interlaced pictures, of which a packet may be half a one",
      "fields.mp4",
      [],
      ["-flags", "+ildct+ilme"],
    ],
    ["frames that rest each on the one before", "no-b.mp4", [], ["-bf", "0"]],
    ["a container without times", "raw.h264", [], []],
  ] as const)("all is decoded of %s", async (_, name, before, after) => {
    const whole = media.make("whole.mp4", ...SCENE, ...H264, "-g", "50");
    const codec = after[0] === "-c" ? after : [...H264, ...after];
    const path = media.make(name, ...before, "-i", whole, ...codec);
    const { timesMs, pictures, isThinned, error } = await readFrames(path, { every: 5 });
    expect(error).toBeNull();
    expect(isThinned).toBe(false);
    const all = decodedBy(path, PICTURE_BYTES);
    expect(timesMs).toHaveLength(all.length);
    expect([...pictures.keys()]).toEqual(multiples(5, all.length));
    for (const [frame, picture] of pictures) expect(picture).toEqual(all[frame] as Buffer);
  });

  test("a wanted frame that cannot be decoded is left out, and all others keep their places", async () => {
    const path = media.make("damaged.mp4", ...SCENE, ...H264);
    const all = decodedBy(path, PICTURE_BYTES);
    // Of the frames that are wanted, one that no other rests on becomes filler.
    const lost = await spoilFrame(path, (frame) => frame > 10 && frame % 3 === 0);
    const { timesMs, pictures, isThinned, error } = await readFrames(path, { every: 3 });
    expect(isThinned).toBe(true);
    expect(error).toBeNull();
    const left = all.map((_, frame) => frame).filter((frame) => frame !== lost);
    expect(timesMs).toEqual(left.map((frame) => frame * 40));
    expect(pictures.size).toBe(multiples(3, COUNT).length - 1);
    for (const [place, picture] of pictures) {
      expect(picture).toEqual(all[left[place] as number] as Buffer);
    }
  });

  test("a file that ends too early says so, after what there is", async () => {
    const path = media.make("cut.ts", ...SCENE, ...H264);
    const bytes = await Bun.file(path).bytes();
    await Bun.write(path, bytes.subarray(0, Math.floor(bytes.length / 376) * 188 + 90));
    const { timesMs, error, isThinned } = await readFrames(path, { every: 4 });
    expect(isThinned).toBe(true);
    expect(error?.code).toBe("source-cut-short");
    expect(timesMs.length).toBeGreaterThan(30);
    expect(timesMs.length).toBeLessThan(COUNT);
  });

  test.skipIf(process.platform !== "linux").each([
    ["reads the packets", (command: string) => command.includes("frag_every_frame")],
    ["decodes", (command: string) => command.includes("yuv4mpegpipe")],
  ] as const)("the signal that ended the ffmpeg that %s is reported", async (_, isMeant) => {
    const path = longVideo("killed.mp4");
    const { timesMs, error, isThinned } = await readFrames(path, {
      every: 2,
      onFrame: (frame) => {
        if (frame === 10) process.kill(childPid(isMeant), "SIGKILL");
      },
    });
    expect(isThinned).toBe(true);
    expect(error).toMatchObject({ code: "decoder-killed" });
    expect(error?.message).toContain(
      `after ${timesMs.length} of 500 frames: ffmpeg was ended by SIGKILL`,
    );
    expect(timesMs.length).toBeLessThan(500);
  });

  test("close() ends the listing of packets, and open() has nothing then", async () => {
    const path = longVideo("closed.mp4");
    const source = await openSource(path, { pipes, every: 2 });
    const opened = source.open();
    await source.close();
    expect(await opened).toBeNull();
  });

  test.skipIf(process.platform !== "linux")(
    "close() ends both processes while they are blocked, and leaves no pipe",
    async () => {
      const path = longVideo("long.mp4");
      const before = openPipes();
      for (let round = 0; round < 3; round += 1) {
        const source = await openSource(path, { pipes, every: 2 });
        const segment = await source.open();
        if (segment?.kind !== "pipe") throw new Error("There is no pipe to read");
        expect(segment.timesMs).toHaveLength(500);
        await source.close();
        await source.close();
        pipes.closeFd(segment.fd);
        pipes.closeFd(segment.timestampFd);
      }
      expect(childCommands()).toEqual([]);
      expect(openPipes()).toEqual(before);
    },
  );
});

/**
 * Turns the slices of a disposable frame into filler, in place.
 *
 * @returns its number
 */
async function spoilFrame(path: string, isMeant: (frame: number) => boolean): Promise<number> {
  const probe = (...args: readonly string[]): string[] => {
    const command = ["ffprobe", "-v", "error", "-of", "csv=p=0", ...args, path];
    return Bun.spawnSync(command).stdout.toString().trim().split("\n");
  };
  const packets = probe("-show_entries", "packet=pts,size,pos").map((line) =>
    line.split(",").map(Number),
  ) as [pts: number, sizeBytes: number, offset: number][];
  const order = packets.map(([pts]) => pts).sort((a, b) => a - b);
  const references = new Set(
    probe("-skip_frame", "noref", "-show_entries", "frame=pts").map((line) =>
      Number(line.split(",")[0]),
    ),
  );
  const found = packets.find(([pts]) => !references.has(pts) && isMeant(order.indexOf(pts)));
  if (found === undefined) throw new Error("There is no such frame");
  const [pts, sizeBytes, offset] = found;
  const bytes = Buffer.from(await Bun.file(path).bytes());
  for (let at = offset; at < offset + sizeBytes; at += 4 + bytes.readUInt32BE(at))
    bytes[at + 4] = 12;
  await Bun.write(path, bytes);
  return order.indexOf(pts);
}

function childCommands(): (readonly [pid: number, command: string])[] {
  const { stdout } = Bun.spawnSync(["pgrep", "-P", String(process.pid), "-x", "-a", "ffmpeg"]);
  const lines = stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => [Number(line.split(" ", 1)[0]), line]);
}

function childPid(isMeant: (command: string) => boolean): number {
  const found = childCommands().find(([, command]) => isMeant(command));
  if (found === undefined) throw new Error("There is no such process");
  return found[0];
}
