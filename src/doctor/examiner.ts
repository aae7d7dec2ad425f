/**
 * A process that examines one device: it opens a session, has it answer the doctor's pictures, and
 * says what came out. A process of its own, for native code that crashes or hangs must not take the
 * doctor with it.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceInstance } from "../backend/backend.ts";
import { openSession } from "../backend/open.ts";
import { addressOf } from "../native/library.ts";
import { rootArena } from "../ring/arena.ts";
import { CONFIDENCE_FLOOR } from "./agreement.ts";
import { type Answer, answersOf } from "./answers.ts";
import { drawPictures } from "./pictures.ts";
import { type Placement, placementFromProfile } from "./placement.ts";
import { planUnits } from "./units.ts";

/** What the examiner is asked. */
export interface ExaminerTask {
  /** As `--model` takes it; null where only simulated devices run. */
  readonly model: string | null;
  readonly inputSize: { readonly width: number; readonly height: number } | null;
  /** One device, such as `cpu:threads=1`. */
  readonly device: string;
}

/** What it found. */
export interface Examination {
  /** Null for a simulated device without a model, which answers nothing. */
  readonly answers: readonly Answer[] | null;
  readonly placement: Placement | null;
}

export type ExaminerMessage =
  | { readonly type: "examined"; readonly examination: Examination }
  | { readonly type: "failed"; readonly reason: string };

async function examine(task: ExaminerTask): Promise<Examination> {
  const { plan } = planUnits({ ...task, devices: [task.device], confidence: CONFIDENCE_FLOOR });
  const [instance] = plan(task.device);
  if (instance === undefined) throw new TypeError(`examine: "${task.device}" is no device`);
  const pictures = await drawPictures();
  const stop = new SharedArrayBuffer(4);
  rootArena(stop);
  return withFolder((folder) =>
    examineInstance(instance, pictures, addressOf(new Uint8Array(stop)), folder),
  );
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
  const placement = path === undefined ? null : placementFromProfile(readFileSync(path, "utf8"));
  session.close();
  return { answers, placement };
}

function withFolder<Result>(use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "aip-doctor-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  // Whoever asked ends this process once the message has come.
  const post = (message: ExaminerMessage): void => {
    process.send?.(message);
  };
  try {
    const task = JSON.parse(process.argv[2] ?? "null") as ExaminerTask;
    post({ type: "examined", examination: await examine(task) });
  } catch (error) {
    post({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
}
