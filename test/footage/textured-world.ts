import { mulberry32 } from "../../src/random.ts";

const SIDE = 50;
/** Of the world, in cells; a cell is `CELL` pixels of a picture that is not zoomed. */
const CELLS = 60;
const CELL = 4;

/** What a picture shows of the world. */
export interface Look {
  /** Pixels to the right of the usual view, and below it. */
  readonly x?: number;
  readonly y?: number;
  /** 1: as usual; 2: everything is twice as large. */
  readonly zoom?: number;
  /** What light does: grey levels are multiplied, then raised. */
  readonly gain?: number;
  readonly rise?: number;
}

const random = mulberry32(7);
const cells = Float64Array.from({ length: CELLS * CELLS }, () => 60 + 120 * random());

/** Luma of a world of soft blobs: u8 [50, 50]. */
export function lookAt({ x = 0, y = 0, zoom = 1, gain = 1, rise = 0 }: Look): Uint8Array {
  const middle = (SIDE - 1) / 2;
  return Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const right = x + ((at % SIDE) - middle) / zoom;
    const down = y + (Math.floor(at / SIDE) - middle) / zoom;
    return Math.max(0, Math.min(255, gain * worldAt(right / CELL, down / CELL) + rise));
  });
}

/** A bright lorry with a stripe, over part of a picture: pixels from `left` on, of some rows. */
export function driveThrough(picture: Uint8Array, left: number, width: number): Uint8Array {
  return picture.map((value, at) => {
    const [column, row] = [at % SIDE, Math.floor(at / SIDE)];
    if (row < 5 || row >= 45 || column < left || column >= left + width) return value;
    return row % 13 < 4 ? 40 : 230 - 3 * (column - left);
  });
}

/** Several pictures as one: u8 [n, 50, 50]. */
export function stacked(pictures: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(pictures));
}

/** Between the four cells around it. */
function worldAt(right: number, down: number): number {
  const [column, row] = [Math.floor(right), Math.floor(down)];
  const [u, v] = [right - column, down - row];
  const cell = (dx: number, dy: number): number =>
    cells[(row + dy + CELLS / 2) * CELLS + column + dx + CELLS / 2] as number;
  const above = (1 - u) * cell(0, 0) + u * cell(1, 0);
  return (1 - v) * above + v * ((1 - u) * cell(0, 1) + u * cell(1, 1));
}
