import { afterAll, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspectCoreMl } from "../../src/coreml/inspect.ts";
import { AipError } from "../../src/errors.ts";
import { copyOf, MODEL, WEIGHTS } from "./fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "aip-coreml-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A copy of a package, broken. */
function broken(breakIt: (path: string) => void, name = "detector.mlpackage"): string {
  count += 1;
  const path = copyOf(name, folder, `${count}-${name}`);
  breakIt(path);
  return path;
}

/** Rewrites the manifest of a package. */
function withManifest(change: (text: string) => string): (path: string) => void {
  return (path) => {
    const file = join(path, "Manifest.json");
    writeFileSync(file, change(readFileSync(file, "utf8")));
  };
}

function refusal(path: string): string {
  try {
    inspectCoreMl(path);
  } catch (error) {
    expect(error).toBeInstanceOf(AipError);
    expect(error).toMatchObject({ code: "model-invalid", category: "usage" });
    return (error as AipError).message.replace(`Cannot open model "${path}": `, "");
  }
  throw new Error("it was read");
}

describe("a package is refused with one sentence where", () => {
  test("it is a folder that only has the name", () => {
    const path = join(folder, "empty.mlpackage");
    mkdirSync(path);
    expect(refusal(path)).toBe("it is no Core ML package: it has no Manifest.json");
  });

  test("it is a file", () => {
    const path = join(folder, "zipped.mlpackage");
    writeFileSync(path, "PK");
    expect(refusal(path)).toBe("it is a file, but a .mlpackage is a folder");
  });

  test("a model file is a folder", () => {
    const path = join(folder, "folder.mlmodel");
    mkdirSync(path);
    expect(refusal(path)).toBe("it is a folder, but a .mlmodel is a file");
  });

  test.each<[string, string, string]>([
    ["no JSON", "{", "its Manifest.json is not JSON: "],
    ["a list", "[]", 'is not a Core ML package\'s: it must have "rootModelIdentifier" and'],
    ["of something else", '{"name": "x"}', "its Manifest.json is not a Core ML package's"],
    [
      "without its model",
      '{"rootModelIdentifier": "a", "itemInfoEntries": {}}',
      "its Manifest.json lists no model",
    ],
    [
      "of a name all objects have",
      '{"rootModelIdentifier": "__proto__", "itemInfoEntries": {}}',
      "its Manifest.json lists no model",
    ],
  ])("its manifest is %s", (_, manifest, what) => {
    expect(refusal(broken(withManifest(() => manifest)))).toContain(what);
  });

  test.each(["../../secret.mlmodel", "/etc/passwd", ".."])(
    "its manifest names %s, outside of it",
    (name) => {
      const path = broken(
        withManifest((text) => text.replace("com.apple.CoreML/model.mlmodel", name)),
      );
      expect(refusal(path)).toBe(`its Manifest.json names "${name}", outside of it`);
    },
  );

  test("its model file is missing, empty, cut short or a text", () => {
    const missing = broken((path) => rmSync(join(path, MODEL)));
    expect(refusal(missing)).toBe(`it lacks its model file "${MODEL}"`);
    const empty = broken((path) => truncateSync(join(path, MODEL), 0));
    expect(refusal(empty)).toBe("its model file is empty");
    const cut = broken((path) => truncateSync(join(path, MODEL), 4000));
    const what = "its model file is damaged, cut short or no Core ML model: ";
    expect(refusal(cut)).toStartWith(what);
    const text = broken((path) => writeFileSync(join(path, MODEL), "hello, this is a text"));
    expect(refusal(text)).toStartWith(what);
  });

  test("its weights are missing", () => {
    const path = broken((each) => rmSync(join(each, WEIGHTS)));
    expect(refusal(path)).toBe('weight file "weights/weight.bin" is missing');
  });

  test("its weights are cut short, with the first that is not whole", () => {
    // Header, entry and 12 halves end at 152; the next entry is at 192, its 85·4 halves at 256.
    const path = broken((each) => truncateSync(join(each, WEIGHTS), 500));
    expect(refusal(path)).toBe(
      'weight file "weights/weight.bin" is cut short: it has 500 bytes, and "conv_1_weight_0" ends at 936',
    );
    const header = broken((each) => truncateSync(join(each, WEIGHTS), 100));
    expect(refusal(header)).toContain("is cut short: it has 100 bytes, and ");
  });

  test("its weights are those of another model", () => {
    const path = broken((each) => writeFileSync(join(each, WEIGHTS), new Uint8Array(9000)));
    expect(refusal(path)).toMatch(
      /^weight file "weights\/weight.bin" is damaged: no weights begin at 64, where "\w+" should$/,
    );
  });

  test("its weights are of another size than the program says", () => {
    const path = broken((each) => {
      const bytes = readFileSync(join(each, WEIGHTS));
      bytes.writeUInt32LE(8, 64 + 8);
      writeFileSync(join(each, WEIGHTS), bytes);
    });
    expect(refusal(path)).toMatch(/is damaged: "\w+" has 8 bytes of \d+$/);
  });

  test("its weight file is a folder", () => {
    const path = broken((each) => {
      rmSync(join(each, WEIGHTS));
      mkdirSync(join(each, WEIGHTS));
    });
    expect(refusal(path)).toBe('weight file "weights/weight.bin" is no file');
  });

  test("one of its files is a pipe nobody writes to", () => {
    const pipe = (name: string): ((path: string) => void) => {
      return (path) => {
        rmSync(join(path, name));
        expect(Bun.spawnSync(["mkfifo", join(path, name)]).exitCode).toBe(0);
      };
    };
    expect(refusal(broken(pipe(WEIGHTS)))).toBe('weight file "weights/weight.bin" is no file');
    expect(refusal(broken(pipe(MODEL)))).toBe(`it lacks its model file "${MODEL}"`);
    expect(refusal(broken(pipe("metadata.json"), "compiled.mlmodelc"))).toStartWith(
      "it is no compiled Core ML model: ",
    );
  });

  test("its weight file lies outside of it", () => {
    const path = broken((each) => {
      const bytes = readFileSync(join(each, MODEL)).toString("latin1");
      // As long as the name it replaces, so that every length in the file stays right.
      const moved = bytes.replaceAll("weights/weight.bin", "../../../weight.bi");
      writeFileSync(join(each, MODEL), moved, "latin1");
    });
    expect(refusal(path)).toBe('its weight file "../../../weight.bi" lies outside of it');
  });

  test("a model file that was taken out of its package has lost its weights", () => {
    const path = join(folder, "alone.mlmodel");
    renameSync(
      join(
        broken(() => undefined),
        MODEL,
      ),
      path,
    );
    expect(refusal(path)).toBe('weight file "weights/weight.bin" is missing');
  });
});
