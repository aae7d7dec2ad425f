#!/usr/bin/env python3
"""Times decoding and class-wise NMS of one output tensor in plain numpy.

    numpy_postprocess.py --head yolox|yolov8 --tensor FILE --rows N --columns N --size N [--rounds N]

FILE holds N x N f32, row-major. Prints JSON: the median in ms and the number of boxes kept.
"""

import argparse
import json
import time

import numpy as np

from yolox import CONFIDENCE, Decoder, suppress_numpy


def decode_yolov8(output):
    """[4 + classes, N]: centre x, centre y, width, height, scores."""
    scores = output[4:].max(0)
    kept = np.flatnonzero(scores > CONFIDENCE)
    columns = output[:, kept]
    centres, sides = columns[:2].T, columns[2:4].T
    return np.concatenate([centres - sides / 2, sides], 1), scores[kept], columns[4:].argmax(0)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--head", choices=("yolox", "yolov8"), required=True)
    parser.add_argument("--tensor", required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--columns", type=int, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=200)
    args = parser.parse_args()
    output = np.fromfile(args.tensor, np.float32).reshape(args.rows, args.columns)
    decoder = Decoder(args.size)
    times = []
    kept = []
    for _ in range(args.rounds):
        start = time.perf_counter()
        if args.head == "yolox":
            found = decoder.decode(output[None], 1.0)
        else:
            found = decode_yolov8(output)
        kept = suppress_numpy(*found)
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps({"ms": float(np.median(times)), "boxes": len(kept)}))


if __name__ == "__main__":
    main()
