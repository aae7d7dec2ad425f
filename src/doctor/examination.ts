import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Examination, ExaminerMessage, ExaminerOrder, ExaminerTask } from "./examiner.ts";

const EXAMINER = fileURLToPath(new URL("./examiner.ts", import.meta.url));

/** What came of examining a device. */
export type ExaminationOutcome =
  | { readonly examination: Examination; readonly failure: null }
  | { readonly examination: null; readonly failure: string };

export interface ExamineOptions {
  /** Time it gets, in ms. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** Says what takes a while. */
  readonly progress: (text: string) => void;
}

/**
 * Examines a device in a process of its own. A device that fails, crashes or hangs is an outcome,
 * with its reason in words that complete a sentence.
 */
export async function examineDevice(
  task: ExaminerTask,
  options: ExamineOptions,
): Promise<ExaminationOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "aip-doctor-"));
  try {
    return await examineIn({ ...task, folder }, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function examineIn(
  order: ExaminerOrder,
  { withinMs, signal, progress }: ExamineOptions,
): Promise<ExaminationOutcome> {
  let message: ExaminerMessage | undefined;
  let isLate = false;
  const child = Bun.spawn([process.execPath, EXAMINER, JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "ignore"],
    env: process.env,
    serialization: "json",
    ipc: (received: ExaminerMessage, examiner) => {
      if (received.type === "progress") {
        progress(received.text);
        return;
      }
      message = received;
      // It has nothing left to do, and native code may keep it from ending by itself.
      examiner.kill("SIGKILL");
    },
    signal,
    killSignal: "SIGKILL",
  });
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, withinMs);
  await child.exited;
  clearTimeout(timer);
  if (message?.type === "examined") return { examination: message.examination, failure: null };
  const failure =
    message?.type === "failed" ? message.reason : endingOf(child, isLate ? withinMs : null);
  return { examination: null, failure };
}

function endingOf(child: Bun.Subprocess, lateMs: number | null): string {
  if (lateMs !== null) return `it gave no answer within ${Math.round(lateMs / 1000)} s`;
  const { signalCode, exitCode } = child;
  return signalCode === null ? `it ended with status ${exitCode}` : `it crashed (${signalCode})`;
}
