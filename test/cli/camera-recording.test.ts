import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { withRecording } from "../../src/cli/camera-recording.ts";
import { usageError } from "../../src/errors.ts";
import { hasFfmpeg } from "../source/media.ts";

const known = process.env["AIP_CACHE_DIR"];
let cache = "";
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "aip-recording-"));
  process.env["AIP_CACHE_DIR"] = cache;
});
afterAll(() => {
  if (known === undefined) delete process.env["AIP_CACHE_DIR"];
  else process.env["AIP_CACHE_DIR"] = known;
  rmSync(cache, { recursive: true });
});

const watched = () => ({
  ...{ camera: "demo:frames=5", seconds: 60, signal: new AbortController().signal },
});
const kept = () => readdirSync(join(cache, "recordings"));

describe.skipIf(!hasFfmpeg)("withRecording()", () => {
  test("removes the recording once it has served", async () => {
    const name = await withRecording(watched(), async (path) => {
      expect(existsSync(path)).toBe(true);
      return basename(path);
    });
    expect(name).toEndWith(".mp4");
    expect(kept()).toEqual([]);
  });

  test("keeps the recording where it could not serve, and says where it is", async () => {
    const refusal = usageError("claim-unsupported", "More footage is needed");
    const refused = withRecording(watched(), () => Promise.reject(refusal));
    await expect(refused).rejects.toMatchObject({ code: "claim-unsupported", category: "usage" });
    const { message } = (await refused.catch((error: unknown) => error)) as Error;
    const path = join(cache, "recordings", kept()[0] as string);
    expect(message).toStartWith(
      `More footage is needed; what was watched is kept: aip cascade train "${path}/`,
    );
  });

  test("keeps nothing where nothing could be watched", async () => {
    const before = kept();
    const none = withRecording({ ...watched(), camera: "none.mp4" }, async () => undefined);
    await expect(none).rejects.toThrow('"none.mp4"');
    expect(kept()).toEqual(before);
  });
});
