import { readFile, stat } from "node:fs/promises";
import * as v from "valibot";
import { type AipError, usageError } from "../../errors.ts";
import { reasonOf } from "../../sink/line-writer.ts";
import { type ImportedFrame, type ImportedLabels, importedLabels } from "./imported.ts";

/** Larger files are not read: they would not fit into a string. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;

const id = v.pipe(v.number(), v.integer());
const side = v.pipe(v.number(), v.minValue(0));
const schema = v.object({
  images: v.array(
    v.object({
      id,
      file_name: v.optional(v.string(), ""),
      frame_id: v.optional(v.pipe(id, v.minValue(0))),
      width: v.optional(side),
      height: v.optional(side),
    }),
  ),
  annotations: v.array(
    v.object({
      image_id: id,
      category_id: id,
      bbox: v.tuple([v.number(), v.number(), side, side]),
      iscrowd: v.optional(v.union([v.number(), v.boolean()]), 0),
      score: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
    }),
  ),
  categories: v.array(v.object({ id, name: v.pipe(v.string(), v.nonEmpty()) })),
});

type Coco = v.InferOutput<typeof schema>;

/** How the pictures of a COCO file are counted. */
export interface CocoNumbers {
  /** Number of the first frame; found by `frameCount` where left out. */
  readonly firstNumber?: number | undefined;
  /** Frames of the footage; 0 where that is not known. */
  readonly frameCount?: number;
}

/** Labels of a COCO file, and the number its names give the first frame. */
export interface CocoLabels extends ImportedLabels {
  readonly firstNumber: number;
}

/**
 * Reads labels from COCO JSON (`images`, `annotations` with `bbox` as x, y, width, height, and
 * `categories`; Lin et al. 2014, cocodataset.org/#format-data). An image without annotations is a
 * frame without objects; one that is not listed has no label. Crowds are ignored objects.
 *
 * An image is the frame its `frame_id` says, else the last number in its `file_name`, less
 * `firstNumber`: `street_000017.jpg` is frame 17, or 16 where the first is number 1. Where nothing is
 * said, the first is number 1 in a file that goes from 1 to the number of frames, and 0 in others.
 *
 * @throws {AipError} `labels-unreadable`, `labels-malformed`
 */
export async function readCocoLabels(path: string, numbers: CocoNumbers = {}): Promise<CocoLabels> {
  const coco = parse(await read(path), path);
  const { frameCount = 0, firstNumber = firstNumberOf(coco.images, frameCount) } = numbers;
  const names = new Map(coco.categories.map((category) => [category.id, category.name]));
  const frames = new Map<number, ImportedFrame & { objects: Required<ImportedFrame>["objects"] }>();
  for (const image of coco.images) {
    if (frames.has(image.id)) throw malformed(path, `image ${image.id} is listed twice`);
    const { width, height } = image;
    const size = width === undefined || height === undefined ? null : { width, height };
    const frame = frameOf(image, firstNumber, path);
    frames.set(image.id, { frame, timeMs: null, size, objects: [] });
  }
  const objects = new Map<number, NonNullable<ImportedFrame["objects"]>[number][]>();
  for (const { image_id, category_id, bbox, iscrowd, score } of coco.annotations) {
    const label = names.get(category_id);
    if (label === undefined) throw malformed(path, `there is no category ${category_id}`);
    if (!frames.has(image_id)) throw malformed(path, `there is no image ${image_id}`);
    const [x, y, width, height] = bbox;
    const xyxy = [x, y, x + width, y + height] as const;
    const found = objects.get(image_id) ?? [];
    found.push({ label, confidence: score, xyxy, ignored: Boolean(iscrowd) });
    objects.set(image_id, found);
  }
  const labelled = [...frames].map(([image, frame]) => ({
    ...frame,
    objects: objects.get(image) ?? [],
  }));
  return { ...importedLabels(path, labelled, [...new Set(names.values())]), firstNumber };
}

/** Only where they are counted from 1 can they end with the number of frames, as ffmpeg's do. */
function firstNumberOf(images: Coco["images"], frameCount: number): number {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, 0];
  for (const image of images) {
    if (image.frame_id !== undefined) continue;
    const number = numberIn(image.file_name) ?? Number.NaN;
    lowest = Math.min(lowest, number);
    highest = Math.max(highest, number);
  }
  return lowest === 1 && highest === frameCount ? 1 : 0;
}

async function read(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= FILE_BYTES_MAX) return await readFile(path, "utf8");
  } catch (cause) {
    throw usageError("labels-unreadable", `Cannot read "${path}": ${reasonOf(cause)}`, cause);
  }
  throw malformed(path, `it is larger than ${FILE_BYTES_MAX / 1024 / 1024} MiB: split it`);
}

function parse(text: string, path: string): Coco {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed(path, "it is not JSON");
  }
  const found = v.safeParse(schema, json);
  if (found.success) return found.output;
  const at = v.getDotPath(found.issues[0]);
  if (at === null) throw malformed(path, "it is not COCO: images, annotations and categories");
  throw malformed(path, `its "${at}" is missing or makes no sense`);
}

function frameOf(image: Coco["images"][number], firstNumber: number, path: string): number {
  if (image.frame_id !== undefined) return image.frame_id;
  const number = numberIn(image.file_name) ?? Number.NaN;
  const frame = number - firstNumber;
  if (Number.isSafeInteger(frame) && frame >= 0) return frame;
  const name = image.file_name === "" ? `image ${image.id}` : `"${image.file_name}"`;
  if (frame < 0) {
    throw malformed(
      path,
      `${name} is number ${number}, and the first frame is said to be ${firstNumber}`,
    );
  }
  throw malformed(
    path,
    `${name} tells no frame: it needs a frame_id, or a number in its file_name`,
  );
}

/** The last number in a file's name, without its ending. */
function numberIn(fileName: string): number | undefined {
  const digits = /(\d+)\D*$/.exec(fileName.replace(/\.[a-z][a-z0-9]*$/i, ""))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function malformed(path: string, reason: string): AipError {
  return usageError("labels-malformed", `Cannot import labels from "${path}": ${reason}`);
}
