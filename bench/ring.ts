import { do_not_optimize, measure } from "mitata";
import { Ring } from "../src/ring/ring.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";
import type { Exchange, PeerJob } from "./ring-peer.ts";

const CAPACITY = 1024;
const BATCH_SIZES = [1, 16, 256];
const ROUNDS = 5;
const MESSAGE_COUNTS: Readonly<Record<Exchange, number>> = { ring: 4_000_000, message: 200_000 };
const QUICK_SHARE = 0.1;
const QUICK_CPU_NS = 50e6;
const CPU_NS = 300e6;

const RING = "ring";
const ARRAY = "JavaScript array, push and shift";
const MESSAGE = "postMessage";

/** The ring of indices that everything between threads goes through. */
export const ring: Benchmark = {
  name: "ring",
  summary: "single-producer single-consumer ring, against an array and against postMessage",
  run,
};

async function run(options: BenchmarkOptions): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const batch of BATCH_SIZES) comparisons.push(await withinThread(batch, options));
  for (const batch of BATCH_SIZES) comparisons.push(await betweenThreads(batch, options));
  return comparisons;
}

/** `batch` indices in, made visible once, and out again, in one thread. */
async function withinThread(batch: number, { quick }: BenchmarkOptions): Promise<Comparison> {
  const place = new SharedArrayBuffer(Ring.sizeBytes(CAPACITY));
  const producer = new Ring(place, 0, CAPACITY);
  const consumer = new Ring(place, 0, CAPACITY);
  const array: number[] = [];
  const throughRing = (): void => {
    for (let value = 0; value < batch; value += 1) producer.tryPush(value);
    producer.publish();
    let sum = 0;
    for (let value = consumer.tryPop(); value >= 0; value = consumer.tryPop()) sum += value;
    consumer.release();
    do_not_optimize(sum);
  };
  const throughArray = (): void => {
    for (let value = 0; value < batch; value += 1) array.push(value);
    let sum = 0;
    for (let value = array.shift(); value !== undefined; value = array.shift()) sum += value;
    do_not_optimize(sum);
  };
  const median = async (work: () => void): Promise<number> => {
    const { p50 } = await measure(work, { min_cpu_time: quick ? QUICK_CPU_NS : CPU_NS });
    return p50 / batch;
  };
  return compare({
    title: `in one thread, batches of ${batch}`,
    unit: "ns an index, in and out",
    better: "lower",
    ways: await alternate(
      { [RING]: () => median(throughRing), [ARRAY]: () => median(throughArray) },
      quick ? 1 : ROUNDS,
    ),
    claims: [{ of: RING, to: ARRAY }],
  });
}

/** Indices from one Worker to another, `batch` a wake-up or a message. */
async function betweenThreads(batch: number, { quick }: BenchmarkOptions): Promise<Comparison> {
  const rate = (exchange: Exchange): Promise<number> =>
    pass(exchange, batch, MESSAGE_COUNTS[exchange] * (quick ? QUICK_SHARE : 1));
  return compare({
    title: `between two Workers, batches of ${batch}`,
    unit: "indices/s",
    better: "higher",
    ways: await alternate(
      { [RING]: () => rate("ring"), [MESSAGE]: () => rate("message") },
      quick ? 1 : ROUNDS,
    ),
    claims: [{ of: RING, to: MESSAGE }],
    notes: [
      `${MESSAGE}: a message is an array of ${batch}, at most ${CAPACITY} indices on the way`,
    ],
  });
}

/** Passes `count` indices from a producer to a consumer; returns indices a second. */
async function pass(exchange: Exchange, batch: number, count: number): Promise<number> {
  const buffer = new SharedArrayBuffer(Ring.sizeBytes(CAPACITY));
  const channel = new MessageChannel();
  const job = { exchange, batch, count, buffer, capacity: CAPACITY };
  const ends = [
    { role: "producer", port: channel.port1 },
    { role: "consumer", port: channel.port2 },
  ] as const;
  const workers = ends.map(() => new Worker(new URL("./ring-peer.ts", import.meta.url).href));
  const answers = (): Promise<number[]> =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise<number>((resolve, reject) => {
            worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
            worker.onerror = (event) => reject(new Error(event.message));
          }),
      ),
    );
  const ready = answers();
  for (const [index, { role, port }] of ends.entries()) {
    workers[index]?.postMessage({ ...job, role, port } satisfies PeerJob, [port]);
  }
  await ready;
  const done = answers();
  const start = performance.now();
  for (const worker of workers.toReversed()) worker.postMessage("go");
  const [sent, received] = await done;
  const elapsedMs = performance.now() - start;
  for (const worker of workers) worker.terminate();
  if (sent !== received) throw new Error(`sum of ${received} came out, ${sent} went in`);
  return (count * 1000) / elapsedMs;
}
