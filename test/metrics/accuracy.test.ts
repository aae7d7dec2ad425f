import { describe, expect, test } from "bun:test";
import { type Accuracy, AccuracyMeter } from "../../src/metrics/accuracy.ts";
import { type FakeBox, type FakeFrameOptions, FakeRun } from "../sink/fake-run.ts";

type Box = readonly [number, number, number, number];
const found = (classId: number, confidence: number, xyxy: Box): FakeBox => ({
  classId,
  confidence,
  xyxy,
});
const truth = (classId: number, xyxy: Box): FakeBox => ({ classId, xyxy });
/** Truth of class 0 that need not be found. */
const ignored = (xyxy: Box): FakeBox => ({ classId: -1, xyxy });

const A: Box = [0, 0, 10, 10];
const B: Box = [20, 0, 30, 10];
const C: Box = [40, 0, 50, 10];
const NOWHERE: Box = [0, 30, 10, 40];

interface Names {
  readonly labels?: readonly string[];
  readonly truthClasses?: readonly string[];
}

async function measured(
  frames: readonly Omit<FakeFrameOptions, "frameId">[],
  { labels = ["car", "bus"], truthClasses = ["car", "bus"] }: Names = {},
): Promise<Accuracy | null> {
  const run = new FakeRun({ labels, truthClasses });
  const meter = new AccuracyMeter(run.context);
  for (const [frameId, frame] of frames.entries()) {
    await run.show({ frameId, ...frame }, (view) => meter.add(view));
  }
  return meter.result();
}

describe("AccuracyMeter, worked by hand", () => {
  test("every box found and nothing else is 1", async () => {
    const result = await measured([
      { detections: [found(0, 0.9, A), found(1, 0.8, B)], truth: [truth(0, A), truth(1, B)] },
    ]);
    expect(result).toEqual({
      map50: 1,
      perClass: [
        { label: "car", ap50: 1, truthCount: 1, detectionCount: 1 },
        { label: "bus", ap50: 1, truthCount: 1, detectionCount: 1 },
      ],
    });
  });

  test("right, wrong, right, missed: the area under the interpolated curve", async () => {
    // Three to find. By confidence: right (P 1, R 1/3), wrong (1/2, 1/3), right (2/3, 2/3).
    // Area: 1 × 1/3 + 2/3 × 1/3 = 5/9.
    const result = await measured([
      {
        detections: [found(0, 0.9, A), found(0, 0.8, NOWHERE), found(0, 0.7, B)],
        truth: [truth(0, A), truth(0, B), truth(0, C)],
      },
    ]);
    expect(result?.map50).toBeCloseTo(5 / 9, 12);
  });

  test("precision is interpolated: a later, higher one counts for lower recalls", async () => {
    // Wrong (0), right (1/2, R 1/2), right (2/3, R 1): the envelope is 2/3 everywhere.
    const result = await measured([
      {
        detections: [found(0, 0.9, NOWHERE), found(0, 0.8, A), found(0, 0.7, B)],
        truth: [truth(0, A), truth(0, B)],
      },
    ]);
    expect(result?.map50).toBeCloseTo(2 / 3, 12);
  });

  test("confidences are ranked across frames, not within one", async () => {
    // Ranked: right 0.9, wrong 0.6, right 0.5. 1 × 1/2 + 2/3 × 1/2 = 5/6.
    const result = await measured([
      { detections: [found(0, 0.6, NOWHERE), found(0, 0.5, A)], truth: [truth(0, A)] },
      { detections: [found(0, 0.9, A)], truth: [truth(0, A)] },
    ]);
    expect(result?.map50).toBeCloseTo(5 / 6, 12);
  });

  test("a second detection of a box is wrong, the more confident one right", async () => {
    // Unsorted on purpose. Right 0.9, wrong 0.8: recall 1 is reached at precision 1.
    const first = await measured([
      { detections: [found(0, 0.8, A), found(0, 0.9, [0, 0, 10, 9])], truth: [truth(0, A)] },
    ]);
    expect(first?.perClass[0]).toEqual({
      label: "car",
      ap50: 1,
      truthCount: 1,
      detectionCount: 2,
    });
  });

  test("a detection takes the box it overlaps most", async () => {
    // [0..10] and [2..12]; the detection at [2..12] takes the second, the other finds the first.
    const shifted: Box = [2, 0, 12, 10];
    const result = await measured([
      {
        detections: [found(0, 0.9, shifted), found(0, 0.8, [-4, 0, 6, 10])],
        truth: [truth(0, A), truth(0, shifted)],
      },
    ]);
    // IoU of [-4..6] with [0..10] is 6/14 < 0.5, so one is right and one wrong: 1 × 1/2.
    expect(result?.map50).toBeCloseTo(1 / 2, 12);
  });

  test("IoU 0.5 is enough, less is not", async () => {
    // [0..5] in [0..10]: 50 / 100. [0..4.9]: 49 / 100.
    const half = await measured([
      { detections: [found(0, 0.9, [0, 0, 5, 10])], truth: [truth(0, A)] },
    ]);
    const less = await measured([
      { detections: [found(0, 0.9, [0, 0, 4.9, 10])], truth: [truth(0, A)] },
    ]);
    expect([half?.map50, less?.map50]).toEqual([1, 0]);
  });

  test("another class's box is no match", async () => {
    const result = await measured([{ detections: [found(1, 0.9, A)], truth: [truth(0, A)] }]);
    // The bus class has no truth, so it is no part of the mean.
    expect(result).toEqual({
      map50: 0,
      perClass: [{ label: "car", ap50: 0, truthCount: 1, detectionCount: 0 }],
    });
  });

  test("detections of equal confidence are one step, whatever their order", async () => {
    // Right and wrong at 0.5: precision 1/2 at recall 1.
    const pair = [found(0, 0.5, A), found(0, 0.5, NOWHERE)];
    const [one, other] = await Promise.all([
      measured([{ detections: pair, truth: [truth(0, A)] }]),
      measured([{ detections: pair.toReversed(), truth: [truth(0, A)] }]),
    ]);
    expect([one?.map50, other?.map50]).toEqual([0.5, 0.5]);
  });

  test("false alarms in frames without truth count", async () => {
    // Wrong 0.9 in an empty frame, right 0.8: 1/2.
    const result = await measured([
      { detections: [found(0, 0.9, A)] },
      { detections: [found(0, 0.8, A)], truth: [truth(0, A)] },
    ]);
    expect(result?.map50).toBe(0.5);
  });
});

describe("AccuracyMeter and ignored truth", () => {
  test("finding it counts neither way, and missing it costs nothing", async () => {
    const seen = await measured([
      { detections: [found(0, 0.9, B), found(0, 0.8, A)], truth: [truth(0, A), ignored(B)] },
    ]);
    const unseen = await measured([
      { detections: [found(0, 0.8, A)], truth: [truth(0, A), ignored(B)] },
    ]);
    const expected = { label: "car", ap50: 1, truthCount: 1, detectionCount: 1 };
    expect([seen?.perClass, unseen?.perClass]).toEqual([[expected], [expected]]);
  });

  test("takes any number of detections, and those that lie in it by half", async () => {
    const inside: Box = [20, 0, 22, 2];
    const half: Box = [28, 0, 32, 10];
    const result = await measured([
      {
        detections: [
          found(0, 0.9, B),
          found(0, 0.9, B),
          found(0, 0.9, inside),
          found(0, 0.9, half),
        ],
        truth: [ignored(B), truth(0, C)],
      },
    ]);
    expect(result?.perClass[0]?.detectionCount).toBe(0);
    const lessThanHalf = await measured([
      { detections: [found(0, 0.9, [27, 0, 34, 10])], truth: [ignored(B), truth(0, C)] },
    ]);
    expect(lessThanHalf?.perClass[0]?.detectionCount).toBe(1);
  });

  test("a real box goes before an ignored one around it", async () => {
    const result = await measured([
      { detections: [found(0, 0.9, A)], truth: [ignored([0, 0, 11, 11]), truth(0, A)] },
    ]);
    expect(result?.map50).toBe(1);
  });

  test("of another class does not excuse", async () => {
    const result = await measured([
      { detections: [found(1, 0.9, B)], truth: [ignored(B), truth(1, C)] },
    ]);
    expect(result?.perClass[0]?.detectionCount).toBe(1);
  });
});

describe("AccuracyMeter and names", () => {
  test("classes meet by name, others of the model do not count", async () => {
    const frames = [
      { detections: [found(2, 0.9, A), found(0, 0.9, B)], truth: [truth(0, A), truth(1, B)] },
    ];
    const labels = ["person", "dog", "car"];
    // The model's class 2 is the truth's class 0; "dog" is no truth; "bus" is never detected.
    const result = await measured(frames, { labels, truthClasses: ["car", "bus"] });
    expect(result?.perClass.map(({ label, ap50 }) => [label, ap50])).toEqual([
      ["car", 1],
      ["bus", 0],
    ]);
    expect(result?.map50).toBe(0.5);
  });

  test("by number where the model has no names", async () => {
    const frames = [{ detections: [found(1, 0.9, A)], truth: [truth(1, A)] }];
    expect((await measured(frames, { labels: [] }))?.map50).toBe(1);
  });

  test("frames that were not answered do not count", async () => {
    const result = await measured([
      { status: "failed", truth: [truth(0, A)] },
      { detections: [found(0, 0.9, A)], truth: [truth(0, A)] },
    ]);
    expect(result?.perClass[0]?.truthCount).toBe(1);
  });

  test("there is no accuracy without truth", async () => {
    const frames = [{ detections: [found(0, 0.9, A)] }];
    expect(await measured(frames)).toBeNull();
    expect(await measured(frames, { truthClasses: [] })).toBeNull();
  });
});

describe("AccuracyMeter on 400 random frames", () => {
  /** Numbers of the "minimal standard" generator (Park and Miller 1988). */
  function numbers(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
  }

  /** What that implementation says, computed in exact fractions. */
  const PYTHON = {
    truth: [403, 398, 376],
    detections: [502, 345, 342],
    ap50: [0.2537017751224333, 0.30137692964889734, 0.27678068081340024],
    map50: 0.27728646186157696,
  };

  test("agrees with an implementation in Python that keeps and sorts every detection", async () => {
    const next = numbers(7);
    const frames = Array.from({ length: 400 }, () => {
      const boxes = Array.from({ length: next(8) }, () => {
        const x = next(200);
        const y = next(200);
        const box: Box = [x, y, x + 10 + next(40), y + 10 + next(40)];
        return { classId: next(3), box, isIgnored: next(6) === 0 };
      });
      const detections: FakeBox[] = [];
      for (const { classId, box } of boxes) {
        for (let copies = next(3); copies > 0; copies -= 1) {
          const [x1, y1, x2, y2] = box.map((edge) => edge + next(15) - 7);
          const seen: Box = [x1 as number, y1 as number, x2 as number, y2 as number];
          const confidence = (1 + next(9999)) / 10_000;
          detections.push(found(next(10) === 0 ? 0 : classId, confidence, seen));
        }
      }
      const truths = boxes.map(({ classId, box, isIgnored }) =>
        truth(isIgnored ? -1 - classId : classId, box),
      );
      return { detections, truth: truths };
    });
    const result = await measured(frames, {
      labels: ["a", "b", "c"],
      truthClasses: ["a", "b", "c"],
    });
    expect(result?.perClass.map(({ truthCount }) => truthCount)).toEqual(PYTHON.truth);
    expect(result?.perClass.map(({ detectionCount }) => detectionCount)).toEqual(PYTHON.detections);
    for (const [index, ap50] of PYTHON.ap50.entries()) {
      expect(result?.perClass[index]?.ap50).toBeCloseTo(ap50, 9);
    }
    expect(result?.map50).toBeCloseTo(PYTHON.map50, 9);
  });
});
