/**
 * One reader per head: does this output have the head's shape, and what follows from it?
 *
 * The shapes overlap, and these facts keep the readers apart:
 *
 * - YOLOv5 predicts three boxes a cell, YOLOX and YOLOv8 one: `N` tells them apart once the
 *   input's size is known, and no set of strides gives the same `N` for both.
 * - YOLOX has `5 + C` columns (objectness), YOLOv8 `4 + C`. YOLOv8 lies with its boxes along the
 *   last axis unless someone transposed it; then it is YOLOv8 where Ultralytics' metadata names
 *   as many classes, or with the 84 columns of COCO's 80 classes, and YOLOX otherwise.
 * - End-to-end has 6 columns, as a head of one or two classes may. 100 and 300 rows are
 *   end-to-end: three or four levels never give those (they give multiples of 21, 85 and their
 *   threefold); any other `N` that fits a grid is the grid's.
 *
 * A dynamic `N` tells nothing: then only Ultralytics' metadata and the class names decide.
 */

import type { TensorInfo } from "../native/inspection.ts";
import { STRIDE_SETS, stridesOf } from "./grid.ts";
import type { HeadHints, HeadSpec } from "./head.ts";
import type { HeadType } from "./manifest.ts";

/** What a reader finds; the rest of a `HeadSpec` is the output itself. */
export type HeadReading = Pick<
  HeadSpec,
  "type" | "why" | "classCount" | "strides" | "transposed" | "activation"
>;

type HeadReader = (output: TensorInfo, hints: HeadHints) => HeadReading | undefined;

/** Every head but `raw`, which takes anything, and those that only a model itself can name. */
export type ReadableHead = Exclude<HeadType, "raw" | "nms-pipeline">;

export const HEAD_READERS: Readonly<Record<ReadableHead, HeadReader>> = {
  yolox: readYolox,
  yolov5: readYolov5,
  yolov8: readYolov8,
  "end-to-end": readEndToEnd,
  classification: readClassification,
};

const COCO_CLASS_COUNT = 80;
const END_TO_END_ROWS: readonly number[] = [100, 300];
const END_TO_END_ROWS_MAX = 1000;
const END_TO_END_COLUMNS = 6;
const CLASS_COUNT_MIN = 2;

/** `[1, N, 5 + C]`: boxes relative to their cells, objectness, classes (YOLOX, Ge et al. 2021). */
function readYolox({ shape }: TensorInfo, hints: HeadHints): HeadReading | undefined {
  const asked = hints.manifest.type === "yolox";
  const transposed = hints.manifest.transposed ?? false;
  const table = boxTable(shape, transposed);
  if (table === undefined || isEndToEnd(table, asked)) return undefined;
  const classCount = table.columns - 5;
  if (!classCountFits(classCount, hints)) return undefined;
  if (!asked && (hints.ultralytics || table.rows < 0)) return undefined;
  if (!asked && hints.nameCount === null && table.columns === COCO_CLASS_COUNT + 4)
    return undefined;
  const strides = gridStrides(table.rows, 1, hints);
  if (strides === undefined || !divides(strides, hints)) return undefined;
  const why = `${rowsText(table.rows, strides)}; ${columnsText(classCount, true)}`;
  return { type: "yolox", why, classCount, strides, transposed, activation: "none" };
}

/** `[1, 3·N, 5 + C]`: boxes in input pixels, objectness, classes; three anchors a cell. */
function readYolov5({ shape }: TensorInfo, hints: HeadHints): HeadReading | undefined {
  const asked = hints.manifest.type === "yolov5";
  const transposed = hints.manifest.transposed ?? false;
  const table = boxTable(shape, transposed);
  if (table === undefined || isEndToEnd(table, asked)) return undefined;
  const classCount = table.columns - 5;
  if (!classCountFits(classCount, hints)) return undefined;
  if (!asked && !isYolov5Row(table, hints)) return undefined;
  const strides = gridStrides(table.rows, 3, hints) ?? (asked ? [] : undefined);
  if (strides === undefined) return undefined;
  const why = `${rowsText(table.rows, strides, 3)}; ${columnsText(classCount, true)}`;
  return { type: "yolov5", why, classCount, strides, transposed, activation: "none" };
}

/** `[1, 4 + C, N]` or `[1, N, 4 + C]`: boxes in input pixels, classes, no objectness. */
function readYolov8({ shape }: TensorInfo, hints: HeadHints): HeadReading | undefined {
  const asked = hints.manifest.type === "yolov8";
  const orders =
    hints.manifest.transposed === undefined ? [true, false] : [hints.manifest.transposed];
  for (const transposed of orders) {
    const table = boxTable(shape, transposed);
    if (table === undefined || (!transposed && isEndToEnd(table, asked))) continue;
    const classCount = table.columns - 4;
    if (!classCountFits(classCount, hints)) continue;
    if (!asked && !(transposed ? isYolov8Column(table, hints) : isYolov8Row(table, hints)))
      continue;
    const anyGrid = asked && (orders.length === 1 || table.rows > table.columns);
    const strides = gridStrides(table.rows, 1, hints) ?? (anyGrid ? [] : undefined);
    if (strides === undefined) continue;
    const why = `${rowsText(table.rows, strides)}; ${columnsText(classCount, false)}`;
    return { type: "yolov8", why, classCount, strides, transposed, activation: "none" };
  }
  return undefined;
}

/** `[1, N, 6]`: x1, y1, x2, y2 in input pixels, confidence, class; nothing left for NMS. */
function readEndToEnd({ shape }: TensorInfo, hints: HeadHints): HeadReading | undefined {
  const asked = hints.manifest.type === "end-to-end";
  const table = boxTable(shape, false);
  if (table === undefined || table.columns !== END_TO_END_COLUMNS) return undefined;
  if (!asked && table.rows > END_TO_END_ROWS_MAX) return undefined;
  // With one class and an open N these might as well be YOLOv5's 5 + 1 columns.
  if (!asked && table.rows < 0 && !(hints.ultralytics && (hints.nameCount ?? 1) > 1))
    return undefined;
  const rows = table.rows < 0 ? "rows" : `${table.rows} rows`;
  const why = `${rows} of 6 columns: box, confidence, class`;
  const classCount = hints.nameCount ?? 0;
  return {
    type: "end-to-end",
    why,
    classCount,
    strides: [],
    transposed: false,
    activation: "none",
  };
}

/** `[1, C]` or `[1, C, 1, 1]`: one score a class. */
function readClassification(output: TensorInfo, hints: HeadHints): HeadReading | undefined {
  const [batch, classCount, ...rest] = output.shape;
  if (!isBatch(batch) || classCount === undefined || classCount < CLASS_COUNT_MIN) return undefined;
  if (rest.length !== 0 && !(rest.length === 2 && rest.every((size) => size === 1)))
    return undefined;
  if (!classCountFits(classCount, hints)) return undefined;
  // Ultralytics' export ends in a softmax; others, unless the output's name says so, in logits.
  const ready = hints.ultralytics || /soft_?max|prob/i.test(output.name);
  const activation = ready ? "none" : "softmax";
  const why = `${classCount} columns: ${ready ? "a probability" : "a logit"} for each class`;
  return { type: "classification", why, classCount, strides: [], transposed: false, activation };
}

interface BoxTable {
  /** One for each box; -1 where dynamic. */
  readonly rows: number;
  readonly columns: number;
}

function boxTable(shape: readonly number[], transposed: boolean): BoxTable | undefined {
  const [batch, second, third, ...rest] = shape;
  if (!isBatch(batch) || second === undefined || third === undefined || rest.length > 0) {
    return undefined;
  }
  const table = transposed ? { rows: third, columns: second } : { rows: second, columns: third };
  return table.columns > 0 ? table : undefined;
}

function isBatch(size: number | undefined): boolean {
  return size === 1 || size === -1;
}

function isEndToEnd({ rows, columns }: BoxTable, asked: boolean): boolean {
  return !asked && columns === END_TO_END_COLUMNS && END_TO_END_ROWS.includes(rows);
}

function classCountFits(classCount: number, { nameCount }: HeadHints): boolean {
  return classCount >= 1 && (nameCount === null || nameCount === classCount);
}

/** As for YOLOv8's columns; but six columns of open N may be end-to-end. */
function isYolov5Row(table: BoxTable, hints: HeadHints): boolean {
  return isYolov8Column(table, hints) && (table.rows > 0 || table.columns !== END_TO_END_COLUMNS);
}

/** A known N tells; an open one only beside Ultralytics' metadata. */
function isYolov8Column({ rows }: BoxTable, { ultralytics, nameCount }: HeadHints): boolean {
  return rows > 0 || (ultralytics && nameCount !== null);
}

/** Boxes along the first axis are YOLOX's order, unless Ultralytics or 84 columns say otherwise. */
function isYolov8Row({ rows, columns }: BoxTable, { ultralytics, nameCount }: HeadHints): boolean {
  const known = ultralytics && nameCount !== null;
  return rows > 0 && (known || columns === COCO_CLASS_COUNT + 4);
}

function gridStrides(
  rows: number,
  anchorCount: number,
  { manifest, size, strideMax }: HeadHints,
): readonly number[] | undefined {
  const sets = manifest.strides === undefined ? STRIDE_SETS : [manifest.strides];
  const likely = sets.filter((set) => strideMax === null || set.at(-1) === strideMax);
  const known = manifest.strides === undefined && likely.length > 0 ? likely : sets;
  return rows < 0 ? known[0] : stridesOf(rows, size, anchorCount, known);
}

/** YOLOX's decoding needs whole cells. */
function divides(strides: readonly number[], { size }: HeadHints): boolean {
  return strides.every((stride) => size.width % stride === 0 && size.height % stride === 0);
}

function rowsText(rows: number, strides: readonly number[], anchorCount = 1): string {
  if (rows < 0) return "as many boxes as the input has cells";
  if (strides.length === 0) return `${rows} boxes`;
  const times = anchorCount === 1 ? "" : `${anchorCount} × `;
  return `${rows} boxes = ${times}the cells of strides ${strides.join(", ")}`;
}

function columnsText(classCount: number, objectness: boolean): string {
  const classes = `${classCount} class${classCount === 1 ? "" : "es"}`;
  return `${objectness ? "box, objectness" : "box"} and ${classes}`;
}
