import { type AipError, usageError } from "../errors.ts";
import { suggestion } from "../nearest.ts";
import { earliestFinish } from "./earliest-finish.ts";
import { lookAhead } from "./look-ahead.ts";
import { pull } from "./pull.ts";
import type { Scheduler } from "./scheduler.ts";
import { smooth } from "./smooth.ts";
import { weighted } from "./weighted.ts";

/** Scheduling policies by the names `--schedule` takes; the default first. */
export const scheduleNames = [
  "look-ahead",
  "earliest-finish",
  "pull",
  "smooth",
  "weighted",
] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** Policies that take weights. */
const FIXED_SHARES: readonly string[] = ["smooth", "weighted"];

/** A policy as the user names it: `look-ahead`, or `weighted:weights=7:3:1`. */
export interface ScheduleSpec {
  readonly name: ScheduleName;
  /** Shares of the devices in their order; null for those of the devices themselves. */
  readonly weights: readonly number[] | null;
  /** The text it was parsed from. */
  readonly text: string;
}

/**
 * Parses a policy: its name and, where shares are fixed, `:weights=` and a number for each device.
 *
 * @example
 * ```ts
 * parseSchedule("weighted:weights=7:3:1").weights; // [7, 3, 1]
 * ```
 *
 * @throws {AipError} `schedule-invalid`: an unknown policy, or weights that make no sense
 */
export function parseSchedule(text: string): ScheduleSpec {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  if (!isScheduleName(name)) {
    throw unknownSchedule(name, scheduleNames);
  }
  return { name, weights: colon < 0 ? null : readWeights(name, text.slice(colon + 1)), text };
}

/** What to throw for a name that is not one of the `known` ones. */
export function unknownSchedule(name: string, known: readonly string[]): AipError {
  return invalid(`Unknown schedule "${name}"${suggestion(name, known)}`);
}

export function isScheduleName(text: string): text is ScheduleName {
  return (scheduleNames as readonly string[]).includes(text);
}

function readWeights(name: ScheduleName, text: string): readonly number[] {
  const values = text.replace(/^weights=/, "");
  const words = values.split(":");
  if (!FIXED_SHARES.includes(name)) {
    throw invalid(
      `Schedule "${name}" has no shares to set: only ${FIXED_SHARES.join(" and ")} take weights`,
    );
  }
  if (words.every((word) => /^(\d+\.?\d*|\.\d+)$/.test(word) && Number(word) > 0)) {
    return words.map(Number);
  }
  throw invalid(
    `Schedule "${name}" has weights "${values}": ` +
      `write a number above 0 for each device, such as ${name}:weights=7:3:1`,
  );
}

/**
 * The devices with the shares the policy names; as they are where it names none.
 * @throws {AipError} `schedule-invalid` where its weights are not one for each device
 */
export function withWeights<T extends { readonly id: string; readonly weight: number }>(
  spec: ScheduleSpec,
  devices: readonly T[],
): readonly T[] {
  const { weights, text } = spec;
  if (weights === null) return devices;
  if (weights.length !== devices.length) {
    const ids = devices.map((device) => device.id).join(", ");
    throw invalid(
      `Schedule "${text}" has ${count(weights.length, "weight")} ` +
        `for ${count(devices.length, "device")} (${ids}): give one for each, in this order`,
    );
  }
  return devices.map((device, index) => ({ ...device, weight: weights[index] as number }));
}

/**
 * Makes the policy for devices of these weights. `smooth` follows devices that change their speed,
 * unless the weights are the user's.
 */
export function createScheduler(
  schedule: ScheduleName | ScheduleSpec,
  devices: readonly { readonly weight: number }[],
): Scheduler {
  const weights = devices.map((device) => device.weight);
  const { name, weights: given } =
    typeof schedule === "string" ? { name: schedule, weights: null } : schedule;
  switch (name) {
    case "look-ahead":
      return lookAhead();
    case "earliest-finish":
      return earliestFinish();
    case "pull":
      return pull();
    case "smooth":
      return smooth({ weights, follows: given === null });
    case "weighted":
      return weighted({ weights });
  }
}

function count(value: number, thing: string): string {
  return `${value} ${thing}${value === 1 ? "" : "s"}`;
}

function invalid(message: string): AipError {
  return usageError("schedule-invalid", message);
}
