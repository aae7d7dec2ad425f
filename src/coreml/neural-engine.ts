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

const LAYERS = "github.com/hollance/neural-engine, docs/unsupported-layers.md";
const GUIDE = "ane-guide.readthedocs.io, chapter 4";
/** Largest kernel or window that is always taken; Core ML's own log names 13 on older chips. */
const KERNEL_MAX = 7;

/**
 * What leaves the Neural Engine. Core ML decides for each chip and system anew, Apple publishes no
 * list, and none of this was measured by this program: `MLComputePlan` on a Mac knows better.
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
    why: "gathers",
    source: `${LAYERS}; published plans of MLComputePlan (huggingface.co, kb-whisper-coreml)`,
    verified: false,
    applies: ofType("gather", "gather_nd", "gather_along_axis", "gatherND", "gatherAlongAxis"),
  },
  {
    why: "scatters",
    source: GUIDE,
    verified: false,
    applies: ({ type }) => type.startsWith("scatter"),
  },
  {
    why: "dilated convolution",
    source: `${LAYERS}; contradicted for the M1 and later by ${GUIDE}`,
    verified: false,
    applies: ({ dilations }) => dilations.some((dilation) => dilation > 1),
  },
  {
    why: `kernel above ${KERNEL_MAX}`,
    source: "github.com/hollance/neural-engine, issues 1 and 2 (a limit of 13); reports of 7",
    verified: false,
    applies: ({ type, kernel }) => type.startsWith("conv") && kernel.some(isLarge),
  },
  {
    why: `pool above ${KERNEL_MAX}`,
    source: "github.com/hollance/neural-engine, issues 1 and 2 (a limit of 13); reports of 7",
    verified: false,
    applies: ({ type, kernel }) => !type.startsWith("conv") && kernel.some(isLarge),
  },
  {
    why: "control flow",
    source: "aneforge.readthedocs.io, capabilities",
    verified: false,
    applies: ofType("while_loop", "cond", "branch", "loop"),
  },
  {
    why: "works on shapes of any rank",
    source: LAYERS,
    verified: false,
    applies: ({ type }) => /(Broadcastable|ND)$/.test(type) && !type.startsWith("gather"),
  },
  {
    why: "has code for CPU and GPU only",
    source: "developer.apple.com, MLCustomLayer",
    verified: true,
    applies: ofType("custom"),
  },
];

/** Which of these operations leave the Neural Engine, as far as it is known. */
export function leavesNeuralEngine(operations: readonly Operation[]): EngineFinding[] {
  return RULES.flatMap(({ applies, ...rule }) => {
    const counts = new Map<string, number>();
    for (const operation of operations) {
      if (applies(operation)) counts.set(operation.type, (counts.get(operation.type) ?? 0) + 1);
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
