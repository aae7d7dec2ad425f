"""Computes what half precision makes of YOLOX-Nano's answer to the street of scripts/coreml.

    scripts/gen-rounding-fixture.py yolox_nano.onnx yolox_nano.mlpackage

The package is what scripts/convert-coreml.py makes of the model. Writes
test/fixtures/coreml/rounding.bin.gz: as halves, rows of x, y, width, height and the scores of an
object, a person, a car and a truck, first as ONNX Runtime computes them, then in half precision.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
from coreml.check import Reference, output_shapes
from coreml.description import describe
from coreml.graph import load_graph
from coreml.interpreter import Interpreter
from coreml.package import read_program
from coreml.pictures import street_picture
from coreml.program import channels_first

FIXTURE = Path(__file__).parent.parent / "test/fixtures/coreml/rounding.bin.gz"
CHANNELS = [0, 1, 2, 3, 4, 5, 7, 12]

model, package = map(Path, sys.argv[1:])
graph = load_graph(model, None)
shapes = output_shapes(graph)
channels_first(graph)
description = describe(graph, shapes, {})
pixels = street_picture(description).pixels
answers = [
    Reference(graph, description, channels_last=False).run(pixels),
    Interpreter(read_program(package)).run(pixels),
]
halves = np.stack([answer[0][:, CHANNELS] for answer in answers]).astype("<f2")
FIXTURE.write_bytes(gzip.compress(halves.tobytes(), 9, mtime=0))
