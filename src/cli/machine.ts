import type { Machine, MachineDevice } from "../backend/discover.ts";

/** What `aip devices` prints: one paragraph a kind, what is there first. */
export function formatMachine(machine: Machine): string {
  const { platform, arch, cpuModel, coreCount, onnxRuntime, failure } = machine;
  const cores = coreCount === 1 ? "1 core" : `${coreCount} cores`;
  const rows: [string, string][] = [
    ["machine", `${cpuModel}, ${cores}, ${platform} ${arch}`],
    ["runtime", onnxRuntime === null ? `none: ${failure}` : `ONNX Runtime ${onnxRuntime.version}`],
    ["", ""],
  ];
  const present = machine.devices.filter((device) => device.available);
  const absent = machine.devices.filter((device) => !device.available);
  for (const device of [...present, ...absent]) rows.push(...deviceRows(device, failure));
  rows.push(["sim", "simulated devices such as sim:20ms, for experiments and tests"]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`.trimEnd()).join("\n");
}

function deviceRows(device: MachineDevice, failure: string | null): [string, string][] {
  const { kind, available, description, reason, remedy } = device;
  if (reason !== null && reason === failure)
    return [[kind, "not available: no runtime, as said above"]];
  const rows: [string, string][] = [[kind, available ? description : `not available: ${reason}`]];
  if (available && reason !== null) rows.push(["", `software only: ${reason}`]);
  if (remedy !== null) rows.push(["", `to get it: ${remedy}`]);
  return rows;
}

/** The same as JSON, for programs; keys in snake_case like every file aip writes. */
export function machineToJson(machine: Machine): string {
  const { platform, arch, cpuModel, coreCount, onnxRuntime, devices } = machine;
  return JSON.stringify(
    {
      platform,
      arch,
      cpu: { model: cpuModel, cores: coreCount },
      onnxruntime: onnxRuntime,
      devices: devices.map(({ environment: _, ...device }) => device),
    },
    null,
    2,
  );
}
