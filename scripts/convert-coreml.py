#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["coremltools==9.0", "numpy==2.4.6", "onnx==1.23.2", "onnxruntime==1.31.1"]
# ///
"""Converts an ONNX model to a Core ML package and checks that it computes the same.

    uv run scripts/convert-coreml.py MODEL.onnx
    uv run scripts/convert-coreml.py MODEL.onnx --input tensor --output models/x.mlpackage

or with `.venv/bin/python`, once `sh scripts/setup.sh` has made that.
It needs no Mac. docs/convert-coreml.md says what it does.

Exit codes: 0 done; 1 the package does not compute what the ONNX file computes; 2 wrong usage, or a
model that cannot be converted. With 1 and 2 nothing is written.
"""

import argparse
import json
import signal
import sys
import time
from pathlib import Path

from coreml.failure import CheckFailure, UsageFailure


def arguments():
    parser = argparse.ArgumentParser(prog="convert-coreml", description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path, help="the .onnx file")
    parser.add_argument(
        "--output", type=Path, help="the package to write (default: beside the model)"
    )
    parser.add_argument(
        "--input", choices=("image", "tensor"), default="image", help="kind of input"
    )
    parser.add_argument("--precision", choices=("fp16", "fp32"), default="fp16")
    parser.add_argument("--manifest", type=Path, help="JSON manifest (default: beside the model)")
    parser.add_argument("--head", help="type of the head, where its shape does not tell")
    parser.add_argument(
        "--input-size", metavar="WxH", type=size, help="for a model that leaves it open"
    )
    parser.add_argument("--no-check", action="store_true", help="do not compute it and compare")
    parser.add_argument(
        "--pictures", type=Path, metavar="FILE", help="video or picture to check with"
    )
    parser.add_argument(
        "--frames", type=positive, default=2, metavar="N", help="pictures to check with"
    )
    parser.add_argument(
        "--every", type=positive, default=1, metavar="N", help="take each N-th frame"
    )
    parser.add_argument(
        "--detections", type=Path, metavar="FILE", help="write the package's, as NDJSON"
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    options = parser.parse_args()
    if options.detections and (options.no_check or not options.pictures):
        parser.error("--detections needs --pictures, and the check")
    return options


def size(text):
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 640x384")
    return int(width), int(height)


def positive(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # The imports take seconds, so they follow the command line.
        from coreml.conversion import convert

        started = time.monotonic()
        result = convert(options)
        result["seconds"] = round(time.monotonic() - started, 1)
    except ModuleNotFoundError as error:
        remedy = "`uv run`, or with `.venv/bin/python`, which `sh scripts/setup.sh` makes"
        return fail(f'Python lacks "{error.name}": run this with {remedy}', 2)
    except UsageFailure as failure:
        return fail(failure, 2)
    except CheckFailure as failure:
        return fail(f'"{options.model}" was not converted: {failure}', 1)
    except KeyboardInterrupt:
        return fail("interrupted, nothing was written", 130)
    print(json.dumps(result) if options.json else summary(result))
    return 0


def fail(message, code):
    print(f"convert-coreml: {message}", file=sys.stderr)
    return code


def summary(result):
    size_text = f"{result['size_bytes'] / 1e6:.2f} MB, {result['seconds']} s"
    lines = [f"{result['model']} -> {result['output']} ({size_text})"]
    lines.append(f"input       {result['input']}")
    lines.append(f"pixels      {result['pixels']}")
    lines.append(f"output      {result['head']}")
    lines.append(f"rewritten   {'; '.join(result['rewrites']) or 'nothing'}")
    check = result["check"]
    if check is None:
        return "\n".join([*lines, "check       left out"])
    words = [f"{check['pictures']} pictures, as f32 off by {check['error_f32']:.1e}"]
    if check["error_fp16"] is not None:
        words.append(f"as fp16 by {check['error_fp16']:.1e}")
        words.append(f"the largest value is {check['largest_fp16']:.3g}")
    lines.append(f"check       {', '.join(words)}")
    found = check["detections"]
    if found is not None and found["count"] == 0:
        lines.append(
            "            detections were not compared, as there are none in these pictures, only "
            "confidences before NMS; --pictures FILE gives others"
        )
    elif found is not None:
        same = f"IoU {found['mean_iou']:.4f}, confidence off by {found['mean_gap']:.4f}"
        lines.append(
            f"            {found['count']} detections, {found['share']:.1%} found again, {same}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
