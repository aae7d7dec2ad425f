import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endOfTransportStream } from "../../src/source/transport-stream.ts";

const VIDEO = 0x100;
const AUDIO = 0x101;

interface PacketOptions {
  readonly id?: number;
  /** Begins a unit of this stream id (0xe0 is video, 0xc0 sound) and length. */
  readonly unit?: { readonly streamId: number; readonly lengthBytes: number };
  /** Bytes of content; what is left is padding. */
  readonly contentBytes?: number;
}

/** One packet by hand, after ISO/IEC 13818-1, tables 2-2, 2-6 and 2-21. */
function packet({ id = VIDEO, unit, contentBytes = 184 }: PacketOptions): Uint8Array {
  const bytes = new Uint8Array(188).fill(0xff);
  const isPadded = contentBytes < 184;
  bytes.set([0x47, (unit === undefined ? 0 : 0x40) | (id >> 8), id & 0xff, isPadded ? 0x30 : 0x10]);
  if (isPadded) bytes.set([183 - contentBytes, 0], 4);
  const content = 188 - contentBytes;
  if (unit !== undefined) {
    const { streamId, lengthBytes } = unit;
    bytes.set([0, 0, 1, streamId, lengthBytes >> 8, lengthBytes & 0xff], content);
  }
  return bytes;
}

const untold = { unit: { streamId: 0xe0, lengthBytes: 0 } };
const body = packet({});
const last = packet({ contentBytes: 50 });
const picture = [packet(untold), body, last];
const lead = [...picture, ...picture];

describe("endOfTransportStream()", () => {
  let path = "";
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "aip-ts-"));
    path = join(folder, "a.ts");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function endOf(
    packets: readonly Uint8Array[],
    rest: Uint8Array = new Uint8Array(),
  ): Promise<string> {
    writeFileSync(path, Buffer.concat([...packets, rest]));
    return await endOfTransportStream(path);
  }

  // 184 bytes in a packet, 6 of them before what the length counts: 178 + 184 + 50.
  const told = { unit: { streamId: 0xe0, lengthBytes: 412 } };
  const sound = packet({ id: AUDIO, unit: { streamId: 0xc0, lengthBytes: 9000 } });
  test.each([
    ["a padded last packet ends a picture", [...lead], "whole"],
    ["a full last packet leaves it open", [...lead, packet(untold), body], "open"],
    ["a picture of told length is all there", [...lead, packet(told), body, last], "whole"],
    ["a picture of told length lacks its end", [...lead, packet(told), body], "cut"],
    ["sound may break off: recorders end like that", [...lead, sound], "whole"],
    ["sound after it ends no picture", [...lead, packet(untold), sound], "open"],
  ])("%s", async (_, packets, end) => {
    expect(await endOf(packets)).toBe(end);
  });

  test("a part of a packet is cut; what is no packet is not", async () => {
    expect(await endOf(lead, body.subarray(0, 100))).toBe("cut");
    expect(await endOf(lead, new Uint8Array(100))).toBe("whole");
  });

  test("packets behind a time code are read too", async () => {
    const coded = (one: Uint8Array): Uint8Array => Buffer.concat([Buffer.alloc(4), one]);
    expect(await endOf([...lead, packet(told), body].map(coded))).toBe("cut");
    expect(await endOf(lead.map(coded))).toBe("whole");
  });

  test("what is no transport stream, or is empty, is whole", async () => {
    expect(await endOf([], Buffer.from("G is for ".repeat(300)))).toBe("whole");
    expect(await endOf([])).toBe("whole");
  });
});
