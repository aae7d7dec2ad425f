import { describe, expect, test } from "bun:test";
import { Detection, ResultDescriptor, SlotHeader } from "../../src/layout/layout.gen.ts";
import { structs } from "../../src/layout/spec.ts";

const BYTES = { u32: 4, i32: 4, f32: 4, f64: 8 } as const;

describe("binary definition", () => {
  test("the generated files are the ones the definition makes", () => {
    const run = Bun.spawnSync(["bun", "scripts/gen-layout.ts", "--check"], {
      cwd: `${import.meta.dir}/../..`,
      stderr: "pipe",
    });
    expect(run.stderr.toString()).toBe("");
    expect(run.exitCode).toBe(0);
  });

  test.each(structs.map((struct) => [struct.name, struct] as const))(
    "%s: fields fill it without a gap, each aligned to its size",
    (_, struct) => {
      let offset = 0;
      for (const field of struct.fields) {
        expect(offset % BYTES[field.type]).toBe(0);
        offset += BYTES[field.type] * (field.count ?? 1);
      }
      expect(offset).toBe(struct.sizeBytes);
    },
  );

  test("no field is a 64-bit integer, which JavaScript would make a BigInt", () => {
    const types = new Set(structs.flatMap((struct) => struct.fields.map((field) => field.type)));
    expect([...types].toSorted()).toEqual(["f32", "f64", "i32", "u32"]);
  });

  test("offsets are where the C compiler puts them", () => {
    // Counted by hand from the byte diagrams.
    expect(SlotHeader.timeMs).toBe(16);
    expect(SlotHeader.planeOffsetBytes).toBe(88);
    expect(ResultDescriptor.startedMs).toBe(32);
    expect(ResultDescriptor.preprocessMs).toBe(48);
    expect(Detection.trackId).toBe(24);
  });
});
