import { describe, expect, test } from "bun:test";
import { violations } from "../../scripts/check-layers.ts";

/** One line per file: `path: specifier specifier …`. */
function files(...lines: string[]): Map<string, string> {
  return new Map(
    lines.map((line) => {
      const [path, specifiers = ""] = line.split(": ");
      const imports = specifiers.split(" ").filter((specifier) => specifier !== "");
      return [path as string, imports.map((from) => `import { x } from "${from}";`).join("\n")];
    }),
  );
}

describe("violations()", () => {
  test("is empty for imports of earlier layers, one's own folder and packages", () => {
    const tree = files(
      "src/errors.ts",
      "src/ring/ring.ts: ../errors.ts ./arena.ts node:fs citty",
      "src/ring/arena.ts: ../layout/layout.gen.ts",
      "src/layout/layout.gen.ts",
      "src/native/library.ts: bun:ffi",
    );
    expect(violations(tree)).toEqual([]);
  });

  test("names an import of a later layer", () => {
    expect(violations(files("src/ring/ring.ts: ../pipeline/manager.ts"))).toEqual([
      "src/ring/ring.ts imports src/pipeline/manager.ts: pipeline is above ring",
    ]);
  });

  test("names an import of the same layer", () => {
    expect(violations(files("src/sink/ndjson.ts: ../stage/stage.ts"))).toEqual([
      "src/sink/ndjson.ts imports src/stage/stage.ts: stage is beside sink",
    ]);
  });

  test("names a folder that has no layer", () => {
    expect(violations(files("src/helpers/x.ts: ../errors.ts"))).toEqual([
      'src/helpers/x.ts imports src/errors.ts: "helpers" has no layer in scripts/check-layers.ts',
    ]);
  });

  test("names bun:ffi outside src/native, and imports from outside src", () => {
    expect(violations(files("src/ring/ring.ts: bun:ffi ../../test/x.ts"))).toEqual([
      "src/ring/ring.ts imports bun:ffi: only src/native may",
      "src/ring/ring.ts imports test/x.ts: it is outside src",
    ]);
  });

  test("names a cycle within a folder", () => {
    const tree = files("src/ring/a.ts: ./b.ts", "src/ring/b.ts: ./c.ts", "src/ring/c.ts: ./a.ts");
    expect(violations(tree)).toEqual([
      "cycle: src/ring/a.ts → src/ring/b.ts → src/ring/c.ts → src/ring/a.ts",
    ]);
  });

  test("takes no cycle of types or lazy imports for one", () => {
    const lazy = 'const { a } = await import("./a.ts");';
    const tree = new Map([
      ["src/ring/a.ts", 'import { b } from "./b.ts";'],
      ["src/ring/b.ts", `import type { a } from "./a.ts";\n${lazy}`],
    ]);
    expect(violations(tree)).toEqual([]);
  });

  test.each([
    ["types", 'import type { Pipeline } from "../pipeline/pipeline.ts";'],
    ["several lines", 'import {\n  Pipeline,\n  type Report,\n} from "../pipeline/pipeline.ts";'],
    ["re-exports", 'export * from "../pipeline/pipeline.ts";'],
    ["effects", 'import "../pipeline/pipeline.ts";'],
    ["lazy imports", 'const { Pipeline } = await import("../pipeline/pipeline.ts");'],
    ["Workers", 'new Worker(new URL("../pipeline/pipeline.ts", import.meta.url));'],
  ])("sees %s", (_, text) => {
    expect(violations(new Map([["src/stage/stage.ts", text]]))).toEqual([
      "src/stage/stage.ts imports src/pipeline/pipeline.ts: pipeline is above stage",
    ]);
  });

  test("takes no example in a comment for an import", () => {
    const text = '/**\n * import { x } from "../pipeline/pipeline.ts";\n */';
    expect(violations(new Map([["src/stage/stage.ts", text]]))).toEqual([]);
  });
});
