import { usageError } from "../errors.ts";
import { type View, type ViewMovement, viewMovement, viewOf } from "./block-matching.ts";
import { LUMA_SIDE } from "./luma-side.ts";

const PICTURE = LUMA_SIDE * LUMA_SIDE;
/** Pictures looked at, and how many others each is compared with, before and after it. */
const PICTURES_MAX = 160;
const OTHERS = 12;
/** Of fewer pictures a share says nothing. */
const JUDGED_MIN = 8;
/** One other picture that seems to lie aside may be chance, and so may one picture that does. */
const ASIDE_MIN = 3;
const ELSEWHERE_MIN = 2;
/** A view that has moved is found again half as often as one that is the same, or less. */
const SAME_TO_ASIDE = 2;
/**
 * A camera that looks elsewhere in more of the footage than this does not stand still. Fixed ones
 * have 0, one that zooms to and fro has 0.41, one that shakes 0.86.
 */
const ASIDE_SHARE_MAX = 0.25;

/** 1 / the golden ratio: multiples of it fall on no period of a camera's. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Where a camera looks, over a piece of footage. */
export interface ViewStatistics {
  /** Pictures whose view could be told. */
  readonly judged: number;
  /** Share of these whose view lies aside of most others', 0–1. */
  readonly asideShare: number;
  /** How far aside, as a share of the picture, at the median; 0 where none does. */
  readonly movement: number;
}

/**
 * Moments to look at, spread over `count` frames: one in each of equal stretches, at no constant
 * distance, as a camera that sways would be seen at the same place of its swing again and again.
 *
 * @returns numbers of frames, ascending, each once
 */
export function spreadFrames(count: number, pictures: number): Uint32Array {
  const wanted = Math.min(count, pictures);
  return Uint32Array.from({ length: wanted }, (_, index) =>
    wanted === count ? index : Math.floor(((index + ((index * GOLDEN) % 1)) * count) / wanted),
  );
}

/**
 * Tells how much of the footage a camera looks elsewhere than mostly: pictures spread over all of
 * it are compared with others seconds to hours away from them. A picture looks elsewhere where its
 * view lies aside of more than a third of those it can be compared with.
 *
 * Only movement that is found counts. Pictures that cannot be compared, as one by night with one by
 * day, or one with a lorry before the lens, say nothing of the camera. Comparing each of some
 * pictures with several others is how Ribnick, Atev, Masoud, Papanikolopoulos and Voyles tell a
 * camera that was turned ("Real-Time Detection of Camera Tampering", AVSS 2006).
 *
 * It may be asked while the footage is read, and compares no two pictures twice.
 */
export class SpreadViews {
  readonly #luma: Uint8Array;
  /** Numbers of the pictures' frames. */
  readonly #frames: Uint32Array;
  readonly #views: View[] = [];
  /** What comparing two pictures gave, by `PICTURES_MAX` times the one and the other. */
  readonly #compared = new Map<number, ViewMovement | null>();

  /** @param luma u8 [n, 50, 50] of the whole footage, in order of time; what is read late comes late */
  constructor(luma: Uint8Array) {
    this.#luma = luma;
    this.#frames = spreadFrames(Math.floor(luma.length / PICTURE), PICTURES_MAX);
  }

  /** Of those pictures that lie in the first `end` frames: of all where all have been read. */
  upTo(end: number): ViewStatistics {
    const count = this.#frames.filter((frame) => frame < end).length;
    const same = new Uint16Array(count);
    const aside = new Uint16Array(count);
    const movements: number[] = [];
    for (const [one, other] of comparisons(count)) {
      const found = this.#compare(one, other);
      if (found === null) continue;
      const counts = found.isMoved ? aside : same;
      for (const index of [one, other]) counts[index] = (counts[index] as number) + 1;
      if (found.isMoved) movements.push(found.pixels / LUMA_SIDE);
    }
    const judged = same.filter((found, index) => found + (aside[index] as number) > 0).length;
    const elsewhere = aside.filter(
      (found, index) => found >= ASIDE_MIN && found * SAME_TO_ASIDE > (same[index] as number),
    ).length;
    if (judged < JUDGED_MIN || elsewhere < ELSEWHERE_MIN)
      return { judged, asideShare: 0, movement: 0 };
    const movement = movements.toSorted((x, y) => x - y)[movements.length >> 1] as number;
    return { judged, asideShare: elsewhere / judged, movement };
  }

  #compare(one: number, other: number): ViewMovement | null {
    const key = one * PICTURES_MAX + other;
    const before = this.#compared.get(key);
    if (before !== undefined) return before;
    const found = viewMovement(this.#view(one), this.#view(other));
    this.#compared.set(key, found);
    return found;
  }

  #view(index: number): View {
    const start = (this.#frames[index] as number) * PICTURE;
    this.#views[index] ??= viewOf(this.#luma.subarray(start, start + PICTURE));
    return this.#views[index];
  }
}

/** What `SpreadViews` says of footage that is there as a whole. @param luma u8 [n, 50, 50] */
export function viewStatistics(luma: Uint8Array): ViewStatistics {
  return new SpreadViews(luma).upTo(luma.length / PICTURE);
}

/**
 * Refuses footage of a camera that looks here and there.
 *
 * @param name of the footage
 * @returns a sentence where it looks elsewhere now and then, else null
 * @throws {AipError} `camera-moves`
 */
export function checkFixedView(name: string, view: ViewStatistics): string | null {
  const { asideShare, movement } = view;
  if (asideShare === 0) return null;
  const [share, by] = [percent(asideShare), percent(movement)];
  if (asideShare <= ASIDE_SHARE_MAX) {
    return (
      `The camera of "${name}" looks elsewhere in ${share} of the footage: by ${by} of the ` +
      "picture; a cascade saves most with one that stands still"
    );
  }
  const message =
    `The camera of "${name}" moves: ${share} of the pictures spread over the footage show ` +
    `another view than most, by ${by} of the picture; a cascade needs a camera that stands still`;
  throw usageError("camera-moves", message);
}

/** Each picture with `OTHERS` after it, and so as many before it, from near to far, in a ring. */
function* comparisons(count: number): Generator<readonly [number, number]> {
  const half = Math.floor(count / 2);
  const distances = new Set(
    Array.from({ length: OTHERS }, (_, index) => Math.ceil(((index + 1) * half) / OTHERS)),
  );
  for (const distance of distances) {
    if (distance === 0) continue;
    // Half around an even ring, each meets its other twice.
    const last = 2 * distance === count ? half : count;
    for (let index = 0; index < last; index += 1) yield [index, (index + distance) % count];
  }
}

function percent(share: number): string {
  return `${Math.max(1, Math.round(100 * share))} %`;
}
