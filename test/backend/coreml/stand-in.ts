import { dlopen, FFIType } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The native library for tests, with the Core ML that computes on Linux. */
export const STAND_IN: string = join(import.meta.dir, "../../../build/standin/libAipNative.so");

/** Whether it has been built: `bun scripts/build.ts --standin`. */
export const hasStandIn: boolean = process.platform === "linux" && existsSync(STAND_IN);

/** Whether there is a Core ML to ask: the stand-in, or on a Mac Apple's own. */
export const hasCoreMl: boolean = hasStandIn || process.platform === "darwin";

/** Behind the name of what is skipped. */
export const unlessBuilt: string = hasStandIn ? "" : " (skipped: no build/standin)";

/** Makes this process, and those it starts, use it; call it before anything native. */
export function useStandIn(): void {
  if (hasStandIn) process.env["AIP_LIBRARY"] = STAND_IN;
}

/** Its counts, see swift/StandIn/README.md. */
export interface Counters {
  readonly livePixelBuffers: number;
  readonly liveMultiArrays: number;
  readonly liveFeatureValues: number;
  readonly liveModels: number;
  readonly buffersWithoutIOSurface: number;
  readonly buffersWithoutMetal: number;
  /** Input arrays and output backings of halves that lie on an IOSurface. */
  readonly arraysOnSurfaces: number;
  readonly backingsOnSurfaces: number;
  readonly arraysConverted: number;
  readonly objectsOutsidePool: number;
  readonly predictions: number;
  readonly backingsHonoured: number;
  readonly backingsIgnored: number;
  readonly violations: readonly string[];
}

const COUNTERS_BYTES_MAX = 1 << 16;
let symbols: ReturnType<typeof open> | undefined;

function open(): {
  aip_standin_counters(json: Uint8Array, capacity: number): number;
  aip_standin_reset(): void;
  aip_standin_set_faults(text: Uint8Array): void;
} {
  return dlopen(STAND_IN, {
    aip_standin_counters: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    aip_standin_reset: { args: [], returns: FFIType.void },
    aip_standin_set_faults: { args: [FFIType.ptr], returns: FFIType.void },
  }).symbols as unknown as ReturnType<typeof open>;
}

/** What has been counted in this process. */
export function counters(): Counters {
  symbols ??= open();
  const json = new Uint8Array(new SharedArrayBuffer(COUNTERS_BYTES_MAX));
  const length = symbols.aip_standin_counters(json, json.length);
  return JSON.parse(new TextDecoder().decode(json.slice(0, length))) as Counters;
}

/** Counts from zero; live objects stay. */
export function resetCounters(): void {
  symbols ??= open();
  symbols.aip_standin_reset();
}

/** What models that are loaded from now on in this process suffer. */
export function setFaults(text: string): void {
  symbols ??= open();
  symbols.aip_standin_set_faults(new TextEncoder().encode(`${text}\0`.padEnd(1024, "\0")));
}
