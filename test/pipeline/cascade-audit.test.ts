import { describe, expect, test } from "bun:test";
import { auditReport } from "../../src/metrics/report.ts";
import { Pipeline } from "../../src/pipeline/pipeline.ts";
import { patternSource } from "../../src/source/pattern.ts";
import { schemaErrors } from "../metrics/report-schema.ts";
import { scripted } from "./cascade.ts";
import { pattern } from "./pattern.ts";

describe("the audit of a cascade", () => {
  test("looks again at early answers alone, in idle time, and counts what it could not", async () => {
    await using pipeline = new Pipeline({
      sources: [pattern(600)],
      fps: 600,
      devices: "sim:2ms",
      slots: 64,
      audit: 0.5,
      cascade: scripted("auuuuuui"),
    });
    const report = await pipeline.run();
    expect(auditReport(report)).toEqual([]);
    const [audit] = report.cascade?.audits ?? [];
    const { audited = 0, skipped = 0 } = audit ?? {};
    // 525 early answers, half of them drawn: 262, give or take 40 (3.5 sigma).
    expect(Math.abs(audited + skipped - 262)).toBeLessThan(40);
    expect(audited).toBeGreaterThan(0);
    // The device knows no person, and says so of each.
    expect(audit?.false_positives).toMatchObject({ audited, errors: 0, watched: true });
    const answered = report.devices.reduce((sum, { frames }) => sum + frames, 0);
    expect(answered).toBe(report.answers.inferred + audited);
  });

  test("a cascade that sees what is not there is told of, and warned of", async () => {
    const notes: string[] = [];
    await using pipeline = new Pipeline({
      sources: [pattern(1500)],
      fps: 1500,
      devices: "sim:1ms,sim:1ms",
      slots: 64,
      audit: 0.3,
      retrain: "warn",
      cascade: scripted("apapap"),
    });
    pipeline.events.on("note", (text) => notes.push(text));
    const report = await pipeline.run();
    expect(schemaErrors(report)).toEqual([]);
    const [first] = report.cascade?.events ?? [];
    expect(first).toMatchObject({ kind: "drift", source: "pattern" });
    // A warning throws no estimate away.
    const [audit] = report.cascade?.audits ?? [];
    expect(audit?.audited).toBeGreaterThan(0);
    expect(audit?.false_positives.audited).toBe(audit?.audited);
    expect(audit?.false_positives.errors).toBeGreaterThan(0);
    expect(notes.join("\n")).toContain("sees more of what it is asked for where there is none");
  });

  test("is told, and nothing follows, where retraining is off", async () => {
    const cascade = scripted("p");
    await using pipeline = new Pipeline({
      sources: [pattern(900)],
      fps: 1500,
      devices: "sim:1ms,sim:1ms",
      slots: 64,
      audit: 0.3,
      retrain: "off",
      cascade: { ...cascade, promise: { ...cascade.promise, falseNegatives: 0.4 } },
    });
    const report = await pipeline.run();
    expect(report.cascade?.events).toEqual([]);
    const [audit] = report.cascade?.audits ?? [];
    expect(audit?.false_positives).toMatchObject({ rate: 1, watched: true });
    // Of frames of which two in five are promised to be wrong, wrong ones say nothing.
    expect(audit?.false_negatives.watched).toBe(false);
  });

  test("a device without a pause audits nothing, and every frame leaves", async () => {
    await using pipeline = new Pipeline({
      sources: [patternSource({ width: 32, height: 8, frameCount: 800, write: false })],
      devices: "sim:2ms",
      slots: 32,
      audit: 1,
      cascade: scripted("ia"),
    });
    const report = await pipeline.run();
    expect(report.frames.emitted).toBe(800);
    const [audit] = report.cascade?.audits ?? [];
    expect((audit?.audited ?? 0) + (audit?.skipped ?? 0)).toBe(400);
    expect(audit?.audited ?? 0).toBeLessThan(100);
  });

  test("a device that fails and dies over audited frames loses no slot", async () => {
    await using pipeline = new Pipeline({
      sources: [pattern(800)],
      fps: 800,
      devices: "sim:1ms:fail=0.5,sim:1ms:die-at=40",
      slots: 64,
      audit: 1,
      retrain: "off",
      cascade: scripted("auua"),
    });
    const report = await pipeline.run();
    expect(report.frames).toMatchObject({ received: 800, emitted: 800 });
    const [audit] = report.cascade?.audits ?? [];
    expect((audit?.audited ?? 0) + (audit?.skipped ?? 0)).toBe(800);
    expect(audit?.skipped).toBeGreaterThan(20);
  });
});
