import type { EngineFinding } from "./inspection.ts";
import type { Operation } from "./operation.ts";

/** A kind of operation that Core ML is known to run elsewhere. */
interface Rule {
  readonly why: string;
  readonly source: string;
  /** Stated by Apple; otherwise observed by others, and different between chips and systems. */
  readonly verified: boolean;
  readonly applies: (operation: Operation) => boolean;
}

const LAYERS = "hollance/neural-engine, unsupported-layers.md";
const GUIDE = "ane-guide, chapter 4";
const LIMITS = "hollance/neural-engine, issues 1 and 2 (limit 13); reports of 7";
/** Largest kernel or window of which no trouble is reported; Core ML's own log names 13. */
const KERNEL_MAX = 7;

/**
 * What leaves the Neural Engine. Core ML decides for each chip and system anew, Apple publishes no
 * list, and none of this was measured by this program: `MLComputePlan` on a Mac knows better.
 *
 * Sources: github.com/hollance/neural-engine (chips up to the A13), ane-guide.readthedocs.io and
 * aneforge.readthedocs.io (M1 and later), and plans of MLComputePlan published beside models on
 * huggingface.co.
 */
const RULES: readonly Rule[] = [
  {
    why: "recurrent",
    source: `${LAYERS}; ${GUIDE}`,
    verified: false,
    applies: ofType(
      "lstm",
      "gru",
      "rnn",
      "simpleRecurrent",
      "uniDirectionalLSTM",
      "biDirectionalLSTM",
    ),
  },
  {
    why: "reads by index",
    source: `${LAYERS}; plans published with kb-whisper-coreml`,
    verified: false,
    applies: ofType("gather", "gather_nd", "gather_along_axis", "gatherND", "gatherAlongAxis"),
  },
  {
    why: "writes by index",
    source: GUIDE,
    verified: false,
    applies: ({ type }) => type.startsWith("scatter"),
  },
  {
    why: "multiplies along an axis",
    source: GUIDE,
    verified: false,
    applies: ofType("reduce_prod", "reduceProd"),
  },
  {
    why: "over three axes",
    source: GUIDE,
    verified: false,
    applies: ({ type, kernel }) => type.startsWith("conv") && kernel.length > 2,
  },
  {
    why: "dilated",
    source: `${LAYERS}; ${GUIDE} says otherwise`,
    verified: false,
    applies: ({ dilations }) => dilations.some((dilation) => dilation > 1),
  },
  {
    why: `kernel above ${KERNEL_MAX}`,
    source: LIMITS,
    verified: false,
    applies: ({ type, kernel }) => type.startsWith("conv") && kernel.some(isLarge),
  },
  {
    why: `window above ${KERNEL_MAX}`,
    source: LIMITS,
    verified: false,
    applies: ({ type, kernel }) => !type.startsWith("conv") && kernel.some(isLarge),
  },
  {
    why: "control flow",
    source: "ANEForge, capabilities",
    verified: false,
    applies: ofType("while_loop", "cond", "branch", "loop"),
  },
  {
    why: "made for tensors of any rank",
    source: LAYERS,
    verified: false,
    applies: ({ type }) => /(Broadcastable|ND)$/.test(type) && !type.startsWith("gather"),
  },
  {
    why: "code for CPU and GPU alone",
    source: "Apple, MLCustomLayer",
    verified: true,
    applies: ofType("custom"),
  },
];

/** An operation, or several that are alike. */
type CountedOperation = Operation & { readonly count?: number };

/** Which of these operations leave the Neural Engine, as far as it is known. */
export function leavesNeuralEngine(operations: readonly CountedOperation[]): EngineFinding[] {
  return RULES.flatMap(({ applies, ...rule }) => {
    const counts = new Map<string, number>();
    for (const operation of operations) {
      const { type, count = 1 } = operation;
      if (applies(operation)) counts.set(type, (counts.get(type) ?? 0) + count);
    }
    return Array.from(counts, ([operation, count]) => ({ operation, count, ...rule }));
  });
}

function ofType(...types: readonly string[]): (operation: Operation) => boolean {
  return ({ type }) => types.includes(type);
}

function isLarge(side: number): boolean {
  return side > KERNEL_MAX;
}
