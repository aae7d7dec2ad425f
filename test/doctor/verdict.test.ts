import { describe, expect, test } from "bun:test";
import type { Agreement } from "../../src/doctor/agreement.ts";
import type { Placement } from "../../src/doctor/placement.ts";
import { type Reference, type UnitFindings, verdictOf } from "../../src/doctor/verdict.ts";

const cpu: Reference = { device: "cpu", latencyMs: 8.1, busyCores: 1, processorMs: 8.1 };

const same: Agreement = { pictures: 6, compared: 40, agreed: 40, similarity: null, agrees: true };

/** A model of 100 operations, of which a share of the work is on a unit and the rest on the CPU. */
function placed(
  unit: string,
  share: number,
  source: Placement["source"] = "compute-plan",
): Placement {
  const shares = [
    { unit, operations: 97, share },
    { unit: "cpu", operations: 3, share: 1 - share },
  ].sort((a, b) => b.share - a.share);
  return {
    source,
    operations: 100,
    shares: shares.filter((one) => one.share > 0),
    operators: [
      { operator: "conv", unit, count: 97 },
      ...(share < 1
        ? [
            { operator: "gather", unit: "cpu", count: 2 },
            { operator: "resize", unit: "cpu", count: 1 },
          ]
        : []),
    ],
  };
}

function found(kind: string, more: Partial<UnitFindings>): UnitFindings {
  return {
    device: kind,
    kind,
    software: false,
    failure: null,
    placement: null,
    latencyMs: null,
    busyCores: 0.1,
    processorMs: 0.5,
    agreement: same,
    ...more,
  };
}

const ok = "ok";
const note = "note";
const failed = "failed";

describe("verdictOf() of a Neural Engine, beside a CPU that takes 8.1 ms", () => {
  test.each([
    [
      0.98,
      2.4,
      ok,
      "98 % of the work runs on the Neural Engine: latency 2.4 ms against 8.1 on CPU agrees; on the CPU: gather ×2, resize",
    ],
    [
      1,
      2.4,
      ok,
      "100 % of the work runs on the Neural Engine: latency 2.4 ms against 8.1 on CPU agrees",
    ],
    [
      0.3,
      5,
      note,
      "only 30 % of the work runs on the Neural Engine: latency 5.0 ms against 8.1 on CPU agrees; on the CPU: gather ×2, resize",
    ],
    [
      0.98,
      8.0,
      note,
      "98 % of the work runs on the Neural Engine, but latency 8.0 ms against 8.1 on CPU is what the CPU takes, which it leaves idle (0.1 cores busy, 0.5 ms of processor time a frame against 8.1 on CPU); on the CPU: gather ×2, resize",
    ],
    [
      0.98,
      20,
      note,
      "98 % of the work runs on the Neural Engine, slower than the CPU: latency 20.0 ms against 8.1 on CPU; on the CPU: gather ×2, resize",
    ],
    [
      0.02,
      8.2,
      failed,
      "asked for the Neural Engine, but it ran on the CPU: 2 % of the work is placed on the Neural Engine, latency 8.2 ms against 8.1 on CPU",
    ],
    [
      0,
      8.2,
      failed,
      "asked for the Neural Engine, but it ran on the CPU: 0 % of the work is placed on the Neural Engine, latency 8.2 ms against 8.1 on CPU",
    ],
    [
      0.02,
      2.4,
      note,
      "2 % of the work is placed on the Neural Engine, yet latency 2.4 ms against 8.1 on CPU says that the Neural Engine is used",
    ],
  ])("%d of the work on it, %d ms: %s", (share, latencyMs, status, text) => {
    const unit = found("ane", { placement: placed("ane", share), latencyMs });
    expect(verdictOf(unit, cpu)).toEqual({ status, text } as ReturnType<typeof verdictOf>);
  });

  test.each([
    [2.4, ok, "another unit than the CPU"],
    [8, note, "may not be used"],
    [20, note, "slower than the CPU"],
    [null, note, "could not be found out"],
  ])("without a placement, %p ms alone: %s", (latencyMs, status, part) => {
    const verdict = verdictOf(found("ane", { latencyMs }), cpu);
    expect(verdict.status).toBe(status as "ok");
    expect(verdict.text).toContain(part);
  });

  test("what ONNX Runtime gave to Core ML needs the latency to tell", () => {
    const placement = placed("coreml", 0.95, "profile");
    const quick = verdictOf(found("ane", { placement, latencyMs: 3 }), cpu);
    expect(quick.status).toBe("ok");
    expect(quick.text).toStartWith("95 % of the work runs on Core ML");
    expect(verdictOf(found("ane", { placement, latencyMs: 8 }), cpu).status).toBe("note");
    const refused = placed("coreml", 0, "profile");
    expect(verdictOf(found("ane", { placement: refused, latencyMs: 8 }), cpu).status).toBe(
      "failed",
    );
  });
});

describe("verdictOf() of a plan that lies", () => {
  const plan = placed("ane", 1);
  const onnx = placed("coreml", 0.95, "profile");
  const untold = "100 % of the work is placed on the Neural Engine, ";
  const lie = "asked for the Neural Engine, but it ran on the CPU: ";

  test.each([
    ["alike the CPU's, and as busy", plan, 8, 1, 8, failed, lie],
    ["quicker, as it takes three cores", plan, 2.9, 3, 8.7, failed, lie],
    ["slower, with the CPU's processor time", plan, 30, 0.26, 7.9, failed, lie],
    ["of an ONNX model, quicker than ONNX Runtime's CPU", onnx, 3, 1, 3, failed, lie],
    // Beside a CPU of 8.1 ms: most of its work is seen to have gone, and less than that.
    [
      "quicker, half busy, most of the work gone",
      plan,
      4,
      0.6,
      2.4,
      ok,
      "100 % of the work runs on",
    ],
    ["quicker, half busy", plan, 5, 0.6, 3, note, `${untold}latency 5.0 ms against 8.1 on CPU;`],
    ["quicker, busier", plan, 6, 0.79, 4.7, note, `${untold}latency 6.0 ms against 8.1 on CPU;`],
    ["slower, half busy", plan, 12, 0.5, 5, note, "100 % of the work is placed on the Neural"],
    ["alike, half busy", plan, 8, 0.5, 4, note, "100 % of the work is placed on the Neural"],
    ["of an ONNX model, quicker, half busy", onnx, 3, 0.6, 1.8, note, "95 % of the work"],
    [
      "quicker, and the cores idle",
      plan,
      2.4,
      0.1,
      0.3,
      ok,
      "100 % of the work runs on the Neural",
    ],
    [
      "of an ONNX model, quicker, the cores idle",
      onnx,
      3,
      0.1,
      0.3,
      ok,
      "95 % of the work runs on",
    ],
  ] as const)("%s", (_, placement, latencyMs, busyCores, processorMs, status, start) => {
    const unit = found("ane", { placement, latencyMs, busyCores, processorMs });
    const verdict = verdictOf(unit, cpu);
    expect(verdict.text).toStartWith(start);
    expect(verdict.status).toBe(status);
  });

  test("the evidence is named beside the plan", () => {
    const unit = found("gpu", {
      placement: placed("gpu", 0.98),
      latencyMs: 8,
      busyCores: 1.02,
      processorMs: 8,
    });
    expect(verdictOf(unit, cpu).text).toBe(
      "asked for the GPU, but it ran on the CPU: 1.0 cores busy, 8.0 ms of processor time a frame " +
        "against 8.1 on CPU, though 98 % of the work is placed on the GPU",
    );
  });

  test("half of the work on the CPU, as planned, is no lie", () => {
    // 0.5 · 8.1 ms are left to the CPU, and half a millisecond for the picture.
    const unit = found("ane", {
      placement: placed("ane", 0.5),
      latencyMs: 6,
      busyCores: 0.75,
      processorMs: 4.5,
    });
    expect(verdictOf(unit, cpu).status).toBe("ok");
  });

  test("without a plan, processor time alone tells", () => {
    const unit = found("ane", { latencyMs: 3, busyCores: 1, processorMs: 3 });
    expect(verdictOf(unit, cpu)).toEqual({
      status: "failed",
      text: `${lie}1.0 cores busy, 3.0 ms of processor time a frame against 8.1 on CPU`,
    });
  });

  test("latencies that are alike say so where processor time was not measured", () => {
    const unit = found("ane", { placement: plan, latencyMs: 8, processorMs: null });
    expect(verdictOf(unit, cpu)).toEqual({
      status: "note",
      text:
        "100 % of the work is placed on the Neural Engine, but latency 8.0 ms against 8.1 on CPU is what " +
        "the CPU takes; whether the CPU computes it cannot be told by its processor time",
    });
  });

  test("without a plan, a quicker clock is no proof while a core is half busy", () => {
    const unit = found("ane", { latencyMs: 3, busyCores: 0.6, processorMs: 1.8 });
    expect(verdictOf(unit, cpu)).toEqual({
      status: "note",
      text:
        "latency 3.0 ms against 8.1 on CPU; whether the CPU computes it cannot be told by its " +
        "processor time",
    });
  });

  test("a GPU of another runtime may wait by spinning", () => {
    const unit = found("cuda", {
      placement: placed("cuda", 1, "profile"),
      latencyMs: 3,
      busyCores: 1,
      processorMs: 3,
    });
    expect(verdictOf(unit, cpu).status).toBe("ok");
  });
});

describe("verdictOf() of any device", () => {
  test("other answers than the reference's fail it, however quick it is", () => {
    const agreement: Agreement = { ...same, agreed: 3, agrees: false };
    const unit = found("ane", { placement: placed("ane", 1), latencyMs: 1, agreement });
    expect(verdictOf(unit, cpu)).toEqual({
      status: "failed",
      text: "its answers (3 of 40 objects agree) are not those of cpu",
    });
  });

  test("other numbers fail a model without a detection head", () => {
    const agreement: Agreement = {
      pictures: 6,
      compared: 0,
      agreed: 0,
      similarity: 0.5,
      agrees: false,
    };
    expect(verdictOf(found("gpu", { agreement }), cpu).text).toBe(
      "its outputs (similarity 0.500) are not those of cpu",
    );
  });

  test("nothing to compare is said", () => {
    const agreement: Agreement = { ...same, compared: 0, agreed: 0, agrees: null };
    const verdict = verdictOf(
      found("gpu", { placement: placed("gpu", 1), latencyMs: 2, agreement }),
      cpu,
    );
    expect(verdict.status).toBe("note");
    expect(verdict.text).toEndWith("its answers could not be compared, as neither saw anything");
  });

  test("one that crashed, hung or failed fails, with the reason", () => {
    const failure = "it crashed (SIGSEGV)";
    expect(verdictOf(found("gpu", { failure }), cpu)).toEqual({
      status: "failed",
      text: "does not work: it crashed (SIGSEGV)",
    });
  });

  test("a GPU that the CPU computes is said, and is no failure", () => {
    const unit = found("gpu", { software: true, placement: placed("gpu", 1), latencyMs: 107 });
    const verdict = verdictOf(unit, cpu);
    expect(verdict.status).toBe("note");
    expect(verdict.text).toBe(
      "software: the CPU computes it, latency 107 ms against 8.1 on CPU; good for tests, of no help to a run",
    );
  });

  test("a GPU that says it is hardware, but keeps the cores busy and is slow, is said", () => {
    const unit = found("gpu", {
      placement: placed("gpu", 1, "profile"),
      latencyMs: 107,
      busyCores: 1.9,
      processorMs: 203,
    });
    const verdict = verdictOf(unit, cpu);
    expect(verdict.status).toBe("note");
    expect(verdict.text).toContain(
      "it keeps 1.9 cores busy and is no quicker than the CPU: it looks like software",
    );
    expect(verdictOf({ ...unit, latencyMs: 2 }, cpu).status).toBe("ok");
  });

  test("the reference itself is told by its placement", () => {
    const unit = found("cpu", {
      placement: placed("cpu", 1, "profile"),
      latencyMs: 8.1,
      agreement: null,
    });
    expect(verdictOf(unit, null)).toEqual({
      status: "ok",
      text: "100 % of the work runs on the CPU: latency 8.1 ms",
    });
  });

  test("a simulated device says so", () => {
    const alone = found("sim", { latencyMs: 20, agreement: null });
    expect(verdictOf(alone, null).text).toBe("simulated, 20.0 ms a frame: answers nothing");
    expect(verdictOf(found("sim", { latencyMs: 20 }), cpu).text).toEndWith(
      "gives the reference's answers",
    );
  });
});
