"""Writes the small ONNX models of the native library's tests to test/fixtures/native/.

    pip install onnx==1.23.2 && python scripts/gen-onnx-fixtures.py

Their outputs are constants, or the input itself, so that every expected value can be worked out by
hand.
"""

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "native"


def save(name, nodes, inputs, outputs, initializers=(), metadata=None):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(
        graph,
        producer_name="aip fixtures",
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    if metadata:
        helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def tensor(name, shape, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def logit(p):
    return math.log(p / (1 - p))


def heads():
    """One output per head, each the same for every picture; the input is 32x32."""
    yolox = np.zeros((1, 21, 7), np.float32)
    # Stride 8, cell (1, 2) = row 2 * 4 + 1: centre (12, 20), size (8, 16), class 1 at 0.9 * 0.8.
    yolox[0, 9] = [0.5, 0.5, 0, math.log(2), 0.9, 0.1, 0.8]
    # Stride 32, the only cell: centre (16, 16), size (16, 16), class 0 at 0.5 * 0.9.
    yolox[0, 20] = [0.5, 0.5, math.log(0.5), math.log(0.5), 0.5, 0.9, 0.2]
    rows = [[10, 10, 4, 4], [10, 10, 4, 5], [20, 20, 8, 8]]
    yolov5 = np.array([[r + [0.8] + c for r, c in zip(rows, [[1, 0], [0.9, 0], [0, 0.5]])]])
    yolov8 = np.array([[r + c for r, c in zip(rows, [[0.8, 0], [0.7, 0], [0, 0.4]])]])
    values = {
        "yolox": yolox,
        "yolov5": yolov5.astype(np.float32),
        "yolov8_transposed": yolov8.transpose(0, 2, 1).astype(np.float32),
        "yolov8_half": yolov8.astype(np.float16),
        "end_to_end": np.array(
            [[[0, 0, 16, 16, 0.6, 1], [1, 1, 16, 16, 0.9, 1], [0, 0, 0, 0, 0, 0]]], np.float32
        ),
        "logits": np.array([[[[logit(0.2)]], [[logit(0.9)]], [[logit(0.6)]]]], np.float32),
        "numbers": np.arange(6, dtype=np.int64).reshape(2, 3),
        "doubles": np.zeros((1, 2), np.float64),
    }
    nodes, outputs, constants = [], [], []
    for name, value in values.items():
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), f"{name}_value"))
        nodes.append(helper.make_node("Identity", [f"{name}_value"], [name]))
        dtype = helper.np_dtype_to_tensor_dtype(value.dtype)
        outputs.append(tensor(name, value.shape, dtype))
    metadata = {"names": "{0: 'a \"b\"', 1: 'c\\\\d'}", "lines": "one\ntwo\t\x01é"}
    save("heads", nodes, [tensor("images", [1, 3, 32, 32])], outputs, constants, metadata)


def pictures():
    """The input itself, in each type; and with sizes left open."""
    for name, dtype in [("f32", TensorProto.FLOAT), ("f16", TensorProto.FLOAT16), ("u8", TensorProto.UINT8)]:
        node = helper.make_node("Identity", ["x"], ["y"])
        shape = [1, 3, 2, 4]
        save(f"picture_{name}", [node], [tensor("x", shape, dtype)], [tensor("y", shape, dtype)])
    node = helper.make_node("Identity", ["x"], ["y"])
    shape = [1, 1, 2, 4]
    save("picture_gray", [node], [tensor("x", shape)], [tensor("y", shape)])
    node = helper.make_node("Identity", ["x"], ["y"])
    shape, u8 = [1, 2, 4, 1], TensorProto.UINT8
    save("picture_gray_rows", [node], [tensor("x", shape, u8)], [tensor("y", shape, u8)])
    open_shape = ["n", 3, "h", "w"]
    node = helper.make_node("Identity", ["x"], ["y"])
    save("picture_open", [node], [tensor("x", open_shape)], [tensor("y", open_shape)])


def batches():
    """Pictures of 2x1 pixels whose six values are a box: x1, y1, x2, y2, score, class."""
    for name, count in [("any", "n"), ("3", 3)]:
        shape = numpy_helper.from_array(np.array([0, 1, 6], np.int64), "shape")
        node = helper.make_node("Reshape", ["x", "shape"], ["y"])
        inputs, outputs = [tensor("x", [count, 3, 1, 2])], [tensor("y", [count, 1, 6])]
        save(f"boxes_{name}", [node], inputs, outputs, [shape])
    node = helper.make_node("Identity", ["x"], ["y"])
    save("picture_any", [node], [tensor("x", ["n", 3, 2, 4])], [tensor("y", ["n", 3, 2, 4])])
    # The sum of all pictures: what answers cannot be told apart in.
    node = helper.make_node("ReduceSum", ["x", "axis"], ["y"])
    axis = numpy_helper.from_array(np.array([0], np.int64), "axis")
    save("sum_3", [node], [tensor("x", [3, 3, 2, 4])], [tensor("y", [1, 3, 2, 4])], [axis])


def faults():
    """Fails while running as soon as the picture has a value above 9: index out of bounds."""
    table = numpy_helper.from_array(np.zeros((10, 1), np.float32), "table")
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0, axes=[1, 2, 3]),
        helper.make_node("Cast", ["m"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["y"]),
    ]
    save("fails", nodes, [tensor("x", [1, 3, 2, 4])], [tensor("y", [1, 1])], [table])
    save("fails_any", nodes, [tensor("x", ["n", 3, 2, 4])], [tensor("y", ["n", 1])], [table])
    node = helper.make_node("Add", ["x", "z"], ["y"])
    shape = [1, 3, 2, 4]
    save("two_inputs", [node], [tensor("x", shape), tensor("z", shape)], [tensor("y", shape)])
    node = helper.make_node("Identity", ["x"], ["y"])
    save("rank_three", [node], [tensor("x", [3, 2, 4])], [tensor("y", [3, 2, 4])])


def functions():
    """The scores of a model's two functions, whatever its grey picture of 32x32."""
    for name, scores in [("coarse", [0.25, 0.75]), ("fine", [0.125, 0.25, 0.5, 0.0625, 0.0625])]:
        value = numpy_helper.from_array(np.array([scores], np.float32), "scores")
        node = helper.make_node("Identity", ["scores"], ["probabilities"])
        outputs = [tensor("probabilities", [1, len(scores)])]
        save(f"function_{name}", [node], [tensor("picture", [1, 1, 32, 32])], outputs, [value])


FOLDER.mkdir(parents=True, exist_ok=True)
heads()
pictures()
batches()
functions()
faults()
