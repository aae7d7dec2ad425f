#!/usr/bin/env python3
"""The seed's protocol: frames through shared memory to worker processes and back in order.

    seed_protocol.py [--frames N] [--slots N] [--workers N] [--size WxH] [--no-pixels] [--poll]

One producer, --workers consumers with nothing to infer. Slots lie in shared memory; their metadata
(frame id, backend, status FREE, WRITING, READY or READING) beside them, under one lock with two
conditions: every assigned frame notifies all workers of new data, every freed slot the producer.
The producer assigns a frame on entering, by a weighted round robin shuffled once; results come back
through a queue and are put in order. Where no slot is free, the producer counts a buffer-full wait
and waits. Prints JSON; time is taken from the first frame to the last that left in order, with all
workers up.

An own re-implementation of the protocol of "Adaptive Inference Pipeline"
(github.com/tinosingh/Adaptive-Inference-Pipeline), kinder to it where that costs nothing: slots are
searched by numpy and not by a loop, a worker takes its oldest frame and not its first slot, pixels
are written outside the lock. With --poll nobody is notified: who has nothing to do sleeps for 20 µs
and looks again, which is quicker on few cores and keeps them all busy.
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
# With --poll: long enough to let others run on few cores, short against a frame's own cost.
POLL_S = 20e-6
# How often a worker that waits for data sees whether it shall stop.
WAIT_S = 0.1


class Slots:
    """The slots and their metadata, as every process sees them."""

    def __init__(self, metadata, pixels, count, size_bytes):
        self.metadata = np.ndarray(count, META, metadata.buf)
        self.pixels = np.ndarray((count, size_bytes), np.uint8, pixels.buf)
        self.frame_id, self.backend, self.status = (
            self.metadata[field] for field in ("frame_id", "backend", "status")
        )


class Signals:
    """The lock on the metadata, and how its two conditions are waited for."""

    def __init__(self, poll):
        self.poll = poll
        self.lock = mp.Lock()
        self.data_available = mp.Condition(self.lock)
        self.slot_freed = mp.Condition(self.lock)

    def wait(self, condition):
        """Waits, with the lock held; what was waited for has to be looked at again."""
        if not self.poll:
            condition.wait(WAIT_S)
            return
        self.lock.release()
        time.sleep(POLL_S)
        self.lock.acquire()

    def notify_all(self, condition):
        if not self.poll:
            condition.notify_all()


def work(backend, names, count, size_bytes, signals, results, stop):
    memory = [shared_memory.SharedMemory(name=name) for name in names]
    slots = Slots(*memory, count, size_bytes)
    results.put((-1, backend, 0.0))
    while not stop.is_set():
        with signals.lock:
            mine = np.flatnonzero((slots.status == READY) & (slots.backend == backend))
            if len(mine) == 0:
                signals.wait(signals.data_available)
                continue
            slot = mine[slots.frame_id[mine].argmin()]
            slots.status[slot] = READING
            frame_id = int(slots.frame_id[slot])
        started = time.perf_counter()
        # Here a model would read slots.pixels[slot].
        latency = time.perf_counter() - started
        results.put((frame_id, backend, latency))
        with signals.lock:
            slots.status[slot] = FREE
            signals.notify_all(signals.slot_freed)
    del slots
    for part in memory:
        part.close()


class Producer:
    """Generates, assigns, collects and orders."""

    def __init__(self, slots, signals, results, weights, write):
        self.slots, self.signals, self.results, self.write = slots, signals, results, write
        self.cycle = [backend for backend, weight in enumerate(weights) for _ in range(weight)]
        random.Random(1).shuffle(self.cycle)
        self.waiting, self.emitted, self.full_waits = {}, 0, 0
        self.frames_per_backend = [0] * len(weights)

    def assign(self, frame_id):
        """Puts a frame into a free slot; waits and returns False where there is none."""
        slots, signals = self.slots, self.signals
        with signals.lock:
            free = np.flatnonzero(slots.status == FREE)
            if len(free) == 0:
                self.full_waits += 1
                signals.wait(signals.slot_freed)
                return False
            slot = free[0]
            slots.status[slot] = WRITING
        if self.write:
            slots.pixels[slot] = frame_id & 255
        with signals.lock:
            slots.frame_id[slot] = frame_id
            slots.backend[slot] = self.cycle[frame_id % len(self.cycle)]
            slots.status[slot] = READY
            signals.notify_all(signals.data_available)
        return True

    def collect(self, wait):
        """Takes in what has come back, waiting for it where there is nothing else to do; emits
        what is next."""
        try:
            while True:
                frame_id, backend, latency = self.results.get(block=wait)
                wait = False
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
            if frame_id < frame_count and self.assign(frame_id):
                frame_id += 1
            self.collect(wait=frame_id == frame_count)
        return time.perf_counter() - start


def measure(args):
    width, height = args.size
    size_bytes = width * height * 3
    sizes = (META.itemsize * args.slots, size_bytes * args.slots)
    memory = [shared_memory.SharedMemory(create=True, size=size) for size in sizes]
    slots = Slots(*memory, args.slots, size_bytes)
    slots.status[:] = FREE
    signals, results, stop = Signals(args.poll), mp.Queue(), mp.Event()
    names = [part.name for part in memory]
    workers = [
        mp.Process(target=work, args=(i, names, args.slots, size_bytes, signals, results, stop))
        for i in range(args.workers)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        results.get()
    producer = Producer(slots, signals, results, [1] * args.workers, args.pixels)
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
    parser.add_argument("--poll", action="store_true")
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
