import type { Database, Statement } from "bun:sqlite";
import { existsSync } from "node:fs";
import { usageError } from "../../errors.ts";
import type { Fingerprint } from "../../footage/fingerprint.ts";
import { IGNORED, type Question } from "../types.ts";
import { numberQuestion, presenceOf } from "./presence.ts";
import { type LabelledObject, packObjects, unpackObjects } from "./records.ts";
import { labelError, openLabelFile } from "./store-file.ts";
import { checkHead, type LabelHead, type LabelOrigin, readHead, writeHead } from "./store-head.ts";

export type { LabelOrigin } from "./store-head.ts";

/** A frame with its labels. */
export interface LabelledFrame {
  readonly frame: number;
  readonly timeMs: number;
  /** Null where the reference failed on it: the frame does not count. */
  readonly objects: readonly LabelledObject[] | null;
}

/** A stretch of frames: `end` is the first one after it. */
export interface FrameSpan {
  readonly start: number;
  readonly end: number;
}

/** What the labels of a span say to a question. */
export interface SpanLabels {
  /** u8 [frames]: 1 present, 0 absent, `IGNORED` (2) where the frame does not count. */
  readonly truth: Uint8Array;
  /** f32 [frames]: confidence of the best object asked for, 0–1. */
  readonly scores: Float32Array;
}

export interface LabelStoreOptions {
  readonly footage: Fingerprint;
  /** Who labels; left out, as `classes`, where labels that are there are read. */
  readonly origin?: LabelOrigin;
  /** Class names of the origin, class 0 first. */
  readonly classes?: readonly string[];
}

const FAILED = 1;

/** What a frame says that the reference failed on. */
const NOTHING = { truth: IGNORED, score: 0 } as const;

interface Row {
  readonly frame: number;
  readonly state: number;
  readonly objects: Uint8Array;
}

/**
 * Labels of one piece of footage in an SQLite file. Frames are committed many at a time: a process
 * that is killed or finds the disk full loses the last of them, and nothing else.
 *
 * @example
 * ```ts
 * using store = LabelStore.open("street.labels", { footage: await fingerprintOf("street.mp4") });
 * const { truth } = store.span({ start: 0, end: 9000 }, { classes: ["person"], confidence: 0.5, region: null });
 * ```
 */
export class LabelStore implements Disposable {
  readonly path: string;
  readonly footage: Fingerprint;
  readonly origin: LabelOrigin;
  /** Class names, class 0 first. */
  readonly classes: readonly string[];
  readonly #db: Database;
  readonly #insert: Statement;

  private constructor(path: string, db: Database, { footage, origin, classes }: LabelHead) {
    this.path = path;
    this.#db = db;
    this.footage = footage;
    this.origin = origin;
    this.classes = classes;
    this.#insert = db.prepare("INSERT OR REPLACE INTO frames VALUES (?, ?, ?, ?)");
  }

  /**
   * Opens the labels of that footage; with an origin, makes the file where there is none.
   *
   * @throws {AipError} `labels-missing`, `labels-malformed`, `labels-version`, `labels-in-use`,
   * `labels-other-footage`, `labels-other-origin`
   */
  static open(path: string, options: LabelStoreOptions): LabelStore {
    const db = openLabelFile(path, options.origin !== undefined);
    try {
      const held = readHead(db);
      if (held === null) {
        // A run that was killed before its first frame leaves no head.
        if (options.origin === undefined || options.classes === undefined) {
          throw usageError("labels-malformed", `Labels "${path}" are of no footage: label it anew`);
        }
        const { footage, origin, classes } = options;
        const head = { footage, origin, classes };
        writeHead(db, head);
        return new LabelStore(path, db, head);
      }
      checkHead(path, held, options);
      return new LabelStore(path, db, held);
    } catch (cause) {
      db.close();
      throw labelError(path, cause);
    }
  }

  /**
   * The first frame there is no label for: where a run by that origin goes on. 0 where the file is
   * missing or empty.
   *
   * @throws {AipError} as `open`
   */
  static nextFrameOf(path: string, wanted: Required<Omit<LabelStoreOptions, "classes">>): number {
    if (!existsSync(path)) return 0;
    const db = openLabelFile(path, true);
    try {
      if (readHead(db) === null) return 0;
    } catch (cause) {
      throw labelError(path, cause);
    } finally {
      db.close();
    }
    using store = LabelStore.open(path, wanted);
    return store.nextFrame;
  }

  /** Frames there are labels for, failed ones included. */
  get count(): number {
    return this.#number("SELECT count(*) AS n FROM frames") ?? 0;
  }

  /** Frames the reference failed on. */
  get failed(): number {
    return this.#number(`SELECT count(*) AS n FROM frames WHERE state = ${FAILED}`) ?? 0;
  }

  /** The frame after the last one there is a label for: where a run that was interrupted goes on. */
  get nextFrame(): number {
    return (this.#number("SELECT max(frame) AS n FROM frames") ?? -1) + 1;
  }

  /** Adds frames in one transaction: all of them, or none. @throws {AipError} `labels-disk-full` */
  append(frames: readonly LabelledFrame[]): void {
    this.#use(
      this.#db.transaction(() => {
        for (const { frame, timeMs, objects } of frames) {
          const state = objects === null ? FAILED : 0;
          this.#insert.run(frame, timeMs, state, packObjects(objects ?? []));
        }
      }),
    );
  }

  /**
   * What the labels of a span say to a question.
   *
   * @throws {AipError} `class-unknown`, `labels-incomplete` where a frame has no label,
   * `labels-confidence` where the question asks for less than was kept, `labels-malformed`
   */
  span(span: FrameSpan, question: Question): SpanLabels {
    return this.#use(() => this.#read(span, question));
  }

  #read({ start, end }: FrameSpan, question: Question): SpanLabels {
    this.#checkConfidence(question.confidence);
    const numbered = numberQuestion(question, this.classes, this.footage);
    const count = end - start;
    const truth = new Uint8Array(count);
    const scores = new Float32Array(count);
    let expected = start;
    const rows = this.#db.query<Row, [number, number]>(
      "SELECT frame, state, objects FROM frames WHERE frame >= ? AND frame < ? ORDER BY frame",
    );
    for (const { frame, state, objects } of rows.iterate(start, end)) {
      if (frame !== expected) break;
      const said = state === FAILED ? NOTHING : presenceOf(unpackObjects(objects), numbered);
      truth[frame - start] = said.truth;
      scores[frame - start] = said.score;
      expected += 1;
    }
    if (expected < end) {
      const message = `Labels "${this.path}" say nothing of frame ${expected}: label the footage to frame ${end - 1} first`;
      throw usageError("labels-incomplete", message);
    }
    return { truth, scores };
  }

  #number(query: string): number | null {
    return this.#use(() => (this.#db.query(query).get() as { n: number | null }).n);
  }

  /** Reads or writes; what SQLite says becomes a sentence. */
  #use<T>(access: () => T): T {
    try {
      return access();
    } catch (cause) {
      throw labelError(this.path, cause);
    }
  }

  #checkConfidence(asked: number): void {
    const { confidence } = this.origin;
    if (asked >= confidence) return;
    const message = `Labels "${this.path}" hold detections from a confidence of ${confidence} up, not from ${asked}: ask for more, or label the footage anew`;
    throw usageError("labels-confidence", message);
  }

  [Symbol.dispose](): void {
    this.#insert.finalize();
    this.#db.close();
  }
}
