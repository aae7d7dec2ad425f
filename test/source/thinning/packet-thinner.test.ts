import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mulberry32 } from "../../../src/random.ts";
import { readPacketIndex } from "../../../src/source/packet-index.ts";
import { hasPicture } from "../../../src/source/source.ts";
import { NUMBER_OFFSET, PacketThinner } from "../../../src/source/thinning/packet-thinner.ts";
import { ffmpeg, hasFfmpeg, MediaFolder, testPicture } from "../media.ts";

// Every test starts several processes; a busy machine takes its time.
setDefaultTimeout(60_000);

const TICKS = 12_800;

interface Video {
  readonly path: string;
  /** MP4 with a fragment for each packet. */
  readonly bytes: Uint8Array;
  readonly ticks: Float64Array;
}

function fragmented(path: string): Uint8Array {
  const flags = "empty_moov+default_base_moof+frag_every_frame";
  const scale = ["-video_track_timescale", String(TICKS)];
  return ffmpeg("-i", path, "-c", "copy", ...scale, "-movflags", flags, "-f", "mp4", "-");
}

/** Pushes the bytes in pieces; returns all that came out. */
function thin(thinner: PacketThinner, bytes: Uint8Array, sizeOf: () => number): Buffer {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const end = offset + sizeOf();
    pieces.push(thinner.push(bytes.subarray(offset, end)));
    offset = end;
  }
  thinner.end();
  return Buffer.concat(pieces);
}

/** Presentation times ffprobe sees, of packets in order or of frames, in ticks or numbers. */
function timesOf(path: string, entry: "packet" | "frame", ...args: readonly string[]): number[] {
  const wanted = ["-show_entries", `${entry}=pts`, "-of", "csv=p=0", ...args];
  const command = ["ffprobe", "-v", "error", "-select_streams", "v:0", ...wanted, path];
  const lines = Bun.spawnSync(command).stdout.toString().trim().split("\n");
  return lines.map((line) => Number(line.split(",")[0]));
}

describe.skipIf(!hasFfmpeg)("PacketThinner", () => {
  let media: MediaFolder;
  let video: Video;
  beforeAll(async () => {
    media = new MediaFolder();
    const codec = ["-c:v", "libx264", "-bf", "3", "-g", "40", "-pix_fmt", "yuv420p"];
    const path = media.make("a.mp4", ...testPicture(64, 48, 8), ...codec);
    const index = await readPacketIndex(path);
    if (index?.ticksPerSecond !== TICKS) throw new Error("other ticks than expected");
    video = { path, bytes: fragmented(path), ticks: index.ticks };
  });
  afterAll(() => media.remove());

  test.each([
    { every: 2, first: 0 },
    { every: 7, first: 0 },
    { every: 30, first: 95 },
    { every: 1000, first: 0 },
  ])(
    "leaves out unwanted frames that no other rests on, and numbers the rest (%p)",
    async (thinning) => {
      const thinner = new PacketThinner({ ticks: video.ticks, thinning });
      const path = media.file("thinned.mp4");
      await Bun.write(
        path,
        thin(thinner, video.bytes, () => 1000),
      );

      // The decoder itself says which frames others rest on.
      const ticks = [...video.ticks];
      const first = Math.min(...timesOf(video.path, "packet"));
      const references = timesOf(video.path, "frame", "-skip_frame", "noref").map((pts) =>
        ticks.indexOf(pts - first),
      );
      expect(references.length).toBeLessThan(ticks.length * 0.7);
      const kept = ticks
        .map((_, frame) => frame)
        .filter((frame) => references.includes(frame) || hasPicture(frame, thinning));
      const numbers = timesOf(path, "packet", "-ignore_editlist", "1");
      expect(numbers.sort((a, b) => a - b)).toEqual(kept.map((frame) => frame + NUMBER_OFFSET));
      expect(thinner.dropCount).toBe(ticks.length - kept.length);
    },
  );

  test("gives the same, whatever pieces the bytes come in", () => {
    const thinning = { every: 5, first: 0 };
    const whole = thin(new PacketThinner({ ...video, thinning }), video.bytes, () => 1 << 30);
    const random = mulberry32(7);
    for (const sizeMax of [1, 13, 5000]) {
      const sizeOf = (): number => 1 + Math.floor(random() * sizeMax);
      expect(thin(new PacketThinner({ ...video, thinning }), video.bytes, sizeOf)).toEqual(whole);
    }
  });

  test("refuses packets that are missing, and such as it was not told of", () => {
    const thinning = { every: 5, first: 0 };
    const short = video.bytes.subarray(0, video.bytes.length / 2);
    const thinner = new PacketThinner({ ...video, thinning });
    thinner.push(short);
    expect(() => thinner.end()).toThrow(/^\d+ of 200 packets came$/);

    const ticks = video.ticks.map((tick, frame) => (frame === 20 ? tick + 1 : tick));
    const other = new PacketThinner({ ticks, thinning });
    expect(() => other.push(video.bytes)).toThrow("a packet came that was not told of");
    expect(() => new PacketThinner({ ...video, thinning }).push(new Uint8Array(8))).toThrow(
      "a box of 0 bytes",
    );
  });

  test("takes no harm from damaged bytes: it refuses them, or passes them on", () => {
    const random = mulberry32(11);
    let refused = 0;
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.from(video.bytes);
      for (let hit = 0; hit < 20; hit += 1) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      const thinner = new PacketThinner({ ...video, thinning: { every: 3, first: 0 } });
      try {
        const output = thin(thinner, bytes, () => 4096);
        expect(output.length).toBeLessThan(bytes.length + 200 * 108);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
