import type { AipError } from "../errors.ts";
import type { FrameGeometry, PictureSize } from "../types.ts";

/** `raw` (default): pictures and nothing else. `yuv4mpeg`: a header, and a mark before each. */
export type Framing = "raw" | "yuv4mpeg";

/** What is known of a source before its first frame. */
export interface SourceInfo {
  /** Largest picture the source will deliver; sizes the slots. */
  readonly geometry: FrameGeometry;
  /** What arrives instead of `geometry` where `scaleTo` was called: smaller pictures. */
  readonly delivered?: FrameGeometry;
  /** Nominal frames a second, where the stream says so. */
  readonly fps?: number;
  /** Expected number of frames (an estimate for the progress line), where it can be told. */
  readonly frameCount?: number;
  /** Codec, container or scene, for people: `"h264 768×432"`. */
  readonly description: string;
  /** Name of the hardware decoder, where one is at work. */
  readonly hardware?: string;
  /** Names of ground-truth classes when the source carries truth (the demo scene). */
  readonly truthClasses?: readonly string[];
}

/** Frames of a segment that come with their picture: `first`, and multiples of `every` after it. */
export interface Thinning {
  readonly every: number;
  /** Frames before it have been delivered by an earlier run. */
  readonly first: number;
}

/** Whether a segment's frame of this number comes with its picture. HOT. */
export function hasPicture(frame: number, { every, first }: Thinning): boolean {
  return frame === first || (frame > first && frame % every === 0);
}

/**
 * What an ingest worker reads next; plain data that a message can carry.
 *
 * A stretch of frames of one size. Most sources have one; a folder of pictures has one per run of
 * equal size, a camera one per connection.
 */
export type IngestSegment =
  | {
      readonly kind: "pipe";
      /** Read end of the pipe that carries raw frames back to back. The ingest worker closes it. */
      readonly fd: number;
      /** How the frames follow one another in it. */
      readonly framing?: Framing;
      /**
       * Read end of a pipe with the text of ffmpeg's `metadata=print` filter, one block a frame,
       * for a `TimestampParser`. A frame's block is written before its pixels. The ingest worker
       * reads along (a full pipe stops the decoder) and closes it.
       */
      readonly timestampFd: number;
      /** Time of the segment's first frame since the source's start, in ms. */
      readonly startMs: number;
      /** The decoder's time, in µs, that is `startMs`; its first frame's where left out. */
      readonly zeroUs?: number;
      /** The pipe carries these frames alone; the text has the times of all. Default: all. */
      readonly thinning?: Thinning;
      /**
       * Times of all frames in ms, where the decoder is not given all: the text then has numbers of
       * those it is given, from `NUMBER_OFFSET` on.
       */
      readonly timesMs?: Float64Array;
      readonly geometry: FrameGeometry;
    }
  | {
      readonly kind: "demo";
      readonly geometry: FrameGeometry;
      readonly fps: number;
      readonly seed: number;
      readonly density: number;
      /** Share of persons, 0–1; -1 leaves it to the scene. */
      readonly personShare: number;
      /** Share of the time with one visitor in the picture, 0–0.5, and a visit's mean length. */
      readonly visitorShare: number;
      readonly visitorSeconds: number;
      /** Index of the first frame. */
      readonly start: number;
      /** Number of frames; null for no end. */
      readonly frameCount: number | null;
    }
  | {
      /** Frames whose every 32-bit word is their number, for benchmarks and tests. */
      readonly kind: "pattern";
      readonly geometry: FrameGeometry;
      readonly fps: number;
      readonly frameCount: number;
      /** Whether pixels are written at all. */
      readonly write: boolean;
    };

/** How far the ingest worker came with a segment. */
export interface SegmentResult {
  /** Whole frames read. */
  readonly frames: number;
  /** Bytes of an incomplete frame at the end. */
  readonly partialBytes: number;
}

/**
 * A source of frames, on the manager's side: it probes, spawns and ends decoders. The frames
 * themselves are read by an ingest worker, straight into slots.
 *
 * A plug-in is one file whose factory probes its input and returns this.
 */
export interface Source {
  /** Unique among the sources of a run; the `source` of every frame. */
  readonly name: string;
  /** The argument it was made from. */
  readonly spec: string;
  /** The files it reads, where they are not `spec` itself: a folder's pictures. */
  readonly files?: readonly string[];
  /** Live: frames arrive whether they are wanted or not. */
  readonly live: boolean;
  readonly info: SourceInfo;
  /** Frames a second this source is to be paced to; left out: what the run says. */
  readonly paceFps?: number;
  /**
   * Has the decoder scale every picture to this size, before the first `open()`. Absent where
   * pictures come as they are.
   */
  scaleTo?(size: PictureSize): void;
  /**
   * Says, before the first `open()`, which frame is the first that is wanted: the pictures of those
   * before it, which are passed over, need not come.
   */
  startAt?(frame: number): void;
  /**
   * Starts the next segment, or returns null when there is none left.
   * @throws {AipError} where a decoder cannot start or a camera cannot be reached
   */
  open(): Promise<IngestSegment | null>;
  /**
   * Called once the ingest worker has read the segment to its end (or to an incomplete last
   * frame). Says whether the decoder was content: null, or the error that broke it off. A live
   * source answers null as long as it can reconnect: `open()` then does.
   */
  finish(segment: SegmentResult): Promise<AipError | null>;
  /** Which file the frame of that time is from, as given; only where frames are files. */
  fileAt?(timeMs: number): string | undefined;
  /** Processor time of the decoder in ms, once it has ended; only where one runs. */
  decoderCpuMs?(): number | undefined;
  /** Notes for the report, such as "reconnected twice". */
  notes(): readonly string[];
  /** Ends the decoder, if one runs, and waits for it. Safe to call at any time, and twice. */
  close(): Promise<void>;
}
