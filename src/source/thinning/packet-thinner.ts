import { hasPicture, type Thinning } from "../source.ts";
import { BOX_HEADER_BYTES, fragmentHeader, nalFormatOf, sampleTicks, typeOf } from "./fragments.ts";
import { isDisposable, type NalFormat } from "./nal-units.ts";

/**
 * Added to a frame's number, which is then never less than its packet's: pictures come at most so
 * much later than they are decoded (ITU-T H.264, A.3.1, and H.265, A.4.1: 16 are held at most).
 */
export const NUMBER_OFFSET = 16;
/** No encoder makes pictures this large. */
const BOX_BYTES_MAX = 1 << 28;

export interface PacketThinnerOptions {
  /** When frames are shown, in ticks since the first one; `PacketIndex.ticks`. */
  readonly ticks: Float64Array;
  readonly thinning: Thinning;
}

/**
 * Takes the packets of unwanted pictures out of a video wherever no other picture rests on them, and
 * gives every other one its frame's number, plus `NUMBER_OFFSET`, in place of its time. Reads and
 * writes MP4 with a fragment for each packet (ISO/IEC 14496-12, 8.8); pure.
 */
export class PacketThinner {
  readonly #ticks: Float64Array;
  readonly #thinning: Thinning;
  /** A box that has not come whole. */
  #rest: Buffer = Buffer.alloc(0);
  #format: NalFormat | undefined;
  /** Of the fragment whose data come next. */
  #sampleTicks = Number.NaN;
  /** Ticks before the first frame; the first packet is its. */
  #zeroTicks = Number.NaN;
  #packetCount = 0;
  #dropCount = 0;

  constructor({ ticks, thinning }: PacketThinnerOptions) {
    this.#ticks = ticks;
    this.#thinning = thinning;
  }

  /** Packets left out so far. */
  get dropCount(): number {
    return this.#dropCount;
  }

  /**
   * Takes the next bytes, which may end anywhere.
   *
   * @returns what the decoder is to get
   * @throws {RangeError} where they are no such video, or other packets than the index has
   */
  push(bytes: Uint8Array): Buffer {
    const input = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    const output: Buffer[] = [];
    let offset = 0;
    while (offset + BOX_HEADER_BYTES <= input.length) {
      const sizeBytes = input.readUInt32BE(offset);
      if (sizeBytes < BOX_HEADER_BYTES || sizeBytes > BOX_BYTES_MAX) {
        throw new RangeError(`a box of ${sizeBytes} bytes`);
      }
      if (offset + sizeBytes > input.length) break;
      this.#take(input.subarray(offset, offset + sizeBytes), output);
      offset += sizeBytes;
    }
    this.#rest = input.subarray(offset);
    return Buffer.concat(output);
  }

  /** @throws {RangeError} where packets are missing */
  end(): void {
    if (this.#rest.length === 0 && this.#packetCount === this.#ticks.length) return;
    throw new RangeError(`${this.#packetCount} of ${this.#ticks.length} packets came`);
  }

  #take(box: Buffer, output: Buffer[]): void {
    const content = box.subarray(BOX_HEADER_BYTES);
    switch (typeOf(box, 0)) {
      case "moov":
        this.#format = nalFormatOf(content);
        output.push(box);
        break;
      case "moof":
        this.#sampleTicks = sampleTicks(content);
        break;
      case "mdat":
        this.#takePacket(content, output);
        break;
      // An index of the fragments closes the file: it would tell of others than there are.
      case "mfra":
        break;
      default:
        output.push(box);
    }
  }

  #takePacket(packet: Buffer, output: Buffer[]): void {
    if (this.#packetCount === 0) this.#zeroTicks = this.#sampleTicks;
    const dts = this.#packetCount;
    this.#packetCount += 1;
    const frame = this.#frameAt(this.#sampleTicks - this.#zeroTicks);
    const isWanted = hasPicture(frame, this.#thinning);
    if (!isWanted && this.#format !== undefined && isDisposable(packet, this.#format)) {
      this.#dropCount += 1;
    } else {
      output.push(fragmentHeader(dts, frame + NUMBER_OFFSET, packet.length), packet);
    }
  }

  /** Number of the frame that is shown then. */
  #frameAt(ticks: number): number {
    let low = 0;
    let high = this.#ticks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ticks[middle] as number) < ticks) low = middle + 1;
      else high = middle;
    }
    if (this.#ticks[low] !== ticks) throw new RangeError("a packet came that was not told of");
    return low;
  }
}
