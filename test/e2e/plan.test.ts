import { describe, expect, test } from "bun:test";
import { aipProcess, spawnAip } from "../cli/process.ts";
import { until } from "./workspace.ts";

const SMALL = ["--size", "160x120", "--fps", "10"];

describe("aip plan", () => {
  test("answers how many cameras simulated devices serve", async () => {
    // 10 + 5 frames a second: one camera of 10, not two.
    const words = ["plan", ...SMALL, "--device", "sim:100ms,sim:200ms", "--json"];
    const { code, stdout } = await aipProcess(words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      fits: true,
      cameras: 1,
      cameras_max: 1,
      limit: "inference",
      verdict: "1 camera fits, inference is the limit",
    });
  }, 60_000);

  test("answers no with exit code 1, and names the limit", async () => {
    const words = ["plan", ...SMALL, "--device", "sim:100ms,sim:200ms", "--cameras", "2"];
    const { code, stdout } = await aipProcess(words);
    expect(code).toBe(1);
    expect(stdout).toEndWith("no: 1 camera fits, inference is the limit\n");
  }, 60_000);

  test("names the bound of a latency below one frame's time", async () => {
    const words = ["plan", ...SMALL, "--device", "sim:100ms,sim:200ms", "--latency", "60"];
    const { code, stdout } = await aipProcess(words);
    expect(code).toBe(1);
    expect(stdout).toEndWith(
      "no: a frame takes 100 ms on the fastest device, so none can be answered within 60 ms\n",
    );
  }, 60_000);

  test("verifies a plan with decoders, and every frame is accounted for", async () => {
    const words = ["plan", ...SMALL, "--cameras", "2", "--device", "sim:5ms"];
    const { stdout, stderr } = await aipProcess([...words, "--verify", "--seconds", "2", "--json"]);
    const { verification, expected } = JSON.parse(stdout);
    // Two cameras, two seconds of warm-up and two that are measured.
    expect(verification.frames).toBe(2 * 10 * 4);
    expect(verification.failed).toBe(0);
    expect(expected.throughput_fps).toBeCloseTo(20, 0);
    expect(stderr).toContain("verifying for 2 s with 2 decoders, playing the clip at pace");
  }, 60_000);

  test("more cameras than fit do not hold, as predicted", async () => {
    const words = ["plan", ...SMALL, "--cameras", "3", "--device", "sim:100ms"];
    const { code, stdout } = await aipProcess([...words, "--verify", "--seconds", "3"]);
    expect(code).toBe(1);
    expect(stdout).toContain("no: not one camera fits, inference is the limit\n");
    // A busy machine is told of in a line below.
    expect(stdout).toMatch(/^did not hold: \d+ of 150 frames were dropped$/m);
  }, 60_000);

  test("an interruption ends it with exit code 130, and leaves no half answer", async () => {
    const words = ["plan", ...SMALL, "--cameras", "1", "--device", "sim:5ms", "--json"];
    const child = spawnAip([...words, "--verify", "--seconds", "60"]);
    let heard = "";
    const listening = (async () => {
      const text = new TextDecoder();
      for await (const chunk of child.stderr) heard += text.decode(chunk, { stream: true });
    })();
    await until("the verification begins", () => heard.includes("verifying"));
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    await listening;
    expect(await new Response(child.stdout).text()).toBe("");
  }, 60_000);
});
