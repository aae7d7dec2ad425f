import { freemem } from "node:os";

/** Memory that is left to everybody else. */
const SPARE_BYTES = 256 * 2 ** 20;

/** What the answer follows from, in bytes. Tests put other figures in its place. */
export interface MemoryView {
  /** Unused memory of the machine, which a container sees whole. */
  readonly freeBytes: number;
  /** The most the process's control group may use; 0 where there is no limit or none is known. */
  readonly limitBytes: number;
  /** What the process uses. */
  readonly usedBytes: number;
}

/**
 * Memory this process can take beyond what it uses, in bytes, with some left to others: what the
 * machine has free, or what its container leaves where that is less. Negative where that is short.
 */
export function availableMemory(view: MemoryView = localMemory()): number {
  const { freeBytes, limitBytes, usedBytes } = view;
  const isLimited = limitBytes > 0;
  return Math.min(freeBytes, isLimited ? limitBytes - usedBytes : Infinity) - SPARE_BYTES;
}

function localMemory(): MemoryView {
  return {
    freeBytes: freemem(),
    limitBytes: process.constrainedMemory(),
    usedBytes: process.memoryUsage.rss(),
  };
}
