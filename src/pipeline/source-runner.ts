import { AipError, runtimeError } from "../errors.ts";
import { SourceControl } from "../layout/layout.gen.ts";
import { GapMeter } from "../metrics/gap-meter.ts";
import { closeFd } from "../native/library.ts";
import type { ArenaLayout, SourcePlace } from "../ring/arena.ts";
import { Ring } from "../ring/ring.ts";
import { Reorder } from "../schedule/reorder.ts";
import type { SourceShare } from "../schedule/source-share.ts";
import type { ResumePoint } from "../sink/resume-point.ts";
import type { IngestSegment, Source } from "../source/source.ts";
import type { DropPolicy } from "../types.ts";
import { within } from "../within.ts";
import type { IngestCommand, IngestMessage, SegmentEnd } from "./ingest.ts";
import type { ScreenPlan } from "./screen.ts";
import { ScreeningControl } from "./screening-control.ts";

/** How long the ingest worker gets to let go of its segment. */
const STOP_WITHIN_MS = 2_000;

export interface SourceRunnerOptions {
  readonly index: number;
  readonly source: Source;
  readonly arena: SharedArrayBuffer;
  readonly layout: ArenaLayout;
  readonly drop: DropPolicy;
  /** What it is entitled to beside the other sources. */
  readonly share: Omit<SourceShare, "slots">;
  readonly fps: number | null;
  readonly frameLimit: number | null;
  /** Where the source goes on, where an earlier run broke off. */
  readonly resume: ResumePoint | null;
  /** What a cascade screens its frames with; null where none runs. */
  readonly screen: ScreenPlan | null;
  /** The source is over; whatever it published must be taken in before this returns. */
  readonly onEnd: (runner: SourceRunner) => void;
}

/** One source at work: its ingest worker, its segments, its order and its counts. */
export class SourceRunner {
  readonly index: number;
  readonly source: Source;
  readonly drop: DropPolicy;
  readonly share: SourceShare;
  readonly place: SourcePlace;
  /** Filled slots from the ingest worker. */
  readonly frames: Ring;
  /** Slots given back to it; numbers count from the source's first slot. */
  readonly free: Ring;
  readonly reorder: Reorder;
  /** Number of the first frame; those before it are an earlier run's. */
  readonly firstFrame: number;
  /** Slots the ingest worker has or may take. */
  freeCount: number;
  emitted = 0;
  dropped = 0;
  failed = 0;
  /** Dropped frames whose deadline had passed. */
  late = 0;
  readonly gaps: GapMeter = new GapMeter();
  /** Null where no cascade runs. */
  readonly screening: ScreeningControl | null;
  /** Every frame left with the id after its predecessor's. */
  inOrder = true;
  nextId: number;
  ended = false;
  /** What broke the source off, where something did. */
  error: AipError | null = null;
  readonly #options: SourceRunnerOptions;
  readonly #control: Int32Array;
  readonly #startedMs: Float64Array;
  readonly #dropTimes: Float64Array;
  /** Frames on their way out as late ones; empty where there is no deadline. */
  readonly #lateIds = new Set<number>();
  readonly #started = Promise.withResolvers<void>();
  #opening: Promise<IngestSegment | null> | undefined;
  /** A segment is waited for. */
  #isOpening = false;
  #worker: Worker | undefined;
  /** Resolves once the segment being opened or read is let go of; undefined while there is none. */
  #reading: PromiseWithResolvers<void> | undefined;
  #stopped = false;

  constructor(options: SourceRunnerOptions) {
    const { index, source, arena, layout } = options;
    const place = layout.sources[index];
    if (place === undefined) throw new RangeError(`source ${index}`);
    this.#options = options;
    this.index = index;
    this.source = source;
    this.drop = options.drop;
    this.share = { ...options.share, slots: place.slotCount };
    this.place = place;
    this.frames = new Ring(arena, place.frameRingOffset, place.ringCapacity);
    this.free = new Ring(arena, place.freeRingOffset, place.ringCapacity);
    this.firstFrame = options.resume?.nextFrame ?? 0;
    this.nextId = this.firstFrame;
    this.reorder = new Reorder(place.slotCount, this.firstFrame);
    this.freeCount = place.slotCount;
    this.#control = new Int32Array(arena, place.controlOffset, SourceControl.sizeBytes / 4);
    const started = place.controlOffset + SourceControl.startedMs;
    this.#startedMs = new Float64Array(arena, started, 1);
    this.#dropTimes = new Float64Array(arena, place.dropTimesOffset, place.dropTimeCount);
    const { screen } = options;
    this.screening = screen === null ? null : new ScreeningControl(screen, this.#control);
    for (let slot = 0; slot < place.slotCount; slot += 1) this.free.tryPush(slot);
    this.free.publish();
  }

  /** Frames received so far, dropped ones included, those of earlier runs not. */
  get received(): number {
    return Atomics.load(this.#control, SourceControl.received / 4);
  }

  get bufferFullWaits(): number {
    return Atomics.load(this.#control, SourceControl.bufferFullWaits / 4);
  }

  /** Monotonic clock when the first read began; 0 before. */
  get startedMs(): number {
    return this.#startedMs[0] as number;
  }

  /** Everything received has left, and no more will come. */
  get finished(): boolean {
    return this.ended && this.reorder.finished;
  }

  /** Presentation time of a dropped frame. */
  dropTimeMs(frameId: number): number {
    return this.#dropTimes[frameId % this.place.dropTimeCount] as number;
  }

  /** A waiting frame gives way; its marker leaves in its turn. */
  dropping(frameId: number, timeMs: number, isLate: boolean): void {
    this.#dropTimes[frameId % this.place.dropTimeCount] = timeMs;
    if (!isLate) return;
    this.late += 1;
    this.#lateIds.add(frameId);
  }

  /** Why a frame whose marker leaves now was dropped. */
  takeDropReason(frameId: number): string {
    return this.#lateIds.delete(frameId) ? "its deadline had passed" : "no slot was free";
  }

  /** Whether its next frame will find no slot: none is free, and none is about to be. */
  get isHeldUp(): boolean {
    return !this.ended && this.freeCount === 0 && !this.reorder.ready;
  }

  /**
   * Gets everything ready that takes time before the first frame: the ingest worker and, where
   * frames do not arrive by themselves, the decoder, which then waits at its full pipe. Devices
   * warm up meanwhile.
   */
  prepare(): void {
    const { arena, layout, drop, fps, frameLimit, index, resume, source } = this.#options;
    const worker = new Worker(new URL("./ingest.ts", import.meta.url).href);
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<IngestMessage>) => {
      const message = event.data;
      if (message.type === "segment-end") this.#letGo();
      const step = message.type === "ready" ? this.#begin() : this.#segmentEnded(message);
      step.catch((error: unknown) => this.#end(this.#brokeOff("source-failed", error)));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(this.#brokeOff("ingest-failed", event.message));
    };
    worker.addEventListener("close", () => {
      this.#letGo();
      // Not where `close` has ended it: the source is over by then.
      this.#end(this.#brokeOff("ingest-failed", "its worker ended without a word"));
    });
    this.#send({
      type: "start",
      arena,
      layout,
      sourceIndex: index,
      drop,
      fps,
      frameLimit,
      firstFrame: this.firstFrame,
      // A file is read again from its start; a camera's frames are gone, and its clock goes on.
      skipCount: source.live ? 0 : this.firstFrame,
      timeOffsetMs: source.live && resume !== null ? resume.elapsedMs : 0,
      live: source.live,
      screening: this.screening?.start ?? null,
    });
    if (source.live) return;
    this.#opening = source.open();
    // Whoever takes it hears of the failure; until then nobody listens.
    this.#opening.catch(() => undefined);
  }

  /** Starts reading. */
  start(): void {
    this.#started.resolve();
  }

  /** Asks the ingest worker to end after the current frame; a source that is being opened ends at once. */
  stop(): void {
    this.#stopped = true;
    if (this.#isOpening) void this.source.close();
    Atomics.store(this.#control, SourceControl.stop / 4, 1);
    this.free.wake();
  }

  /** Ends decoder and worker. */
  async close(): Promise<void> {
    this.stop();
    const opening = this.#takeOpening();
    // What is being opened for nobody ends at once.
    if (opening !== undefined) await this.source.close();
    const unread = await opening?.catch(() => null);
    await this.source.close();
    // Only the worker may close the pipes it reads from.
    if (this.#reading !== undefined) await within(STOP_WITHIN_MS, this.#reading.promise);
    this.ended = true;
    this.screening?.close();
    this.#worker?.terminate();
    if (unread?.kind !== "pipe") return;
    closeFd(unread.fd);
    closeFd(unread.timestampFd);
  }

  async #begin(): Promise<void> {
    await this.#started.promise;
    await this.#openNext();
  }

  /** The segment that `prepare` began to open, for whoever asks first. */
  #takeOpening(): Promise<IngestSegment | null> | undefined {
    const opening = this.#opening;
    this.#opening = undefined;
    return opening;
  }

  async #openNext(): Promise<void> {
    if (this.#stopped) return this.#end(null);
    this.#reading = Promise.withResolvers();
    let segment: IngestSegment | null = null;
    this.#isOpening = true;
    try {
      segment = await (this.#takeOpening() ?? this.source.open());
    } finally {
      this.#isOpening = false;
      if (segment === null) this.#letGo();
    }
    if (segment === null) return this.#end(null);
    this.#send({ type: "segment", segment });
  }

  #letGo(): void {
    this.#reading?.resolve();
    this.#reading = undefined;
  }

  async #segmentEnded(end: SegmentEnd): Promise<void> {
    if (end.reason === "limit" || end.reason === "stopped") {
      await this.source.close();
      return this.#end(null);
    }
    if (end.reason === "failed") {
      await this.source.close();
      return this.#end(this.#brokeOff("ingest-failed", end.message));
    }
    const error = await this.source.finish(end);
    if (error !== null) return this.#end(error);
    await this.#openNext();
  }

  #end(error: AipError | null): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.#options.onEnd(this);
  }

  /** The error a source ends with; one that speaks for itself stays as it is. */
  #brokeOff(code: string, cause: unknown): AipError {
    if (cause instanceof AipError) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause ?? "no reason given");
    return runtimeError(code, `Source "${this.source.name}" broke off: ${reason}`, cause);
  }

  #send(command: IngestCommand): void {
    const port = command.type === "start" ? command.screening?.port : undefined;
    // A port is of Node's kind, and is handed over like any other.
    const transfer = port === undefined ? [] : [port as unknown as Bun.Transferable];
    this.#worker?.postMessage(command, transfer);
  }
}
