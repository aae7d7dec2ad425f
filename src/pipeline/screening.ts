import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { EarlyAnswer, SlotHeader, SourceControl } from "../layout/layout.gen.ts";
import { openScreen, type Screen, type ScreenContext, type ScreenPlan } from "./screen.ts";

/** What an ingest worker is told of its screening when it starts. */
export interface ScreeningStart {
  readonly plan: ScreenPlan;
  /** Brings other plans. It is looked at between two frames, whenever the control word says so. */
  readonly port: MessagePort;
}

/** Another screening takes the place of the one in force; null for none. */
export interface ScreeningChange {
  /** Number that the control word has from then on. */
  readonly version: number;
  readonly plan: ScreenPlan | null;
}

/** Number of the screening a worker starts with. */
export const FIRST_SCREENING = 1;

export interface ScreeningOptions extends ScreenContext {
  readonly start: ScreeningStart;
  /** The source's control block. */
  readonly control: Int32Array;
}

/** The screening of an ingest worker, which the manager may change or suspend between two frames. */
export class Screening {
  readonly #options: ScreeningOptions;
  readonly #words: Int32Array;
  readonly #control: Int32Array;
  #screen: Screen | null;
  #version = FIRST_SCREENING;

  /** @throws {AipError} where the network cannot be opened */
  constructor(options: ScreeningOptions) {
    this.#options = options;
    this.#control = options.control;
    this.#words = new Int32Array(options.arena);
    this.#screen = openScreen(options.start.plan, options);
  }

  /**
   * HOT: every frame, right after it was read into its slot.
   * @param isBare whether it has no pixels: then it can only have the last answer
   */
  look(offset: number, frameId: number, isBare: boolean): void {
    const version = Atomics.load(this.#control, SourceControl.screening / 4);
    if (version !== this.#version) this.#change(version);
    if (isBare) {
      this.#words[(offset + SlotHeader.earlyAnswer) / 4] = EarlyAnswer.skipped;
    } else if (this.#screen === null) {
      this.#words[(offset + SlotHeader.earlyAnswer) / 4] = EarlyAnswer.none;
    } else {
      this.#screen.look(offset, frameId);
    }
  }

  /** Frames looked at so far have their answers. HOT. */
  flush(): void {
    this.#screen?.flush();
  }

  close(): void {
    this.#screen?.close();
    this.#screen = null;
  }

  #change(version: number): void {
    const { port } = this.#options.start;
    this.flush();
    for (;;) {
      const change: ScreeningChange | undefined = receiveMessageOnPort(port)?.message;
      if (change === undefined) throw new Error(`screening ${version} was announced and not sent`);
      if (change.version !== version) continue;
      this.close();
      this.#screen = change.plan === null ? null : openScreen(change.plan, this.#options);
      this.#version = version;
      return;
    }
  }
}
