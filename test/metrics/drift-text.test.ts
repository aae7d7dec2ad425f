import { expect, test } from "bun:test";
import { describeDrift } from "../../src/metrics/drift-text.ts";

const slower = {
  device: "sim-0",
  since_s: 12.4,
  from_ms: 20,
  to_ms: 40.1,
  share_from: 0.62,
  share_to: 0.45,
};

test("describeDrift() says how much slower a device is, since when, and what that makes of its share", () => {
  expect(describeDrift(slower)).toBe(
    "sim-0 is 2.0x slower since 12.4 s (20.0 → 40.1 ms); " +
      "its share of the capacity fell from 62 % to 45 %",
  );
});

test("describeDrift() says faster of a device that recovers", () => {
  const faster = {
    ...slower,
    since_s: 150,
    from_ms: 40,
    to_ms: 16,
    share_from: 0.4,
    share_to: 0.6,
  };
  expect(describeDrift(faster)).toBe(
    "sim-0 is 2.5x faster since 2 min 30 s (40.0 → 16.0 ms); " +
      "its share of the capacity rose from 40 % to 60 %",
  );
});

test("describeDrift() leaves out the share of a device that is alone", () => {
  expect(describeDrift({ ...slower, share_from: 1, share_to: 1 })).toBe(
    "sim-0 is 2.0x slower since 12.4 s (20.0 → 40.1 ms)",
  );
});
