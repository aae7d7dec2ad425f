import type { AddressTable } from "../native/session.ts";
import type { ServiceTimeOptions } from "../service-times.ts";

/** A device as the user names it: `cpu:threads=1:replicas=2`, `gpu`, `sim:20ms:cv=0.3`. */
export interface DeviceSpec {
  /** `cpu`, `gpu`, `ane`, `sim`, or a provider of another ONNX Runtime such as `cuda`. */
  readonly kind: string;
  /** Options in the order given; a bare word such as `20ms` has the key `""`. */
  readonly options: ReadonlyMap<string, string>;
  /** The text it was parsed from. */
  readonly text: string;
}

/** A simulated device's behaviour. Times in ms, ordinals count the frames of the instance. */
export interface SimulatedOptions extends ServiceTimeOptions {
  /** Probability that a call fails, which is a frame's for a device without batches. */
  readonly fail: number;
  /** Ordinal of the frame on which the device stops answering, or null. */
  readonly hangAt: number | null;
  /** Ordinal of the frame on which the worker dies, or null. */
  readonly dieAt: number | null;
}

/**
 * Frames a device is given in one call, at most; `auto`: as many as are measured to gain, where the
 * model takes several.
 */
export type BatchOption = number | "auto";

/** A compiled Core ML model, and how it is to be loaded. */
export interface CoreMlModel {
  /** The `.mlmodelc` folder, at a path that never holds another model. */
  readonly compiledPath: string;
  /** A `ComputeUnits`. */
  readonly computeUnits: number;
  /** Lines of key=value, see `CoreMlOptions.swift`. */
  readonly options: string;
}

/**
 * What an inference worker needs to open its session; plain data that a message can carry.
 */
export interface SessionTask {
  /** `"none"`: a simulated device without a model, which answers with no detections. */
  readonly model: null | {
    readonly path: string;
    /** The model as it is run, in shared memory, where that is not as it stands in the file. */
    readonly bytes: Uint8Array | null;
    /** A `session_config` struct, see the layout. */
    readonly config: Uint8Array;
    /** Lines of key=value for the execution provider, or null. */
    readonly providerOptions: string | null;
    /** Absent for a model that ONNX Runtime runs. */
    readonly coreMl?: CoreMlModel;
  };
  /** ONNX Runtime library to load, where a model is run. */
  readonly onnxRuntimePath: string | null;
  readonly simulated: SimulatedOptions | null;
  /** Absent: 1. */
  readonly batch?: BatchOption;
}

/** One device instance that a worker will run: a replica of a device. */
export interface DeviceInstance {
  /** `cpu-0`, `gpu-0`, `sim-2`: the kind and a number, unique in the run. */
  readonly id: string;
  readonly kind: string;
  /** For people: `"ONNX Runtime 1.30.0 CPU, 1 thread"`; says when it is simulated or software. */
  readonly description: string;
  /** Weight for fixed-share schedules; proportional to expected frames a second. */
  readonly weight: number;
  /** Expected service time of a frame in ms, where known (0 where not). */
  readonly expectedMs: number;
  /**
   * Latency goal for which its batches were chosen, in single frames' times; where a run has a goal
   * of its own, that counts. Absent: the default of `BatchLimit`.
   */
  readonly goalFrames?: number;
  readonly task: SessionTask;
}

/**
 * A session inside an inference worker. Everything blocks; nothing is shared with other threads.
 */
export interface BackendSession {
  /** Bytes of payload a frame can produce; 0 for detection heads. */
  readonly payloadBytes: number;
  /**
   * Answers one frame: reads the slot at `slotAddress`, writes the result block at
   * `resultAddress`, both native addresses. Returns the frame's status.
   */
  run(slotAddress: number, resultAddress: number): number;
  /** Absent where a call answers one frame. */
  readonly batch?: BatchSession;
  /** Answers one frame nobody sees before the first real one; no fault is simulated on it. */
  warmUp(slotAddress: number, resultAddress: number): number;
  /** Why the last call returned a negative status. */
  lastError(): string;
  /**
   * Ends the notes of a session that was opened to take them, of which operation ran where; returns
   * the path of the file they are in, ONNX Runtime's profile. Absent where none are taken.
   */
  readonly endProfile?: () => string;
  close(): void;
}

/** How a session answers several frames by one call. */
export interface BatchSession {
  /** Most frames of a call. */
  readonly sizeMax: number;
  /**
   * Answers the first `count` frames of two tables of native addresses. Each result block gets a
   * status of its own, and where that is negative its message; a negative status is returned where
   * the call failed as a whole.
   */
  run(count: number, slots: AddressTable, results: AddressTable): number;
}
