import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { drawStreet, STREET_FILE } from "../../scripts/gen-street-picture.ts";

test("the street that conversions are checked with is the demo scene's", () => {
  const kept = gunzipSync(readFileSync(STREET_FILE));
  expect(kept.equals(drawStreet())).toBe(true);
});
