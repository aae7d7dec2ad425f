import { afterAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { VideoProbes } from "../../src/find/video-probes.ts";
import { hasFfmpeg, MediaFolder, plainColor } from "../source/media.ts";

const ENDLESS = new AbortController().signal;
const folder = new MediaFolder();
afterAll(() => folder.remove());

test.skipIf(!hasFfmpeg)("VideoProbes asks about a video once", async () => {
  const path = folder.make("door.mp4", ...plainColor("red", "64x48"));
  const probes = new VideoProbes();
  const first = await probes.of(path, ENDLESS);
  expect(first).toMatchObject({ width: 64, height: 48 });
  writeFileSync(path, "");
  expect(await probes.of(path, ENDLESS)).toEqual(first);
  expect(new VideoProbes().of(path, ENDLESS)).rejects.toMatchObject({ code: "source-unreadable" });
});
