import { runtimeError } from "../errors.ts";
import { PixelFormat, SlotHeader, Status } from "../layout/layout.gen.ts";
import { type PlaneLayout, planeLayout } from "../layout/planes.ts";
import { type Address, check, library } from "../native/library.ts";
import type { PixelFormatName } from "../types.ts";
import { FRAME_HEADER_BYTES, writeFrameHeader } from "./raw-matroska.ts";
import type { TrackSetup } from "./video-link.ts";

/** Times that do not rise are set this much apart: two ticks of the coarsest encoder. */
const STEP_MS_MIN = 0.04;
/** Black in limited-range YCbCr; chroma without colour. */
const LUMA_BLACK = 16;
const CHROMA_NEUTRAL = 128;

const PIXEL_FORMAT_NAMES = Object.keys(PixelFormat) as PixelFormatName[];

/** Writes one source's frames into its encoder's pipe. Blocks; used by the video worker. */
export class VideoTrack {
  readonly #setup: TrackSetup;
  readonly #stop: Int32Array;
  readonly #planes: PlaneLayout;
  readonly #header = new Uint8Array(new SharedArrayBuffer(FRAME_HEADER_BYTES));
  readonly #headerView = new DataView(this.#header.buffer);
  /** For pictures of another size than the video's. */
  #canvas: Uint8Array | undefined;
  #lastTimeMs = -STEP_MS_MIN;

  /** @param stop word that ends a blocked write */
  constructor(setup: TrackSetup, stop: Int32Array) {
    this.#setup = setup;
    this.#stop = stop;
    this.#planes = planeLayout(setup);
  }

  /**
   * Writes the picture in `slot`, which begins with a slot header, at native address `address`.
   *
   * @returns false when the encoder reads no more, or `stop` was set
   * @throws {AipError} where the picture cannot be in this video
   */
  write(slot: DataView, address: Address): boolean {
    const { sizeBytes } = this.#planes;
    const width = slot.getUint32(SlotHeader.width, true);
    const height = slot.getUint32(SlotHeader.height, true);
    this.#checkFormat(slot.getUint32(SlotHeader.pixelFormat, true));
    const timeMs = Math.max(
      slot.getFloat64(SlotHeader.timeMs, true),
      this.#lastTimeMs + STEP_MS_MIN,
    );
    this.#lastTimeMs = timeMs;
    writeFrameHeader(this.#headerView, timeMs, sizeBytes);
    if (!this.#put(this.#header, FRAME_HEADER_BYTES)) return false;
    if (width === this.#setup.width && height === this.#setup.height) {
      return this.#put(address + slot.getUint32(SlotHeader.planeOffsetBytes, true), sizeBytes);
    }
    return this.#put(this.#paste(slot, width, height), sizeBytes);
  }

  #put(bytes: Address | Uint8Array, sizeBytes: number): boolean {
    const status = library().aip_pipe_write(this.#setup.fd, bytes, sizeBytes, this.#stop);
    check(status, "annotate-failed");
    return status === Status.ok;
  }

  #checkFormat(format: number): void {
    const name = PIXEL_FORMAT_NAMES[format];
    if (name === this.#setup.pixelFormat) return;
    const wanted = this.#setup.pixelFormat;
    const message = `Cannot annotate: the pixel format changed from ${wanted} to ${name}`;
    throw runtimeError("annotate-format", message);
  }

  /** The picture at the top left of a black one of the video's size, cut where it is larger. */
  #paste(slot: DataView, width: number, height: number): Uint8Array {
    const { pixelFormat } = this.#setup;
    const canvas = this.#canvas ?? new Uint8Array(new SharedArrayBuffer(this.#planes.sizeBytes));
    this.#canvas = canvas;
    const isRgb = pixelFormat === "rgb24" || pixelFormat === "bgr24";
    const source = planeLayout({ width, height, pixelFormat });
    for (let plane = 0; plane < source.rows.length; plane += 1) {
      const offsetBytes = slot.getUint32(SlotHeader.planeOffsetBytes + 4 * plane, true);
      const from = new Uint8Array(slot.buffer, slot.byteOffset + offsetBytes);
      const fromStride = slot.getUint32(SlotHeader.planeStrideBytes + 4 * plane, true);
      const toOffset = this.#planes.offsetBytes[plane] as number;
      const toStride = this.#planes.strideBytes[plane] as number;
      const toRows = this.#planes.rows[plane] as number;
      const black = isRgb ? 0 : plane === 0 ? LUMA_BLACK : CHROMA_NEUTRAL;
      canvas.fill(black, toOffset, toOffset + toStride * toRows);
      const rowBytes = Math.min(source.strideBytes[plane] as number, toStride);
      const rows = Math.min(source.rows[plane] as number, toRows);
      for (let row = 0; row < rows; row += 1) {
        const at = row * fromStride;
        canvas.set(from.subarray(at, at + rowBytes), toOffset + row * toStride);
      }
    }
    return canvas;
  }
}
