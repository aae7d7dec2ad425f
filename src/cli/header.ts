import { formatCountOf } from "../metrics/number-format.ts";
import type { RunInfo } from "../pipeline/options.ts";

/** Width of the names on the left, as in the report's table. */
export const NAME_WIDTH = 12;

/**
 * What a run is, in a few lines:
 *
 * ```text
 * aip 0.1.0   model demo (3 classes)   schedule pull   14 slots a source
 * source      demo: synthetic traffic 640×360, 600 frames
 * devices     cpu-0, cpu-1 (ONNX Runtime 1.30.0 CPU, 1 thread)
 * ```
 */
export function formatHeader(version: string, info: RunInfo): string {
  const { model, labels, schedule, slotCount } = info;
  const classes = labels.length === 1 ? "1 class" : `${labels.length} classes`;
  const known = labels.length === 0 ? "" : ` (${classes})`;
  const parts = [
    `aip ${version}`.padEnd(NAME_WIDTH - 3),
    model === null ? "no model" : `model ${model}${known}`,
    `schedule ${schedule}`,
    `${slotCount} slots a source`,
  ];
  const sources = info.sources.map(
    ({ name, info }) =>
      `${name}: ${info.description}` +
      (info.frameCount === undefined ? "" : `, ${formatCountOf(info.frameCount, "frame")}`),
  );
  return [
    parts.join("   "),
    ...column("source", sources),
    ...column("devices", deviceGroups(info.devices)),
  ].join("\n");
}

/** Devices that differ only in their number, together. */
function deviceGroups(devices: RunInfo["devices"]): string[] {
  const groups = Map.groupBy(devices, (device) => device.description);
  return [...groups].map(
    ([description, alike]) => `${alike.map((device) => device.id).join(", ")} (${description})`,
  );
}

function column(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? name : "").padEnd(NAME_WIDTH)}${line}`);
}
