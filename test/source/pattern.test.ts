import { expect, test } from "bun:test";
import { SlotHeader } from "../../src/layout/layout.gen.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import type { Sink } from "../../src/sink/sink.ts";
import { patternSource } from "../../src/source/pattern.ts";
import type { FrameView, RunContext } from "../../src/types.ts";
import { testSourceContract } from "./contract.ts";

testSourceContract("the pattern", async () =>
  patternSource({ width: 64, height: 48, frameCount: 5, write: true }),
);

/** Keeps the distinct 32-bit words of every frame's pixels. */
class WordSink implements Sink {
  readonly name = "words";
  readonly words: number[][] = [];
  readonly #pixelBytes: number;
  #context: RunContext | undefined;

  constructor(pixelBytes: number) {
    this.#pixelBytes = pixelBytes;
  }

  open(context: RunContext): void {
    this.#context = context;
  }

  write(frame: FrameView): void {
    const { arena, slotOffsetBytes } = this.#context as RunContext;
    const offset = slotOffsetBytes(frame.slotIndex) + SlotHeader.sizeBytes;
    this.words.push([...new Set(new Uint32Array(arena, offset, this.#pixelBytes / 4))]);
  }

  async close(): Promise<void> {}

  outputs(): readonly string[] {
    return [];
  }
}

test("patternSource() fills every word of a frame with the frame's number", async () => {
  const sink = new WordSink(32 * 16 * 3);
  const source = patternSource({ width: 32, height: 16, frameCount: 20, write: true });
  const report = await new Pipeline({
    sources: [source],
    devices: "sim:0ms",
    slots: 4,
    sinks: [sink],
  }).run();
  expect(sink.words).toEqual(Array.from({ length: 20 }, (_, number) => [number]));
  expect(report.frames).toEqual({ received: 20, emitted: 20, dropped: 0, failed: 0 });
});

test("patternSource() writes nothing where it is told so", async () => {
  const sink = new WordSink(32 * 16 * 3);
  const source = patternSource({ width: 32, height: 16, frameCount: 9, write: false });
  await new Pipeline({ sources: [source], devices: "sim:0ms", slots: 4, sinks: [sink] }).run();
  expect(sink.words).toEqual(Array.from({ length: 9 }, () => [0]));
});

test("patternSource() has one segment", async () => {
  const source = patternSource({ width: 32, height: 16, frameCount: 9, write: false });
  expect(await source.open()).toMatchObject({ kind: "pattern", frameCount: 9, write: false });
  expect(await source.open()).toBeNull();
});

test("patternSource() refuses what is no positive whole number", () => {
  const good = { width: 32, height: 16, frameCount: 9, write: false };
  expect(() => patternSource({ ...good, width: 0 })).toThrow("width");
  expect(() => patternSource({ ...good, frameCount: 1.5 })).toThrow("frameCount");
});
