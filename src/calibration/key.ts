import { createHash } from "node:crypto";
import manifest from "../../package.json" with { type: "json" };
import type { Machine } from "../backend/discover.ts";
import { modelHash } from "../backend/model-hash.ts";
import { LAYOUT_HASH } from "../layout/layout.gen.ts";
import type { CalibrationKey } from "../schedule/calibration.ts";

/** The model a calibration is of. */
export interface CalibratedModel {
  readonly path: string;
  readonly name: string;
  /** Size the model is run at, in pixels. */
  readonly input: { readonly width: number; readonly height: number };
}

/** What a calibration made here and now would hold for. */
export function calibrationKey(machine: Machine, model: CalibratedModel | null): CalibrationKey {
  const { platform, arch, cpuModel, coreCount, devices, onnxRuntime } = machine;
  return {
    platform: `${platform} ${arch}`,
    cpu: cpuModel,
    cores: coreCount,
    devices: devices
      .filter((device) => device.available)
      .map(({ kind, description }) => `${kind}: ${description}`),
    model_sha256: model === null ? null : modelHash(model.path),
    input_size: model === null ? null : `${model.input.width}x${model.input.height}`,
    onnx_runtime: onnxRuntime?.version ?? null,
    aip: manifest.version,
    layout: LAYOUT_HASH.toString(16).padStart(8, "0"),
  };
}

/**
 * Name of the file a calibration is stored in: model, then machine and version. What begins alike
 * is of the same model.
 *
 * @example
 * ```text
 * yolox_nano-416x416-1b2f9c03d4e5-7a60c1d2.json
 * ```
 */
export function fileNameOf(key: CalibrationKey, modelName: string): string {
  const { model_sha256: _, input_size: __, ...rest } = key;
  const machine = sha256(JSON.stringify(rest)).slice(0, 8);
  return `${modelPrefixOf(key, modelName)}${machine}.json`;
}

/** What the files of one model, whatever machine or version they are of, begin with. */
export function modelPrefixOf(key: CalibrationKey, modelName: string): string {
  const stem = modelName.replace(/[^\w.-]+/g, "_").slice(0, 40);
  return `${stem}-${key.input_size ?? "any"}-${(key.model_sha256 ?? "none").slice(0, 12)}-`;
}

function sha256(bytes: string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
