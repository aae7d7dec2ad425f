import { rename, rm } from "node:fs/promises";
import { AipError, runtimeError } from "../errors.ts";
import { reasonOf } from "../sink/line-writer.ts";
import { partPathOf } from "../sink/part-path.ts";
import type { PictureSize } from "../types.ts";
import { clockText } from "./clock-text.ts";
import { GLYPH_HEIGHT, type RgbPicture, writeDigits } from "./digits.ts";
import { drawBoxes } from "./draw-boxes.ts";
import { interrupted, pictureAt, writeJpeg } from "./ffmpeg-pixels.ts";
import type { Interval } from "./intervals.ts";
import type { Sighting } from "./sightings.ts";

const TILE_WIDTH = 320;
const GLYPH_SCALE = 2;
const CAPTION_MARGIN = 5;
const CAPTION_HEIGHT = GLYPH_HEIGHT * GLYPH_SCALE + 2 * CAPTION_MARGIN;
const GAP = 6;
const COLUMNS_MAX = 6;
/** A sheet of more is no overview, and JPEG ends at 65,535 pixels a side. */
export const SHEET_TILES_MAX = 240;

/** What a contact sheet shows of one video. */
export interface SheetVideo {
  readonly path: string;
  /** When its first frame comes, in ms since the file's start; default 0. */
  readonly startMs?: number;
  /** Size of its pictures. */
  readonly size: PictureSize;
  readonly intervals: readonly SheetInterval[];
}

/** An interval, and the frame that it is shown by: its middle where there is none to choose. */
export interface SheetInterval extends Interval {
  readonly sighting: Sighting | null;
}

/**
 * Writes a contact sheet: every interval's most certain picture with the boxes of what was seen, row
 * by row, the interval's time below. It is there whole or not at all.
 *
 * @returns how many intervals it shows: the first `SHEET_TILES_MAX`
 * @param signal ends it at once, and leaves nothing
 * @throws {AipError} `picture-unreadable`, `output-failed`, `ffmpeg-missing`, `interrupted`
 */
export async function writeSheet(
  path: string,
  videos: readonly SheetVideo[],
  signal: AbortSignal,
): Promise<number> {
  const tiles = videos
    .flatMap((video) => video.intervals.map((interval) => ({ video, interval })))
    .slice(0, SHEET_TILES_MAX);
  const { columns, rows } = gridFor(tiles.length);
  const tileHeight = Math.max(...videos.map(({ size }) => heightOf(size)), 2);
  const sheet = blank(columns * (TILE_WIDTH + GAP) - GAP, rows * (tileHeight + CAPTION_HEIGHT));
  for (const [index, { video, interval }] of tiles.entries()) {
    const left = (index % columns) * (TILE_WIDTH + GAP);
    const top = Math.floor(index / columns) * (tileHeight + CAPTION_HEIGHT);
    paste(sheet, await tileOf(video, interval, signal), left, top);
    writeDigits(sheet, `${clockText(interval.startMs)} - ${clockText(interval.endMs)}`, {
      x: left + CAPTION_MARGIN,
      y: top + tileHeight + CAPTION_MARGIN,
      scale: GLYPH_SCALE,
    });
  }
  const part = partPathOf(path);
  try {
    await writeJpeg(part, sheet);
    if (signal.aborted) throw interrupted();
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    if (cause instanceof AipError) throw cause;
    throw runtimeError("output-failed", `Cannot write "${path}": ${reasonOf(cause)}`, cause);
  }
  return tiles.length;
}

async function tileOf(
  { path, startMs: firstMs = 0, size }: SheetVideo,
  { startMs, endMs, sighting }: SheetInterval,
  signal: AbortSignal,
): Promise<RgbPicture> {
  const timeMs = sighting?.timeMs ?? (startMs + endMs) / 2;
  const tile = { width: TILE_WIDTH, height: heightOf(size) };
  const picture = await pictureAt(path, firstMs + timeMs, tile, signal);
  return sighting === null ? picture : drawBoxes(picture, sighting.boxes, size);
}

/** As square as pictures wider than high allow; one empty tile where there is nothing to show. */
export function gridFor(count: number): { readonly columns: number; readonly rows: number } {
  const columns = Math.min(COLUMNS_MAX, Math.max(1, Math.ceil(Math.sqrt(count))));
  return { columns, rows: Math.max(1, Math.ceil(count / columns)) };
}

function heightOf({ width, height }: PictureSize): number {
  return Math.max(2, 2 * Math.round((TILE_WIDTH * height) / width / 2));
}

function blank(width: number, height: number): RgbPicture {
  return { width, height, pixels: new Uint8Array(3 * width * height) };
}

function paste(sheet: RgbPicture, picture: RgbPicture, left: number, top: number): void {
  for (let row = 0; row < picture.height; row += 1) {
    const source = picture.pixels.subarray(3 * row * picture.width, 3 * (row + 1) * picture.width);
    sheet.pixels.set(source, 3 * ((top + row) * sheet.width + left));
  }
}
