#!/usr/bin/env python3
"""Times OpenCV's and NumPy's way of a difference detector on one thread.

    opencv_difference.py [--size 1280x720] [--side 50] [--rounds 300]

Luma of frame after frame, eight in turns, is resized to a square by area means (INTER_AREA), and
compared with the one before by the mean squared error. Prints JSON: microseconds (p50). Needs numpy
and opencv-python.
"""
import argparse
import json
import time

import cv2
import numpy as np

FRAMES = 8


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--side", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    cv2.setNumThreads(1)
    frames = np.random.default_rng(1).integers(0, 256, (FRAMES, height, width), dtype=np.uint8)
    before = np.zeros((options.side, options.side), np.float32)
    times = []
    for index in range(options.rounds):
        started = time.perf_counter()
        small = cv2.resize(
            frames[index % FRAMES], (options.side, options.side), interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        float(np.mean((small - before) ** 2))
        times.append((time.perf_counter() - started) * 1e6)
        before = small
    print(json.dumps({"opencv": cv2.__version__, "us_p50": float(np.median(times))}))


main()
