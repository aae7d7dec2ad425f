import { expect, test } from "bun:test";
import { checkResume, resumeObstacle } from "../../src/config/resume.ts";

test("resumeObstacle() finds nothing in the way of a file, there or not yet", () => {
  expect(resumeObstacle({ output: "results.ndjson" })).toBeNull();
  expect(resumeObstacle({ output: import.meta.path })).toBeNull();
});

test.each([
  [{}, "only results tell where to go on"],
  [{ output: "-" }, "what stands in the standard output cannot be read back"],
  [{ output: "/dev/null" }, 'what went into "/dev/null" cannot be read back'],
  [{ output: "a.ndjson", annotate: "a.mp4" }, "an annotated video cannot be gone on with"],
])("resumeObstacle(%j) says what is in the way", (outputs, expected) => {
  expect(resumeObstacle(outputs)).toStartWith(expected);
});

test("checkResume() refuses only a run that asks for it", () => {
  expect(() => checkResume({ resume: false })).not.toThrow();
  expect(() => checkResume({ resume: true })).toThrow("Cannot resume: only results tell");
});
