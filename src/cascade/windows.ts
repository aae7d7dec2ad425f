import { IGNORED } from "./types.ts";

export interface WindowOptions {
  /** Frames of a window. NoScope's are one second at 30 frames/s: 30. */
  readonly windowFrames: number;
  /** Frames of it that must agree for the window to count as right. NoScope's 28 of 30. */
  readonly agreeFrames: number;
}

/** NoScope's measure of accuracy. */
export interface WindowedAccuracy extends WindowOptions {
  /** Windows in which at least one frame counts. */
  readonly windows: number;
  readonly right: number;
  /** right / windows; 1 where there are none. */
  readonly accuracy: number;
}

/** A window of one second, of which 28 in 30 frames must agree, as in the paper. */
export function oneSecondWindows(fps: number): WindowOptions {
  const windowFrames = Math.max(1, Math.round(fps));
  return { windowFrames, agreeFrames: Math.max(1, Math.floor((windowFrames * 28) / 30)) };
}

/**
 * Accuracy by windows of time (Kang et al., "NoScope", VLDB 2017, §9.1): a window is right where
 * enough of its frames agree with the truth. Frames that do not count agree with anything; a last
 * window that is shorter needs the same number of frames wrong to be wrong.
 *
 * @param answers 1 where the cascade says present
 * @param truth 1 present, 0 absent, `IGNORED`
 */
export function windowedAccuracy(
  answers: Uint8Array,
  truth: Uint8Array,
  options: WindowOptions,
): WindowedAccuracy {
  const { windowFrames, agreeFrames } = options;
  const wrongMax = windowFrames - agreeFrames;
  let windows = 0;
  let right = 0;
  for (let first = 0; first < truth.length; first += windowFrames) {
    const last = Math.min(truth.length, first + windowFrames);
    let counted = 0;
    let wrong = 0;
    for (let frame = first; frame < last; frame += 1) {
      if (truth[frame] === IGNORED) continue;
      counted += 1;
      if (truth[frame] !== answers[frame]) wrong += 1;
    }
    if (counted === 0) continue;
    windows += 1;
    if (wrong <= wrongMax) right += 1;
  }
  return { ...options, windows, right, accuracy: windows === 0 ? 1 : right / windows };
}
