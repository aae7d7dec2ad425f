import type { ErrorCategory } from "../errors.ts";
import type { TrainingTask } from "./options.ts";
import type { TrainingProgress } from "./progress.ts";
import type { TrainedNetwork } from "./training-run.ts";

/** What the Worker is told, once. */
export interface TrainStart {
  readonly task: TrainingTask;
  /** One word: not 0 asks for the end. */
  readonly stop: SharedArrayBuffer;
}

/** What the Worker says. */
export type TrainMessage =
  | { readonly type: "progress"; readonly progress: TrainingProgress }
  | { readonly type: "trained"; readonly network: TrainedNetwork }
  | { readonly type: "stopped" }
  | {
      readonly type: "failed";
      readonly message: string;
      readonly code: string;
      readonly category: ErrorCategory;
    };
