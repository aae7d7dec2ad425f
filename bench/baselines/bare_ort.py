#!/usr/bin/env python3
"""The model alone: callers with one ONNX Runtime thread each run it on a constant tensor.

    bare_ort.py --model FILE --runs N [--callers 2]

No decoding, no pre-processing, no boxes: what the engine itself allows. Prints JSON.
"""

import argparse
import json
import threading
import time

import numpy as np
import onnxruntime as ort


def open_session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--callers", type=int, default=2)
    args = parser.parse_args()
    barrier = threading.Barrier(args.callers + 1)
    left = iter(range(args.runs))  # next() on it is atomic: callers share the runs as they come.

    def call():
        session = open_session(args.model)
        given = session.get_inputs()[0]
        feed = {given.name: np.full(given.shape, 114, np.float32)}
        for _ in range(3):
            session.run(None, feed)
        barrier.wait()
        while next(left, None) is not None:
            session.run(None, feed)

    callers = [threading.Thread(target=call) for _ in range(args.callers)]
    for caller in callers:
        caller.start()
    barrier.wait()
    started_cpu, start = time.process_time() * 1000, time.perf_counter()
    for caller in callers:
        caller.join()
    elapsed = time.perf_counter() - start
    print(json.dumps({"fps": args.runs / elapsed, "frames": args.runs, "cpuMsAtStart": started_cpu}))


if __name__ == "__main__":
    main()
