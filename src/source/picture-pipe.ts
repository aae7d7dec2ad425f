import { SlotHeader, Status } from "../layout/layout.gen.ts";
import { planeLayout } from "../layout/planes.ts";
import { type Address, closeFd, library } from "../native/library.ts";
import type { IngestSegment } from "./source.ts";
import { Yuv4mpegMarks } from "./yuv4mpeg.ts";

/** Raw pictures from a decoder's pipe. */
export class PicturePipe {
  readonly #fd: number;
  readonly #stopAddress: Address;
  readonly #sizeBytes: number;
  readonly #readBytes = new Uint32Array(new SharedArrayBuffer(4));
  readonly #marks: Yuv4mpegMarks | null;

  constructor(segment: Extract<IngestSegment, { kind: "pipe" }>, stopAddress: Address) {
    const { fd, framing, geometry } = segment;
    this.#fd = fd;
    this.#stopAddress = stopAddress;
    this.#sizeBytes = planeLayout(geometry).sizeBytes;
    this.#marks = framing === "yuv4mpeg" ? new Yuv4mpegMarks(fd, stopAddress) : null;
  }

  /** Bytes of an incomplete last picture. */
  get partialBytes(): number {
    return this.#readBytes[0] as number;
  }

  /** Reads the next picture into the slot at `address`: OK, END, STOPPED or a negative status. */
  read(address: Address): number {
    const marked = this.#marks?.pass(this.#readBytes) ?? Status.ok;
    if (marked !== Status.ok) return marked;
    const status = library().aip_pipe_read(
      this.#fd,
      address + SlotHeader.sizeBytes,
      this.#sizeBytes,
      this.#stopAddress,
      this.#readBytes,
    );
    if (status === Status.ok) this.#readBytes[0] = 0;
    return status;
  }

  close(): void {
    closeFd(this.#fd);
  }
}
