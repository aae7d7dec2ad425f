/** One end of the exchange that `ring` measures: a Worker that sends indices, or takes them. */
import { Ring } from "../src/ring/ring.ts";

/** Through a ring in shared memory, or as messages. */
export type Exchange = "ring" | "message";

/** What a peer is told; it answers 0, and after "go" the sum of what it sent or took. */
export interface PeerJob {
  readonly exchange: Exchange;
  readonly role: "producer" | "consumer";
  /** Indices published, or sent in one message, at a time. */
  readonly batch: number;
  readonly count: number;
  readonly buffer: SharedArrayBuffer;
  /** Indices under way at most. */
  readonly capacity: number;
  readonly port: MessagePort;
}

declare const self: Worker;

const WAIT_MS = 100;

/** The index at a position: small, and not always the same. */
const valueAt = (position: number): number => position & 1023;

function produceToRing({ buffer, capacity, batch, count }: PeerJob): number {
  const ring = new Ring(buffer, 0, capacity);
  let sum = 0;
  for (let position = 0; position < count; position += 1) {
    const value = valueAt(position);
    while (!ring.tryPush(value)) ring.publish();
    sum += value;
    if (position % batch === batch - 1) ring.publish();
  }
  ring.publish();
  return sum;
}

function consumeFromRing({ buffer, capacity, count }: PeerJob): number {
  const ring = new Ring(buffer, 0, capacity);
  let sum = 0;
  for (let taken = 0; taken < count; ) {
    const value = ring.tryPop();
    if (value < 0) {
      ring.release();
      ring.wait(WAIT_MS);
      continue;
    }
    sum += value;
    taken += 1;
  }
  return sum;
}

/** Keeps at most `capacity` indices under way: the consumer says how many it has taken. */
function produceMessages(job: PeerJob): Promise<number> {
  const { port, batch, count, capacity } = job;
  const { promise, resolve } = Promise.withResolvers<number>();
  let position = 0;
  let taken = 0;
  let sum = 0;
  const send = (): void => {
    while (position < count && (position === taken || position + batch - taken <= capacity)) {
      const length = Math.min(batch, count - position);
      const values = Array.from({ length }, (_, index) => valueAt(position + index));
      for (const value of values) sum += value;
      position += length;
      port.postMessage(values);
    }
    if (taken === count) resolve(sum);
  };
  port.onmessage = (event) => {
    taken += event.data as number;
    send();
  };
  send();
  return promise;
}

function consumeMessages({ port, count }: PeerJob): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let taken = 0;
  let sum = 0;
  port.onmessage = (event) => {
    const data = event.data as number[];
    for (const value of data) sum += value;
    taken += data.length;
    port.postMessage(data.length);
    if (taken === count) resolve(sum);
  };
  return promise;
}

let job: PeerJob;

self.onmessage = async ({ data }: MessageEvent<PeerJob | "go">) => {
  if (data !== "go") {
    job = data;
    self.postMessage(0);
    return;
  }
  const produces = job.role === "producer";
  if (job.exchange === "ring") {
    self.postMessage(produces ? produceToRing(job) : consumeFromRing(job));
  } else {
    self.postMessage(await (produces ? produceMessages(job) : consumeMessages(job)));
  }
};
