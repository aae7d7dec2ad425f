import { describe, expect, test } from "bun:test";
import { GraphSession } from "../../src/native/graph.ts";
import { tensor } from "../../src/native/graph-tensor.ts";
import { Graph } from "../../src/onnx/graph.ts";
import { GraphBuilder } from "../../src/onnx/graph-builder.ts";
import { bytesOf, readFields, textsOf } from "../../src/protobuf/message.ts";

const TEXTS = { producer: "a test", version: "1" };

describe("GraphBuilder", () => {
  test("writes a model that ONNX Runtime runs: constants, lists, attributes of every kind", () => {
    const graph = new GraphBuilder("everything");
    const x = graph.input("x", "float", ["N", 4]);
    const doubled = graph.add("Mul", [x, graph.scalar("two", 2)]);
    // alpha is a float, transB a whole number.
    const weight = graph.constant("weight", Float32Array.of(1, 2, 3, 4), [1, 4]);
    const sum = graph.add("Gemm", [doubled, weight], { alpha: { float: 0.5 }, transB: 1 });
    graph.output(graph.add("Reshape", [sum, graph.list([-1])], {}, "y"), "float", ["N"]);
    // perm is a list, mode a text.
    const turned = graph.add("Transpose", [x], { perm: [1, 0] });
    const square = graph.add("Reshape", [turned, graph.list([1, 1, 4, -1])]);
    const pads = graph.list([0, 0, 1, 0, 0, 0, 0, 0]);
    graph.output(graph.add("Pad", [square, pads], { mode: "edge" }, "z"), "float", [1, 1, 5, "N"]);
    const session = GraphSession.open(graph.model(TEXTS));
    const [given, y, z] = [tensor("f32", [2, 4]), tensor("f32", [2]), tensor("f32", [1, 1, 5, 2])];
    given.data.set([1, 0, 0, 1, 10, 20, 30, 40]);
    session.run({ x: given }, { y, z });
    session.close();
    // 1·1 + 1·4, and 10·1 + 20·2 + 30·3 + 40·4.
    expect([...y.data]).toEqual([5, 300]);
    expect([...z.data]).toEqual([1, 10, 1, 10, 0, 20, 0, 30, 1, 40]);
  });

  test("gives nodes of several outputs the names asked for, and writes equal lists once", () => {
    const graph = new GraphBuilder("split");
    const x = graph.input("x", "float", [3]);
    graph.addMany("Split", [x, graph.list([1, 2])], { axis: 0 }, ["head", "rest"]);
    expect(graph.list([1, 2])).toBe(graph.list([1, 2]));
    graph.output("head", "float", [1]);
    graph.output("rest", "float", [2]);
    const model = graph.model(TEXTS);
    expect(new Graph(model).outputs).toEqual(["head", "rest"]);
    // Initializers are field 5 of the graph, which is field 7 of the model.
    const [written] = bytesOf(readFields(model), 7);
    expect(bytesOf(readFields(written as Uint8Array), 5)).toHaveLength(1);
    const session = GraphSession.open(model);
    const [given, head, rest] = [tensor("f32", [3]), tensor("f32", [1]), tensor("f32", [2])];
    given.data.set([7, 8, 9]);
    session.run({ x: given }, { head, rest });
    session.close();
    expect([...head.data, ...rest.data]).toEqual([7, 8, 9]);
  });

  test("keeps metadata, description and producer", () => {
    const graph = new GraphBuilder("texts");
    graph.output(graph.add("Identity", [graph.input("x", "uint8", [1])]), "uint8", [1]);
    const model = graph.model({ ...TEXTS, description: "of no use", metadata: { key: "value" } });
    const fields = readFields(model);
    expect(textsOf(fields, 2)).toEqual(["a test"]);
    expect(textsOf(fields, 6)).toEqual(["of no use"]);
    const [entry] = bytesOf(fields, 14).map(readFields);
    expect([textsOf(entry ?? [], 1), textsOf(entry ?? [], 2)]).toEqual([["key"], ["value"]]);
  });

  test("refuses a name twice, and a tensor nobody makes", () => {
    const graph = new GraphBuilder("faults");
    graph.input("x", "float", [1]);
    expect(() => graph.input("x", "float", [1])).toThrow('a tensor "x" already');
    expect(() => graph.add("Relu", ["y"])).toThrow('Relu reads "y", which is none');
  });
});
