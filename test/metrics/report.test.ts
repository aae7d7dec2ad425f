import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020.js";
import { auditReport, type Report, sumAnswers, sumFrames } from "../../src/metrics/report.ts";
import { schemaErrors } from "./report-schema.ts";
import { SAMPLE } from "./sample-report.ts";

describe("sumFrames() and sumAnswers()", () => {
  test("add up every count", () => {
    const frames = sumFrames([
      { received: 10, emitted: 6, dropped: 3, failed: 1 },
      { received: 100, emitted: 60, dropped: 30, failed: 10 },
    ]);
    expect(frames).toEqual({ received: 110, emitted: 66, dropped: 33, failed: 11 });
    const answers = sumAnswers([
      { inferred: 1, reused: 2, specialized: 3 },
      { inferred: 10, reused: 20, specialized: 30 },
    ]);
    expect(answers).toEqual({ inferred: 11, reused: 22, specialized: 33 });
  });

  test("of nothing are zero", () => {
    expect(sumFrames([])).toEqual({ received: 0, emitted: 0, dropped: 0, failed: 0 });
    expect(sumAnswers([])).toEqual({ inferred: 0, reused: 0, specialized: 0 });
  });
});

describe("auditReport()", () => {
  const source = SAMPLE.sources[0] as Report["sources"][number];
  const withSource = (change: Partial<typeof source>): Report => ({
    ...SAMPLE,
    sources: [{ ...source, ...change }],
    frames: change.frames ?? SAMPLE.frames,
    answers: change.answers ?? SAMPLE.answers,
  });

  test("finds nothing wrong in a sound report", () => {
    expect(auditReport(SAMPLE)).toEqual([]);
  });

  test("finds frames that were received and never left", () => {
    const frames = { received: 603, emitted: 600, dropped: 0, failed: 0 };
    expect(auditReport(withSource({ frames }))).toContain(
      "source demo: 603 frames received, 600 left: 3 unaccounted for",
    );
  });

  test("finds frames that left twice", () => {
    const frames = { received: 600, emitted: 600, dropped: 2, failed: 0 };
    expect(auditReport(withSource({ frames }))).toContain(
      "source demo: 600 frames received, 602 left: 2 too many",
    );
  });

  test("finds frames emitted without an answer", () => {
    const answers = { inferred: 590, reused: 5, specialized: 4 };
    expect(auditReport(withSource({ answers }))).toContain(
      "source demo: 600 frames emitted, 599 answered",
    );
  });

  test("finds a source out of order", () => {
    expect(auditReport(withSource({ in_order: false }))).toEqual([
      "source demo: frames left out of order",
    ]);
  });

  test("finds totals that are not the sources' sum", () => {
    const frames = { received: 601, emitted: 600, dropped: 1, failed: 0 };
    expect(auditReport({ ...SAMPLE, frames })).toEqual([
      "received: 601 in all, but the sources sum up to 600",
      "dropped: 1 in all, but the sources sum up to 0",
    ]);
  });
});

describe("docs/report.schema.json", () => {
  const path = join(import.meta.dir, "../../docs/report.schema.json");
  const compile = async (): Promise<ValidateFunction> =>
    new Ajv2020({ strict: true, allErrors: true }).compile(await Bun.file(path).json());

  test("accepts a report, and one with everything that is optional", () => {
    const full: Report = {
      ...SAMPLE,
      end: "failed",
      error: "no device is left",
      faults: {
        crashes: [],
        restarts: 3,
        retries: 1,
        devices_out: [{ id: "cpu-0", reason: "hangs" }],
      },
      drift: [
        {
          device: "sim-0",
          since_s: 12.4,
          from_ms: 20,
          to_ms: 40.1,
          share_from: 0.62,
          share_to: 0.45,
        },
      ],
      notes: ["the camera reconnected twice"],
      weighted: {
        generated: 600,
        assigned: 600,
        processed: 600,
        ordered: 600,
        buffer_full_waits: 12,
        backends: [{ id: "cpu-0", weight: 5, frames: 300, latency_ms_mean: 20 }],
        overall_fps: 79.1,
      },
      accuracy: {
        map50: 0.93,
        classes: [{ label: "car", ap50: 0.93, truth_count: 10, detection_count: 11 }],
      },
    };
    for (const report of [SAMPLE, full]) expect(schemaErrors(report)).toEqual([]);
  });

  test("knows every key and demands those that are always there", async () => {
    const validate = await compile();
    for (const key of Object.keys(SAMPLE)) {
      const { [key as keyof Report]: _, ...rest } = SAMPLE;
      expect([key, validate(rest)]).toEqual([key, false]);
    }
    expect(validate({ ...SAMPLE, surprise: 1 })).toBe(false);
    expect(validate({ ...SAMPLE, throughput_fps: "96" })).toBe(false);
    expect(validate({ ...SAMPLE, frames: { ...SAMPLE.frames, dropped: -1 } })).toBe(false);
  });
});
