import { CLASS_ID, CONFIDENCE, WORDS, X1, X2, Y1, Y2 } from "../layout/detection-words.ts";
import { DETECTION_COUNT_MAX } from "../layout/layout.gen.ts";
import type { FrameView, RunContext } from "../types.ts";

const IOU_MIN = 0.5;
/**
 * Confidences count as the results give them, with 4 decimals: memory is bounded however long the
 * run, and detections of equal confidence are one step of the curve, in whatever order they came.
 */
const CONFIDENCE_STEPS = 10_000;

/** Average precision of one class at IoU 0.5. */
export interface ClassAccuracy {
  readonly label: string;
  /** 0–1. */
  readonly ap50: number;
  /** Ground-truth boxes, ignored ones left out. */
  readonly truthCount: number;
  /** Detections that counted, right or wrong. */
  readonly detectionCount: number;
}

export interface Accuracy {
  /** Mean of `ap50` over the classes with ground truth, 0–1. */
  readonly map50: number;
  /** Classes with ground truth, in the order they were named. */
  readonly perClass: readonly ClassAccuracy[];
}

/**
 * Measures mAP@0.5 of detections against ground truth, frame by frame, in constant memory.
 *
 * In each frame and class, detections in order of confidence take the free truth box they overlap
 * most, if their IoU is at least 0.5: right; else they are wrong. Truth marked as ignored (class
 * `-1 - class`: mostly hidden, say) need not be found: a detection without a truth box of its own
 * that has IoU ≥ 0.5 with an ignored box, or half of whose area lies in one, counts neither way.
 * Average precision is the area under the interpolated precision-recall curve through all points
 * (PASCAL VOC 2010 and later; Everingham et al., IJCV 111, 2015, section 3.2).
 *
 * Classes of the truth and of the model meet by name; by number where the model names none.
 * Detections of classes without a counterpart, and frames that were not answered, do not count.
 */
export class AccuracyMeter {
  readonly #labels: readonly string[];
  /** Model class → class here, or -1. */
  readonly #ofModel: readonly number[];
  /** Per source, truth class → class here; empty where the source has no truth. */
  readonly #ofTruth: readonly (readonly number[])[];
  readonly #curves: readonly Curve[];
  readonly #isNamed: boolean;
  readonly #order = new Int32Array(DETECTION_COUNT_MAX);
  #taken = new Uint8Array(64);

  constructor({ sources, labels }: Pick<RunContext, "sources" | "labels">) {
    this.#labels = [...new Set(sources.flatMap(({ truthClasses }) => truthClasses))];
    this.#ofModel = labels.map((label) => this.#labels.indexOf(label));
    this.#isNamed = labels.length > 0;
    this.#ofTruth = sources.map(({ truthClasses }) =>
      truthClasses.map((label) => this.#labels.indexOf(label)),
    );
    this.#curves = this.#labels.map(() => new Curve());
  }

  /** Counts a frame. HOT: every frame of a source with ground truth; allocates nothing. */
  add(frame: FrameView): void {
    const ofTruth = this.#ofTruth[frame.sourceIndex] as readonly number[];
    if (ofTruth.length === 0 || frame.status !== "ok") return;
    this.#countTruth(frame, ofTruth);
    this.#sort(frame);
    if (this.#taken.length < frame.truthCount) this.#taken = new Uint8Array(frame.truthCount * 2);
    this.#taken.fill(0);
    for (let rank = 0; rank < frame.detectionCount; rank += 1) {
      const at = (this.#order[rank] as number) * WORDS;
      const modelClass = frame.detectionsI32[at + CLASS_ID] as number;
      const classIndex = this.#isNamed ? this.#ofModel[modelClass] : ofTruth[modelClass];
      if (classIndex === undefined || classIndex < 0) continue;
      const truth = this.#match(frame, at, classIndex, ofTruth);
      if (truth === IGNORED) continue;
      if (truth >= 0) this.#taken[truth] = 1;
      const confidence = frame.detectionsF32[at + CONFIDENCE] as number;
      (this.#curves[classIndex] as Curve).add(confidence, truth >= 0);
    }
  }

  /** Accuracy so far; null while no ground truth was seen. */
  result(): Accuracy | null {
    const perClass = this.#curves.flatMap((curve, index) =>
      curve.truthCount === 0 ? [] : [curve.result(this.#labels[index] as string)],
    );
    if (perClass.length === 0) return null;
    const sum = perClass.reduce((total, { ap50 }) => total + ap50, 0);
    return { map50: sum / perClass.length, perClass };
  }

  #countTruth(frame: FrameView, ofTruth: readonly number[]): void {
    for (let index = 0; index < frame.truthCount; index += 1) {
      const truthClass = frame.truthI32[index * WORDS + CLASS_ID] as number;
      const classIndex = ofTruth[truthClass];
      if (classIndex !== undefined) (this.#curves[classIndex] as Curve).truthCount += 1;
    }
  }

  /** Insertion sort, most confident first: results come nearly sorted. */
  #sort(frame: FrameView): void {
    const order = this.#order;
    const f32 = frame.detectionsF32;
    for (let index = 0; index < frame.detectionCount; index += 1) {
      const confidence = f32[index * WORDS + CONFIDENCE] as number;
      let to = index;
      for (; to > 0; to -= 1) {
        const before = order[to - 1] as number;
        if ((f32[before * WORDS + CONFIDENCE] as number) >= confidence) break;
        order[to] = before;
      }
      order[to] = index;
    }
  }

  /** The truth box a detection takes, `IGNORED`, or `WRONG`. */
  #match(frame: FrameView, at: number, classIndex: number, ofTruth: readonly number[]): number {
    let best = WRONG;
    let bestIou = IOU_MIN;
    let isIgnored = false;
    for (let index = 0; index < frame.truthCount; index += 1) {
      const truthAt = index * WORDS;
      const truthClass = frame.truthI32[truthAt + CLASS_ID] as number;
      if (ofTruth[truthClass < 0 ? -1 - truthClass : truthClass] !== classIndex) continue;
      if (truthClass < 0) {
        isIgnored ||= isCovered(frame.detectionsF32, at, frame.truthF32, truthAt);
      } else if (this.#taken[index] === 0) {
        const iou = iouOf(frame.detectionsF32, at, frame.truthF32, truthAt);
        if (iou < bestIou || (iou === bestIou && best >= 0)) continue;
        best = index;
        bestIou = iou;
      }
    }
    return best === WRONG && isIgnored ? IGNORED : best;
  }
}

const WRONG = -1;
const IGNORED = -2;

/** Right and wrong detections of one class by confidence, and how many there were to find. */
class Curve {
  readonly #right = new Uint32Array(CONFIDENCE_STEPS + 1);
  readonly #wrong = new Uint32Array(CONFIDENCE_STEPS + 1);
  truthCount = 0;

  add(confidence: number, isRight: boolean): void {
    const step = Math.min(Math.max(Math.round(confidence * CONFIDENCE_STEPS), 0), CONFIDENCE_STEPS);
    const counts = isRight ? this.#right : this.#wrong;
    counts[step] = (counts[step] as number) + 1;
  }

  result(label: string): ClassAccuracy {
    let right = sumOf(this.#right);
    let detections = right + sumOf(this.#wrong);
    const detectionCount = detections;
    let area = 0;
    let precisionMax = 0;
    // From the lowest confidence up: the interpolated precision at a recall is the largest at that
    // recall or a higher one, which is what has been seen so far.
    for (let step = 0; step <= CONFIDENCE_STEPS; step += 1) {
      const rightHere = this.#right[step] as number;
      const wrongHere = this.#wrong[step] as number;
      if (rightHere + wrongHere === 0) continue;
      precisionMax = Math.max(precisionMax, right / detections);
      area += precisionMax * rightHere;
      right -= rightHere;
      detections -= rightHere + wrongHere;
    }
    return { label, ap50: area / this.truthCount, truthCount: this.truthCount, detectionCount };
  }
}

function sumOf(counts: Uint32Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

function areaOf(boxes: Float32Array, at: number): number {
  const width = (boxes[at + X2] as number) - (boxes[at + X1] as number);
  return width * ((boxes[at + Y2] as number) - (boxes[at + Y1] as number));
}

function overlapOf(a: Float32Array, atA: number, b: Float32Array, atB: number): number {
  const left = Math.max(a[atA + X1] as number, b[atB + X1] as number);
  const right = Math.min(a[atA + X2] as number, b[atB + X2] as number);
  const top = Math.max(a[atA + Y1] as number, b[atB + Y1] as number);
  const bottom = Math.min(a[atA + Y2] as number, b[atB + Y2] as number);
  return right > left && bottom > top ? (right - left) * (bottom - top) : 0;
}

function iouOf(a: Float32Array, atA: number, b: Float32Array, atB: number): number {
  const overlap = overlapOf(a, atA, b, atB);
  return overlap === 0 ? 0 : overlap / (areaOf(a, atA) + areaOf(b, atB) - overlap);
}

/** Whether a detection overlaps an ignored box enough, or lies in it by half. */
function isCovered(a: Float32Array, atA: number, ignored: Float32Array, at: number): boolean {
  const overlap = overlapOf(a, atA, ignored, at);
  const area = areaOf(a, atA);
  return overlap > 0 && (overlap >= IOU_MIN * area || iouOf(a, atA, ignored, at) >= IOU_MIN);
}
