/** Pushes 0, 1, 2 … into a ring in batches of varying size, as fast as there is room. */

import { mulberry32 } from "../../src/random.ts";
import { Ring } from "../../src/ring/ring.ts";

declare const self: Worker;

self.onmessage = (
  event: MessageEvent<{
    buffer: SharedArrayBuffer;
    offset: number;
    capacity: number;
    count: number;
    seed: number;
  }>,
) => {
  const { buffer, offset, capacity, count, seed } = event.data;
  const ring = new Ring(buffer, offset, capacity);
  const random = mulberry32(seed);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let value = 0; value < count; ) {
    let batch = 1 + Math.floor(random() * 2 * capacity);
    while (batch > 0 && value < count && ring.tryPush(value)) {
      value += 1;
      batch -= 1;
    }
    ring.publish();
    // Now and then the consumer gets the time to fall asleep, so that wake-ups are tested too.
    if (random() < 0.01) Atomics.wait(pause, 0, 0, 1);
  }
  self.postMessage("done");
};
