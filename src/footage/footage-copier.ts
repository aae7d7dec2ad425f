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

/** The worker that copies frames, as its reader sees it: one command at a time. */
export class FootageCopier {
  readonly #worker: Worker = new Worker(new URL("./footage-worker.ts", import.meta.url).href);
  readonly #stop: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  #answer: PromiseWithResolvers<FootageMessage> | undefined;
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
    const closing = async (): Promise<void> => {
      await this.#answer?.promise;
      if (this.#isStarted) await this.#ask({ type: "close" });
    };
    // A worker that is gone has told whoever was waiting for it.
    await within(
      CLOSE_WITHIN_MS,
      closing().catch(() => undefined),
    );
    this.#worker.terminate();
  }

  async #ask(command: FootageCommand): Promise<FootageMessage> {
    this.#answer = Promise.withResolvers<FootageMessage>();
    this.#worker.postMessage(command);
    const answer = await this.#answer.promise;
    this.#answer = undefined;
    if (answer.type === "failed") throw new Error(answer.message);
    return answer;
  }

  #told(message: FootageMessage): void {
    this.#answer?.resolve(message);
  }
}
