import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { usageError } from "../../errors.ts";
import type { Fingerprint } from "../../footage/fingerprint.ts";
import { readPacketIndex, timesMsOf } from "../../source/packet-index.ts";
import { readCocoLabels } from "./import-coco.ts";
import { readNdjsonLabels } from "./import-ndjson.ts";
import { type ImportedLabels, told } from "./imported.ts";
import { timeMisfit } from "./label-times.ts";
import { LabelStore } from "./store.ts";

/** Formats labels are imported from. */
export const labelFormats = ["ndjson", "coco"] as const;
export type LabelFormat = (typeof labelFormats)[number];

export interface ImportOptions {
  /** File of the labels that is made. */
  readonly path: string;
  readonly footage: Fingerprint;
  /**
   * Path of the footage, whose frames may come at uneven times. Left out, times in the labels are
   * held against its frame rate alone.
   */
  readonly video?: string;
  /** File to import, and its format: by its ending where left out, `.ndjson` or `.json`. */
  readonly from: string;
  readonly format?: LabelFormat;
  /** Source whose results are wanted, of an NDJSON file with several. */
  readonly source?: string;
  /**
   * Number of the first frame in a COCO file's names. Default 1 where they go from 1 to the number
   * of frames, else 0.
   */
  readonly firstNumber?: number | undefined;
}

/** By so much footage may be longer than it is said to be. */
const GUESS_SECONDS = 1;
/** Frames committed together. */
const COMMIT_FRAMES = 10_000;

/**
 * Makes labels of a file of others': results, ground truth, annotations.
 *
 * @returns the number of frames labelled
 * @throws {AipError} as `readImportedLabels`, or what `LabelStore` throws
 */
export async function importLabels(options: ImportOptions): Promise<number> {
  const { path, footage, from } = options;
  const { frames, classes } = await readImportedLabels(options);
  const origin = { name: basename(from), sha256: await hashOf(from), confidence: 0 };
  using store = LabelStore.open(path, { footage, origin, classes });
  for (let start = 0; start < frames.length; start += COMMIT_FRAMES) {
    store.append(frames.slice(start, start + COMMIT_FRAMES));
  }
  return frames.length;
}

/**
 * Reads a file of others' labels, and checks that they are of this footage.
 *
 * @returns the labels and, of COCO's, the number that names give the first frame
 * @throws {AipError} `labels-malformed`, `labels-unreadable`, `labels-format`;
 * `labels-other-footage` where pictures, frames or times are not those of the footage
 */
export async function readImportedLabels({
  footage,
  video,
  from,
  format = formatOf(from),
  source,
  firstNumber,
}: Omit<ImportOptions, "path">): Promise<ImportedLabels & { readonly firstNumber?: number }> {
  const labels: ImportedLabels & { readonly firstNumber?: number } =
    format === "ndjson"
      ? await readNdjsonLabels(from, source)
      : await readCocoLabels(from, { firstNumber, frameCount: footage.frames });
  const { size, frames } = labels;
  const last = frames.at(-1)?.frame ?? 0;
  const refuse = (reason: string): never => {
    throw usageError("labels-other-footage", `"${from}" holds labels of other footage: ${reason}`);
  };
  if (size !== null && (size.width !== footage.width || size.height !== footage.height)) {
    refuse(`its pictures are ${told(size)}, those of "${footage.name}" are ${told(footage)}`);
  }
  // Some containers do not count their frames; what is told then is a guess.
  const most = footage.frames + Math.ceil(footage.fps * GUESS_SECONDS);
  if (footage.frames > 0 && last >= most) {
    refuse(`it has a frame ${last}, and "${footage.name}" has ${footage.frames} frames`);
  }
  const timesOf = async () => {
    const index = video === undefined ? null : await readPacketIndex(video);
    return index && timesMsOf(index);
  };
  const misfit = await timeMisfit(labels, footage, timesOf);
  if (misfit !== null) {
    const { frame, saidMs, timeMs } = misfit;
    const own = `that of "${footage.name}" is at ${seconds(timeMs)}`;
    refuse(`its frame ${frame} is at ${seconds(saidMs)}, and ${own}`);
  }
  return labels;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(3))} s`;
}

function formatOf(path: string): LabelFormat {
  if (/\.(ndjson|jsonl)$/i.test(path)) return "ndjson";
  if (/\.json$/i.test(path)) return "coco";
  const message = `Cannot import labels from "${path}": name an .ndjson file (results) or a .json file (COCO)`;
  throw usageError("labels-format", message);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}
