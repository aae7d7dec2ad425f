import { afterAll, beforeAll, describe, expect, setDefaultTimeout, spyOn, test } from "bun:test";
import type { CascadeLevels } from "../../src/cascade/types.ts";
import * as opened from "../../src/pipeline/opened.ts";
import type { PipelineOptions } from "../../src/pipeline/options.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { RunCascade } from "../../src/pipeline/run-cascade.ts";
import type { Stage } from "../../src/stage/stage.ts";
import type { Frame } from "../../src/types.ts";
import { hasFfmpeg, MediaFolder, testPicture } from "../source/media.ts";
import { scripted } from "./cascade.ts";

setDefaultTimeout(60_000);

const FRAME_COUNT = 75;

/** Looks at every fourth frame, and asks the model about those that differ. */
function skipping(): RunCascade {
  const difference = { mode: "earlier", reference: null, blocks: null, tDiff: 1 } as const;
  const levels: CascadeLevels = { tSkip: 4, difference, network: null };
  return { ...scripted("i"), screen: { kind: "cascade", levels, region: null } };
}

type Said = Pick<Frame, "frame" | "timeMs" | "status"> & { readonly answer: string | undefined };

async function run(options: PipelineOptions): Promise<Said[]> {
  await using pipeline = new Pipeline({
    devices: "sim:1ms",
    audit: 0,
    cascade: skipping(),
    ...options,
  });
  const frames: Said[] = [];
  for await (const { frame, timeMs, status, answer } of pipeline) {
    frames.push({ frame, timeMs, status, answer });
  }
  return frames;
}

/** Frames that were looked at and differed. */
function asked(frames: readonly Said[]): number[] {
  return frames.filter(({ answer }) => answer === "inferred").map(({ frame }) => frame);
}

describe.skipIf(!hasFfmpeg)("a cascade that passes over frames of a video", () => {
  let media: MediaFolder;
  let path: string;
  beforeAll(() => {
    media = new MediaFolder();
    path = media.make(
      "moving.mp4",
      ...testPicture(320, 240, 3),
      ...["-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "3"],
    );
  });
  afterAll(() => media.remove());

  test("says the same of every frame, whether its picture has left the decoder or not", async () => {
    const looker: Stage = { name: "looker", process: () => undefined };
    const bare = await run({ sources: path });
    expect(bare.map(({ frame }) => frame)).toEqual([...Array(FRAME_COUNT).keys()]);
    expect(bare.map(({ timeMs }) => timeMs)).toEqual(
      Array.from({ length: FRAME_COUNT }, (_, frame) => frame * 40),
    );
    expect(bare).toEqual(await run({ sources: path, stages: [looker] }));
    expect(asked(bare).length).toBeGreaterThan(1);
    expect(asked(bare).filter((frame) => frame % 4 !== 0)).toEqual([]);
  });

  test("leaves their pixels in the decoder in a run that could resume and has nothing before it", async () => {
    const opening = spyOn(opened, "openNamedSources");
    const output = media.file("fresh.ndjson");
    const fresh = await run({ sources: path, output, frames: 30, resume: true });
    expect(opening.mock.lastCall?.[2]).toBe(4);
    expect(fresh).toHaveLength(30);
    await run({ sources: path, output, resume: true });
    expect(opening.mock.lastCall?.[2]).toBe(1);
    opening.mockRestore();
  });

  test("looks at the frame it goes on with, whatever its number", async () => {
    const output = media.file("answers.ndjson");
    await run({ sources: path, output, frames: 30 });
    const rest = await run({ sources: path, output, resume: true });
    expect(rest.map(({ frame }) => frame)).toEqual(
      Array.from({ length: FRAME_COUNT - 30 }, (_, index) => 30 + index),
    );
    expect(rest.every(({ status }) => status === "ok")).toBe(true);
    expect(asked(rest)[0]).toBe(30);
    expect(asked(rest).filter((frame) => frame !== 30 && frame % 4 !== 0)).toEqual([]);
  });
});
