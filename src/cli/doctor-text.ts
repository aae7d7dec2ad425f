import type { MachineDevice } from "../backend/discover.ts";
import { type Placement, shareOn } from "../doctor/placement.ts";
import type { DoctorReport, UnitReport } from "../doctor/report.ts";
import { formatCountOf, formatMs, formatPercent, formatRate } from "../metrics/number-format.ts";
import type { PowerState } from "../metrics/power-state.ts";
import { padCellsEnd, padCellsStart } from "../metrics/text-layout.ts";

const KIB = 2 ** 10;
const GIB = 2 ** 30;

/** A line's name, and its text; the name is empty where the line goes on. */
type Row = readonly [name: string, text: string];

/** What `aip doctor` prints: the machine, what was measured, and a verdict on each device. */
export function formatDoctorReport(report: DoctorReport): string {
  const blocks = [rowsText(machineRows(report)), unitTable(report), rowsText(verdictRows(report))];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function machineRows(report: DoctorReport): Row[] {
  const { system, versions, library, devices, video, caches, permissions, power } = report;
  const size = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
  const tools = video.tools.map(({ name, version }) => `${name} ${version ?? "missing"}`);
  return [
    ["machine", `${system.chip}, ${formatCountOf(system.cores, "core")}, ${system.arch}`],
    ["", `${system.os}${system.virtual === true ? ", a virtual machine" : ""}`],
    ["", `${size(system.memory_bytes)} memory, ${size(system.memory_free_bytes)} of it free`],
    [
      "versions",
      `aip ${versions.aip}, Bun ${versions.bun}, ONNX Runtime ${versions.onnxruntime ?? "missing"}`,
    ],
    ["", tools.join(", ")],
    ["library", `"${library.path}": ${libraryText(report)}`],
    ...named("devices", devices.flatMap(deviceTexts)),
    ["video", `decodes ${video.codecs.length === 0 ? "nothing" : video.codecs.join(", ")}`],
    [
      "",
      video.hardware.length === 0
        ? "no hardware decoding"
        : `hardware: ${video.hardware.join(", ")}`,
    ],
    ...named(
      "cache",
      caches.length === 0
        ? ["empty"]
        : caches.map(
            ({ path, entries, bytes }) =>
              `"${path}": ${formatCountOf(entries, entries === 1 ? "entry" : "entrie")}, ${Math.ceil(bytes / KIB)} KiB`,
          ),
    ),
    ...named(
      "allowed",
      permissions.map(({ name, detail }) => `${name}: ${detail}`),
    ),
    ["power", powerText(power)],
  ];
}

function libraryText({ library, versions }: DoctorReport): string {
  return library.failure ?? `version ${versions.library}, layout ${versions.layout}`;
}

function deviceTexts({
  kind,
  available,
  description,
  reason,
  remedy,
}: Omit<MachineDevice, "environment">): string[] {
  const texts = [`${kind}: ${available ? description : `not available: ${reason}`}`];
  if (available && reason !== null) texts.push(`  software only: ${reason}`);
  if (remedy !== null) texts.push(`  to get it: ${remedy}`);
  return texts;
}

function powerText({
  source,
  low_power: lowPower,
  thermal,
  temperature_c: celsius,
}: PowerState): string {
  const texts = [
    ...(source === null ? [] : [source === "mains" ? "on mains" : "on battery"]),
    ...(lowPower === null ? [] : [`low-power mode ${lowPower ? "on" : "off"}`]),
    ...(thermal === null ? [] : [`thermal pressure ${thermal}`]),
    ...(celsius === null ? [] : [`${Math.round(celsius)} °C`]),
  ];
  return texts.length === 0 ? "the machine tells nothing of it" : texts.join(", ");
}

const COLUMNS = [
  "device",
  "latency ms",
  "p95",
  "frames/s",
  "cores",
  "placement",
  "answers",
] as const;
/** Columns of text; the others hold numbers. */
const TEXT_COLUMNS: readonly string[] = ["device", "placement", "answers"];

function unitTable({ model, units, together }: DoctorReport): string {
  if (units.length === 0) return "";
  const rows = units.map((unit) => [
    unit.device,
    unit.latency_ms === null ? "" : formatMs(unit.latency_ms.p50),
    unit.latency_ms === null ? "" : formatMs(unit.latency_ms.p95),
    unit.throughput_fps === null ? "" : formatRate(unit.throughput_fps),
    unit.busy_cores === null ? "" : unit.busy_cores.toFixed(1),
    unit.placement === null ? "" : placementText(unit.placement),
    answersText(unit),
  ]);
  if (together !== null) {
    rows.push(["together", "", "", formatRate(together.throughput_fps), "", "", ""]);
  }
  const title = model === null ? "no model: simulated devices alone" : `model ${model.name}`;
  return [title, ...tableLines(rows)].join("\n");
}

function tableLines(rows: readonly (readonly string[])[]): string[] {
  const all = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) =>
    Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ""))),
  );
  return all.map((row) =>
    COLUMNS.map((name, column) => {
      const pad = TEXT_COLUMNS.includes(name) ? padCellsEnd : padCellsStart;
      return pad(row[column] ?? "", widths[column] as number);
    })
      .join("  ")
      .trimEnd(),
  );
}

/** `49 operations, gpu 98 %, cpu 2 %` */
function placementText(placement: Placement): string {
  const shares = placement.shares.map(
    ({ unit }) => `${unit} ${formatPercent(shareOn(placement, unit))}`,
  );
  const count = formatCountOf(placement.operations, "operation");
  return [`${placement.source === "compute-plan" ? "planned: " : ""}${count}`, ...shares].join(
    ", ",
  );
}

function answersText({ agreement, role }: UnitReport): string {
  if (agreement === null) return role === "reference" ? "reference" : "";
  const { compared, agreed, similarity } = agreement;
  if (similarity !== null) return `similarity ${similarity.toFixed(3)}`;
  return compared === 0 ? "nothing seen" : `${agreed} of ${compared} agree`;
}

function verdictRows({
  units,
  energy_remedy: remedy,
  problems,
  notes,
  ...report
}: DoctorReport): Row[] {
  const rows = units.map(({ device, verdict }): Row => {
    const mark = verdict.status === "failed" ? "FAILED: " : "";
    return [device, `${mark}${verdict.text}`];
  });
  for (const { device, joules_per_frame: joules } of units) {
    if (joules !== null) rows.push(["energy", `${device}: ${formatMs(1000 * joules)} mJ a frame`]);
  }
  if (remedy !== null) rows.push(["energy", remedy]);
  for (const problem of problems) rows.push(["to put right", problem]);
  for (const note of notes) rows.push(["note", note]);
  const { healthy } = report;
  rows.push(["verdict", healthy ? "every device is what it says" : unhealthyText(units)]);
  return rows;
}

function unhealthyText(units: readonly UnitReport[]): string {
  const failed = units.filter(({ verdict }) => verdict.status === "failed");
  if (failed.length === 0) return "no device could be looked at";
  return `not what ${failed.length === 1 ? "it says" : "they say"}: ${failed.map(({ device }) => device).join(", ")}`;
}

/** Several lines under one name. */
function named(name: string, texts: readonly string[]): Row[] {
  return texts.map((text, index) => [index === 0 ? name : "", text]);
}

function rowsText(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`.trimEnd()).join("\n");
}
