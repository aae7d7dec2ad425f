import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aipProcess, spawnAip } from "../cli/process.ts";
import { hasFfmpeg } from "../source/media.ts";

const TIMEOUT_MS = 120_000;
/** Where a message says that the recording lies. */
const KEPT = /aip cascade train "(.+\/door\.mp4)", with the same flags, goes on from there/;

let folder = "";
let server: Bun.Server<undefined>;
const encoders: Bun.Subprocess[] = [];

/** A camera: ffmpeg's test picture at its own pace, without an end. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-camera-e2e-"));
  writeFileSync(join(folder, "notes.txt"), "none");
  server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    fetch: () => {
      const picture = ["-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10"];
      const coded = ["-c:v", "mpeg2video", "-g", "5", "-f", "mpegts", "pipe:1"];
      const encoder = Bun.spawn(["ffmpeg", "-v", "error", "-nostdin", ...picture, ...coded], {
        ...{ stdout: "pipe", stderr: "ignore" },
      });
      encoders.push(encoder);
      return new Response(encoder.stdout, { headers: { "content-type": "video/mp2t" } });
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  for (const encoder of encoders) encoder.kill();
  rmSync(folder, { recursive: true });
});

const commandOf = (source: string, ...words: string[]) => [
  ...["cascade", "train", source, "--for", "person", "--device", "cpu", "--out", "door.aip"],
  ...words,
];
const camera = () => `http://127.0.0.1:${server.port}/door`;
const options = (cache: string) => ({
  cwd: folder,
  env: { AIP_CACHE_DIR: join(folder, cache) },
});

describe.skipIf(!hasFfmpeg)("aip cascade train on a camera", () => {
  test.each([
    ["a class that is not known", ["--for", "zebra"], 'Unknown class "zebra"'],
    ["a model that is not there", ["--model", "no.onnx"], "no.onnx"],
    ["a target that is no cascade", ["--out", "notes.txt"], "a file that is no cascade"],
    ["labels", ["--labels", "x.ndjson"], "--labels are of stored footage"],
  ])(
    "refuses %s before it watches",
    async (_, words, message) => {
      const { code, stderr } = await aipProcess(commandOf(camera(), ...words), options("refused"));
      expect(stderr).toContain(message);
      expect(stderr).not.toContain("watching");
      expect(code).toBe(2);
    },
    TIMEOUT_MS,
  );

  test(
    "keeps what it has watched where it is refused, and goes on from there",
    async () => {
      const refused = await aipProcess(commandOf(camera(), "--frames", "20"), options("kept"));
      expect(refused.stderr).toContain("watching");
      expect(refused.stderr).toMatch(
        /\naip: The footage shows no person in \d+ seconds.*; what was/,
      );
      expect(refused.code).toBe(2);
      const [, recording = ""] = KEPT.exec(refused.stderr) ?? [];
      expect(existsSync(recording)).toBe(true);

      const again = await aipProcess(commandOf(recording), options("kept"));
      expect(again.stderr).toMatch(/shows no person in \d+ seconds/);
      expect(again.stderr).not.toContain("what was watched");
      expect(existsSync(recording)).toBe(true);
    },
    TIMEOUT_MS,
  );

  test(
    "keeps what it has watched where it is interrupted",
    async () => {
      const child = spawnAip(commandOf(camera(), "--for-seconds", "600"), options("interrupted"));
      // The recorder makes its file when the first frame has come.
      const isRecording = () =>
        existsSync(join(folder, "interrupted", "recordings")) &&
        readdirSync(join(folder, "interrupted", "recordings"), { recursive: true }).some((name) =>
          String(name).includes("door."),
        );
      while (!isRecording()) await Bun.sleep(50);
      child.kill("SIGINT");
      const said = await new Response(child.stderr).text();
      expect(said).toMatch(/\naip: Interrupted; what was watched is kept: aip cascade train/);
      expect(await child.exited).toBe(130);
      expect(existsSync(KEPT.exec(said)?.[1] ?? "")).toBe(true);
    },
    TIMEOUT_MS,
  );
});
