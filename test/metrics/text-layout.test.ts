import { expect, test } from "bun:test";
import { padCellsEnd, padCellsStart, wrapText } from "../../src/metrics/text-layout.ts";

test("wrapText() breaks at blanks, keeps gaps within a line, and cuts no word", () => {
  expect(wrapText("a  bb   ccc", 7)).toEqual(["a  bb", "ccc"]);
  expect(wrapText("a  bb   ccc", 80)).toEqual(["a  bb   ccc"]);
  expect(wrapText("incomprehensible x", 4)).toEqual(["incomprehensible", "x"]);
  expect(wrapText("", 4)).toEqual([""]);
});

test("wrapText() leaves words together that a no-break space joins", () => {
  expect(wrapText("a\u00a01   b\u00a02\u00a0ms", 8)).toEqual(["a 1", "b 2 ms"]);
});

test("wrapText() counts wide characters as two cells", () => {
  expect(wrapText("门口 门口", 8)).toEqual(["门口", "门口"]);
  expect(wrapText("门口 门口", 9)).toEqual(["门口 门口"]);
});

test("padCellsEnd() and padCellsStart() fill to a width in cells", () => {
  expect([padCellsEnd("门", 4), padCellsStart("门", 4), padCellsEnd("long", 2)]).toEqual([
    "门  ",
    "  门",
    "long",
  ]);
});
