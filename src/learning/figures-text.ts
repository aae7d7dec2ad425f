import type { NetworksProgress } from "./networks-estimate.ts";

/** What training has come to: `loss 0.0123, AUC 0.9941`, without what is null. */
export function figuresText({ loss, auc }: Pick<NetworksProgress, "loss" | "auc">): string {
  const parts = [
    ...(loss === null ? [] : [`loss ${loss.toFixed(4)}`]),
    ...(auc === null ? [] : [`AUC ${auc.toFixed(4)}`]),
  ];
  return parts.join(", ");
}
