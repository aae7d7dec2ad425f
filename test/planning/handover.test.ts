import { expect, test } from "bun:test";
import { measureHandover } from "../../src/planning/handover.ts";

test("measureHandover() finds that a device waits between two frames", async () => {
  expect(await measureHandover()).toBeGreaterThan(0);
}, 60_000);
