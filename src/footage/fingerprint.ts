import { createHash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { usageError } from "../errors.ts";
import { closeFd, createPipe } from "../native/library.ts";
import { parseDemo } from "../source/demo.ts";
import { openSource } from "../source/open.ts";
import type { Source } from "../source/source.ts";

/** What tells one piece of footage from every other. */
export interface Fingerprint {
  /** SHA-256 in hexadecimal of all that follows but the name, and of a sample of the content. */
  readonly id: string;
  /** Its file's name, or the demo's spec; for people. */
  readonly name: string;
  /** Size of the file; 0 for the demo. */
  readonly bytes: number;
  /** Size of its pictures. */
  readonly width: number;
  readonly height: number;
  /** Frames a second, and number of frames, where the file says; else 0. */
  readonly fps: number;
  readonly frames: number;
}

/** A file's head, its tail and this many pieces between them are looked at. */
const PIECE_COUNT = 64;
const PIECE_BYTES = 64 * 1024;

/**
 * Takes the fingerprint of a video file or of the demo scene, in milliseconds whatever its length:
 * of the content 66 pieces of 64 KiB are hashed, spread over the file. A copy or a renamed file has
 * the same; another recording, another cut or another encoding has not. The demo's leaves its length
 * out: the shorter scene is the beginning of the longer one.
 *
 * @throws {AipError} `footage-unfit` for what cannot be read twice, or what opening it throws
 */
export async function fingerprintOf(spec: string): Promise<Fingerprint> {
  const source = await openSource(spec, { pipes: { createPipe, closeFd }, hwaccel: "none" });
  try {
    if (isDemo(spec)) return demoFingerprint(spec, source);
    const file = await stat(spec).catch(() => null);
    if (source.live || file === null || !file.isFile()) {
      const wanted = "a video file (or the demo scene), which can be read again";
      throw usageError("footage-unfit", `"${spec}" is no footage to learn from: name ${wanted}`);
    }
    const content = await contentHash(spec, file.size);
    return withId({ ...facts(basename(spec), source), bytes: file.size }, content);
  } finally {
    await source.close();
  }
}

/** Whether footage is the demo scene, which needs no file. */
export function isDemo(spec: string): boolean {
  return spec === "demo" || spec.startsWith("demo:");
}

function demoFingerprint(spec: string, source: Source): Fingerprint {
  const { paceFps: _pace, frameCount: _count, ...scene } = parseDemo(spec);
  const found = withId({ ...facts(spec, source), bytes: 0, frames: 0 }, JSON.stringify(scene));
  return { ...found, frames: source.info.frameCount ?? 0 };
}

function facts(name: string, { info }: Source): Omit<Fingerprint, "id" | "bytes"> {
  const { width, height } = info.geometry;
  return { name, width, height, fps: info.fps ?? 0, frames: info.frameCount ?? 0 };
}

function withId(known: Omit<Fingerprint, "id">, content: string): Fingerprint {
  const { bytes, width, height, fps, frames } = known;
  const told = JSON.stringify({ bytes, width, height, fps, frames, content });
  return { id: createHash("sha256").update(told).digest("hex"), ...known };
}

async function contentHash(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "r");
  try {
    const last = Math.max(0, sizeBytes - PIECE_BYTES);
    const steps = PIECE_COUNT + 1;
    for (let step = 0; step <= steps; step += 1) {
      hash.update(await pieceAt(file, Math.floor((last * step) / steps)));
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function pieceAt(file: FileHandle, offset: number): Promise<Uint8Array> {
  const piece = Buffer.alloc(PIECE_BYTES);
  const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, offset);
  return piece.subarray(0, bytesRead);
}
