import { expect, test } from "bun:test";
import { quickChoice } from "../../src/calibration/quick.ts";
import { candidate } from "../schedule/sample-calibration.ts";

const USUAL = "cpu:threads=1:replicas=2";
const OTHER = "cpu:threads=2:replicas=1";

test("quickChoice() takes the usual devices unmeasured where nothing was measured", () => {
  expect(quickChoice({ candidates: [], leftOut: [] }, USUAL)).toMatchObject({
    quick: true,
    chosen: { throughput: USUAL, latency: USUAL },
    candidates: [],
    noise: null,
  });
});

test("quickChoice() takes what is clearly better, for each goal its own", () => {
  const candidates = [
    candidate(USUAL, { fps: [100, 2], ms: [20, 0.2] }),
    candidate(OTHER, { fps: [50, 1], ms: [10, 0.1] }),
  ];
  const leftOut = [{ devices: "gpu", reason: "it failed" }];
  const { chosen, left_out } = quickChoice({ candidates, leftOut }, OTHER);
  expect(chosen).toEqual({ throughput: USUAL, latency: OTHER });
  expect(left_out).toEqual(leftOut);
});
