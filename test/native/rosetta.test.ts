import { expect, test } from "bun:test";
import { rosettaRefusal } from "../../src/native/rosetta.ts";

const asked: string[] = [];
const view = (platform: string, arch: string, translated: string | null) => ({
  platform,
  arch,
  sysctl: (name: string) => {
    asked.push(name);
    return translated;
  },
});

test("rosettaRefusal() refuses an Intel Bun on Apple silicon, with the reason and a way", () => {
  const refusal = rosettaRefusal(view("darwin", "x64", "1"));
  expect(refusal).toContain("under Rosetta");
  expect(refusal).toContain("install Bun for Apple silicon");
  expect(asked).toEqual(["sysctl.proc_translated"]);
});

test("rosettaRefusal() lets Intel Macs, native Buns and Linux be, the latter two unasked", () => {
  // On an Intel Mac the name is unknown, or its value is 0.
  expect(rosettaRefusal(view("darwin", "x64", null))).toBeNull();
  expect(rosettaRefusal(view("darwin", "x64", "0"))).toBeNull();
  asked.length = 0;
  expect(rosettaRefusal(view("darwin", "arm64", "1"))).toBeNull();
  expect(rosettaRefusal(view("linux", "x64", "1"))).toBeNull();
  expect(asked).toEqual([]);
});
