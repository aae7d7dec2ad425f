#!/usr/bin/env python3
"""Times OpenCV's way from a yuv420p, nv12 or bgr24 frame to a model's input against ours.

    opencv_preprocess.py --library FILE [--size 1280x720] [--to 416x416] [--rounds 300]

FILE is a shared library that exports the kernels (libAipNative has them). Both ways make the same
letterboxed f32 NCHW tensor in BGR, 0-255, on one thread; they alternate frame by frame, so that
noise falls on both. OpenCV's way: cvtColor to BGR, resize, transpose and convert into the tensor.
Either way's padding is written once, before. Prints JSON: milliseconds (p50, p10) per way, the ratio of the p50s, and the mean
difference of the tensors in grey levels. Needs numpy and opencv-python.
"""
import argparse
import ctypes
import json
import platform
import time

import cv2
import numpy as np

FORMATS = {"yuv420p": 0, "nv12": 1, "bgr24": 3}
LEVELS = {0: "portable", 1: "avx2", 2: "neon"}
PAD = 114


class Image(ctypes.Structure):
    _fields_ = [
        ("plane", ctypes.c_void_p * 3),
        ("stride_bytes", ctypes.c_uint32 * 3),
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("pixel_format", ctypes.c_uint32),
        ("color_matrix", ctypes.c_uint32),
        ("color_range", ctypes.c_uint32),
        ("source_width", ctypes.c_uint32),
        ("source_height", ctypes.c_uint32),
    ]


class Options(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("layout", ctypes.c_uint32),
        ("channel_order", ctypes.c_uint32),
        ("dtype", ctypes.c_uint32),
        ("scale", ctypes.c_float),
        ("mean", ctypes.c_float * 3),
        ("std", ctypes.c_float * 3),
        ("letterbox", ctypes.c_uint32),
        ("pad", ctypes.c_float),
        ("keep_padding", ctypes.c_uint32),
        ("row_bytes", ctypes.c_uint32),
    ]


def picture(width, height):
    """A smooth BGR picture: what both ways make of noise would differ by their rounding alone."""
    noise = np.random.default_rng(1).integers(0, 256, (height // 16 + 2, width // 16 + 2, 3))
    return cv2.resize(noise.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)


def planes_of(bgr, form):
    """The picture in `form`, as OpenCV takes it, and each plane's offset and stride for ours."""
    height, width = bgr.shape[:2]
    luma, quarter = width * height, width * height // 4
    if form == "bgr24":
        return np.ascontiguousarray(bgr), [(0, width * 3)]
    i420 = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    if form == "yuv420p":
        return i420, [(0, width), (luma, width // 2), (luma + quarter, width // 2)]
    flat = i420.reshape(-1)
    nv12 = flat.copy()
    nv12[luma::2], nv12[luma + 1 :: 2] = flat[luma : luma + quarter], flat[luma + quarter :]
    return nv12.reshape(i420.shape), [(0, width), (luma, width)]


def opencv_way(frame, form, size, to, tensor):
    code = {"yuv420p": cv2.COLOR_YUV2BGR_I420, "nv12": cv2.COLOR_YUV2BGR_NV12}.get(form)
    ratio = min(to[0] / size[0], to[1] / size[1])
    width, height = int(size[0] * ratio), int(size[1] * ratio)

    def run():
        bgr = frame if code is None else cv2.cvtColor(frame, code)
        resized = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_LINEAR)
        tensor[:, :height, :width] = resized.transpose(2, 0, 1)

    return run


def our_way(library, frame, planes, form, size, to, tensor):
    options = Options(*to, 0, 1, 0, 1.0, (0, 0, 0), (1, 1, 1), 0, PAD, 1)
    plan = ctypes.c_void_p()
    if library.aip_preprocess_create(ctypes.byref(options), ctypes.byref(plan)) != 0:
        raise SystemExit("aip_preprocess_create refused the options")
    image = Image(width=size[0], height=size[1], pixel_format=FORMATS[form])
    for index, (offset, stride) in enumerate(planes):
        image.plane[index] = frame.ctypes.data + offset
        image.stride_bytes[index] = stride
    target, source = ctypes.c_void_p(tensor.ctypes.data), ctypes.byref(image)

    def run():
        if library.aip_preprocess_run(plan, source, target, None) != 0:
            raise SystemExit("aip_preprocess_run refused the frame")

    return run


def measure(library, form, size, to, rounds):
    frame, planes = planes_of(picture(*size), form)
    tensors = [np.full((3, to[1], to[0]), PAD, np.float32) for _ in range(2)]
    ways = {
        "opencv": opencv_way(frame, form, size, to, tensors[0]),
        "aip": our_way(library, frame, planes, form, size, to, tensors[1]),
    }
    times = {name: [] for name in ways}
    for turn in range(rounds + 20):
        for name, way in ways.items():
            start = time.perf_counter_ns()
            way()
            if turn >= 20:
                times[name].append((time.perf_counter_ns() - start) / 1e6)
    p50 = {name: float(np.percentile(values, 50)) for name, values in times.items()}
    return {
        "format": form,
        "from": f"{size[0]}x{size[1]}",
        "to": f"{to[0]}x{to[1]} f32 nchw",
        "ms_p50": {name: round(value, 4) for name, value in p50.items()},
        "ms_p10": {name: round(float(np.percentile(v, 10)), 4) for name, v in times.items()},
        "ratio": round(p50["opencv"] / p50["aip"], 2),
        "mean_difference": round(float(np.abs(tensors[0] - tensors[1]).mean()), 3),
    }


def size_of(text):
    width, height = text.split("x")
    return int(width), int(height)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True)
    parser.add_argument("--size", type=size_of, default=(1280, 720), help="even sides")
    parser.add_argument("--to", type=size_of, default=(416, 416))
    parser.add_argument("--rounds", type=int, default=300)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    library = ctypes.CDLL(args.library)
    report = {
        "machine": platform.machine(),
        "opencv": cv2.__version__,
        "kernels": LEVELS[library.aip_kernels_level()],
        "threads": 1,
        "results": [measure(library, form, args.size, args.to, args.rounds) for form in FORMATS],
    }
    print(json.dumps(report, indent=2))


main()
