import { rename, rm } from "node:fs/promises";
import type { Answer } from "./answers.ts";

/**
 * Keeps an answer in a file, which is there whole or not at all: as f32, the number of dimensions,
 * the dimensions, the values.
 */
export async function writeAnswer(path: string, { shape, values }: Answer): Promise<void> {
  const numbers = new Float32Array(1 + shape.length + values.length);
  numbers.set([shape.length, ...shape]);
  numbers.set(values, 1 + shape.length);
  const part = `${path}.${process.pid}`;
  try {
    await Bun.write(part, numbers);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Reads what `writeAnswer` has written. */
export async function readAnswer(path: string): Promise<Answer> {
  const numbers = new Float32Array(await Bun.file(path).arrayBuffer());
  const valuesAt = 1 + (numbers[0] ?? 0);
  return { shape: [...numbers.subarray(1, valuesAt)], values: numbers.subarray(valuesAt) };
}
