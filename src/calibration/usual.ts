import { COREML_PROVIDER, usualReplicas } from "../backend/coreml/devices.ts";
import { REPLICA_COUNT_MAX } from "../backend/device-options.ts";
import type { MachineDevice } from "../backend/discover.ts";
import {
  type Combination,
  formatCombination,
  type SpaceOptions,
  type Variant,
} from "./combination.ts";

/** From so many cores on, sessions of two threads are worth a look. */
const CORES_FOR_PAIRS = 4;

/**
 * The combinations that are the best ones of most machines, few enough for a quick look: cores
 * filled with sessions of one thread, of two, or by one session; each accelerator alone, twice, and
 * beside a CPU that leaves it a core; everything together.
 *
 * @param devices what `auto` may choose from, see `selectDevices`
 */
export function usualCombinations(
  devices: readonly MachineDevice[],
  { cores, lone }: Pick<SpaceOptions, "cores" | "lone">,
): readonly Combination[] {
  const cpuDevice = devices.find(({ kind }) => kind === "cpu");
  const hasCpu = cpuDevice !== undefined;
  const accelerators = devices
    .filter(({ kind }) => kind !== "cpu")
    .map(({ kind }, index) => variantOf(kind, kind, index + 1))
    .map((variant) => ({ ...variant, replicasMax: lone.includes(variant.kind) ? 1 : 2 }));
  const cpu = (threads: number): Variant => variantOf("cpu", `cpu:threads=${threads}`, 0);
  const isWhole = cpuDevice !== undefined && choosesThreads(cpuDevice);
  const single = isWhole ? variantOf("cpu", "cpu", 0) : cpu(1);
  const combinations: Combination[] = [];
  if (isWhole) combinations.push([{ variant: single, replicas: 1 }]);
  if (hasCpu && !isWhole) {
    combinations.push([{ variant: single, replicas: Math.min(cores, REPLICA_COUNT_MAX) }]);
    if (cores > 1) combinations.push([{ variant: cpu(cores), replicas: 1 }]);
    if (cores >= CORES_FOR_PAIRS) {
      combinations.push([
        { variant: cpu(2), replicas: Math.min(Math.floor(cores / 2), REPLICA_COUNT_MAX) },
      ]);
    }
  }
  const beside = hasCpu
    ? [
        {
          variant: single,
          replicas: isWhole ? 1 : Math.min(Math.max(1, cores - 1), REPLICA_COUNT_MAX),
        },
      ]
    : [];
  for (const variant of accelerators) {
    combinations.push([{ variant, replicas: 1 }]);
    if (variant.replicasMax > 1) combinations.push([{ variant, replicas: 2 }]);
    if (hasCpu) combinations.push([...beside, { variant, replicas: 1 }]);
  }
  if (accelerators.length > 1) {
    combinations.push([...beside, ...accelerators.map((variant) => ({ variant, replicas: 1 }))]);
  }
  return combinations;
}

/** All of them, as a run takes them that knows nothing of their times. */
export function unmeasuredChoice(devices: readonly MachineDevice[], cores: number): string {
  return formatCombination(
    devices.map((device, group) => {
      const { kind } = device;
      return kind === "cpu" && !choosesThreads(device)
        ? {
            variant: variantOf(kind, "cpu:threads=1", group),
            replicas: Math.min(cores, REPLICA_COUNT_MAX),
          }
        : {
            variant: variantOf(kind, kind, group),
            replicas: choosesThreads(device) ? usualReplicas(kind) : 1,
          };
    }),
  );
}

/** Whether what runs a device divides its work among threads as it likes. */
function choosesThreads({ provider }: MachineDevice): boolean {
  return provider === COREML_PROVIDER;
}

function variantOf(kind: string, device: string, group: number): Variant {
  // Their replicas are given: nothing is searched.
  return { kind, group, device, batch: 1, larger: null, replicasMin: 1, replicasMax: 1 };
}
