import { expect, test } from "bun:test";
import { availableMemory } from "../../src/backend/available-memory.ts";

const MIB = 2 ** 20;

test("availableMemory() is what the machine has free, less 256 MiB for others", () => {
  const view = { freeBytes: 4096 * MIB, limitBytes: 0, usedBytes: 100 * MIB };
  expect(availableMemory(view)).toBe(3840 * MIB);
});

test("availableMemory() in a container is what its limit leaves", () => {
  const view = { freeBytes: 20_000 * MIB, limitBytes: 800 * MIB, usedBytes: 100 * MIB };
  expect(availableMemory(view)).toBe(444 * MIB);
});

test("availableMemory() of a full machine does not follow a larger limit", () => {
  const view = { freeBytes: 300 * MIB, limitBytes: 8000 * MIB, usedBytes: 100 * MIB };
  expect(availableMemory(view)).toBe(44 * MIB);
});
