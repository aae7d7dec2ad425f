/** The worker that learns a cascade anew while a run goes on. */
import type { Cascade } from "../cascade/file/cascade.ts";
import { AipError } from "../errors.ts";
import { type RelearnTask, relearn } from "./relearn.ts";

/** What it answers. */
export type RelearnMessage =
  | { readonly kind: "learnt"; readonly cascade: Cascade }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly category: AipError["category"];
      readonly message: string;
    };

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<RelearnTask>) => {
  const post = (message: RelearnMessage): void => self.postMessage(message);
  try {
    post({ kind: "learnt", cascade: await relearn(data) });
  } catch (error) {
    const known = error instanceof AipError;
    post({
      kind: "failed",
      code: known ? error.code : "relearn-failed",
      category: known ? error.category : "runtime",
      message: error instanceof Error ? error.message : String(error),
    });
  }
};
