import { MessageChannel, type MessagePort } from "node:worker_threads";
import { SourceControl } from "../layout/layout.gen.ts";
import type { ScreenPlan } from "./screen.ts";
import { FIRST_SCREENING, type ScreeningChange, type ScreeningStart } from "./screening.ts";

/** The manager's hand on the screening of one source's frames. */
export class ScreeningControl {
  /** What the ingest worker is started with; its port goes with it. */
  readonly start: ScreeningStart;
  readonly #control: Int32Array;
  readonly #port: MessagePort;
  #version = FIRST_SCREENING;

  /** @param control the source's control block */
  constructor(plan: ScreenPlan, control: Int32Array) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#control = control;
    this.start = { plan, port: port2 };
    Atomics.store(control, SourceControl.screening / 4, FIRST_SCREENING);
  }

  /** Screens with another plan from the next frame on; null sends every frame to the reference. */
  change(plan: ScreenPlan | null): void {
    this.#version += 1;
    this.#port.postMessage({ version: this.#version, plan } satisfies ScreeningChange);
    Atomics.store(this.#control, SourceControl.screening / 4, this.#version);
  }

  close(): void {
    this.#port.close();
  }
}
