import { expect, test } from "bun:test";
import type { Command } from "../../src/cli/command.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { AipError } from "../../src/errors.ts";

const command: Command = {
  meta: { name: "aip test", description: "" },
  args: {
    file: { type: "positional" },
    model: { type: "string", valueHint: "FILE" },
    device: { type: "string" },
    quiet: { type: "boolean" },
  },
  repeatable: ["device"],
  operands: "FILE",
  examples: [],
};

const parse = (line: string): ReturnType<typeof parseFlags> =>
  parseFlags(command, line.split(" ").filter(Boolean));

function refusal(line: string, of: Command = command): string {
  try {
    parseFlags(of, line.split(" "));
  } catch (error) {
    expect(error).toBeInstanceOf(AipError);
    expect((error as AipError).category).toBe("usage");
    return (error as AipError).message;
  }
  throw new Error(`"${line}" was accepted`);
}

test("parseFlags() takes values after a space and after =", () => {
  expect(parse("--model a.onnx").flags).toEqual({ model: "a.onnx" });
  expect(parse("--model=a=b.onnx").flags).toEqual({ model: "a=b.onnx" });
  expect(parse("--model=").flags).toEqual({ model: "" });
});

test("parseFlags() takes values that begin with one dash", () => {
  expect(parse("--model -").flags).toEqual({ model: "-" });
  expect(parse("--model -1").flags).toEqual({ model: "-1" });
});

test("parseFlags() mixes operands and flags in any order", () => {
  expect(parse("a.mp4 --quiet b.mp4 --model m -")).toEqual({
    flags: { quiet: true, model: "m" },
    operands: ["a.mp4", "b.mp4", "-"],
  });
});

test("parseFlags() takes everything after -- as operands", () => {
  expect(parse("--quiet -- --model x").operands).toEqual(["--model", "x"]);
});

test("parseFlags() joins repeated lists, and lets the last of other flags count", () => {
  expect(parse("--device cpu --device gpu,sim:1ms").flags).toEqual({ device: "cpu,gpu,sim:1ms" });
  expect(parse("--model a --model b").flags).toEqual({ model: "b" });
});

test("parseFlags() turns booleans on and off", () => {
  expect(parse("--quiet").flags).toEqual({ quiet: true });
  expect(parse("--quiet --no-quiet").flags).toEqual({ quiet: false });
});

test("parseFlags() refuses unknown flags and names the nearest", () => {
  expect(refusal("--modle x")).toBe('Unknown flag "--modle"; did you mean "--model"?');
  expect(refusal("--no-model")).toBe('Unknown flag "--no-model"; did you mean "--model"?');
  expect(refusal("--zzzzzzzzz")).toBe(
    'Unknown flag "--zzzzzzzzz": "aip test --help" lists the flags',
  );
  expect(refusal("--file x")).toStartWith('Unknown flag "--file"');
  expect(refusal("-m x")).toStartWith('Unknown flag "-m"');
});

test("parseFlags() refuses a flag without its value", () => {
  expect(refusal("--model")).toBe("Flag --model needs a value: --model FILE");
  expect(refusal("--model --quiet")).toBe("Flag --model needs a value: --model FILE");
});

test("parseFlags() refuses a value where none belongs", () => {
  expect(refusal("--quiet=yes")).toBe("Flag --quiet takes no value");
});

test("parseFlags() refuses operands of a command that takes none", () => {
  const { operands: _, ...bare } = command;
  expect(refusal("x", bare)).toBe('Unexpected "x": "aip test --help" says what it takes');
});
