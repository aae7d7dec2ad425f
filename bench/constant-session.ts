import type { BackendSession } from "../src/backend/backend.ts";
import { openOnnxSession } from "../src/backend/onnx.ts";
import { blankSlot } from "../src/layout/blank-slot.ts";
import { Provider, ResultDescriptor } from "../src/layout/layout.gen.ts";
import { describeModel } from "../src/model/model.ts";
import { sessionConfig } from "../src/model/session-config.ts";
import {
  type Address,
  addressOf,
  check,
  inspectOnnx,
  onnxRuntimePath,
} from "../src/native/library.ts";
import { PAYLOAD_OFFSET, rootArena } from "../src/ring/arena.ts";
import type { FrameGeometry } from "../src/types.ts";
import { median } from "./comparison.ts";

/** Medians over the frames, in ms, as the library itself times every frame. */
export interface StageTimes {
  readonly preprocessMs: number;
  readonly postprocessMs: number;
  /** Boxes found in the last frame. */
  readonly detections: number;
}

/**
 * A session on one CPU thread with a model of `constantModel`: it costs nothing, so that what comes
 * before and after it can be measured, by the way every frame takes.
 */
export class ConstantSession {
  readonly #session: BackendSession;
  readonly #slot: Address;
  readonly #result: Address;
  readonly #fields: DataView;

  /** @param modelPath a file with the bytes of `constantModel` */
  constructor(modelPath: string, geometry: FrameGeometry) {
    const overrides = { confidence: 0.25, iou: 0.45 };
    const spec = describeModel(modelPath, inspectOnnx(modelPath), null, overrides);
    const config = sessionConfig(spec, { provider: Provider.cpu, threadCount: 1 });
    this.#session = openOnnxSession({
      model: { path: modelPath, bytes: null, config, providerOptions: null },
      onnxRuntimePath: onnxRuntimePath(),
      simulated: null,
    });
    const slot = blankSlot(geometry);
    const result = new Uint8Array(new SharedArrayBuffer(PAYLOAD_OFFSET));
    rootArena(slot.buffer as SharedArrayBuffer);
    rootArena(result.buffer as SharedArrayBuffer);
    this.#slot = addressOf(slot);
    this.#result = addressOf(result);
    this.#fields = new DataView(result.buffer);
  }

  run(frames: number): StageTimes {
    const fields = this.#fields;
    const preprocess: number[] = [];
    const postprocess: number[] = [];
    for (let frame = 0; frame < frames; frame += 1) {
      check(this.#session.run(this.#slot, this.#result), "bench-session");
      preprocess.push(fields.getFloat32(ResultDescriptor.preprocessMs, true));
      postprocess.push(fields.getFloat32(ResultDescriptor.postprocessMs, true));
    }
    return {
      preprocessMs: median(preprocess),
      postprocessMs: median(postprocess),
      detections: fields.getUint32(ResultDescriptor.detectionCount, true),
    };
  }

  close(): void {
    this.#session.close();
  }
}
