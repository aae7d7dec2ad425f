import { expect, test } from "bun:test";
import { runtimeError } from "../../src/errors.ts";
import { Outcome } from "../../src/pipeline/outcome.ts";

function watched(): { outcome: Outcome; told: string[]; enough: () => number } {
  const told: string[] = [];
  let count = 0;
  const outcome = new Outcome({
    notes: ["known before"],
    onNote: (text) => told.push(text),
    onEnough: () => {
      count += 1;
    },
  });
  return { outcome, told, enough: () => count };
}

test("Outcome.fail() keeps the first error, and notes those after it", () => {
  const { outcome, told } = watched();
  outcome.fail(runtimeError("first", "The disk is full"));
  outcome.fail(new Error("the decoder died"));
  expect(outcome.error?.code).toBe("first");
  expect(outcome.notes).toEqual(["known before", "the decoder died"]);
  expect(told).toEqual(["the decoder died"]);
});

test("Outcome.fail() with the same error again notes nothing", () => {
  const { outcome } = watched();
  const error = runtimeError("first", "The disk is full");
  outcome.fail(error);
  outcome.fail(error);
  expect(outcome.notes).toEqual(["known before"]);
});

test("Outcome.fail() takes a reader that has gone for an end, and no failure", () => {
  const { outcome, enough } = watched();
  outcome.fail(runtimeError("output-closed", "The reader of standard output has gone"));
  expect(outcome.error).toBeNull();
  expect(enough()).toBe(1);
});

test("Outcome.closing() says whether it worked, and makes what did not the run's error", async () => {
  const { outcome } = watched();
  expect(await outcome.closing(undefined)).toBe(true);
  expect(outcome.error).toBeNull();
  const worked = await outcome.closing(() => Promise.reject(new Error("no space left")));
  expect(worked).toBe(false);
  expect(outcome.error?.message).toBe("no space left");
});
