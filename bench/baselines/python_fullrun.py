#!/usr/bin/env python3
"""The full job in Python: decode, pre-process, infer, NMS.

    python_fullrun.py --way shared-memory|loop --video FILE --model FILE --frames N [--threads N]

shared-memory: this process decodes into slots in shared memory and sends their indices through a
    queue to --threads worker processes with one ONNX Runtime thread each; results come back through
    another queue and are put in order. The fastest way in Python that was found.
loop: one loop over the frames; ONNX Runtime uses --threads threads.

Time starts when models are loaded and workers warm, before the video is opened. Prints JSON.
"""

import argparse
import json
import multiprocessing as mp
import resource
import time
from multiprocessing import shared_memory

import cv2
import numpy as np
import onnxruntime as ort

from yolox import Decoder, Letterbox, suppress_opencv

SLOT_COUNT = 10


def open_session(path, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Detector:
    """One session with its buffers."""

    def __init__(self, model, threads, width, height):
        self.session = open_session(model, threads)
        given = self.session.get_inputs()[0]
        self.name, size = given.name, given.shape[2]
        self.letterbox = Letterbox(width, height, size)
        self.decoder = Decoder(size)
        self.session.run(None, {self.name: self.letterbox.tensor})

    def detect(self, frame):
        tensor = self.letterbox.write(frame)
        output = self.session.run(None, {self.name: tensor})[0]
        boxes, scores, classes = self.decoder.decode(output, self.letterbox.ratio)
        kept = suppress_opencv(boxes, scores, classes)
        return boxes[kept], scores[kept], classes[kept]


def slots_of(memory, width, height):
    return np.ndarray((SLOT_COUNT, height, width, 3), np.uint8, memory.buf)


def work(name, model, width, height, frames, results):
    cv2.setNumThreads(1)
    memory = shared_memory.SharedMemory(name=name)
    slots = slots_of(memory, width, height)
    detector = Detector(model, 1, width, height)
    results.put(None)
    while (item := frames.get()) is not None:
        frame_id, slot = item
        results.put((frame_id, slot, detector.detect(slots[slot])))
    del slots
    memory.close()


def cpu_ms():
    """Processor time used so far by this process and those it waited for; workers report none."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


def run_shared_memory(args, width, height):
    # spawn, not fork: OpenCV and ONNX Runtime have threads that a fork would lose.
    context = mp.get_context("spawn")
    memory = shared_memory.SharedMemory(create=True, size=SLOT_COUNT * width * height * 3)
    slots = slots_of(memory, width, height)
    frames, results = context.SimpleQueue(), context.SimpleQueue()
    job = (memory.name, args.model, width, height, frames, results)
    workers = [context.Process(target=work, args=job) for _ in range(args.threads)]
    for worker in workers:
        worker.start()
    for _ in workers:
        results.get()
    started_cpu, start = cpu_ms(), time.perf_counter()
    video = cv2.VideoCapture(args.video)
    free, waiting = list(range(SLOT_COUNT)), {}
    sent = emitted = found = 0
    ended = False
    while not ended or emitted < sent:
        if free and not ended:
            ok, _ = video.read(slots[free[-1]]) if sent < args.frames else (False, None)
            if ok:
                frames.put((sent, free.pop()))
                sent += 1
            ended = not ok
            if results.empty():
                continue
        if emitted < sent and (not free or ended or not results.empty()):
            frame_id, slot, detections = results.get()
            free.append(slot)
            waiting[frame_id] = detections
            while emitted in waiting:
                found += len(waiting.pop(emitted)[0])
                emitted += 1
    elapsed = time.perf_counter() - start
    for _ in workers:
        frames.put(None)
    for worker in workers:
        worker.join()
    del slots
    memory.close()
    memory.unlink()
    return emitted, elapsed, found, started_cpu


def run_loop(args, width, height):
    detector = Detector(args.model, args.threads, width, height)
    started_cpu, start = cpu_ms(), time.perf_counter()
    video = cv2.VideoCapture(args.video)
    emitted = found = 0
    while emitted < args.frames:
        ok, frame = video.read()
        if not ok:
            break
        found += len(detector.detect(frame)[0])
        emitted += 1
    return emitted, time.perf_counter() - start, found, started_cpu


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--way", choices=("shared-memory", "loop"), required=True)
    parser.add_argument("--video", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    cv2.setNumThreads(1 if args.way == "shared-memory" else args.threads)
    video = cv2.VideoCapture(args.video)
    width, height = (
        int(video.get(prop)) for prop in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    video.release()
    run = run_shared_memory if args.way == "shared-memory" else run_loop
    frames, elapsed, found, started_cpu = run(args, width, height)
    report = {"fps": frames / elapsed, "frames": frames, "detections": found}
    print(json.dumps({**report, "cpuMsAtStart": started_cpu}))


if __name__ == "__main__":
    main()
