import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { drawStreet, STREET_FILE } from "../../scripts/gen-street-picture.ts";

test("the street that conversions are checked with is the demo scene's", () => {
  const kept = Bun.gunzipSync(readFileSync(STREET_FILE));
  expect(Buffer.from(kept).equals(Buffer.from(drawStreet()))).toBe(true);
});
