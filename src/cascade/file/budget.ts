import type { ErrorBudget } from "../types.ts";
import type { Cascade } from "./cascade.ts";

/** What a file's cascade may err, as searches and audits take it. */
export function budgetOf({ budgets }: Pick<Cascade, "budgets">): ErrorBudget {
  return { falseNegatives: budgets.maxFn, falsePositives: budgets.maxFp };
}
