import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AipError } from "../../src/errors.ts";
import { GraphSession } from "../../src/native/graph.ts";
import { type TensorOf, tensor } from "../../src/native/graph-tensor.ts";

/** Models of scripts/gen-onnx-fixtures.py. */
const FIXTURES = join(import.meta.dir, "../fixtures/native");
const SHAPE: readonly number[] = [1, 3, 2, 4];

const sessions: GraphSession[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
});

function open(name: string, threads = 1): GraphSession {
  const session = GraphSession.open(readFileSync(join(FIXTURES, `${name}.onnx`)), { threads });
  sessions.push(session);
  return session;
}

function floats(values: readonly number[], shape: readonly number[] = SHAPE): TensorOf<"f32"> {
  const made = tensor("f32", shape);
  made.data.set(values);
  return made;
}

function refusal(call: () => unknown): AipError {
  try {
    call();
  } catch (error) {
    if (error instanceof AipError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("GraphSession.open()", () => {
  test("tells names, types and shapes of both sides", () => {
    const session = open("two_inputs");
    expect(session.inputs.map(({ name }) => name)).toEqual(["x", "z"]);
    expect(session.outputs).toEqual([{ name: "y", dtype: "float32", shape: SHAPE }]);
    expect(open("fails_any").inputs).toEqual([
      { name: "x", dtype: "float32", shape: [-1, 3, 2, 4] },
    ]);
  });

  test("refuses bytes that are no model, none at all, and a model cut short", () => {
    const whole = readFileSync(join(FIXTURES, "heads.onnx"));
    for (const bytes of [Buffer.from("no model"), Buffer.alloc(0), whole.subarray(0, 500)]) {
      const error = refusal(() => GraphSession.open(bytes));
      expect(error.code).toBe("graph-unusable");
      expect(error.message).toMatch(
        /^Cannot open the graph: it is no ONNX model, or a damaged one \([^\n]+\)$/,
      );
    }
  });

  test("refuses an output of a type that cannot be handed over", () => {
    const message = 'Cannot open the graph: output "doubles" is float64, known are float32';
    expect(() => open("heads")).toThrow(message);
  });

  test("refuses a number of threads that is none", () => {
    expect(() => GraphSession.open(Buffer.alloc(9), { threads: 0 })).toThrow(RangeError);
  });
});

describe("GraphSession.run()", () => {
  test("reads all inputs by their names and writes into the given buffer, run after run", () => {
    const session = open("two_inputs");
    const one = Array.from({ length: 24 }, (_, index) => index);
    const [x, z, y] = [floats(one), floats(one.map((value) => 100 * value)), floats([])];
    session.run({ z, x }, { y });
    expect([...y.data]).toEqual(one.map((value) => 101 * value));
    x.data.fill(-1);
    session.run({ x, z }, { y });
    expect([...y.data]).toEqual(one.map((value) => 100 * value - 1));
  });

  test("takes any number where a dimension is open", () => {
    const session = open("fails_any");
    // Its table is all zeros: the answers show that they were written, and how many.
    for (const count of [3, 1, 5]) {
      const x = floats([], [count, 3, 2, 4]);
      const y = floats(Array(count).fill(7), [count, 1]);
      session.run({ x }, { y });
      expect([...y.data]).toEqual(Array(count).fill(0));
    }
  });

  test("takes bytes as bytes", () => {
    const session = open("picture_u8");
    const [{ name = "", shape = [] } = {}, output] = [session.inputs[0], session.outputs[0]];
    const [x, y] = [tensor("u8", shape), tensor("u8", shape)];
    for (let index = 0; index < x.data.length; index += 1) x.data[index] = 255 - index;
    session.run({ [name]: x }, { [output?.name ?? ""]: y });
    expect(y.data).toEqual(x.data);
  });

  test("a failure inside ONNX Runtime has its reason, and the session goes on", () => {
    const session = open("fails");
    const y = tensor("f32", [1, 1]);
    // Its table has ten rows.
    const error = refusal(() => session.run({ x: floats(Array(24).fill(99)) }, { y }));
    expect(error.code).toBe("graph-failed");
    expect(error.message).toMatch(/^Cannot run the graph: .*out of.*bounds/);
    session.run({ x: floats([]) }, { y });
    expect([...y.data]).toEqual([0]);
  });

  test("says which tensor has the wrong shape or type", () => {
    const session = open("two_inputs");
    const [x, y] = [floats([]), floats([])];
    const turned = floats([], [1, 3, 4, 2]);
    expect(refusal(() => session.run({ x, z: turned }, { y })).message).toBe(
      'Cannot run the graph: input "z" has shape [1, 3, 2, 4], the one given [1, 3, 4, 2]',
    );
    const bytes = tensor("u8", SHAPE);
    expect(refusal(() => session.run({ x, z: bytes }, { y })).message).toBe(
      'Cannot run the graph: input "z" is float32, the one given is uint8',
    );
    expect(refusal(() => session.run({ x, z: x }, { y: tensor("i32", SHAPE) })).message).toBe(
      'Cannot run the graph: output "y" is float32, the one given is int32',
    );
  });

  test("refuses misuse: names, numbers, memory that may move, a closed session", () => {
    const session = open("two_inputs");
    const [x, y] = [floats([]), floats([])];
    expect(() => session.run({ x }, { y })).toThrow(
      new TypeError("The graph also wants the inputs z"),
    );
    expect(() => session.run({ x, z: x, w: x }, { y })).toThrow('The graph has no input "w"');
    expect(() => session.run({ x, z: x }, { yy: y })).toThrow('The graph has no output "yy"');
    const short = { data: x.data.subarray(1), shape: SHAPE };
    expect(() => session.run({ x, z: short }, { y })).toThrow(RangeError);
    const own = { data: new Float32Array(24), shape: SHAPE };
    expect(() => session.run({ x, z: own }, { y })).toThrow("must lie in a SharedArrayBuffer");
    session.close();
    session.close();
    expect(() => session.run({ x, z: x }, { y })).toThrow("The graph session is closed");
  });

  test("refuses a run without outputs", () => {
    const x = floats([]);
    expect(refusal(() => open("two_inputs").run({ x, z: x }, {})).code).toBe("graph-failed");
  });
});
