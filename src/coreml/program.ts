import {
  bytesOf,
  type Field,
  lastBytes,
  mapOf,
  readFields,
  textOf,
  textsOf,
} from "../protobuf/message.ts";
import type { Constant, Operation } from "./operation.ts";
import { ConstantValue, readTensorType, type TensorShape, tensorBytes } from "./value.ts";

/** Field numbers of an ML Program (MIL.proto). */
const Program = { functions: 2 } as const;
const FunctionField = { opset: 2, blocks: 3 } as const;
const Block = { outputs: 2, operations: 3 } as const;
const OperationField = { type: 1, inputs: 2, outputs: 3, blocks: 4, attributes: 5 } as const;
const NamedType = { name: 1, type: 2 } as const;
const Argument = { bindings: 1 } as const;
const Binding = { name: 1, value: 2 } as const;

/** Blocks lie in operations of blocks, such as the body of a loop; deeper nesting is damage. */
const DEPTH_MAX = 32;

/** What was read of an ML Program. */
export interface ProgramReading {
  readonly operations: readonly Operation[];
  readonly constants: readonly Constant[];
  /** Element type of each result, once for each. */
  readonly resultTypes: readonly string[];
  readonly functions: ReadonlyMap<string, ProgramFunction>;
}

export interface ProgramFunction {
  /** Types of its outputs by name, where they are tensors. */
  readonly outputs: ReadonlyMap<string, TensorShape>;
  /** Class names, where it ends in a classification. */
  readonly labels: readonly string[] | null;
}

/** Reads an ML Program with all its functions and blocks. @throws {Error} where it is none */
export function readProgram(message: Uint8Array): ProgramReading {
  const operations: Operation[] = [];
  const constants: Constant[] = [];
  const resultTypes: string[] = [];
  const functions = new Map<string, ProgramFunction>();
  for (const [name, bytes] of mapOf(readFields(message), Program.functions)) {
    const scope = new Scope();
    const fields = readFields(bytes);
    const blocks = mapOf(fields, FunctionField.blocks);
    // One block for each set of operations, of which coremltools writes one and Core ML takes one.
    const block = blocks.get(textOf(fields, FunctionField.opset)) ?? [...blocks.values()][0];
    const outputs = block === undefined ? [] : scope.read(block, 0);
    operations.push(...scope.operations);
    constants.push(...scope.constants);
    resultTypes.push(...scope.resultTypes);
    functions.set(name, { outputs: scope.typesOf(outputs), labels: scope.labels });
  }
  return { operations, constants, resultTypes, functions };
}

/** The operations of one function, and what they name. */
class Scope {
  readonly operations: Operation[] = [];
  readonly constants: Constant[] = [];
  readonly resultTypes: string[] = [];
  labels: readonly string[] | null = null;
  readonly #types = new Map<string, Uint8Array>();
  readonly #values = new Map<string, ConstantValue>();

  /** Reads a block and those within; returns the names of its outputs. */
  read(block: Uint8Array, depth: number): readonly string[] {
    if (depth > DEPTH_MAX) throw new Error(`blocks nested deeper than ${DEPTH_MAX}`);
    const fields = readFields(block);
    for (const message of bytesOf(fields, Block.operations)) {
      const operation = readFields(message);
      this.#add(operation);
      for (const inner of bytesOf(operation, OperationField.blocks)) this.read(inner, depth + 1);
    }
    return textsOf(fields, Block.outputs);
  }

  typesOf(names: readonly string[]): ReadonlyMap<string, TensorShape> {
    return new Map(
      names.flatMap((name) => {
        const type = this.#typeOf(name);
        return type === undefined ? [] : [[name, type]];
      }),
    );
  }

  #add(fields: readonly Field[]): void {
    const type = textOf(fields, OperationField.type);
    const inputs = mapOf(fields, OperationField.inputs);
    const attributes = mapOf(fields, OperationField.attributes);
    const results = bytesOf(fields, OperationField.outputs).map(readFields);
    const name = textOf(results[0] ?? [], NamedType.name);
    for (const result of results) {
      const bytes = lastBytes(result, NamedType.type) ?? new Uint8Array();
      this.#types.set(textOf(result, NamedType.name), bytes);
      // What unpacks weights runs once, when the model is loaded.
      if (type === "const" || type.startsWith("constexpr")) continue;
      const tensor = readTensorType(bytes);
      if (tensor !== undefined) this.resultTypes.push(tensor.dtype);
    }
    for (const [key, bytes] of attributes) {
      if (key === "name") continue;
      const value = new ConstantValue(bytes);
      if (type === "const" && key === "val") this.#values.set(name, value);
      this.#addConstant(name, value);
    }
    for (const value of [...inputs.values()].flatMap(boundValues)) this.#addConstant(name, value);
    if (type === "const") return;
    this.operations.push({ type, ...this.#window(type, inputs) });
    if (type === "classify") this.labels = labelsOf(this.#valueOf(inputs.get("classes")));
  }

  /** Weights alone: whole numbers and single values beside them are parameters. */
  #addConstant(name: string, value: ConstantValue): void {
    const { type, blob } = value;
    if (type === undefined) return;
    const isTensor = /^b?float/.test(type.dtype) && type.shape.length > 0;
    if (blob === undefined && !isTensor) return;
    const place = blob ?? null;
    this.constants.push({ name, dtype: type.dtype, sizeBytes: tensorBytes(type), place });
  }

  #window(
    type: string,
    inputs: ReadonlyMap<string, Uint8Array>,
  ): Pick<Operation, "kernel" | "dilations"> {
    if (type.startsWith("conv")) {
      const weight = this.#typeOf(nameOf(inputs.get("weight")));
      const dilations = this.#valueOf(inputs.get("dilations"))?.integers ?? [];
      return { kernel: weight?.shape.slice(2) ?? [], dilations };
    }
    return { kernel: this.#valueOf(inputs.get("kernel_sizes"))?.integers ?? [], dilations: [] };
  }

  #typeOf(name: string): TensorShape | undefined {
    const bytes = this.#types.get(name);
    return bytes && readTensorType(bytes);
  }

  #valueOf(argument: Uint8Array | undefined): ConstantValue | undefined {
    if (argument === undefined) return undefined;
    return boundValues(argument)[0] ?? this.#values.get(nameOf(argument));
  }
}

function bindingsOf(argument: Uint8Array): Field[][] {
  return bytesOf(readFields(argument), Argument.bindings).map(readFields);
}

/** Name of the result an argument reads; `""` where it is a value. */
function nameOf(argument: Uint8Array | undefined): string {
  if (argument === undefined) return "";
  return textOf(bindingsOf(argument)[0] ?? [], Binding.name);
}

function boundValues(argument: Uint8Array): ConstantValue[] {
  const values = bindingsOf(argument).flatMap((binding) => bytesOf(binding, Binding.value));
  return values.map((value) => new ConstantValue(value));
}

/** Class names are a list of texts or of whole numbers, or one tensor of them. */
function labelsOf(value: ConstantValue | undefined): readonly string[] | null {
  if (value === undefined) return null;
  return [value, ...value.items].flatMap(({ texts, integers }) =>
    texts.length > 0 ? texts : integers.map(String),
  );
}
