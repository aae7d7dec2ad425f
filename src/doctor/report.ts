import type { MachineDevice } from "../backend/discover.ts";
import type { PowerState } from "../metrics/power-state.ts";
import type { Webcam } from "../source/webcam.ts";
import type { Agreement } from "./agreement.ts";
import type { CacheState } from "./caches.ts";
import type { Placement } from "./placement.ts";
import type { LibraryState, SystemState, VersionState } from "./system.ts";
import type { DecoderState } from "./tools.ts";
import type { Verdict } from "./verdict.ts";

/** What was found out about one device; times in ms. */
export interface UnitReport {
  /** As it was named: `cpu`, `ane`, `sim:20ms`. */
  readonly device: string;
  readonly kind: string;
  /** `reference`: measured only for the others to be compared with. */
  readonly role: "asked" | "reference";
  readonly instances: number;
  /** For people: `ONNX Runtime 1.30.0 CPU, 1 thread`. */
  readonly description: string;
  /** A GPU known to be computed by the CPU. */
  readonly software: boolean;
  readonly placement: Placement | null;
  /** Why the placement is not known; null where it is. */
  readonly placement_failure: string | null;
  /** Of a frame on one instance alone. */
  readonly latency_ms: { readonly p50: number; readonly p95: number } | null;
  /** Of all its instances, without other devices. */
  readonly throughput_fps: number | null;
  /** Processor cores kept busy by one instance alone. */
  readonly busy_cores: number | null;
  /** Processor time of a frame meanwhile. */
  readonly processor_ms: number | null;
  readonly joules_per_frame: number | null;
  /** Its answers beside the reference's; null where it is the reference, or answers nothing. */
  readonly agreement: Agreement | null;
  readonly verdict: Verdict;
}

/**
 * What `aip doctor` found. Its keys are those of the JSON, whose schema is
 * `docs/doctor.schema.json`.
 */
export interface DoctorReport {
  /** Whether every device is what it says: the exit code is 0. */
  readonly healthy: boolean;
  readonly system: SystemState;
  readonly versions: VersionState;
  readonly library: LibraryState;
  /** Every kind worth a word, those that are missing with reason and remedy. */
  readonly devices: readonly Omit<MachineDevice, "environment">[];
  readonly video: DecoderState;
  readonly caches: readonly CacheState[];
  readonly permissions: readonly Permission[];
  readonly power: PowerState;
  /** Null where no device ran one. */
  readonly model: { readonly name: string; readonly path: string } | null;
  readonly units: readonly UnitReport[];
  /** All devices at once; null where there is one, or one failed. */
  readonly together: {
    readonly throughput_fps: number;
    readonly joules_per_frame: number | null;
  } | null;
  /** How energy can be measured here; null where it was. */
  readonly energy_remedy: string | null;
  /** What should be put right, one sentence each. */
  readonly problems: readonly string[];
  /** What should be known, one sentence each. */
  readonly notes: readonly string[];
}

/** Something the system may refuse. */
export interface Permission {
  readonly name: "cache" | "cameras";
  /** Null where the system tells only the program that tries. */
  readonly granted: boolean | null;
  readonly detail: string;
}

/** What the system lets this process use. */
export function permissionsOf(
  cacheObstacle: string | null,
  cameras: readonly Webcam[] | null,
  platform: string,
): Permission[] {
  const names = cameras?.map(({ index, label }) => `webcam:${index} (${label})`) ?? [];
  const listed = names.length === 0 ? "none found" : names.join(", ");
  const detail =
    platform === "darwin"
      ? `${listed}; macOS asks at the first picture, and keeps the answer under System Settings, ` +
        "Privacy & Security, Camera"
      : listed;
  return [
    {
      name: "cache",
      granted: cacheObstacle === null,
      detail: cacheObstacle ?? "the cache folder can be written",
    },
    { name: "cameras", granted: null, detail },
  ];
}

/** What should be put right apart from the devices. Pure. */
export function problemsOf({
  library,
  video,
  caches,
  cacheObstacle,
}: Pick<DoctorReport, "library" | "video" | "caches"> & {
  readonly cacheObstacle: string | null;
}): string[] {
  const problems: string[] = [];
  if (library.failure !== null) problems.push(library.failure);
  for (const { name, path, version } of video.tools) {
    if (path === null)
      problems.push(`"${name}" is not on the PATH: without it only the demo can be decoded`);
    else if (version === null) problems.push(`"${path}" does not run`);
  }
  const hasFfmpeg = video.tools.every(({ version }) => version !== null);
  if (hasFfmpeg && video.missing_codecs.length > 0) {
    problems.push(`this ffmpeg cannot decode ${video.missing_codecs.join(", ")}`);
  }
  if (cacheObstacle !== null) problems.push(cacheObstacle);
  for (const { path, damaged } of caches) {
    const [first, ...others] = damaged;
    if (first === undefined) continue;
    const more = others.length === 0 ? "" : `, and ${others.length} more in "${path}",`;
    problems.push(
      `"${first.path}"${more} cannot be used (${first.reason}): delete what is damaged`,
    );
  }
  return problems;
}
