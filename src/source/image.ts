import { basename, resolve } from "node:path";
import { imageSizeFromFile } from "image-size/fromFile";
import { type AipError, runtimeError, usageError } from "../errors.ts";
import { planeLayout } from "../layout/planes.ts";
import { formatCountOf } from "../metrics/number-format.ts";
import type { FrameGeometry } from "../types.ts";
import { findDamagedPicture } from "./damaged-picture.ts";
import { Decoder } from "./decoder.ts";
import type { LogTail } from "./diagnosis.ts";
import { decodeErrorNotes, judgeEnding } from "./ending.ts";
import { type DecodeRequest, framingOf } from "./ffmpeg.ts";
import { chooseFormat } from "./geometry.ts";
import type { SourceOptions } from "./options.ts";
import type { IngestSegment, SegmentResult, Source, SourceInfo } from "./source.ts";
import { ffmpegVersion } from "./tool.ts";

/** Time from one picture of a folder to the next: they are played like a film. */
const PICTURE_INTERVAL_MS = 40;
const SIZE_READS_AT_ONCE = 32;

/** Extensions of the pictures a folder is searched for. */
export const PICTURE_EXTENSIONS: readonly string[] = [
  ".bmp",
  ".jpeg",
  ".jpg",
  ".png",
  ".tif",
  ".tiff",
  ".webp",
];

/**
 * Filters that turn a picture upright, by its EXIF orientation (CIPA DC-008, tag 0x0112). ffmpeg's
 * own rotation is switched off for pictures: which formats it honours differs between versions.
 */
const UPRIGHT: Readonly<Record<number, readonly string[]>> = {
  2: ["hflip"],
  3: ["hflip", "vflip"],
  4: ["vflip"],
  5: ["transpose=cclock_flip"],
  6: ["transpose=clock"],
  7: ["transpose=clock_flip"],
  8: ["transpose=cclock"],
};

/** Pictures one decoder can read in a row: same codec, size and orientation. */
interface Run {
  readonly type: string;
  /** Stored size in pixels. */
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  readonly paths: string[];
}

/**
 * Opens pictures as one source, in the order given.
 *
 * Their sizes are read from the files' heads, without decoding. Frames are `rgb24` unless the
 * options say otherwise: pictures of a folder come in all formats, slots have one.
 *
 * @throws {AipError} `source-unreadable` where a file is no picture
 */
export async function openPictures(
  paths: readonly string[],
  names: { readonly name: string; readonly spec: string },
  options: SourceOptions,
): Promise<Source> {
  const version = await ffmpegVersion();
  const runs: Run[] = [];
  for (let first = 0; first < paths.length; first += SIZE_READS_AT_ONCE) {
    const some = paths.slice(first, first + SIZE_READS_AT_ONCE);
    for (const picture of await Promise.all(some.map(readHead))) addToRuns(runs, picture);
  }
  const requests = runs.map((run) => requestFor(run, version, options));
  return new ImageSource({ ...names, runs, requests, paths }, options);
}

interface ImageInput {
  readonly name: string;
  readonly spec: string;
  readonly runs: readonly Run[];
  readonly requests: readonly DecodeRequest[];
  readonly paths: readonly string[];
}

class ImageSource implements Source {
  readonly name: string;
  readonly spec: string;
  readonly files: readonly string[];
  readonly live = false;
  readonly info: SourceInfo;
  readonly #input: ImageInput;
  readonly #options: SourceOptions;
  #decoder: Decoder | undefined;
  #runIndex = 0;
  #opened = 0;
  readonly #notes: string[] = [];

  constructor(input: ImageInput, options: SourceOptions) {
    this.name = input.name;
    this.spec = input.spec;
    this.files = input.paths;
    const geometry = largest(input.requests.map((request) => request.format.geometry));
    this.info = {
      geometry,
      fps: 1000 / PICTURE_INTERVAL_MS,
      frameCount: input.paths.length,
      description: describePictures(input, geometry),
    };
    this.#input = input;
    this.#options = options;
  }

  async open(): Promise<IngestSegment | null> {
    const run = this.#input.runs[this.#runIndex];
    const request = this.#input.requests[this.#runIndex];
    if (run === undefined || request === undefined) return null;
    const startMs = this.#opened * PICTURE_INTERVAL_MS;
    this.#runIndex += 1;
    this.#opened += run.paths.length;
    this.#decoder = new Decoder(request, this.#options.pipes, concatScript(run.paths));
    return {
      kind: "pipe",
      fd: this.#decoder.pictureFd,
      framing: framingOf(request.format),
      timestampFd: this.#decoder.timestampFd,
      startMs,
      // A picture that cannot be decoded leaves its time empty, be it the first.
      zeroUs: 0,
      geometry: request.format.geometry,
    };
  }

  async finish(segment: SegmentResult): Promise<AipError | null> {
    const run = this.#input.runs[this.#runIndex - 1];
    if (this.#decoder === undefined || run === undefined) return null;
    const exit = await this.#decoder.exit();
    const { log } = exit;
    const frameCount = run.paths.length;
    const isBrokenOff = exit.stopped || exit.signal !== null || log.hungUp;
    const missing = isBrokenOff ? 0 : frameCount - segment.frames;
    if (missing <= 0) {
      if (!isBrokenOff && log.errorCount > 0) await this.#noteDamage(run.paths, log);
      const spec = frameCount === 1 ? (run.paths[0] as string) : this.spec;
      return judgeEnding({ ...segment, spec, exit, frameCount, cutShort: false });
    }
    const damaged = await findDamagedPicture(run.paths);
    return runtimeError("source-damaged", describeMissing(run.paths, missing, damaged));
  }

  async #noteDamage(paths: readonly string[], log: LogTail): Promise<void> {
    const damaged = await findDamagedPicture(paths);
    if (damaged !== undefined) this.#notes.push(`${damaged}: part of it cannot be decoded`);
    else this.#notes.push(...decodeErrorNotes(log.errorCount, log.last));
  }

  /** By time and not by number: a picture that cannot be decoded has no frame. */
  fileAt(timeMs: number): string | undefined {
    return this.#input.paths[Math.round(timeMs / PICTURE_INTERVAL_MS)];
  }

  notes(): readonly string[] {
    return this.#notes;
  }

  async close(): Promise<void> {
    this.#runIndex = this.#input.runs.length;
    await this.#decoder?.stop();
  }
}

function describeMissing(
  paths: readonly string[],
  missing: number,
  damaged: string | undefined,
): string {
  if (paths.length === 1) return `${damaged} and cannot be decoded`;
  const count = `${missing} of ${formatCountOf(paths.length, "picture")}`;
  if (damaged === undefined) return `${count} from "${paths[0]}" on cannot be decoded`;
  return `${count} cannot be decoded: ${damaged}${missing === 1 ? "" : ", and others"}`;
}

interface PictureHead {
  readonly path: string;
  readonly type: string;
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
}

async function readHead(path: string): Promise<PictureHead> {
  try {
    const { width, height, type = "unknown", orientation = 1 } = await imageSizeFromFile(path);
    return { path, type, width, height, orientation };
  } catch (cause) {
    const isEmpty = (await Bun.file(path).exists()) && Bun.file(path).size === 0;
    const known = PICTURE_EXTENSIONS.join(" ");
    const reason = isEmpty ? "it is empty" : `it is no picture (known: ${known})`;
    throw usageError("source-unreadable", `Cannot open source "${path}": ${reason}`, cause);
  }
}

function addToRuns(runs: Run[], picture: PictureHead): void {
  const { path, ...head } = picture;
  const last = runs[runs.length - 1];
  const same =
    last?.type === head.type &&
    last.width === head.width &&
    last.height === head.height &&
    last.orientation === head.orientation;
  if (same) last.paths.push(path);
  else runs.push({ ...head, paths: [path] });
}

function requestFor(
  run: Run,
  version: readonly [number, number],
  options: SourceOptions,
): DecodeRequest {
  const turned = run.orientation >= 5;
  const format = chooseFormat(
    {
      codec: run.type,
      width: run.width,
      height: run.height,
      rotation: turned ? 90 : 0,
      pixelFormat: "rgb24",
    },
    { forced: options.pixelFormat ?? "rgb24" },
  );
  return {
    // The list of files comes on standard input: no temporary file, no limit of arguments.
    input: [
      "-noautorotate",
      ...["-f", "concat", "-safe", "0", "-protocol_whitelist", "file,pipe", "-i", "pipe:0"],
    ],
    format,
    filters: UPRIGHT[run.orientation] ?? [],
    hardware: null,
    version,
    threads: options.decoderThreads ?? 1,
  };
}

/**
 * A script for ffmpeg's concat demuxer. Quotes end, are escaped and begin again, as in a shell; a
 * `%` in a name must not be taken for a numbering pattern.
 */
function concatScript(paths: readonly string[]): Uint8Array {
  const lines = ["ffconcat version 1.0"];
  for (const path of paths) {
    lines.push(`file 'file:${resolve(path).replaceAll("'", "'\\''")}'`);
    if (path.includes("%")) lines.push("option pattern_type none");
    lines.push(`duration ${PICTURE_INTERVAL_MS / 1000}`);
  }
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

function largest(geometries: readonly FrameGeometry[]): FrameGeometry {
  return geometries.reduce((best, one) =>
    planeLayout(one).sizeBytes > planeLayout(best).sizeBytes ? one : best,
  );
}

function describePictures(input: ImageInput, geometry: FrameGeometry): string {
  const size = `${geometry.width}×${geometry.height}`;
  const [only] = input.runs;
  if (input.paths.length === 1 && only !== undefined) return `${basename(only.type)} ${size}`;
  const sizes = input.runs.length === 1 ? size : `up to ${size}`;
  return `${formatCountOf(input.paths.length, "picture")}, ${sizes}`;
}
