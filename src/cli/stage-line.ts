import { formatPercent } from "../metrics/number-format.ts";
import { formatLeft, type ProgressStream, progressBar } from "../sink/progress.ts";
import { NAME_WIDTH } from "./header.ts";

/** Time between redraws of the line. */
const REDRAW_MS = 100;
/** Where no terminal shows it, there is a line for so much of a stage, */
const PLAIN_STEP = 0.1;
/** and none sooner than so long after the one before. */
const PLAIN_MS = 5000;
const BAR_CELLS_MAX = 22;
const BAR_CELLS_MIN = 8;
const COLUMNS_DEFAULT = 80;

/** How far a stage is. */
export interface StageState {
  /** 0–1. */
  readonly share: number;
  /** What it has done: `1 of 5 networks done`. */
  readonly done: string;
  /** What came of it so far: `loss 0.0123, AUC 0.9941`. Default: nothing. */
  readonly figures?: string;
  /** Until its end; null while it is unknown. */
  readonly leftMs: number | null;
  /** Whether it may end sooner. */
  readonly atMost?: boolean;
}

/**
 * The line of a stage on a terminal, never wider than `columns` cells: what there is no room for is left
 * out. The time is worth most, then the figures, what is done, the bar.
 *
 * @example
 * ```text
 *  ━━━━╸───── 43 %   1 of 5 networks done   loss 0.0123, AUC 0.9941   at most 3 min 5 s left
 * ```
 */
export function formatStage(state: StageState, columns: number): string {
  const { share, done, figures, left } = stageParts(state);
  let room = columns - Bun.stringWidth(share);
  const keep = (part: string): string => {
    const cells = Bun.stringWidth(part);
    if (cells > room) return "";
    room -= cells;
    return part;
  };
  const time = keep(left);
  const found = keep(figures);
  const what = keep(done);
  const cells = Math.min(room - 1, BAR_CELLS_MAX);
  const bar = cells >= BAR_CELLS_MIN ? ` ${progressBar(state.share, cells)}` : "";
  return `${bar}${share}${what}${found}${time}`.slice(0, Math.max(0, columns));
}

/** The same without the bar, for a log. */
export function formatStagePlain(state: StageState): string {
  const { share, done, figures, left } = stageParts(state);
  return `${share}${done}${figures}${left}`.trim();
}

function stageParts({ share, done, figures = "", leftMs, atMost }: StageState) {
  const isLeft = leftMs !== null && leftMs > 0 && share < 1;
  const left = isLeft ? `   ${atMost ? "at most " : ""}${formatLeft(leftMs / 1000)}` : "";
  return {
    share: ` ${formatPercent(share)}`,
    done: `   ${done}`,
    figures: figures === "" ? "" : `   ${figures}`,
    left,
  };
}

export interface StageLineOptions {
  /** Default `process.stderr`. */
  readonly stream?: ProgressStream;
  /** Monotonic clock in ms. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Shows how far one stage is: a line that is redrawn on a terminal, elsewhere a plain one for every
 * tenth of it at most. Nothing stays of the former.
 */
export class StageLine {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  readonly #beganMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  /** Tenths that have been told. */
  #told = 0;
  #state: StageState | null = null;
  #isShown = false;

  constructor({ stream = process.stderr, now = () => performance.now() }: StageLineOptions = {}) {
    this.#stream = stream;
    this.#now = now;
    this.#beganMs = now();
  }

  /** Ms until a stage ends that goes on as it did; null at its very beginning. */
  leftMs(share: number): number | null {
    const ms = this.#now() - this.#beganMs;
    return share > 0 ? (ms * (1 - share)) / share : null;
  }

  update(state: StageState): void {
    this.#state = state;
    if (this.#stream.isTTY) {
      if (this.#now() - this.#drawnMs >= REDRAW_MS) this.#draw(state);
      return;
    }
    // A tolerance, as 3 · 0.1 is more than 0.3.
    const tenths = Math.floor(state.share / PLAIN_STEP + 1e-9);
    const sinceMs = this.#now() - Math.max(this.#drawnMs, this.#beganMs);
    if (tenths <= this.#told || sinceMs < PLAIN_MS) return;
    this.#told = tenths;
    this.#drawnMs = this.#now();
    this.#stream.write(`${"".padEnd(NAME_WIDTH)}${formatStagePlain(state)}\n`);
  }

  /** Prints a message above the line. */
  print(message: string): void {
    this.close();
    this.#stream.write(`${message}\n`);
    if (this.#stream.isTTY && this.#state !== null) this.#draw(this.#state);
  }

  /** Takes the line away. */
  close(): void {
    if (!this.#isShown) return;
    this.#stream.write("\r\u001b[K");
    this.#isShown = false;
  }

  #draw(state: StageState): void {
    // One cell is left free: a terminal may wrap when the last one is written.
    const columns = (this.#stream.columns ?? COLUMNS_DEFAULT) - 1;
    this.#stream.write(`\r${formatStage(state, columns)}\u001b[K`);
    this.#drawnMs = this.#now();
    this.#isShown = true;
  }
}
