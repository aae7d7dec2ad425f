import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatDevice, parseDevice, parseDevices } from "../../src/backend/device-spec.ts";
import { AipError } from "../../src/errors.ts";

/** The message a device is refused with. */
function refusal(text: string): string {
  try {
    parseDevices(text);
  } catch (error) {
    expect(error).toBeInstanceOf(AipError);
    expect((error as AipError).code).toBe("device-invalid");
    expect((error as AipError).category).toBe("usage");
    return (error as AipError).message;
  }
  throw new Error(`"${text}" was accepted`);
}

test("parseDevice() reads a kind alone", () => {
  const spec = parseDevice("cpu");
  expect(spec.kind).toBe("cpu");
  expect(spec.options.size).toBe(0);
  expect(spec.text).toBe("cpu");
});

test("parseDevice() reads options in the order given", () => {
  const spec = parseDevice("cpu:threads=1:replicas=2");
  expect([...spec.options]).toEqual([
    ["threads", "1"],
    ["replicas", "2"],
  ]);
});

test("parseDevice() keeps a bare word under the empty key", () => {
  expect(parseDevice("sim:20ms:cv=0.3").options.get("")).toBe("20ms");
});

test("parseDevice() joins a repeated slow-at", () => {
  const spec = parseDevice("sim:1ms:slow-at=10x2:slow-at=20x0.5");
  expect(spec.options.get("slow-at")).toBe("10x2+20x0.5");
});

test("parseDevice() keeps options of a named provider for that provider", () => {
  expect([...parseDevice("cuda:device_id=1").options]).toEqual([["device_id", "1"]]);
});

test("parseDevices() splits at commas and ignores spaces around them", () => {
  const kinds = parseDevices("cpu:threads=2, gpu ,sim:20ms").map((spec) => spec.kind);
  expect(kinds).toEqual(["cpu", "gpu", "sim"]);
});

test("parseDevice() refuses an unknown kind and names the nearest", () => {
  expect(refusal("cpi")).toBe('Unknown device "cpi"; did you mean "cpu"?');
  expect(refusal("gppu:replicas=1")).toBe('Unknown device "gppu"; did you mean "gpu"?');
});

test("parseDevice() lists the kinds where none is near", () => {
  expect(refusal("zebra")).toStartWith('Unknown device "zebra" (known: cpu, gpu, ane, sim, auto');
});

test("parseDevice() refuses an unknown option and names the nearest", () => {
  expect(refusal("cpu:thread=2")).toBe(
    'Device "cpu:thread=2" has an unknown option "thread"; did you mean "threads"?',
  );
  expect(refusal("auto:replicas=2")).toBe(
    'Device "auto:replicas=2" takes no options, but has "replicas"',
  );
});

test("parseDevice() refuses an option given twice, or without a value", () => {
  expect(refusal("cpu:threads=1:threads=2")).toContain('has "threads" twice: give it once');
  expect(refusal("sim:1ms:2ms")).toContain("has two service times: give it once");
  expect(refusal("cpu:threads=")).toContain('has an incomplete option "threads="');
  expect(refusal("cpu:")).toContain('has an incomplete option ""');
  expect(refusal("cpu:=2")).toContain('has an incomplete option "=2"');
});

test("parseDevices() refuses an empty device", () => {
  expect(refusal("")).toContain("names no kind");
  expect(refusal("cpu,,gpu")).toContain("names no kind");
});

test("parseDevice() checks values before anything starts", () => {
  expect(refusal("cpu:replicas=0")).toBe(
    'Device "cpu:replicas=0" has replicas 0: it must be a whole number from 1 to 64',
  );
  expect(refusal("sim:20ms:fail=2")).toContain("has fail 2: it must be a probability from 0 to 1");
  expect(refusal("gpu:weight=-1")).toContain("has weight -1: it must be a number above 0");
});

const word = fc.stringMatching(/^[a-z0-9._/-]{1,12}$/);
const count = fc.integer({ min: 1, max: 64 }).map(String);
const optional = <T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<[string, T][]> =>
  fc.option(value).map((given) => (given === null ? [] : [[key, given]]));

const cpu = fc
  .tuple(optional("threads", count), optional("replicas", count))
  .map((parts) => ({ kind: "cpu", options: new Map<string, string>(parts.flat()) }));

const sim = fc
  .tuple(
    fc.integer({ min: 0, max: 1000 }).map((ms): [string, string][] => [["", `${ms}ms`]]),
    optional("cv", fc.double({ min: 0, max: 3, noNaN: true }).map(String)),
    optional("hang-at", count),
    optional("model", word),
    optional("replicas", count),
  )
  .map((parts) => ({ kind: "sim", options: new Map<string, string>(parts.flat()) }));

const provider = fc
  .dictionary(fc.stringMatching(/^[a-vx-z_]{1,8}$/), word, { maxKeys: 4 })
  .filter((options) => !("replicas" in options))
  .map((options) => ({ kind: "cuda", options: new Map(Object.entries(options)) }));

test("parseDevice() of formatDevice() gives the same kind and options", () => {
  fc.assert(
    fc.property(fc.oneof(cpu, sim, provider), (spec) => {
      const parsed = parseDevice(formatDevice(spec));
      expect(parsed.kind).toBe(spec.kind);
      expect([...parsed.options]).toEqual([...spec.options]);
    }),
  );
});

test("parseDevices() accepts a text or refuses it with one sentence, whatever it is", () => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^(cpu|gpu|sim|auto)(:[a-z-]{0,8}=?[0-9.a-z+x-]{0,6}){0,3}$/),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        parseDevices(given);
      } catch (error) {
        expect(error).toBeInstanceOf(AipError);
        expect((error as AipError).message.length).toBeGreaterThan(10);
      }
    }),
  );
});
