import { describe, expect, test } from "bun:test";
import type {
  CascadeAuditReport,
  CascadeEventReport,
  CascadeReport,
  DeviceReport,
  Report,
  SourceReport,
} from "../../src/metrics/report.ts";
import { formatReport } from "../../src/metrics/table.ts";
import { SAMPLE } from "./sample-report.ts";

const CASCADE: CascadeReport = {
  file: "door.aip",
  question: { classes: ["person", "dog"], confidence: 0.3, region: null },
  present: 31,
  levels: { skipped: 400, unchanged: 74, empty: 0, specialized: 120, inferred: 6 },
  audit_share: 0.05,
  audits: [
    {
      source: "demo",
      audited: 29,
      skipped: 2,
      false_negatives: { rate: 0, low: 0, high: 1, audited: 0, errors: 0, watched: true },
      false_positives: {
        ...{ rate: 0.034, low: 0.001, high: 0.178, audited: 29, errors: 1 },
        watched: false,
      },
      error_rate: {
        ...{ rate: 0.034, low: 0.001, high: 0.178, audited: 29, errors: 1 },
        watched: true,
      },
    },
  ],
  events: [],
};

describe("formatReport()", () => {
  test("reads as the design's sample does, in 80 columns", () => {
    expect(formatReport(SAMPLE)).toBe(
      `frames      600 received = 600 emitted (600 inferred) + 0 dropped + 0 failed,
            all in order
throughput  96.2 fps over 6.2 s   buffer-full waits 12
latency     in order   p50 21.0 ms   p90 33.0 ms   p99 48.0 ms
device      frames   share    busy   latency mean       p99
cpu-0          264    44 %    99 %        20.9 ms   24.0 ms
gpu-0          336    56 %   100 %         118 ms    131 ms
stage p50   decode 0.4   queue 3.1   pre 0.2   inference 19.8   post 0.1
            reorder 1.2 ms
saved       runs/demo-1/annotated.mp4, results.ndjson, report.json
`,
    );
  });

  test("says how many frames a call answered, where it was ever more than one", () => {
    const [cpu, gpu] = SAMPLE.devices as [DeviceReport, DeviceReport];
    const table = formatReport({ ...SAMPLE, devices: [cpu, { ...gpu, frames_per_call: 3.8 }] });
    expect(table).toContain(
      "device      frames   share   a call    busy   latency mean       p99\n",
    );
    expect(table).toContain("cpu-0          264    44 %      1.0    99 %");
    expect(table).toContain("gpu-0          336    56 %      3.8   100 %");
  });

  test("says which level of a cascade answered how many frames", () => {
    const answers = { inferred: 6, reused: 474, specialized: 120 };
    const table = formatReport({ ...SAMPLE, answers, cascade: CASCADE }, { columns: 200 });
    expect(table).toContain(
      "cascade     person, dog in 31 of 600 frames; 99 % answered early: 400 skipped, " +
        "74 unchanged, 120 by the network, 6 by the model\n" +
        "            29 frames audited (no time for 2 more): missed unknown, false alarms 3.4 % " +
        "(0.1 % to 18 %, only its budget is watched)\n",
    );
    // Of what devices answered, audited frames among them, not of the 6 that were asked for.
    expect(table).toContain("cpu-0          264    44 %");
  });

  test("says who answers since a cascade has drifted", () => {
    const [audit] = CASCADE.audits as [CascadeAuditReport];
    const event = (source: string, kind: CascadeEventReport["kind"], frame: number | null) => {
      return { source, kind, at_s: 1, frame, time_ms: frame, text: kind };
    };
    const rowsOf = (...events: CascadeEventReport[]): string[] => {
      const cascade = { ...CASCADE, audits: [audit, { ...audit, source: "yard" }], events };
      const rows = formatReport({ ...SAMPLE, cascade }, { columns: 200 }).split("\n");
      return ["demo: ", "yard: "].map((name) => rows.find((row) => row.includes(name)) ?? "");
    };
    const audited = "29 frames audited (no time for 2 more)";
    const rates =
      ": missed unknown, false alarms 3.4 % (0.1 % to 18 %, only its budget is watched)";
    const drift = event("demo", "drift", 3200);
    const fallback = event("demo", "fallback", 3255);
    const [demo, yard] = rowsOf(drift, fallback, event("demo", "refused", 5400));
    expect(demo).toEndWith(
      `demo: ${audited}; the model answers since frame 3,255 (drift); no new cascade yet`,
    );
    expect(yard).toEndWith(`yard: ${audited}${rates}`);
    const [returned] = rowsOf(drift, fallback, event("demo", "retrained", 9000));
    expect(returned).toEndWith(`demo: ${audited}${rates}; a new cascade since frame 9,000`);
    const [late] = rowsOf(drift, fallback, event("demo", "retrained", null));
    expect(late).toEndWith(`demo: ${audited}; a new cascade for the next run`);
    // A warning changes nothing.
    expect(rowsOf(drift)[0]).toEndWith(`demo: ${audited}${rates}`);
  });

  test("says loudly that the accounting does not add up", () => {
    const frames = { received: 1_000_603, emitted: 600, dropped: 0, failed: 0 };
    const sources = SAMPLE.sources.map((source) => ({ ...source, frames }));
    const text = formatReport({ ...SAMPLE, sources, frames }, { columns: 200 });
    expect(text).toContain("1,000,603 received ≠ 600 emitted");
    expect(text).toContain(
      "WRONG       does not add up: source demo: 1,000,603 frames received, 600 left",
    );
  });

  test("says loudly that frames left out of order", () => {
    const sources = SAMPLE.sources.map((source) => ({ ...source, in_order: false }));
    const text = formatReport({ ...SAMPLE, sources, in_order: false });
    expect(text).toContain("NOT IN ORDER");
    expect(text).toContain("WRONG       does not add up: source demo: frames left out of order");
  });

  test("names how frames were answered, what was lost, and each of several sources", () => {
    const [source] = SAMPLE.sources as [Report["sources"][number]];
    const frames = { received: 600, emitted: 590, dropped: 7, failed: 3 };
    const answers = { inferred: 500, reused: 90, specialized: 0 };
    const rest = { received: 1, emitted: 1, dropped: 0, failed: 0 };
    const text = formatReport(
      {
        ...SAMPLE,
        sources: [
          { ...source, frames, answers },
          {
            ...source,
            name: "门口",
            frames: rest,
            answers: { ...answers, inferred: 1, reused: 0 },
          },
        ],
        frames: { received: 601, emitted: 591, dropped: 7, failed: 3 },
        answers: { inferred: 501, reused: 90, specialized: 0 },
      },
      { columns: 120 },
    );
    expect(text).toContain(
      "601 received = 591 emitted (501 inferred, 90 reused) + 7 dropped + 3 failed, all in order",
    );
    expect(text).toContain("demo: 600 received = 590 emitted (500 inferred, 90 reused)");
    expect(text).toContain("门口: 1 received = 1 emitted (1 inferred) + 0 dropped + 0 failed");
    expect(text).not.toContain("WRONG");
  });

  test("says of several sources how evenly dropped frames are spread, and how many came too late", () => {
    const [source] = SAMPLE.sources as [SourceReport];
    const frames = { received: 600, emitted: 240, dropped: 360, failed: 0 };
    const sharing = { ...source.sharing, late: 12, gap_frames: { mean: 2.5, max: 4 } };
    const text = formatReport(
      { ...SAMPLE, sources: [source, { ...source, name: "yard", frames, sharing }] },
      { columns: 150 },
    );
    expect(text).toContain("360 dropped + 0 failed; 12 late, one in 2.5 answered, largest gap 4\n");
    expect(text).toContain(
      "demo: 600 received = 600 emitted (600 inferred) + 0 dropped + 0 failed\n",
    );
  });

  test("says of a single source too how many frames came too late", () => {
    const [source] = SAMPLE.sources as [SourceReport];
    const frames = { received: 60, emitted: 25, dropped: 35, failed: 0 };
    const sharing = { ...source.sharing, late: 30, gap_frames: { mean: 2.4, max: 4 } };
    const sources = [{ ...source, frames, sharing }];
    const text = formatReport({ ...SAMPLE, sources, frames }, { columns: 200 });
    expect(text).toContain("35 dropped + 0 failed; 30 late, one in 2.4 answered, largest gap 4, ");
  });

  test("shows the weighted schedule's own metrics", () => {
    const weighted = {
      generated: 1600,
      assigned: 1600,
      processed: 1599,
      ordered: 1598,
      buffer_full_waits: 1234,
      backends: [
        { id: "sim-0", weight: 5, frames: 1000, latency_ms_mean: 20.04 },
        { id: "sim-1", weight: 1, frames: 600, latency_ms_mean: 100 },
      ],
      overall_fps: 79.5,
    };
    const text = formatReport({ ...SAMPLE, weighted }, { columns: 150 });
    expect(text).toContain(
      "weighted    generated 1,600   assigned 1,600   processed 1,599   ordered 1,598   " +
        "buffer-full waits 1,234   overall 79.5 fps",
    );
    expect(text).toContain("backend     weight   frames   mean latency");
    expect(text).toContain("sim-0          5.0    1,000        20.0 ms");
  });

  test("shows accuracy, faults, notes and why a run ended early", () => {
    const text = formatReport({
      ...SAMPLE,
      end: "failed",
      error: "no device is left",
      accuracy: {
        map50: 0.8998,
        classes: [
          { label: "car", ap50: 0.95, truth_count: 1, detection_count: 1 },
          { label: "bus", ap50: 0.91, truth_count: 1, detection_count: 1 },
        ],
      },
      faults: {
        crashes: [],
        restarts: 3,
        retries: 1,
        devices_out: [{ id: "gpu-0", reason: "it hangs" }],
      },
      drift: [
        { device: "sim-0", since_s: 12.4, from_ms: 20, to_ms: 40.1, share_from: 1, share_to: 1 },
      ],
      notes: ["the camera reconnected twice"],
    });
    expect(text).toStartWith("failed      the run broke off: no device is left\n");
    for (const line of [
      "accuracy    mAP@0.5 0.899 against the ground truth (car 0.950, bus 0.910)",
      "faults      1 frame retried, 3 restarts",
      "taken out   gpu-0: it hangs",
      "drift       sim-0 is 2.0x slower since 12.4 s (20.0 → 40.1 ms)",
      "note        the camera reconnected twice",
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  test("gives no times where no frame was answered", () => {
    const frames = { received: 5, emitted: 0, dropped: 0, failed: 5 };
    const devices = SAMPLE.devices.map((device) => ({ ...device, frames: 0 }));
    const text = formatReport({ ...SAMPLE, frames, devices });
    expect(text).toContain("latency     no frame was answered\n");
    expect(text).toMatch(/^cpu-0 +0 +0 % +99 % +– +–$/m);
    expect(text).not.toContain("stage p50");
  });

  test("tells a device that changed its speed more than once in one line", () => {
    const share = { share_from: 0.5, share_to: 0.4 };
    const text = formatReport({
      ...SAMPLE,
      drift: [
        { device: "cpu-0", since_s: 1, from_ms: 10, to_ms: 22, ...share },
        { device: "cpu-1", since_s: 2, from_ms: 10, to_ms: 15, share_from: 1, share_to: 1 },
        { device: "cpu-0", since_s: 7.25, from_ms: 22, to_ms: 9, ...share },
      ],
    }).replaceAll(/\n {12}/g, " ");
    expect(text).toContain(
      "drift       cpu-0 changed its speed 2 times, between 9.0 and 22.0 ms; " +
        "the last, 9.0 ms, since 7.3 s\n",
    );
    expect(text).toContain("drift       cpu-1 is 1.5x slower since 2.0 s (10.0 → 15.0 ms)\n");
  });

  test("columns stay aligned below wide characters and long names", () => {
    const [cpu, gpu] = SAMPLE.devices as [Report["devices"][number], Report["devices"][number]];
    const devices = [
      { ...cpu, id: "显卡-0" },
      { ...gpu, id: "a-rather-long-name-0" },
    ];
    const lines = formatReport({ ...SAMPLE, devices }).split("\n");
    const at = lines.findIndex((line) => line.startsWith("device"));
    const widths = lines.slice(at, at + 3).map((line) => Bun.stringWidth(line));
    expect(new Set(widths).size).toBe(1);
  });

  test("keeps to the width where words allow, and leaves no blanks behind lines", () => {
    for (const columns of [60, 80, 100]) {
      for (const line of formatReport(SAMPLE, { columns }).split("\n")) {
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
        expect(line).toBe(line.trimEnd());
      }
    }
  });

  test("has no escapes unless asked for", () => {
    const report = { ...SAMPLE, end: "interrupted" as const };
    expect(formatReport(report)).not.toContain("\u001b");
    const colored = formatReport(report, { color: true });
    expect(colored).toContain("\u001b[1;31mthe run was interrupted\u001b[0m");
    expect(Bun.stripANSI(colored)).toBe(formatReport(report));
  });
});
