import { expect, test } from "bun:test";
import { answeredFps } from "../../src/calibration/rig.ts";

test("answeredFps() counts no frame that failed", () => {
  expect(answeredFps({ frames: 100, failures: 8, elapsedMs: 2000 })).toBe(46);
  expect(answeredFps({ frames: 0, failures: 0, elapsedMs: 0 })).toBe(0);
});
