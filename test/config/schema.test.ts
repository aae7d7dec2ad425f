import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RunConfig, RunConfigInput } from "../../src/config/run-config.ts";
import { checkRunConfig, resolveRunConfig, runConfigKeys } from "../../src/config/schema.ts";
import { AipError } from "../../src/errors.ts";

/** The sentence a configuration is refused with. */
function refusal(input: unknown): string {
  try {
    checkRunConfig(input);
  } catch (error) {
    expect(error).toBeInstanceOf(AipError);
    expect((error as AipError).category).toBe("usage");
    return (error as AipError).message;
  }
  throw new Error(`${JSON.stringify(input)} was accepted`);
}

test("resolveRunConfig() of nothing runs the demo on every device that helps", () => {
  expect(resolveRunConfig({})).toEqual({
    sources: ["demo"],
    model: "demo",
    devices: ["auto"],
    schedule: "look-ahead",
    hwaccel: "auto",
    ingest: "auto",
    audit: 0.005,
    retrain: "auto",
    resume: false,
    quiet: false,
  });
});

test("resolveRunConfig() brings lists and sizes into one form", () => {
  const config = resolveRunConfig({
    sources: "a,b.mp4",
    devices: "cpu:threads=1, gpu",
    classes: ["car", 3],
    inputSize: "640x384",
  });
  expect(config.sources).toEqual(["a,b.mp4"]);
  expect(config.devices).toEqual(["cpu:threads=1", "gpu"]);
  expect(config.classes).toEqual(["car", "3"]);
  expect(config.inputSize).toEqual({ width: 640, height: 384 });
});

test("checkRunConfig() leaves out what was not given", () => {
  expect(checkRunConfig({ fps: undefined, frames: 5 })).toEqual({ frames: 5 });
});

test("checkRunConfig() of a checked configuration is that configuration", () => {
  const config: RunConfig = resolveRunConfig({
    sources: ["x.mp4", "y.mp4"],
    devices: "sim:20ms:cv=0.3,cpu",
    inputSize: { width: 320, height: 256 },
    fps: 12.5,
    drop: "oldest",
  });
  expect(checkRunConfig(config)).toEqual(config);
});

test("checkRunConfig() refuses an unknown key and names the nearest", () => {
  expect(refusal({ modle: "x" })).toBe('Unknown setting "modle"; did you mean "model"?');
  expect(refusal({ zzzzzz: 1 })).toStartWith('Unknown setting "zzzzzz" (known: sources, model');
});

test("checkRunConfig() says what a number must be", () => {
  expect(refusal({ fps: -1 })).toBe('"fps" must be a number above 0, at most 100000, not -1');
  expect(refusal({ fps: 0 })).toContain("not 0");
  expect(refusal({ fps: Number.NaN })).toContain('"fps" must be a number above 0');
  expect(refusal({ frames: 0 })).toBe(
    '"frames" must be a whole number from 1 to 4294967295, not 0',
  );
  expect(refusal({ frames: 1.5 })).toContain("whole number");
  expect(refusal({ slots: 1 })).toBe('"slots" must be a whole number from 2 to 65536, not 1');
  expect(refusal({ confidence: 1.01 })).toBe('"confidence" must be a number from 0 to 1, not 1.01');
  expect(refusal({ iou: "0.5" })).toBe('"iou" must be a number from 0 to 1, not "0.5"');
});

test("checkRunConfig() says which names there are, or which was meant", () => {
  expect(refusal({ schedule: "weigthed" })).toBe(
    'Unknown schedule "weigthed"; did you mean "weighted"?',
  );
  expect(refusal({ pixelFormat: "rgba" })).toContain("one of yuv420p, nv12, rgb24, bgr24");
  expect(refusal({ drop: "zzz" })).toBe('"drop" must be one of never, oldest, newest, not "zzz"');
});

test("checkRunConfig() refuses empty lists and empty texts", () => {
  expect(refusal({ sources: [] })).toContain("a list of at least one source");
  expect(refusal({ sources: [""] })).toContain("none of them empty");
  expect(refusal({ model: "" })).toContain("a text that is not empty");
  expect(refusal({ classes: "car,,bus" })).toContain("a class name or number");
});

test("checkRunConfig() refuses sizes that are none", () => {
  for (const inputSize of ["640", "640x", "0x0", "640x9999", { width: 640 }, 640]) {
    expect(refusal({ inputSize })).toContain("must be WIDTHxHEIGHT, such as 640x384");
  }
});

test("checkRunConfig() refuses devices as parseDevices() does", () => {
  expect(refusal({ devices: "cpi" })).toBe('Unknown device "cpi"; did you mean "cpu"?');
  expect(refusal({ devices: ["cpu", "cpu:replicas=0"] })).toContain("replicas 0");
});

test("checkRunConfig() refuses what is no object", () => {
  for (const input of [null, [], "model", 3]) {
    expect(refusal(input)).toBe("The configuration must hold settings such as model and devices");
  }
});

test("checkRunConfig() calls keys as it is told", () => {
  expect(() => checkRunConfig({ fps: -1 }, (key) => `--${key}`)).toThrow("--fps must be");
});

test("checkRunConfig() accepts a value or refuses it with one sentence, whatever it is", () => {
  fc.assert(
    fc.property(fc.constantFrom(...runConfigKeys), fc.anything(), (key, value) => {
      try {
        checkRunConfig({ [key]: value } as RunConfigInput);
      } catch (error) {
        expect(error).toBeInstanceOf(AipError);
        expect((error as AipError).message).not.toContain("\n");
      }
    }),
  );
});

test("checkRunConfig() takes a class whose name has commas in quotes, or from a list", () => {
  const classes = (given: string | readonly string[]): readonly string[] | undefined =>
    resolveRunConfig({ classes: given }).classes;
  expect(classes('cat, "x, y" ,dog')).toEqual(["cat", "x, y", "dog"]);
  expect(classes('"x, y"')).toEqual(["x, y"]);
  expect(classes(["x, y", "cat"])).toEqual(["x, y", "cat"]);
  // A quote within a name is a part of it.
  expect(classes("4\" pipe,dog's")).toEqual(['4" pipe', "dog's"]);
  for (const nothing of ["a,", ",a", '"x, y",', '""']) expect(() => classes(nothing)).toThrow();
});
