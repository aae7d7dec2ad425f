import type { CoreMlInspection, EngineFinding, Feature } from "./inspection.ts";

/** What decides where a model runs beside its operations. */
export type EngineTraits = Pick<CoreMlInspection, "computeTypes" | "functions" | "suppression">;

const WIDE_FLOATS = /^float(32|64)$/;

/**
 * What of a whole model keeps work from the Neural Engine, whatever its operations: suppression as a
 * stage of its own, results in 32 bits, and inputs of several sizes.
 */
export function traitsOffNeuralEngine({
  computeTypes,
  functions,
  suppression,
}: EngineTraits): EngineFinding[] {
  const findings: EngineFinding[] = [];
  if (suppression !== null) {
    findings.push({
      operation: "nonMaximumSuppression",
      count: 1,
      why: "a stage beside the network",
      source: "of a pipeline, networks and programs alone have compute units",
      verified: false,
    });
  }
  for (const [dtype, count] of Object.entries(computeTypes ?? {})) {
    if (!WIDE_FLOATS.test(dtype)) continue;
    findings.push({
      operation: `${dtype} result`,
      count,
      why: "of more than 16 bits",
      source: "Apple, coremltools' Typed Execution Workflow Example",
      verified: true,
    });
  }
  const flexible = functions.flatMap(({ inputs }) => inputs).filter(isFlexible);
  if (flexible.length > 0) {
    findings.push({
      operation: "input",
      count: flexible.length,
      why: "takes several shapes",
      source: "rfdetr.roboflow.com, exports/coreml",
      verified: false,
    });
  }
  return findings;
}

function isFlexible({ type }: Feature): boolean {
  return (type.kind === "image" || type.kind === "multi-array") && type.flexibility !== null;
}
