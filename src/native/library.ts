import { dlopen, type FFIFunction, FFIType, ptr } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AipError, runtimeError, usageError } from "../errors.ts";
import { LAYOUT_HASH, Status } from "../layout/layout.gen.ts";
import type { OnnxInspection } from "./inspection.ts";
import { rosettaRefusal } from "./rosetta.ts";

/** Address in native memory, or of shared memory as native code sees it. */
export type Address = number;

const { i32, u32, f32, f64, ptr: pointer, void: nothing } = FFIType;

/** The C ABI of `swift/CAip/include/aip.h`, as bun:ffi wants to be told. */
const SYMBOLS: Record<keyof NativeLibrary, FFIFunction> = {
  aip_layout_hash: { args: [], returns: u32 },
  aip_version: { args: [pointer, u32], returns: i32 },
  aip_last_error: { args: [pointer, u32], returns: i32 },
  aip_clock_ms: { args: [], returns: f64 },
  aip_thread_prioritise: { args: [], returns: i32 },
  aip_activity_begin: { args: [], returns: i32 },
  aip_activity_end: { args: [], returns: i32 },
  aip_sleep_until: { args: [f64, pointer], returns: i32 },
  aip_pipe_create: { args: [u32, pointer], returns: i32 },
  aip_pipe_read: { args: [i32, pointer, u32, pointer, pointer], returns: i32 },
  aip_pipe_write: { args: [i32, pointer, u32, pointer], returns: i32 },
  aip_close: { args: [i32], returns: i32 },
  aip_onnx_load: { args: [pointer], returns: i32 },
  aip_onnx_info: { args: [pointer, u32], returns: i32 },
  aip_onnx_inspect: { args: [pointer, pointer, u32, pointer], returns: i32 },
  aip_coreml_info: { args: [pointer, u32], returns: i32 },
  aip_coreml_plan: { args: [pointer, u32, pointer, pointer, u32, pointer], returns: i32 },
  aip_coreml_compile: { args: [pointer, pointer, u32], returns: i32 },
  aip_coreml_session_create: {
    args: [pointer, pointer, u32, pointer, pointer, pointer],
    returns: i32,
  },
  aip_session_create: {
    args: [pointer, pointer, u32, pointer, pointer, pointer],
    returns: i32,
  },
  aip_session_create_profiled: {
    args: [pointer, pointer, u32, pointer, pointer, pointer, pointer],
    returns: i32,
  },
  aip_session_end_profile: { args: [pointer, pointer, u32], returns: i32 },
  aip_session_run: { args: [pointer, pointer, pointer], returns: i32 },
  aip_session_run_batch: { args: [pointer, u32, pointer, pointer], returns: i32 },
  aip_session_batch_size: { args: [pointer, pointer], returns: i32 },
  aip_session_payload_bytes: { args: [pointer, pointer], returns: i32 },
  aip_session_destroy: { args: [pointer], returns: nothing },
  aip_graph_open: { args: [pointer, u32, u32, pointer], returns: i32 },
  aip_graph_describe: { args: [pointer, pointer, u32, pointer], returns: i32 },
  aip_graph_run: { args: [pointer, pointer, u32, pointer, u32], returns: i32 },
  aip_graph_close: { args: [pointer], returns: nothing },
  aip_demo_open: { args: [u32, u32, f64, u32, f32, f32, f32, f32, pointer], returns: i32 },
  aip_demo_draw: { args: [pointer, u32, pointer], returns: i32 },
  aip_demo_destroy: { args: [pointer], returns: nothing },
  aip_annotate: { args: [pointer, pointer, pointer, u32], returns: i32 },
  aip_thumbnail_luma: { args: [pointer, pointer, u32, pointer], returns: i32 },
  aip_thumbnail_rgb: { args: [pointer, pointer, u32, pointer], returns: i32 },
  aip_difference: { args: [pointer, pointer, u32, pointer, f32, pointer], returns: i32 },
  aip_difference_blocks: { args: [pointer, pointer, u32, pointer], returns: i32 },
  aip_difference_gate: {
    args: [pointer, u32, u32, pointer, pointer, f32, u32, f32, pointer],
    returns: i32,
  },
};

/** Native memory a function reads or writes: an address, or a typed array over shared memory. */
export type NativeMemory = Address | NodeJS.TypedArray | null;

/** The functions of the library; see `aip.h` for what they do. Most return a status. */
export interface NativeLibrary {
  aip_layout_hash(): number;
  aip_version(text: NativeMemory, capacity: number): number;
  aip_last_error(text: NativeMemory, capacity: number): number;
  aip_clock_ms(): number;
  aip_thread_prioritise(): number;
  aip_activity_begin(): number;
  aip_activity_end(): number;
  aip_sleep_until(deadlineMs: number, stop: NativeMemory): number;
  aip_pipe_create(capacityBytes: number, fds: NativeMemory): number;
  aip_pipe_read(
    fd: number,
    bytes: NativeMemory,
    sizeBytes: number,
    stop: NativeMemory,
    readBytes: NativeMemory,
  ): number;
  aip_pipe_write(fd: number, bytes: NativeMemory, sizeBytes: number, stop: NativeMemory): number;
  aip_close(fd: number): number;
  aip_onnx_load(path: NativeMemory): number;
  aip_onnx_info(json: NativeMemory, capacity: number): number;
  aip_onnx_inspect(
    path: NativeMemory,
    json: NativeMemory,
    capacity: number,
    neededBytes: NativeMemory,
  ): number;
  aip_coreml_info(json: NativeMemory, capacity: number): number;
  aip_coreml_plan(
    compiledPath: NativeMemory,
    computeUnits: number,
    options: NativeMemory,
    json: NativeMemory,
    capacity: number,
    neededBytes: NativeMemory,
  ): number;
  aip_coreml_compile(modelPath: NativeMemory, compiledPath: NativeMemory, capacity: number): number;
  aip_coreml_session_create(
    modelPath: NativeMemory,
    compiledPath: NativeMemory,
    computeUnits: number,
    config: NativeMemory,
    options: NativeMemory,
    session: NativeMemory,
  ): number;
  aip_session_create(
    modelPath: NativeMemory,
    model: NativeMemory,
    modelBytes: number,
    config: NativeMemory,
    providerOptions: NativeMemory,
    session: NativeMemory,
  ): number;
  aip_session_create_profiled(
    modelPath: NativeMemory,
    model: NativeMemory,
    modelBytes: number,
    config: NativeMemory,
    providerOptions: NativeMemory,
    profilePrefix: NativeMemory,
    session: NativeMemory,
  ): number;
  aip_session_end_profile(session: Address, path: NativeMemory, capacity: number): number;
  aip_session_run(session: Address, slot: Address, result: Address): number;
  aip_session_run_batch(
    session: Address,
    count: number,
    slots: NativeMemory,
    results: NativeMemory,
  ): number;
  aip_session_batch_size(session: Address, count: NativeMemory): number;
  aip_session_payload_bytes(session: Address, sizeBytes: NativeMemory): number;
  aip_session_destroy(session: Address): void;
  aip_graph_open(
    model: NativeMemory,
    modelBytes: number,
    threadCount: number,
    graph: NativeMemory,
  ): number;
  aip_graph_describe(
    graph: Address,
    json: NativeMemory,
    capacity: number,
    neededBytes: NativeMemory,
  ): number;
  aip_graph_run(
    graph: Address,
    inputs: NativeMemory,
    inputCount: number,
    outputs: NativeMemory,
    outputCount: number,
  ): number;
  aip_graph_close(graph: Address): void;
  aip_demo_open(
    width: number,
    height: number,
    fps: number,
    seed: number,
    density: number,
    personShare: number,
    visitorShare: number,
    visitorSeconds: number,
    demo: NativeMemory,
  ): number;
  aip_demo_draw(demo: Address, frameIndex: number, slot: Address): number;
  aip_demo_destroy(demo: Address): void;
  aip_annotate(slot: Address, result: Address, labels: NativeMemory, labelCount: number): number;
  aip_thumbnail_luma(slot: Address, region: NativeMemory, side: number, out: NativeMemory): number;
  aip_thumbnail_rgb(slot: Address, region: NativeMemory, side: number, out: NativeMemory): number;
  aip_difference(
    a: NativeMemory,
    b: NativeMemory,
    side: number,
    blockWeights: NativeMemory,
    bias: number,
    out: NativeMemory,
  ): number;
  aip_difference_blocks(a: NativeMemory, b: NativeMemory, side: number, out: NativeMemory): number;
  aip_difference_gate(
    thumbs: NativeMemory,
    count: number,
    side: number,
    reference: NativeMemory,
    blockWeights: NativeMemory,
    bias: number,
    tSkip: number,
    tDiff: number,
    anchors: NativeMemory,
  ): number;
}

const SUFFIX = process.platform === "darwin" ? "dylib" : "so";
const MESSAGE_BYTES_MAX = 4096;

/** Where the native library is looked for: `AIP_LIBRARY`, else `build/` of this package. */
export function libraryPath(): string {
  const override = process.env["AIP_LIBRARY"];
  if (override !== undefined && override !== "") return override;
  return fileURLToPath(new URL(`../../build/libAipNative.${SUFFIX}`, import.meta.url));
}

let loaded: NativeLibrary | undefined;

/**
 * The native library, opened on first use and never closed (a call after closing it would crash).
 *
 * @throws {AipError} `library-missing`, `library-unusable`, or `library-layout` when it was built
 * from another binary definition
 */
export function library(): NativeLibrary {
  loaded ??= open(libraryPath());
  return loaded;
}

function open(path: string): NativeLibrary {
  const refusal = rosettaRefusal();
  if (refusal !== null) throw usageError("rosetta", refusal);
  const build = remedy();
  if (!existsSync(path)) {
    throw usageError("library-missing", `The native library "${path}" is missing: ${build}`);
  }
  let symbols: NativeLibrary;
  try {
    symbols = dlopen(path, SYMBOLS).symbols as unknown as NativeLibrary;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot load the native library "${path}" (${reason}): ${build}`;
    throw usageError("library-unusable", message, cause);
  }
  const hash = symbols.aip_layout_hash();
  if (hash !== LAYOUT_HASH) {
    const hex = (value: number): string => value.toString(16).padStart(8, "0");
    throw usageError(
      "library-layout",
      `The native library "${path}" was built for layout ${hex(hash)}, ` +
        `this version needs ${hex(LAYOUT_HASH)}: ${build}`,
    );
  }
  return symbols;
}

/** A package holds the library for the systems it was packed on, and nothing to build it with. */
function remedy(): string {
  const canBuild = existsSync(join(import.meta.dirname, "../../Package.swift"));
  if (canBuild) return 'run "sh scripts/setup.sh" or "bun run build"';
  const system = `${process.platform} ${process.arch}`;
  return `install a package of aip built for ${system}, or name its library in AIP_LIBRARY`;
}

/** A NUL-terminated UTF-8 copy. Native code must not keep its address. */
export function cString(text: string): Uint8Array {
  // At least 1,001 bytes: the engine moves smaller unshared arrays (see `ptr` in bun:ffi).
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(Math.max(encoded.length + 1, 1024));
  bytes.set(encoded);
  return bytes;
}

/** Memory for out-parameters that stays where it is. */
export function outBuffer(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes));
}

/** Reads text written by native code up to its NUL. */
export function readCString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.slice(0, end < 0 ? bytes.length : end));
}

/** Message of the last native error in this thread. */
export function lastError(): string {
  const text = outBuffer(MESSAGE_BYTES_MAX);
  library().aip_last_error(text, text.length);
  return readCString(text);
}

/** Throws the last native error of this thread unless `status` says that all went well. */
export function check(status: number, code: string): void {
  if (status >= 0) return;
  const usage = status === Status.model || status === Status.invalidArgument;
  throw new AipError(lastError() || `native call failed with status ${status}`, {
    code,
    category: usage || status === Status.unsupported ? "usage" : "runtime",
  });
}

/**
 * Native address of a typed array over shared memory. The number does not keep the memory alive:
 * root the buffer for as long as the address is used.
 */
export function addressOf(view: NodeJS.TypedArray): Address {
  return Number(ptr(view));
}

/** Monotonic clock in ms, the same in every thread. */
export function clockMs(): number {
  return library().aip_clock_ms();
}

/** Version of the native library. */
export function libraryVersion(): string {
  const text = outBuffer(64);
  check(library().aip_version(text, text.length), "library");
  return readCString(text);
}

/** A pipe whose ends are closed on exec; `capacityBytes` is a wish. */
export function createPipe(capacityBytes: number): { readFd: number; writeFd: number } {
  const fds = new Int32Array(new SharedArrayBuffer(8));
  check(library().aip_pipe_create(capacityBytes, fds), "pipe");
  return { readFd: fds[0] as number, writeFd: fds[1] as number };
}

/** Closes a file descriptor made by `createPipe`. */
export function closeFd(fd: number): void {
  check(library().aip_close(fd), "close");
}

/** Sleeps until `clockMs()` reaches the deadline; false when the stop word became non-zero. */
export function sleepUntil(deadlineMs: number, stopAddress: Address): boolean {
  return library().aip_sleep_until(deadlineMs, stopAddress) === Status.ok;
}

/** Path of the ONNX Runtime library: `AIP_ONNXRUNTIME`, else the one in `onnxruntime-node`. */
export function onnxRuntimePath(): string {
  const override = process.env["AIP_ONNXRUNTIME"];
  if (override !== undefined && override !== "") return override;
  const name = process.platform === "darwin" ? "libonnxruntime.1.dylib" : "libonnxruntime.so.1";
  const relative = `bin/napi-v6/${process.platform}/${process.arch}/${name}`;
  try {
    const manifest = import.meta.resolve("onnxruntime-node/package.json");
    return fileURLToPath(new URL(relative, manifest));
  } catch (cause) {
    const message = 'ONNX Runtime is missing: run "bun install", or name one in AIP_ONNXRUNTIME';
    throw usageError("onnxruntime-missing", message, cause);
  }
}

/** Loads ONNX Runtime into this process; repeated calls are cheap. */
export function loadOnnxRuntime(path: string = onnxRuntimePath()): void {
  check(library().aip_onnx_load(cString(path)), "onnxruntime-unusable");
}

export interface OnnxRuntimeInfo {
  readonly version: string;
  /** Execution providers as ONNX Runtime names them. */
  readonly providers: readonly string[];
}

/** Version and execution providers of ONNX Runtime, which is loaded for it. */
export function onnxInfo(): OnnxRuntimeInfo {
  loadOnnxRuntime();
  const json = outBuffer(16384);
  check(library().aip_onnx_info(json, json.length), "onnxruntime-unusable");
  return JSON.parse(readCString(json)) as OnnxRuntimeInfo;
}

/** What a model file says of itself. @throws {AipError} where it is no readable ONNX model */
export function inspectOnnx(path: string): OnnxInspection {
  loadOnnxRuntime();
  const needed = new Uint32Array(new SharedArrayBuffer(4));
  let json = outBuffer(65536);
  for (;;) {
    const status = library().aip_onnx_inspect(cString(path), json, json.length, needed);
    if (status !== Status.truncated) {
      check(status, "model-unreadable");
      return JSON.parse(readCString(json)) as OnnxInspection;
    }
    const size = needed[0] as number;
    if (size <= json.length) throw runtimeError("model-unreadable", lastError());
    json = outBuffer(size);
  }
}
