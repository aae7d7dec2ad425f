import { usageError } from "../../errors.ts";

/**
 * A grey picture as a binary PGM file (Netpbm, "PGM Format Specification"), which picture viewers
 * show.
 *
 * @param pixels u8 [side, side], row-major
 */
export function encodeGray(pixels: Uint8Array, side: number): Uint8Array {
  return Buffer.concat([Buffer.from(headerOf(side)), pixels]);
}

/**
 * The way back, of files that `encodeGray` wrote.
 * @throws {AipError} `cascade-invalid`
 */
export function decodeGray(bytes: Uint8Array, side: number): Uint8Array {
  const header = headerOf(side);
  const isOurs = Buffer.from(bytes.subarray(0, header.length)).toString("latin1") === header;
  if (!isOurs || bytes.length !== header.length + side * side) {
    throw usageError("cascade-invalid", `its reference picture is not ${side}×${side} grey pixels`);
  }
  return bytes.slice(header.length);
}

function headerOf(side: number): string {
  return `P5\n${side} ${side}\n255\n`;
}
