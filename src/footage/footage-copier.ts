import type { IngestSegment } from "../source/source.ts";
import { within } from "../within.ts";
import type {
  FootageCommand,
  FootageMessage,
  FootageStart,
  FootageTask,
} from "./footage-protocol.ts";

/** How long the worker gets to let its pipes go. */
const CLOSE_WITHIN_MS = 2000;

/** What came of a task. */
export type Filled = Extract<FootageMessage, { type: "filled" | "stopped" | "end" }>;

/** The worker that copies frames, as its reader sees it: one command after the other. */
export class FootageCopier {
  readonly #worker: Worker = new Worker(new URL("./footage-worker.ts", import.meta.url).href);
  readonly #stop: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  /** Of the command under way. */
  #answer: PromiseWithResolvers<FootageMessage> | undefined;
  /** Fulfilled once all commands so far have their answers. */
  #turn: Promise<unknown> = Promise.resolve();
  #isStarted = false;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FootageMessage>) => this.#told(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#told({ type: "failed", message: event.message });
    };
    this.#worker.addEventListener("close", () => {
      this.#told({ type: "failed", message: "its worker ended without a word" });
    });
  }

  get isStopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0;
  }

  /** Ends what is under way, and everything after it at once. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  /** Begins with a segment, which is let go of once it is over. @throws {Error} where it cannot */
  async open(segment: IngestSegment, region: FootageStart["region"]): Promise<void> {
    if (!this.#isStarted) await this.#ask({ type: "start", region, stop: this.#stop });
    this.#isStarted = true;
    await this.#ask({ type: "segment", segment });
  }

  /** Copies frames. @throws {Error} where they cannot be read */
  async fill(task: Omit<FootageTask, "type">): Promise<Filled> {
    return (await this.#ask({ type: "fill", ...task })) as Filled;
  }

  /** Ends the worker once it has let its pipes go. */
  async close(): Promise<void> {
    this.stop();
    // A worker that is gone has told whoever was waiting for it.
    const closed = this.#isStarted ? this.#ask({ type: "close" }).catch(() => undefined) : null;
    if (closed !== null) await within(CLOSE_WITHIN_MS, closed);
    this.#worker.terminate();
  }

  async #ask(command: FootageCommand): Promise<FootageMessage> {
    const asked = this.#turn.then(() => {
      this.#answer = Promise.withResolvers<FootageMessage>();
      this.#worker.postMessage(command);
      return this.#answer.promise;
    });
    this.#turn = asked;
    const answer = await asked;
    if (answer.type === "failed") throw new Error(answer.message);
    return answer;
  }

  #told(message: FootageMessage): void {
    this.#answer?.resolve(message);
  }
}
