/**
 * A process that examines one device: it opens a session, has it answer the doctor's pictures, and
 * says what came out. A process of its own, for native code that crashes or hangs must not take the
 * doctor with it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceInstance, SessionTask } from "../backend/backend.ts";
import { openSession } from "../backend/open.ts";
import { AipError } from "../errors.ts";
import { coreMlPlan } from "../native/coreml.ts";
import { addressOf } from "../native/library.ts";
import { rootArena } from "../ring/arena.ts";
import { CONFIDENCE_FLOOR } from "./agreement.ts";
import { type Answer, answersOf } from "./answers.ts";
import { drawPictures } from "./pictures.ts";
import { type Placement, placementFromComputePlan, placementFromProfile } from "./placement.ts";
import { planUnits } from "./units.ts";

/** What the examiner is asked. */
export interface ExaminerTask {
  /** As `--model` takes it; null where only simulated devices run. */
  readonly model: string | null;
  readonly inputSize: { readonly width: number; readonly height: number } | null;
  /** One device, such as `cpu:threads=1`. */
  readonly device: string;
}

/** What the examiner is told. */
export interface ExaminerOrder extends ExaminerTask {
  /** An empty folder, which whoever asks removes. */
  readonly folder: string;
}

/** What it found. */
export interface Examination {
  /** Null for a simulated device without a model, which answers nothing. */
  readonly answers: readonly Answer[] | null;
  readonly placement: Placement | null;
  /** Why the placement is not known; null where it is. */
  readonly placementFailure: string | null;
}

export type ExaminerMessage =
  /** Something takes a while; more follows. */
  | { readonly type: "progress"; readonly text: string }
  | { readonly type: "examined"; readonly examination: Examination }
  | { readonly type: "failed"; readonly reason: string };

async function examine({ folder, ...task }: ExaminerOrder): Promise<Examination> {
  const { plan } = await planUnits({
    ...task,
    devices: [task.device],
    confidence: CONFIDENCE_FLOOR,
    tell: (text) => post({ type: "progress", text }),
  });
  const [instance] = plan(task.device);
  if (instance === undefined) throw new TypeError(`examine: "${task.device}" is no device`);
  const pictures = await drawPictures();
  const stop = new SharedArrayBuffer(4);
  rootArena(stop);
  return examineInstance(instance, pictures, addressOf(new Uint8Array(stop)), folder);
}

function examineInstance(
  { task }: DeviceInstance,
  pictures: readonly Uint8Array[],
  stopAddress: number,
  folder: string,
): Examination {
  const session = openSession(task, stopAddress, join(folder, "profile"));
  // The stand-in for a heavier model is slow on purpose, and its first picture as good as any.
  const answers = task.model === null ? null : answersOf(session, pictures);
  const path = session.endProfile?.();
  const placed = placementOf(task, path);
  session.close();
  return { answers, ...placed };
}

/** What cannot be told is no fault of the device's. */
function placementOf(
  { model }: SessionTask,
  profilePath: string | undefined,
): Pick<Examination, "placement" | "placementFailure"> {
  try {
    const { coreMl } = model ?? {};
    if (coreMl != null) {
      const plan = coreMlPlan(coreMl);
      return { placement: placementFromComputePlan(plan), placementFailure: null };
    }
    if (profilePath === undefined) {
      return { placement: null, placementFailure: "a simulated device runs nothing" };
    }
    const profile = readFileSync(profilePath, "utf8");
    return { placement: placementFromProfile(profile), placementFailure: null };
  } catch (error) {
    if (!(error instanceof AipError)) throw error;
    return { placement: null, placementFailure: error.message };
  }
}

/** Whoever asked ends this process once it knows what came out. */
function post(message: ExaminerMessage): void {
  process.send?.(message);
}

if (import.meta.main) {
  try {
    const task = JSON.parse(process.argv[2] ?? "null") as ExaminerOrder;
    post({ type: "examined", examination: await examine(task) });
  } catch (error) {
    post({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
}
