import {
  type Address,
  check,
  cString,
  library,
  loadOnnxRuntime,
  outBuffer,
  readCString,
} from "./library.ts";

const PATH_BYTES_MAX = 4096;

export interface OnnxSessionOptions {
  readonly modelPath: string;
  /** The model itself, where it is not to be read from the file. */
  readonly modelBytes: Uint8Array | null;
  /** A `session_config` struct. */
  readonly config: Uint8Array;
  /** Lines of key=value for the execution provider, or null. */
  readonly providerOptions: string | null;
  readonly onnxRuntimePath: string;
  /** Path, without its ending, of a file that `endProfile` writes; absent: nothing is noted. */
  readonly profilePrefix?: string;
}

export interface CoreMlSessionOptions {
  /** For messages. */
  readonly modelPath: string;
  /** The `.mlmodelc` folder; nothing else may ever stand at this path. */
  readonly compiledPath: string;
  /** A `ComputeUnits`. */
  readonly computeUnits: number;
  /** A `session_config` struct. */
  readonly config: Uint8Array;
  /** Lines of key=value, see `CoreMlOptions.swift`. */
  readonly options: string;
}

/** A loaded model on one device instance. Belongs to the thread that made it. */
export class NativeSession {
  /** Bytes of payload one frame can produce; 0 for detection heads. */
  readonly payloadBytes: number;
  /** Frames one call can answer. */
  readonly batchSizeMax: number;
  #handle: Address;

  /** @throws {AipError} where the model cannot be loaded or does not fit its configuration */
  constructor(options: OnnxSessionOptions | CoreMlSessionOptions) {
    const out = new Uint32Array(new SharedArrayBuffer(8));
    check(
      "compiledPath" in options ? createCoreMl(options, out) : createOnnx(options, out),
      "model-unusable",
    );
    this.#handle = readAddress(out);
    out.fill(0);
    check(library().aip_session_payload_bytes(this.#handle, out), "model-unusable");
    this.payloadBytes = out[0] as number;
    check(library().aip_session_batch_size(this.#handle, out), "model-unusable");
    this.batchSizeMax = out[0] as number;
  }

  /** Answers one frame; returns its status. HOT: one native call. */
  run(slotAddress: Address, resultAddress: Address): number {
    return library().aip_session_run(this.#handle, slotAddress, resultAddress);
  }

  /**
   * Answers the first `count` frames of two tables; returns `ok` once every result block has its
   * own status. HOT: one native call.
   */
  runBatch(count: number, slots: AddressTable, results: AddressTable): number {
    return library().aip_session_run_batch(this.#handle, count, slots.words, results.words);
  }

  /**
   * Writes what was noted of every run so far, as ONNX Runtime's profile in JSON; nothing is noted
   * from then on.
   *
   * @returns the file's path
   * @throws {AipError} `profile-unwritable`
   */
  endProfile(): string {
    const path = outBuffer(PATH_BYTES_MAX);
    check(library().aip_session_end_profile(this.#handle, path, path.length), "profile-unwritable");
    return readCString(path);
  }

  close(): void {
    if (this.#handle === 0) return;
    library().aip_session_destroy(this.#handle);
    this.#handle = 0;
  }
}

function createOnnx(options: OnnxSessionOptions, out: Uint32Array): number {
  loadOnnxRuntime(options.onnxRuntimePath);
  const { modelPath, modelBytes, providerOptions, profilePrefix } = options;
  const model = [
    cString(modelPath),
    modelBytes,
    modelBytes?.length ?? 0,
    shared(options.config),
    providerOptions === null ? null : cString(providerOptions),
  ] as const;
  return profilePrefix === undefined
    ? library().aip_session_create(...model, out)
    : library().aip_session_create_profiled(...model, cString(profilePrefix), out);
}

function createCoreMl(options: CoreMlSessionOptions, out: Uint32Array): number {
  return library().aip_coreml_session_create(
    cString(options.modelPath),
    cString(options.compiledPath),
    options.computeUnits,
    shared(options.config),
    cString(options.options),
    out,
  );
}

/** A copy that stays where it is. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Native addresses side by side, as native code takes several. */
export class AddressTable {
  /** Two words an address, the low one first. */
  readonly words: Uint32Array;

  constructor(capacity: number) {
    this.words = new Uint32Array(new SharedArrayBuffer(8 * capacity));
  }

  /** HOT. */
  set(index: number, address: Address): void {
    // Storing takes a number modulo 2^32; the fraction of the high word is cut off.
    this.words[2 * index] = address;
    this.words[2 * index + 1] = address / 2 ** 32;
  }
}

/** Reads a pointer written into two u32 words, low word first. Addresses fit 53 bits. */
export function readAddress(words: Uint32Array): Address {
  return (words[1] as number) * 2 ** 32 + (words[0] as number);
}
