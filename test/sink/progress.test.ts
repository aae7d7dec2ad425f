import { describe, expect, test } from "bun:test";
import { formatProgress, ProgressSink, type ProgressState } from "../../src/sink/progress.ts";
import { testSinkContract } from "./contract.ts";
import { FakeRun } from "./fake-run.ts";

/** A stream that remembers what was written. */
function memory(
  isTTY: boolean,
  columns = 80,
): { text: string; isTTY: boolean; columns: number; write(text: string): void } {
  return {
    text: "",
    isTTY,
    columns,
    write(text) {
      this.text += text;
    },
  };
}

testSinkContract("ProgressSink", () => new ProgressSink({ stream: memory(true) }));

const STATE: ProgressState = {
  frames: 412,
  frameCount: 600,
  fps: 96,
  dropped: 0,
  failed: 0,
  devices: [
    { id: "cpu-0", frames: 181 },
    { id: "cpu-1", frames: 177 },
    { id: "gpu-0", frames: 54 },
  ],
};

describe("formatProgress()", () => {
  test("says how far, how fast, what was lost, who worked and how long it takes", () => {
    // 412 of 600 is 15.1 of 22 cells; 188 frames at 96 fps take 1.96 s.
    expect(formatProgress(STATE, 120)).toBe(
      " ━━━━━━━━━━━━━━━─────── 412/600   96 fps   0 dropped   " +
        "cpu-0 44 % · cpu-1 43 % · gpu-0 13 %   2 s left",
    );
  });

  test("never is wider than the terminal, whatever its width", () => {
    const states: ProgressState[] = [
      STATE,
      { ...STATE, frameCount: undefined, failed: 3 },
      { ...STATE, devices: Array.from({ length: 20 }, (_, i) => ({ id: `机器-${i}`, frames: 1 })) },
      { ...STATE, frames: 1e9, frameCount: 2e9, fps: 1e6, dropped: 1e8 },
    ];
    for (const state of states) {
      for (let columns = 0; columns <= 200; columns += 1) {
        expect(Bun.stringWidth(formatProgress(state, columns))).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("leaves out the devices before the time left, and that before the losses", () => {
    const at = (columns: number): string => formatProgress(STATE, columns);
    expect(at(60)).toContain("0 dropped   2 s left");
    expect(at(60)).not.toContain("cpu-0");
    expect(at(36)).toBe(" 412/600   96 fps   0 dropped");
    expect(at(20)).toBe(" 412/600   96 fps");
  });

  test("without a known end there is no bar and no time left", () => {
    const line = formatProgress({ ...STATE, frameCount: undefined }, 120);
    expect(line).toStartWith(" 412 frames   96 fps");
    expect(line).not.toContain("left");
    expect(line).not.toContain("━");
  });

  test("failures are named once there are some", () => {
    expect(formatProgress({ ...STATE, dropped: 1234, failed: 2 }, 120)).toContain(
      "1,234 dropped   2 failed",
    );
  });

  test("the bar is empty at first, full at the end, and steps by half cells", () => {
    const barAt = (frames: number): string => {
      const state = { ...STATE, frames, frameCount: 44, devices: [] };
      return formatProgress(state, 120).trim().split(" ")[0] as string;
    };
    expect(barAt(0)).toBe("─".repeat(22));
    expect(barAt(1)).toBe(`╸${"─".repeat(21)}`);
    expect(barAt(44)).toBe("━".repeat(22));
    expect(barAt(60)).toBe("━".repeat(22));
  });
});

describe("ProgressSink", () => {
  test("draws one line that it clears at the end", async () => {
    const stream = memory(true, 120);
    let now = 1000;
    const sink = new ProgressSink({ frameCount: 4, stream, now: () => now });
    const run = new FakeRun();
    sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    await run.show({ frameId: 1, deviceIndex: 1 }, sink.write.bind(sink));
    await run.show({ frameId: 2, status: "dropped" }, sink.write.bind(sink));
    now += 500;
    sink.redraw();
    await sink.close(true);
    // 3 frames in half a second; one cell of the terminal is left free.
    expect(stream.text).toBe(
      "\r ━━━━━━━━━━━━━━━━╸───── 3/4   6.0 fps   1 dropped   cpu-0 50 % · gpu-0 50 %   1 s left" +
        "\u001b[K\r\u001b[K",
    );
  });

  test("the speed is that of the last seconds, not of the whole run", async () => {
    const stream = memory(false);
    let now = 0;
    const sink = new ProgressSink({ stream, now: () => now });
    const run = new FakeRun();
    sink.open(run.context);
    for (let frameId = 0; frameId < 100; frameId += 1) {
      await run.show({ frameId }, sink.write.bind(sink));
    }
    for (let step = 0; step < 60; step += 1) {
      now += 100;
      sink.redraw();
    }
    await sink.close(true);
    expect(stream.text.trim().split("\n").at(-1)).toContain("100 frames   0.0 fps");
  });

  test("prints messages above the line, and draws it again", () => {
    const stream = memory(true);
    const sink = new ProgressSink({ stream });
    sink.open(new FakeRun().context);
    sink.redraw();
    sink.print("gpu-0 was taken out");
    const lines = stream.text.split("\n");
    expect(lines[0]).toEndWith("\r\u001b[Kgpu-0 was taken out");
    expect(lines[1]).toStartWith("\r 0 frames");
    return sink.close(true);
  });

  test("without a terminal it writes a line for so much of the frames at least", async () => {
    const stream = memory(false);
    const sink = new ProgressSink({ frameCount: 100, stream, plainStep: 0.1 });
    const run = new FakeRun();
    sink.open(run.context);
    for (let frameId = 0; frameId < 35; frameId += 1) {
      await run.show({ frameId }, sink.write.bind(sink));
      // It looks at 1, 2, … 35 frames, but not at 20 to 29.
      if (frameId < 19 || frameId > 28) sink.redraw();
    }
    await sink.close(true);
    const told = stream.text.trim().split("\n");
    expect(told.map((line) => line.split("/")[0])).toEqual(["10", "30"]);
  });

  test("without a terminal it writes plain lines", async () => {
    const stream = memory(false);
    const sink = new ProgressSink({ frameCount: 10, stream });
    const run = new FakeRun();
    sink.open(run.context);
    await run.show({ frameId: 0 }, sink.write.bind(sink));
    sink.redraw();
    sink.print("a message");
    await sink.close(true);
    expect(stream.text).toMatch(/^1\/10 {3}\S+ fps {3}0 dropped {3}cpu-0 100 %.*\na message\n$/);
    expect(stream.text).not.toContain("\u001b");
  });
});
