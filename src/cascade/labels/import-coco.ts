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

/**
 * Reads labels from COCO JSON (`images`, `annotations` with `bbox` as x, y, width, height, and
 * `categories`; Lin et al. 2014, cocodataset.org/#format-data). An image without annotations is a
 * frame without objects; one that is not listed has no label. Crowds are ignored objects.
 *
 * An image is the frame its `frame_id` says, else the last number in its `file_name`, less
 * `firstNumber`: `street_000017.jpg` is frame 17, or 16 where the first is number 1.
 *
 * @throws {AipError} `labels-unreadable`, `labels-malformed`
 */
export async function readCocoLabels(path: string, firstNumber = 0): Promise<ImportedLabels> {
  const coco = parse(await read(path), path);
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
  return importedLabels(path, labelled, [...new Set(names.values())]);
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
  const digits = /(\d+)\D*$/.exec(image.file_name.replace(/\.[a-z][a-z0-9]*$/i, ""))?.[1];
  const frame = digits === undefined ? Number.NaN : Number(digits) - firstNumber;
  if (Number.isSafeInteger(frame) && frame >= 0) return frame;
  const name = image.file_name === "" ? `image ${image.id}` : `"${image.file_name}"`;
  throw malformed(
    path,
    `${name} tells no frame: it needs a frame_id, or a number in its file_name`,
  );
}

function malformed(path: string, reason: string): AipError {
  return usageError("labels-malformed", `Cannot import labels from "${path}": ${reason}`);
}
