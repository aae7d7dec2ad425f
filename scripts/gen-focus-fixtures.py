"""Writes the ONNX models of test/fixtures/focus: Focus layers, and what only looks like one.

    python3 -m venv venv && venv/bin/pip install onnx && venv/bin/python scripts/gen-focus-fixtures.py

The files are committed; this script is run only to change them. Each reads `picture`, 1x3x8x8, and
answers `features`. Weights are whole numbers from -4 to 4, so that float16 loses nothing.
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "focus"
SHAPE = [1, 3, 8, 8]
TO_THE_END = 2**63 - 1
#: Rows first, as YOLOX has it: top left, bottom left, top right, bottom right.
PHASES = [(0, 0), (1, 0), (0, 1), (1, 1)]


class Model:
    """A graph in the making. Lists stand in initializers, or in Constant nodes."""

    def __init__(self, dtype=np.float32, constants=False):
        self.dtype, self.constants = dtype, constants
        self.nodes, self.values = [], []
        self.picture, self.features = "picture", "features"
        if dtype == np.float16:
            # Bindings differ in how they take float16: in and out it is float32.
            self.picture, self.features = "picture.f16", "features.f16"
            self.cast("picture", self.picture, TensorProto.FLOAT16)

    def cast(self, source, name, dtype):
        self.nodes.append(helper.make_node("Cast", [source], [name], to=dtype))

    def value(self, name, array):
        tensor = numpy_helper.from_array(np.asarray(array), name)
        if self.constants:
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.values.append(tensor)
        return name

    def slice(self, source, name, starts, axes, end=TO_THE_END, step=2):
        lists = {"starts": starts, "ends": [end] * len(axes), "axes": axes, "steps": [step] * len(axes)}
        names = [self.value(f"{name}.{key}", np.array(v, np.int64)) for key, v in lists.items()]
        self.nodes.append(helper.make_node("Slice", [source, *names], [name]))
        return name

    def focus(self, phases=PHASES, at_once=False, end=TO_THE_END):
        parts = []
        for y, x in phases:
            name = f"phase{y}{x}"
            if at_once:
                parts.append(self.slice(self.picture, name, [y, x], [2, 3], end))
            else:
                rows = self.slice(self.picture, f"{name}.rows", [y], [2], end)
                parts.append(self.slice(rows, name, [x], [3], end))
        self.nodes.append(helper.make_node("Concat", parts, ["stacked"], axis=1))

    def convolution(self, kernel=(3, 3), group=1, bias=True, **attributes):
        random = np.random.default_rng(1)
        shape = (4, 12 // group, *kernel)
        weights = self.value("weights", random.integers(-4, 5, shape).astype(self.dtype))
        inputs = ["stacked", weights]
        if bias:
            inputs.append(self.value("bias", np.array([1, -2, 3, 0], self.dtype)))
        node = helper.make_node(
            "Conv", inputs, [self.features], group=group, kernel_shape=kernel, **attributes
        )
        self.nodes.append(node)
        if self.features != "features":
            self.cast(self.features, "features", TensorProto.FLOAT)

    def save(self, name, shape, extra=()):
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, SHAPE)],
            [helper.make_tensor_value_info("features", TensorProto.FLOAT, shape), *extra],
            self.values,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, OUT / f"{name}.onnx")


def main():
    OUT.mkdir(exist_ok=True)
    same = {"pads": [1, 1, 1, 1]}

    yolox = Model(constants=True)
    yolox.focus()
    yolox.convolution(**same)
    yolox.save("focus", [1, 4, 4, 4])

    half = Model(np.float16)
    half.focus()
    half.convolution(**same)
    half.save("focus-f16", [1, 4, 4, 4])

    other = Model()
    other.focus(phases=[(1, 1), (0, 1), (0, 0), (1, 0)], at_once=True)
    other.convolution(kernel=(3, 1), bias=False, strides=[1, 2], pads=[2, 0, 1, 0])
    other.save("focus-other-order", [1, 4, 5, 2])

    read_twice = Model()
    read_twice.focus()
    read_twice.convolution(**same)
    stacked = helper.make_tensor_value_info("stacked", TensorProto.FLOAT, [1, 12, 4, 4])
    read_twice.save("focus-read-twice", [1, 4, 4, 4], [stacked])

    cut = Model()
    cut.focus(end=6)
    cut.convolution(**same)
    cut.save("cut", [1, 4, 3, 3])

    repeated = Model()
    repeated.focus(phases=[(0, 0), (0, 1), (1, 0)])
    repeated.nodes[-1].input.append("phase00")
    repeated.convolution(**same)
    repeated.save("repeated", [1, 4, 4, 4])

    grouped = Model()
    grouped.focus()
    grouped.convolution(group=2, **same)
    grouped.save("grouped", [1, 4, 4, 4])

    dilated = Model()
    dilated.focus()
    dilated.convolution(dilations=[2, 2], pads=[2, 2, 2, 2])
    dilated.save("dilated", [1, 4, 4, 4])


if __name__ == "__main__":
    main()
