/**
 * The thread of a probe's process that calls Core ML: it may hang, or take the process with it.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { cp, rename, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { AipError } from "../../errors.ts";
import { blankSlot } from "../../layout/blank-slot.ts";
import { Detection, Dtype, ResultDescriptor, Status } from "../../layout/layout.gen.ts";
import { compileCoreMl } from "../../native/coreml.ts";
import { addressOf, check, clockMs, library } from "../../native/library.ts";
import {
  type CoreMlSessionOptions,
  NativeSession,
  type OnnxSessionOptions,
  readAddress,
} from "../../native/session.ts";
import { mergeFocusStem } from "../../onnx/focus-stem.ts";
import { DETECTIONS_OFFSET, PAYLOAD_OFFSET } from "../../ring/arena.ts";
import { writeAnswer } from "./answer-file.ts";
import type { Answer } from "./answers.ts";
import { compilerFolder } from "./compiler-folder.ts";
import { halvesToFloats } from "./half.ts";
import type { ProbeAnswer, ProbeRequest } from "./probe-protocol.ts";

declare const self: Worker;

/** The picture that is looked at: a street, so that a detector has something to see. */
const PICTURE = { width: 640, height: 360, fps: 25, seed: 1, density: 1, frame: 40 } as const;
/** The scene shares its persons as it likes. */
const PERSON_SHARE = -1;

self.onmessage = async (event: MessageEvent<ProbeRequest>) => {
  self.postMessage(await answer(event.data));
};

async function answer(request: ProbeRequest): Promise<ProbeAnswer> {
  try {
    return request.step === "compile" ? await compile(request) : await predict(request);
  } catch (error) {
    const code = error instanceof AipError ? error.code : systemCode(error);
    return { ok: false, code, message: error instanceof Error ? error.message : String(error) };
  }
}

function systemCode(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : "probe-failed";
}

async function compile(request: ProbeRequest & { step: "compile" }): Promise<ProbeAnswer> {
  const startedMs = clockMs();
  const { modelPath, target } = request;
  if (/\.mlmodelc\/*$/i.test(modelPath)) {
    await cp(modelPath, target, { recursive: true, dereference: true });
  } else {
    const compiled = compileCoreMl(modelPath);
    try {
      await rename(compiled, target);
    } catch (error) {
      // The temporary folder may lie on another disk.
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
      await cp(compiled, target, { recursive: true });
    } finally {
      await rm(compiled, { recursive: true, force: true });
      await removeEmpty(dirname(compiled));
    }
  }
  if (!existsSync(target)) throw new Error(`no compiled model at "${target}"`);
  return { ok: true, loadMs: clockMs() - startedMs, predictMs: 0 };
}

/** The compiler may make a folder for each model, or write into the temporary one itself. */
async function removeEmpty(folder: string): Promise<void> {
  const shared = [tmpdir(), compilerFolder()].filter(existsSync).map((each) => realpathSync(each));
  if (!existsSync(folder) || shared.includes(realpathSync(folder))) return;
  try {
    await rmdir(folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(systemCode(error))) throw error;
  }
}

async function predict(request: ProbeRequest & { step: "predict" }): Promise<ProbeAnswer> {
  const startedMs = clockMs();
  const { answerPath } = request;
  const session = new NativeSession(sessionOptions(request));
  const loadedMs = clockMs();
  const slot = drawnSlot();
  const block = new Uint8Array(new SharedArrayBuffer(PAYLOAD_OFFSET + session.payloadBytes));
  const view = new DataView(block.buffer);
  view.setUint32(ResultDescriptor.payloadCapacityBytes, session.payloadBytes, true);
  check(session.run(addressOf(slot), addressOf(block)), "prediction-failed");
  const predictedMs = clockMs();
  if (answerPath !== null) {
    await writeAnswer(answerPath, answerOf(block, view));
  }
  session.close();
  return { ok: true, loadMs: loadedMs - startedMs, predictMs: predictedMs - loadedMs };
}

function sessionOptions({
  modelPath,
  session,
  config: text,
}: ProbeRequest & { step: "predict" }): OnnxSessionOptions | CoreMlSessionOptions {
  const config = Uint8Array.from(Buffer.from(text, "base64"));
  if (session.kind === "coreml") return { ...session, modelPath, config };
  const merged = session.isMerged ? mergeFocusStem(readFileSync(modelPath)) : null;
  if (merged === null) return { ...session, modelPath, modelBytes: null, config };
  // As the run itself has them.
  const modelBytes = new Uint8Array(new SharedArrayBuffer(merged.length));
  modelBytes.set(merged);
  return { ...session, modelPath, modelBytes, config };
}

/** A tensor's values, or the detections as rows of x1, y1, x2, y2, confidence, class. */
function answerOf(block: Uint8Array, view: DataView): Answer {
  const sizeBytes = view.getUint32(ResultDescriptor.payloadBytes, true);
  if (sizeBytes === 0) return { values: detectionRows(view), shape: [] };
  const shape = Array.from(
    { length: view.getUint32(ResultDescriptor.payloadRank, true) },
    (_, index) => view.getUint32(ResultDescriptor.payloadShape + 4 * index, true),
  );
  return { values: payloadValues(block, view, sizeBytes), shape };
}

function payloadValues(block: Uint8Array, view: DataView, sizeBytes: number): Float32Array {
  const bytes = block.slice(PAYLOAD_OFFSET, PAYLOAD_OFFSET + sizeBytes);
  switch (view.getUint32(ResultDescriptor.payloadDtype, true)) {
    case Dtype.f32:
      return new Float32Array(bytes.buffer);
    case Dtype.f16:
      return halvesToFloats(new Uint16Array(bytes.buffer));
    default:
      return Float32Array.from(new Int32Array(bytes.buffer));
  }
}

const ROW_LENGTH = 6;

function detectionRows(view: DataView): Float32Array {
  const count = view.getUint32(ResultDescriptor.detectionCount, true);
  const rows = new Float32Array(count * ROW_LENGTH);
  for (let index = 0; index < count; index += 1) {
    const offset = DETECTIONS_OFFSET + index * Detection.sizeBytes;
    for (let field = 0; field < ROW_LENGTH - 1; field += 1) {
      rows[index * ROW_LENGTH + field] = view.getFloat32(offset + 4 * field, true);
    }
    rows[index * ROW_LENGTH + ROW_LENGTH - 1] = view.getInt32(offset + Detection.classId, true);
  }
  return rows;
}

/** A slot with a picture of the demo scene. */
function drawnSlot(): Uint8Array {
  const { width, height, fps, seed, density, frame } = PICTURE;
  const slot = blankSlot({
    width,
    height,
    pixelFormat: "yuv420p",
    colorMatrix: "bt601",
    colorRange: "limited",
  });
  const out = new Uint32Array(new SharedArrayBuffer(8));
  const { aip_demo_open, aip_demo_draw, aip_demo_destroy } = library();
  check(aip_demo_open(width, height, fps, seed, density, PERSON_SHARE, 0, 0, out), "probe-failed");
  const demo = readAddress(out);
  const status = aip_demo_draw(demo, frame, addressOf(slot));
  aip_demo_destroy(demo);
  check(status, "probe-failed");
  if (status !== Status.ok) throw new Error(`the picture was not drawn (status ${status})`);
  return slot;
}
