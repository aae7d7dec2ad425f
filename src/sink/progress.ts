import { formatCount, formatSeconds, formatShares } from "../metrics/number-format.ts";
import type { FrameView, RunContext } from "../types.ts";
import type { Sink } from "./sink.ts";

/** Time between redraws of the line. */
const REDRAW_MS = 100;
/** Time between lines where no terminal shows them. */
const PLAIN_MS = 5000;
/** The speed shown is that of this last while, or since the line before. */
const SPEED_MS = 3000;
const BAR_CELLS_MAX = 22;
const BAR_CELLS_MIN = 8;
const COLUMNS_DEFAULT = 80;

/** What the line says. */
export interface ProgressState {
  readonly frames: number;
  /** Frames there will be, where that is known. */
  readonly frameCount: number | undefined;
  /** Speed of the last seconds; 0 while it is unknown. */
  readonly fps: number;
  readonly dropped: number;
  readonly failed: number;
  readonly devices: readonly { readonly id: string; readonly frames: number }[];
}

/**
 * The progress line: never wider than `columns` cells; what there is no room for is left out, the
 * devices first.
 *
 * @example
 * ```text
 *  ━━━━━━━━━━━━━━━╸────── 412/600   96 fps   0 dropped   cpu-0 44 % · gpu-0 56 %   2 s left
 * ```
 */
export function formatProgress(state: ProgressState, columns: number): string {
  const parts = progressParts(state);
  let room = columns - Bun.stringWidth(parts.count);
  const keep = (part: string): string => {
    const cells = Bun.stringWidth(part);
    if (cells > room) return "";
    room -= cells;
    return part;
  };
  // Kept in order of importance, shown in order of reading.
  const lost = keep(parts.lost);
  const left = keep(parts.left);
  const devices = keep(parts.devices);
  const cells = Math.min(room - 1, BAR_CELLS_MAX);
  const { frames, frameCount } = state;
  const hasBar = frameCount !== undefined && frameCount > 0 && cells >= BAR_CELLS_MIN;
  const line = `${parts.count}${lost}${devices}${left}`;
  if (hasBar) return ` ${progressBar(frames / frameCount, cells)}${line}`;
  return columns < Bun.stringWidth(line) ? line.slice(0, Math.max(0, columns)) : line;
}

/** The same without the bar, for a log: one line, however long. */
export function formatProgressPlain(state: ProgressState): string {
  const { count, lost, devices, left } = progressParts(state);
  return `${count}${lost}${devices}${left}`.trim();
}

function progressParts(
  state: ProgressState,
): Record<"count" | "lost" | "devices" | "left", string> {
  const { frames, frameCount, fps, dropped, failed } = state;
  const total = frameCount === undefined ? " frames" : `/${formatCount(frameCount)}`;
  const failures = failed === 0 ? "" : `   ${formatCount(failed)} failed`;
  return {
    count: ` ${formatCount(frames)}${total}   ${fps < 9.95 ? fps.toFixed(1) : formatCount(fps)} fps`,
    lost: `   ${formatCount(dropped)} dropped${failures}`,
    devices: shares(state),
    left: remaining(state),
  };
}

function shares({ devices }: ProgressState): string {
  const answered = devices.reduce((sum, device) => sum + device.frames, 0);
  if (answered === 0) return "";
  const each = formatShares(
    devices.map(({ frames }) => frames),
    answered,
  );
  const parts = devices.map(({ id }, index) => `${id} ${each[index]}`);
  return `   ${parts.join(" · ")}`;
}

function remaining({ frames, frameCount, fps }: ProgressState): string {
  if (frameCount === undefined || fps <= 0 || frames >= frameCount) return "";
  return `   ${formatLeft((frameCount - frames) / fps)}`;
}

/** `2 s left`, `3 min 5 s left`. */
export function formatLeft(seconds: number): string {
  return `${seconds < 9.5 ? `${Math.ceil(seconds)} s` : formatSeconds(seconds)} left`;
}

/** `━━━━━╸────`: how much of `cells` is done. */
export function progressBar(ratio: number, cells: number): string {
  const halves = Math.round(Math.min(Math.max(ratio, 0), 1) * cells * 2);
  const full = Math.floor(halves / 2);
  const half = halves % 2;
  return "━".repeat(full) + "╸".repeat(half) + "─".repeat(cells - full - half);
}

/** The part of a terminal's stream that is used; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressSinkOptions {
  /** Frames of all sources together, where that is known. */
  readonly frameCount?: number;
  /** Default `process.stderr`. */
  readonly stream?: ProgressStream;
  /** Monotonic clock in ms. Default `performance.now`. */
  readonly now?: () => number;
  /**
   * Where no terminal shows it and the number of frames is known, a line is for so much of them at
   * least, as a share. Default 0: one every few seconds.
   */
  readonly plainStep?: number;
}

/**
 * Shows how far the run is: one line that is redrawn on a terminal, a plain line every few seconds
 * elsewhere. Nothing stays of it but what `print` has said: the cursor is never hidden and never
 * leaves the line, so an interrupted run leaves the terminal as it was.
 */
export class ProgressSink implements Sink {
  readonly name = "progress";
  readonly pixels = "none";
  /** Frames of all sources together, once that is known. */
  frameCount: number | undefined;
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #devices: { readonly id: string; frames: number }[] = [];
  readonly #plainStep: number;
  /** Steps that have been told. */
  #toldSteps = 0;
  #frames = 0;
  #dropped = 0;
  #failed = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Times and counts of the last redraws, oldest first; at most 10 a second of `SPEED_MS`. */
  readonly #samples: { readonly ms: number; readonly frames: number }[] = [];
  #isShown = false;

  constructor(options: ProgressSinkOptions = {}) {
    this.frameCount = options.frameCount;
    this.#stream = options.stream ?? process.stderr;
    this.#now = options.now ?? (() => performance.now());
    this.#plainStep = options.plainStep ?? 0;
  }

  open(context: RunContext): void {
    this.#devices = context.devices.map(({ id }) => ({ id, frames: 0 }));
    this.#samples.push({ ms: this.#now(), frames: 0 });
    const period = this.#stream.isTTY ? REDRAW_MS : PLAIN_MS;
    this.#timer = setInterval(() => this.redraw(), period).unref();
  }

  write(frame: FrameView): void {
    this.#frames += 1;
    if (frame.status === "dropped") this.#dropped += 1;
    else if (frame.status === "failed") this.#failed += 1;
    else if (frame.deviceIndex >= 0) {
      const device = this.#devices[frame.deviceIndex];
      if (device !== undefined) device.frames += 1;
    }
  }

  /** Prints a message above the line. */
  print(message: string): void {
    this.#clear();
    this.#stream.write(`${message}\n`);
    if (this.#stream.isTTY && this.#timer !== undefined) this.redraw();
  }

  /** Draws the line anew; the timer does it ten times a second. */
  redraw(): void {
    const fps = this.#speed();
    const state: ProgressState = {
      frames: this.#frames,
      frameCount: this.frameCount,
      fps,
      dropped: this.#dropped,
      failed: this.#failed,
      devices: this.#devices,
    };
    if (this.#stream.isTTY) {
      // One cell is left free: a terminal may wrap when the last one is written.
      const columns = (this.#stream.columns ?? COLUMNS_DEFAULT) - 1;
      this.#stream.write(`\r${formatProgress(state, columns)}\u001b[K`);
      this.#isShown = true;
    } else if (this.#isNextStep()) {
      this.#stream.write(`${formatProgressPlain(state)}\n`);
    }
  }

  /** Whether a line of a log is due: as much more is done as it is to tell of. */
  #isNextStep(): boolean {
    if (this.#plainStep === 0 || this.frameCount === undefined) return true;
    const steps = Math.floor(this.#frames / (this.#plainStep * this.frameCount));
    if (steps <= this.#toldSteps) return false;
    this.#toldSteps = steps;
    return true;
  }

  async close(_complete: boolean): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  outputs(): readonly string[] {
    return [];
  }

  #speed(): number {
    const last = { ms: this.#now(), frames: this.#frames };
    this.#samples.push(last);
    while (this.#samples.length > 2 && last.ms - (this.#samples[1]?.ms ?? 0) >= SPEED_MS) {
      this.#samples.shift();
    }
    const first = this.#samples[0] ?? last;
    return last.ms > first.ms ? ((last.frames - first.frames) * 1000) / (last.ms - first.ms) : 0;
  }

  #clear(): void {
    if (!this.#isShown) return;
    this.#stream.write("\r\u001b[K");
    this.#isShown = false;
  }
}
