import { describe, expect, test } from "bun:test";
import { agreementOf, iouOf } from "../../src/doctor/agreement.ts";
import type { Answer, SeenObject } from "../../src/doctor/answers.ts";

const object = (left: number, confidence = 0.9, classId = 0): SeenObject => ({
  classId,
  confidence,
  xyxy: [left, 0, left + 10, 10],
});
const saw = (...objects: SeenObject[]): Answer => ({ objects, values: [] });
const gave = (...values: number[]): Answer => ({ objects: [], values });

describe("agreementOf()", () => {
  test("equal answers agree, every object counted on both sides", () => {
    const answers = [saw(object(0), object(50)), saw()];
    expect(agreementOf(answers, answers)).toEqual({
      pictures: 2,
      compared: 4,
      agreed: 4,
      similarity: null,
      agrees: true,
    });
  });

  test("half precision's small differences agree", () => {
    // Moved by 1 of 10 pixels: IoU 9/11. Confidence within 0.05.
    expect(agreementOf([saw(object(0, 0.5))], [saw(object(1, 0.45))]).agrees).toBe(true);
  });

  test.each([
    ["nothing", []],
    ["another class", [object(0, 0.9, 1)]],
    ["another place", [object(5)]],
    ["much less confidence", [object(0, 0.6)]],
    ["a box that is no number", [{ ...object(0), xyxy: [Number.NaN, 0, 10, 10] as const }]],
  ])("%s instead of an object does not", (_, objects) => {
    expect(agreementOf([saw(object(0))], [saw(...objects)]).agrees).toBe(false);
  });

  test("a second object at one place needs a second one on the other side", () => {
    expect(agreementOf([saw(object(0), object(0))], [saw(object(0))]).agreed).toBe(2);
  });

  test("one in ten may differ, more may not", () => {
    const nine = Array.from({ length: 9 }, (_, index) => object(20 * index));
    const [extra, further] = [object(500), object(600)];
    // 19 seen by one or the other, of which 1 by one alone; then 20, of which 2; then 3 of 21.
    expect(agreementOf([saw(...nine, extra)], [saw(...nine)]).agrees).toBe(true);
    expect(agreementOf([saw(...nine, extra)], [saw(...nine, further)]).agrees).toBe(true);
    const both = saw(...nine, extra, object(700));
    expect(agreementOf([both], [saw(...nine, further)]).agrees).toBe(false);
  });

  test("objects that both doubt are not counted", () => {
    const { compared, agrees } = agreementOf([saw(object(0, 0.09))], [saw()]);
    expect([compared, agrees]).toEqual([0, null]);
  });

  test("outputs without a detection head are compared by their direction", () => {
    expect(agreementOf([gave(3, 4)], [gave(6, 8)]).similarity).toBeCloseTo(1, 9);
    expect(agreementOf([gave(1, 0)], [gave(0, 1)]).agrees).toBe(false);
    expect(agreementOf([gave(1, 0)], [gave(Number.NaN, 0)]).agrees).toBe(false);
    expect(agreementOf([gave(1, 0)], [gave(1)]).agrees).toBe(false);
    // 60°, whose cosine is 0.5; the worst picture counts.
    const worst = agreementOf([gave(1, 0), gave(1, 0)], [gave(1, 0), gave(0.5, Math.sqrt(3) / 2)]);
    expect(worst.similarity).toBeCloseTo(0.5, 9);
  });

  test("throws where one answered fewer pictures", () => {
    expect(() => agreementOf([saw()], [])).toThrow(RangeError);
  });
});

test("iouOf() is the shared part of two boxes", () => {
  expect(iouOf([0, 0, 10, 10], [5, 0, 15, 10])).toBeCloseTo(50 / 150, 9);
  expect(iouOf([0, 0, 10, 10], [20, 0, 30, 10])).toBe(0);
  expect(iouOf([0, 0, 0, 0], [0, 0, 0, 0])).toBe(0);
});
