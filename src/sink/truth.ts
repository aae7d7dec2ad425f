import {
  CLASS_ID,
  CONFIDENCE,
  TRACK_ID,
  WORDS,
  X1,
  X2,
  Y1,
  Y2,
} from "../layout/detection-words.ts";
import type { FrameView, RunContext } from "../types.ts";
import { type LineWriter, openLineWriter } from "./line-writer.ts";
import type { Sink } from "./sink.ts";

export interface TruthSinkOptions {
  /** File to write. */
  readonly path: string;
  /** Classes of the ground truth whose objects are written. */
  readonly classes: readonly string[];
}

/**
 * Ground truth as NDJSON, one line per frame in order: lines as those of results, with `present`
 * (an object of the classes is there and counts), `ignored` (one is there, and none counts: the
 * frame is neither right nor wrong) and boxes, each with the share of it that can be seen.
 *
 * Only sources that carry truth have any: the demo scene.
 */
export class TruthSink implements Sink {
  readonly name = "truth";
  readonly pixels = "none";
  readonly #options: TruthSinkOptions;
  #context: RunContext | undefined;
  #writer: LineWriter | undefined;

  constructor(options: TruthSinkOptions) {
    this.#options = options;
  }

  open(context: RunContext): void {
    this.#context = context;
    this.#writer = openLineWriter(this.#options.path, false, {
      onError: (error) => context.fail(error),
      onProgress: () => undefined,
    });
  }

  write(frame: FrameView): void {
    const context = this.#context;
    if (context === undefined) throw new TypeError("write before open");
    const source = context.sources[frame.sourceIndex] as RunContext["sources"][number];
    const detections = this.#objects(frame, source.truthClasses);
    const present = detections.some((object) => !object.ignored);
    const line = Buffer.from(
      `${JSON.stringify({
        source: source.name,
        frame: frame.frameId,
        time_ms: rounded(frame.timeMs, 3),
        width: frame.width,
        height: frame.height,
        status: frame.status,
        present,
        ignored: !present && detections.length > 0,
        detections,
      })}\n`,
    );
    this.#writer?.write(line, line.length);
  }

  async close(_complete: boolean): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close();
  }

  outputs(): readonly string[] {
    return [this.#options.path];
  }

  #objects(frame: FrameView, truthClasses: readonly string[]) {
    const { truthF32: f32, truthI32: i32 } = frame;
    return Array.from({ length: frame.truthCount }, (_, index) => {
      const at = index * WORDS;
      const classId = i32[at + CLASS_ID] as number;
      const ignored = classId < 0;
      const asked = ignored ? -1 - classId : classId;
      return {
        class_id: asked,
        label: truthClasses[asked] ?? `class ${asked}`,
        confidence: 1,
        visible: rounded(f32[at + CONFIDENCE] as number, 4),
        ignored,
        xyxy: [X1, Y1, X2, Y2].map((word) => rounded(f32[at + word] as number, 2)),
        track_id: i32[at + TRACK_ID] as number,
      };
    }).filter(({ label }) => this.#options.classes.includes(label));
  }
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
