import { existsSync } from "node:fs";
import { join } from "node:path";

const SHARED = join(import.meta.dir, "../../../shared");

/** YOLOX-Nano, 416×416, the classes of COCO. */
export const NANO: string = join(SHARED, "models/yolox_nano.onnx");
export const VIDEOS = ["one-by-one-person-detection", "car-detection"] as const;
export const videoPath = (name: string): string => join(SHARED, "videos", `${name}.mp4`);
export const referencePath = (name: string): string => join(SHARED, "reference", `${name}.ndjson`);
/** Says whether two files of results agree. */
export const COMPARE: string = join(SHARED, "reference/compare.py");

/** Whether videos, model and reference lie beside the project. */
export const hasShared: boolean = existsSync(NANO) && existsSync(COMPARE);
if (!hasShared) console.warn("skipped: ../shared with videos, model and reference is missing");
