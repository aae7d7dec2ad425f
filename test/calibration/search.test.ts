import { describe, expect, test } from "bun:test";
import { parseDevices } from "../../src/backend/device-spec.ts";
import { batchSizesFor, formatCombination, variantsOf } from "../../src/calibration/combination.ts";
import type { SearchOptions } from "../../src/calibration/device-search.ts";
import { VariantFailed } from "../../src/calibration/rig.ts";
import { Rounds } from "../../src/calibration/rounds.ts";
import { explore, race, sweep } from "../../src/calibration/search.ts";
import { chooseCandidate } from "../../src/schedule/calibration-choice.ts";
import { type FakeDevice, fakeTrials } from "./fake-devices.ts";

interface Fake {
  readonly devices: string;
  readonly cores: number;
  readonly device: (name: string, total: number) => FakeDevice;
  readonly fails?: (devices: string) => boolean;
  /** Rounds the last comparison gets. */
  readonly rounds?: number;
  readonly replicas?: { readonly min: number; readonly max: number };
  /** Pictures the model takes in one run; null for any number. */
  readonly batch?: number | null;
}

/** A search among made-up devices, with every combination it measured. */
function fakeSearch(fake: Fake): SearchOptions & { readonly measured: string[] } {
  const measured: string[] = [];
  let left = fake.rounds ?? 0;
  let slowdown = 1;
  const rounds = new Rounds({
    trial: (combination) => {
      const devices = formatCombination(combination);
      measured.push(devices);
      const failing = combination.find(() => fake.fails?.(devices));
      if (failing !== undefined)
        return Promise.reject(new VariantFailed(failing.variant, "broken"));
      // A little noise, which no round is without.
      slowdown = slowdown === 1 ? 1.002 : 1;
      return Promise.resolve(fakeTrials(combination, fake.device, slowdown));
    },
    release: () => Promise.resolve(),
    decoding: false,
    progress: () => undefined,
  });
  const variants = variantsOf(parseDevices(fake.devices), {
    cores: fake.cores,
    lone: [],
    batches: batchSizesFor(fake.batch),
    ...(fake.replicas !== undefined && { replicas: fake.replicas }),
  });
  return { rounds, variants, progress: () => undefined, hasTime: () => left-- > 0, measured };
}

const best = ({ rounds }: SearchOptions): string | undefined =>
  chooseCandidate(rounds.candidates(), "throughput")?.devices;

/** Frames of 20 ms on one thread; two threads make it 12.5; two cores serve 100 frames a second. */
const twoCores = (name: string): FakeDevice =>
  name.includes("threads=2") ? { aloneMs: 12.5, sharedMs: 12.5 } : { aloneMs: 20, sharedMs: 10 };

describe("explore()", () => {
  test("fills two cores with two sessions of one thread", async () => {
    const search = fakeSearch({ devices: "cpu", cores: 2, device: twoCores });
    await explore(search);
    expect(best(search)).toBe("cpu:threads=1:replicas=2");
    expect(new Set(search.measured)).toEqual(
      new Set([
        "cpu:threads=1:replicas=1",
        "cpu:threads=2:replicas=1",
        "cpu:threads=1:replicas=2",
        "cpu:threads=1:replicas=3",
      ]),
    );
  });

  test("finds where replicas saturate, without measuring every number of them", async () => {
    // ΣD / Dmax = 24 / 2 = 12 of 32 cores: memory bandwidth, say.
    const device = (name: string): FakeDevice =>
      name === "cpu:threads=1" ? { aloneMs: 24, sharedMs: 2 } : { aloneMs: 24, sharedMs: 24 };
    const search = fakeSearch({ devices: "cpu", cores: 32, device });
    await explore(search);
    // 8 replicas give 333, 16 give 500, 12 give 500: the fewest that do.
    expect(best(search)).toBe("cpu:threads=1:replicas=16");
    expect(search.measured).not.toContain("cpu:threads=1:replicas=15");
  });

  test("a saturated device gets no second replica", async () => {
    const device = (): FakeDevice => ({ aloneMs: 50, sharedMs: 50 });
    const search = fakeSearch({ devices: "cuda", cores: 8, device });
    await explore(search);
    expect(best(search)).toBe("cuda:replicas=1");
  });

  test("adds a device that helps, and leaves the core it needs free", async () => {
    // With three instances on two cores the CPU's lose more than the other device brings.
    const device = (name: string, total: number): FakeDevice => {
      if (name === "cuda") return { aloneMs: 10, sharedMs: 10 };
      return total > 2 ? { aloneMs: 80, sharedMs: 40 } : twoCores(name);
    };
    const search = fakeSearch({ devices: "cpu,cuda", cores: 2, device });
    await explore(search);
    // 50 of one CPU thread and 100 of the other device; 25 + 100 with both threads.
    expect(best(search)).toBe("cpu:threads=1:replicas=1,cuda:replicas=1");
  });

  test("a device that only slows the others down is not taken", async () => {
    const device = (name: string, total: number): FakeDevice => {
      if (name === "gpu") return { aloneMs: 500, sharedMs: 500 };
      return total > 2 ? { aloneMs: 30, sharedMs: 15 } : twoCores(name);
    };
    const search = fakeSearch({ devices: "cpu,gpu", cores: 2, device });
    await explore(search);
    expect(best(search)).toBe("cpu:threads=1:replicas=2");
  });

  test("a device that cannot bring 2 % is not tried together with others", async () => {
    const device = (name: string): FakeDevice =>
      name === "gpu" ? { aloneMs: 1000, sharedMs: 1000 } : twoCores(name);
    const search = fakeSearch({ devices: "cpu,gpu", cores: 2, device });
    await explore(search);
    expect(search.measured.some((name) => name.includes(","))).toBe(false);
  });

  test("a device that fails is left out, with its reason, and the others are measured", async () => {
    const fails = (devices: string): boolean => devices.includes("gpu");
    const search = fakeSearch({ devices: "cpu,gpu", cores: 2, device: twoCores, fails });
    await explore(search);
    expect(best(search)).toBe("cpu:threads=1:replicas=2");
    expect(search.rounds.leftOut).toContainEqual({ devices: "gpu:replicas=1", reason: "broken" });
    expect(search.measured.filter((name) => name.startsWith("gpu"))).toHaveLength(1);
  });

  test("a device that fails only when replicated is kept alone", async () => {
    const fails = (devices: string): boolean => devices === "cuda:replicas=2";
    const device = (): FakeDevice => ({ aloneMs: 20, sharedMs: 5 });
    const search = fakeSearch({ devices: "cuda", cores: 2, device, fails });
    await explore(search);
    expect(best(search)).toBe("cuda:replicas=1");
  });
});

/** The number behind `batch=` in a device's text. */
const batchOf = (name: string): number => Number(/batch=(\d+)/.exec(name)?.[1] ?? 1);

describe("explore() for a model of several frames", () => {
  test("puts more into a call as long as that helps", async () => {
    // A call of n frames takes 10 + 5n ms up to 4; beyond, 7.5 ms a frame.
    const device = (name: string): FakeDevice => {
      const batch = batchOf(name);
      const ms = batch <= 4 ? 10 + 5 * batch : 7.5 * batch;
      return { aloneMs: ms, sharedMs: ms };
    };
    const search = fakeSearch({ devices: "cuda", cores: 2, device, batch: null });
    await explore(search);
    expect(best(search)).toBe("cuda:batch=4:replicas=1");
  });

  test("costs a CPU that gains nothing one combination", async () => {
    const device = (name: string): FakeDevice => {
      const { aloneMs, sharedMs } = twoCores(name);
      return { aloneMs: aloneMs * batchOf(name), sharedMs: sharedMs * batchOf(name) };
    };
    const search = fakeSearch({ devices: "cpu", cores: 2, device, batch: null });
    await explore(search);
    expect(best(search)).toBe("cpu:threads=1:batch=1:replicas=2");
    const larger = search.measured.filter((name) => batchOf(name) > 1);
    expect(new Set(larger)).toEqual(new Set(["cpu:threads=1:batch=2:replicas=2"]));
  });

  test("gives up replicas that larger calls make needless", async () => {
    // Single frames leave gaps between them, which a second instance fills; larger
    // calls leave none.
    const device = (name: string): FakeDevice => {
      const sharedMs = 10 + 5 * batchOf(name);
      return { aloneMs: sharedMs + (batchOf(name) === 1 ? 2 : 0), sharedMs };
    };
    const search = fakeSearch({ devices: "cuda", cores: 2, device, batch: null });
    await explore(search);
    expect(search.measured).toContain("cuda:batch=1:replicas=2");
    expect(best(search)).toBe("cuda:batch=8:replicas=1");
  });

  test("is not tried on a device that would be too slow with the largest calls", async () => {
    const device = (name: string): FakeDevice => {
      if (name.startsWith("cpu")) return twoCores(name);
      // Calls of 8 in the time of one would give 72 frames a second, of the CPU's 100.
      return { aloneMs: 111, sharedMs: 111 };
    };
    const search = fakeSearch({ devices: "cpu,gpu", cores: 2, device, batch: null });
    await explore(search);
    expect(search.measured.some((name) => name.includes("gpu:batch=2"))).toBe(false);
  });

  test("goes no further than the calls that a device fails on", async () => {
    const device = (name: string): FakeDevice => {
      const ms = 10 + batchOf(name);
      return { aloneMs: ms, sharedMs: ms };
    };
    const fails = (devices: string): boolean => batchOf(devices) === 4;
    const search = fakeSearch({ devices: "cuda", cores: 2, device, batch: null, fails });
    await explore(search);
    expect(best(search)).toBe("cuda:batch=2:replicas=1");
    const leftOut = { devices: "cuda:batch=4:replicas=1", reason: "broken" };
    expect(search.rounds.leftOut).toEqual([leftOut]);
    expect(search.measured).not.toContain("cuda:batch=8:replicas=1");
  });

  test("knows no smaller calls than those the model is made for", async () => {
    const search = fakeSearch({ devices: "cpu", cores: 2, device: twoCores, batch: 4 });
    await explore(search);
    expect(search.measured.every((name) => batchOf(name) === 4)).toBe(true);
    expect(best(search)).toBe("cpu:threads=1:batch=4:replicas=2");
  });
});

describe("sweep()", () => {
  test("measures every number of replicas, alone and together", async () => {
    const device = (name: string): FakeDevice =>
      name === "sim:50ms" ? { aloneMs: 50, sharedMs: 50 } : { aloneMs: 60, sharedMs: 60 };
    const replicas = { min: 1, max: 3 };
    const search = fakeSearch({ devices: "sim:50ms,sim:60ms", cores: 2, device, replicas });
    await sweep(search);
    expect(search.rounds.candidates().map(({ devices }) => devices)).toEqual([
      "sim:50ms:replicas=1",
      "sim:50ms:replicas=2",
      "sim:50ms:replicas=3",
      "sim:60ms:replicas=1",
      "sim:60ms:replicas=2",
      "sim:60ms:replicas=3",
      "sim:50ms:replicas=1,sim:60ms:replicas=1",
      "sim:50ms:replicas=2,sim:60ms:replicas=1",
    ]);
  });
});

test("sweep() measures every number of replicas with the larger calls that help, too", async () => {
  const device = (name: string): FakeDevice => {
    const ms = batchOf(name) <= 2 ? 10 + batchOf(name) : 100;
    return { aloneMs: ms, sharedMs: ms };
  };
  const replicas = { min: 1, max: 2 };
  const search = fakeSearch({ devices: "cuda", cores: 2, device, batch: null, replicas });
  await sweep(search);
  expect(search.rounds.candidates().map(({ devices }) => devices)).toEqual([
    "cuda:batch=1:replicas=1",
    "cuda:batch=1:replicas=2",
    "cuda:batch=2:replicas=1",
    "cuda:batch=4:replicas=1",
    "cuda:batch=2:replicas=2",
  ]);
});

describe("race()", () => {
  test("goes on with those that may be the best, and ends with the time", async () => {
    const search = fakeSearch({ devices: "cpu", cores: 2, device: twoCores, rounds: 4 });
    await explore(search);
    const before = search.measured.length;
    await race(search);
    // Nothing is in doubt here.
    expect(search.measured.length - before).toBe(0);
  });

  test("compares equals until the time is over", async () => {
    let call = 0;
    const device = (): FakeDevice => {
      call += 1;
      const ms = 20 + (call % 3);
      return { aloneMs: ms, sharedMs: ms };
    };
    const search = fakeSearch({ devices: "sim:20ms,sim:21ms", cores: 2, device, rounds: 4 });
    const combinations = search.variants.map((variant) => [{ variant, replicas: 1 }]);
    await search.rounds.measure(combinations, 3);
    const before = search.measured.length;
    await race(search);
    expect(search.measured.length - before).toBe(8);
  });
});
