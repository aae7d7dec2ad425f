#!/usr/bin/env python3
"""The seed's protocol: frames through shared memory to worker processes and back in order.

    seed_protocol.py [--frames N] [--slots N] [--workers N] [--size WxH] [--no-pixels]

One producer, --workers consumers with nothing to infer. Slots lie in shared memory; their metadata
(frame id, backend, status FREE, WRITING, READY or READING) beside them, under one lock. The
producer assigns every frame on entering, by a weighted round robin shuffled once; a worker takes
its oldest READY frame, by frame id; results come back through a queue and are put in order. Where
no slot is free, the producer counts a buffer-full wait and sleeps. Prints JSON; time is taken from
the first frame to the last that left in order, with all workers up.

An own re-implementation of the protocol of "Adaptive Inference Pipeline" for comparison.
"""

import argparse
import json
import multiprocessing as mp
import random
import resource
import time
from multiprocessing import shared_memory
from queue import Empty

import numpy as np

FREE, WRITING, READY, READING = range(4)
META = np.dtype([("frame_id", np.int64), ("backend", np.int32), ("status", np.int32)])
# Long enough to let others run on few cores, short against a frame's own cost.
IDLE_S = 20e-6


class Slots:
    """The slots and their metadata, as every process sees them."""

    def __init__(self, metadata, pixels, count, size_bytes):
        self.metadata = np.ndarray(count, META, metadata.buf)
        self.pixels = np.ndarray((count, size_bytes), np.uint8, pixels.buf)
        self.frame_id, self.backend, self.status = (
            self.metadata[field] for field in ("frame_id", "backend", "status")
        )


def work(backend, names, count, size_bytes, lock, results, stop):
    memory = [shared_memory.SharedMemory(name=name) for name in names]
    slots = Slots(*memory, count, size_bytes)
    results.put((-1, backend, 0.0))
    while not stop.is_set():
        with lock:
            mine = np.flatnonzero((slots.status == READY) & (slots.backend == backend))
            if len(mine) > 0:
                slot = mine[slots.frame_id[mine].argmin()]
                slots.status[slot] = READING
                frame_id = int(slots.frame_id[slot])
        if len(mine) == 0:
            time.sleep(IDLE_S)
            continue
        started = time.perf_counter()
        # Here a model would read slots.pixels[slot].
        latency = time.perf_counter() - started
        with lock:
            slots.status[slot] = FREE
        results.put((frame_id, backend, latency))
    del slots
    for part in memory:
        part.close()


class Producer:
    """Generates, assigns, collects and orders."""

    def __init__(self, slots, lock, results, weights, write):
        self.slots, self.lock, self.results, self.write = slots, lock, results, write
        self.cycle = [backend for backend, weight in enumerate(weights) for _ in range(weight)]
        random.Random(1).shuffle(self.cycle)
        self.waiting, self.emitted, self.full_waits = {}, 0, 0
        self.frames_per_backend = [0] * len(weights)

    def assign(self, frame_id):
        """Puts a frame into a free slot; False where there is none."""
        slots = self.slots
        with self.lock:
            free = np.flatnonzero(slots.status == FREE)
            if len(free) == 0:
                return False
            slot = free[0]
            slots.status[slot] = WRITING
        if self.write:
            slots.pixels[slot] = frame_id & 255
        with self.lock:
            slots.frame_id[slot] = frame_id
            slots.backend[slot] = self.cycle[frame_id % len(self.cycle)]
            slots.status[slot] = READY
        return True

    def collect(self):
        """Takes in what has come back; emits what is next."""
        try:
            while True:
                frame_id, backend, latency = self.results.get_nowait()
                self.frames_per_backend[backend] += 1
                self.waiting[frame_id] = latency
        except Empty:
            pass
        while self.emitted in self.waiting:
            del self.waiting[self.emitted]
            self.emitted += 1

    def run(self, frame_count):
        start = time.perf_counter()
        frame_id = 0
        while self.emitted < frame_count:
            if frame_id < frame_count:
                if self.assign(frame_id):
                    frame_id += 1
                else:
                    self.full_waits += 1
                    time.sleep(IDLE_S)
            else:
                time.sleep(IDLE_S)
            self.collect()
        return time.perf_counter() - start


def measure(args):
    width, height = args.size
    size_bytes = width * height * 3
    sizes = (META.itemsize * args.slots, size_bytes * args.slots)
    memory = [shared_memory.SharedMemory(create=True, size=size) for size in sizes]
    slots = Slots(*memory, args.slots, size_bytes)
    slots.status[:] = FREE
    lock, results, stop = mp.Lock(), mp.Queue(), mp.Event()
    names = [part.name for part in memory]
    workers = [
        mp.Process(target=work, args=(i, names, args.slots, size_bytes, lock, results, stop))
        for i in range(args.workers)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        results.get()
    producer = Producer(slots, lock, results, [1] * args.workers, args.pixels)
    if args.pixels:
        slots.pixels[:] = 0  # A page is mapped when it is first written.
    used = resource.getrusage(resource.RUSAGE_SELF)
    elapsed = producer.run(args.frames)
    stop.set()
    for worker in workers:
        worker.join()
    del slots, producer.slots
    for part in memory:
        part.close()
        part.unlink()
    return {
        "fps": args.frames / elapsed,
        "frames": producer.emitted,
        "framesPerBackend": producer.frames_per_backend,
        "bufferFullWaits": producer.full_waits,
        "cpuMsAtStart": (used.ru_utime + used.ru_stime) * 1000,
    }


def size_of(text):
    width, height = text.split("x")
    return int(width), int(height)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=20000)
    parser.add_argument("--slots", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--size", type=size_of, default=(640, 480))
    parser.add_argument("--no-pixels", dest="pixels", action="store_false")
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
