import { describe, expect, test } from "bun:test";
import { CLASS_ID, CONFIDENCE, TRACK_ID, WORDS, X1 } from "../../src/layout/detection-words.ts";
import type { Stage } from "../../src/stage/stage.ts";
import type { FrameView } from "../../src/types.ts";
import { FakeRun } from "../sink/fake-run.ts";

const FRAME_COUNT = 30;
/** Slots of the run: a stage that keeps more frames than this would wait for itself. */
const SLOT_COUNT = 4;

/** What every stage must do, whatever it computes. */
export function testStageContract(name: string, makeStage: () => Stage): void {
  /** Shows the stage a box that moves, with dropped and failed frames in between. */
  const showSome = async (
    run: FakeRun,
    stage: Stage,
    check: (frame: FrameView) => void = () => undefined,
  ): Promise<void> => {
    const process = (frame: FrameView): void => {
      // What is returned would be a promise: nobody waits for it, and its frame is gone by then.
      expect<unknown>(stage.process(frame)).toBeUndefined();
      check(frame);
    };
    for (let frameId = 0; frameId < FRAME_COUNT; frameId += 1) {
      const xyxy = [frameId, 4, frameId + 20, 20] as const;
      const detections = [{ classId: frameId % 2, confidence: 0.5, xyxy }];
      if (frameId % 7 === 3) await run.show({ frameId, status: "dropped", error: "late" }, process);
      else if (frameId % 7 === 5) await run.show({ frameId, status: "failed" }, process);
      else await run.show({ frameId, detections }, process);
    }
  };

  describe(`${name} as a stage`, () => {
    test("has a name", () => {
      expect(makeStage().name).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    test("takes answered, dropped and failed frames at once, and gives back what it held", async () => {
      const run = new FakeRun({ slotCount: SLOT_COUNT });
      const stage = makeStage();
      await stage.open?.(run.context);
      await showSome(run, stage);
      await stage.close?.();
      expect(run.held.size).toBe(0);
      expect(run.failures).toEqual([]);
    });

    test("leaves detections that are some: inside the picture, of a class there is", async () => {
      const run = new FakeRun({ slotCount: SLOT_COUNT });
      const stage = makeStage();
      await stage.open?.(run.context);
      await showSome(
        run,
        stage,
        ({ detectionCount, detectionsF32, detectionsI32, width, height }) => {
          for (let at = 0; at < detectionCount * WORDS; at += WORDS) {
            const [x1 = -1, y1 = -1, x2 = -1, y2 = -1] = detectionsF32.subarray(
              at + X1,
              at + X1 + 4,
            );
            expect(0 <= x1 && x1 <= x2 && x2 <= width).toBe(true);
            expect(0 <= y1 && y1 <= y2 && y2 <= height).toBe(true);
            const confidence = detectionsF32[at + CONFIDENCE] as number;
            expect(confidence > 0 && confidence <= 1).toBe(true);
            expect(run.context.labels[detectionsI32[at + CLASS_ID] as number]).toBeString();
            expect(detectionsI32[at + TRACK_ID]).toBeGreaterThanOrEqual(-1);
          }
        },
      );
      await stage.close?.();
    });

    test("ends well without frames, and without having been opened", async () => {
      const run = new FakeRun();
      const stage = makeStage();
      await stage.open?.(run.context);
      await stage.close?.();
      await makeStage().close?.();
      expect(run.failures).toEqual([]);
    });
  });
}
