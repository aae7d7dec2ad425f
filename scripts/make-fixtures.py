"""Writes the small ONNX models of test/fixtures/models.

    python3 -m venv venv && venv/bin/pip install onnx && venv/bin/python scripts/make-fixtures.py

The files are committed; this script is run only to change them. Each detector answers every
picture with the same boxes, worked by hand here, in pixels of its 64x64 input:

    name  class  confidence  x1  y1  x2  y2    why it is there
    A     0      0.9          8   8  24  32
    B     1      0.8         32  16  56  40
    C     1      0.5          8   8  24  32    A's box in another class: only agnostic NMS drops it
    D     0      0.6          9   9  25  33    IoU with A is 345 / 423 = 0.816: NMS drops it
    E     0      0.2         40  44  48  52    below the default confidence of 0.25

So with confidence 0.25 and IoU 0.45 the answer is A, B, C, in this order; with agnostic NMS it is
A, B; with IoU 0.9 it is A, B, D, C; with confidence 0.1 it is A, B, C, E.

IoU of A and D: A is 16x24, D is 16x24 moved by (1, 1), so they share 15x23 = 345 of
2 * 384 - 345 = 423 pixels.

The end-to-end models answer with what NMS has left, and E: A, B, C, E.

YOLOX rows hold (cx / stride - gx, cy / stride - gy, ln(w / stride), ln(h / stride)) of the cell
(gx, gy); rows 0-63 are stride 8 (row = 8 gy + gx), 64-79 stride 16, 80-83 stride 32. Worked out:

    A  cx 16 cy 20 w 16 h 24  stride  8 cell (2, 2) row 18   0     0.5   ln 2    ln 3
    B  cx 44 cy 28 w 24 h 24  stride 16 cell (2, 1) row 70   0.75  0.75  ln 1.5  ln 1.5
    C  as A                   stride  8 cell (1, 2) row 17   1     0.5   ln 2    ln 3
    D  cx 17 cy 21 w 16 h 24  stride 32 cell (0, 0) row 80   17/32 21/32 ln 0.5  ln 0.75
    E  cx 44 cy 48 w  8 h  8  stride  8 cell (5, 6) row 53   0.5   0     ln 1    ln 1

Objectness times class score gives the confidence: A .9 * 1, B 1 * .8, C .5 * 1, D .75 * .8,
E .4 * .5. Where a head needs no place for a box, it stands in the row given for YOLOX.

inspections.json holds what each file says of itself, read from the protobuf message.

Every output adds 0 times the mean of the input, so that no runtime can drop the input.
"""

import json
import math
import pathlib
import re

import onnx
from onnx import TensorProto, helper

OUT = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "models"
F32, F16, U8 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8
SIZE = 64
ROWS = 84  # 8x8 + 4x4 + 2x2
NCHW = [1, 3, SIZE, SIZE]
SIZE_LIMIT_BYTES = 5 * 1024

#: class, objectness, class score, YOLOX row, raw YOLOX box, xyxy
BOXES = {
    "A": (0, 0.9, 1.0, 18, (0, 0.5, math.log(2), math.log(3)), (8, 8, 24, 32)),
    "B": (1, 1.0, 0.8, 70, (0.75, 0.75, math.log(1.5), math.log(1.5)), (32, 16, 56, 40)),
    "C": (1, 0.5, 1.0, 17, (1, 0.5, math.log(2), math.log(3)), (8, 8, 24, 32)),
    "D": (0, 0.75, 0.8, 80, (17 / 32, 21 / 32, math.log(0.5), math.log(0.75)), (9, 9, 25, 33)),
    "E": (0, 0.4, 0.5, 53, (0.5, 0, 0, 0), (40, 44, 48, 52)),
}


def centre_box(xyxy):
    """cx, cy, w, h of x1, y1, x2, y2."""
    x1, y1, x2, y2 = xyxy
    return ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)


def classes(class_id, score, count):
    """Scores of `count` classes of which one is not 0."""
    return [score if index == class_id else 0.0 for index in range(count)]


def yolox_rows(class_count):
    return {
        row: [*raw, objectness, *classes(class_id, score, class_count)]
        for class_id, objectness, score, row, raw, _ in BOXES.values()
    }


def yolov5_rows(class_count):
    """Three anchors a cell: each box at three times its row."""
    return {
        3 * row: [*centre_box(xyxy), objectness, *classes(class_id, score, class_count)]
        for class_id, objectness, score, row, _, xyxy in BOXES.values()
    }


def yolov8_rows(class_count):
    return {
        row: [*centre_box(xyxy), *classes(class_id, objectness * score, class_count)]
        for class_id, objectness, score, row, _, xyxy in BOXES.values()
    }


def end_to_end_rows():
    kept = [BOXES[name] for name in "ABCE"]
    return {
        index: [*xyxy, objectness * score, class_id]
        for index, (class_id, objectness, score, _, _, xyxy) in enumerate(kept)
    }


def zero_of(source, dtype):
    """Nodes for 0 times the mean of the input, as a scalar of `dtype` named "zero"."""
    return [
        helper.make_node("Cast", [source], ["pixels"], to=F32),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nought"], ["zero_f32"]),
        helper.make_node("Cast", ["zero_f32"], ["zero"], to=dtype),
    ], [helper.make_tensor("nought", F32, [], [0.0])]


def integers(name, values, shape=None):
    return helper.make_tensor(name, TensorProto.INT64, shape or [len(values)], values)


def fixed_size(count, columns):
    """The table's size as a constant named "size"."""
    return [], [integers("size", [count, columns])]


def size_of_input(columns):
    """Nodes for the size of a table with a row for each cell: 21 rows for 32x32 pixels."""
    nodes = [
        helper.make_node("Shape", ["images"], ["sides"], start=2),
        helper.make_node("ReduceProd", ["sides"], ["area"], keepdims=1),
        helper.make_node("Mul", ["area", "cells"], ["scaled"]),
        helper.make_node("Div", ["scaled", "block"], ["count"]),
        helper.make_node("Concat", ["count", "columns"], ["size"], axis=0),
    ]
    values = {"cells": [21], "block": [32 * 32], "columns": [columns]}
    return nodes, [integers(name, value) for name, value in values.items()]


def table(rows, size, transposed, dtype):
    """Nodes that put `rows` into a table of zeros [1, N, columns] and add "zero"."""
    size_nodes, size_values = size
    flat = [value for row in rows.values() for value in row]
    last = "turned" if transposed else "batched"
    turn = helper.make_node("Transpose", ["batched"], ["turned"], perm=[0, 2, 1])
    nodes = [
        *size_nodes,
        helper.make_node("ConstantOfShape", ["size"], ["blank"]),
        helper.make_node("ScatterND", ["blank", "rows", "values"], ["filled"]),
        helper.make_node("Unsqueeze", ["filled", "axis"], ["batched"]),
        *([turn] if transposed else []),
        helper.make_node("Cast", [last], ["typed"], to=dtype),
        helper.make_node("Add", ["typed", "zero"], ["output"]),
    ]
    values = [
        *size_values,
        integers("rows", list(rows), [len(rows), 1]),
        helper.make_tensor("values", F32, [len(rows), len(flat) // len(rows)], flat),
        integers("axis", [0]),
    ]
    return nodes, values


def detector(
    rows,
    count,
    transposed=False,
    dtype=F32,
    input_dtype=F32,
    input_shape=NCHW,
    metadata=None,
):
    """A model with one input "images" and one table "output" of `count` rows.

    With `count` None there are as many rows as the input has cells.
    """
    columns = len(next(iter(rows.values())))
    zero_nodes, zero_values = zero_of("images", dtype)
    size = size_of_input(columns) if count is None else fixed_size(count, columns)
    nodes, values = table(rows, size, transposed, dtype)
    shape = [1, columns, count] if transposed else [1, count, columns]
    return model(
        zero_nodes + nodes,
        zero_values + values,
        [("images", input_dtype, input_shape)],
        [("output", dtype, shape)],
        metadata,
    )


def model(nodes, values, inputs, outputs, metadata=None, producer="aip-fixtures"):
    graph = helper.make_graph(
        nodes,
        "fixture",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [helper.make_tensor_value_info(*each) for each in outputs],
        initializer=values,
    )
    built = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name=producer, ir_version=8
    )
    built.model_version = 1
    helper.set_model_props(built, metadata or {})
    return built


def ultralytics(names, task="detect", **more):
    """Metadata as Ultralytics' exporter writes it."""
    return {
        "description": "Ultralytics fixture",
        "author": "Ultralytics",
        "license": "AGPL-3.0 License (https://ultralytics.com/license)",
        "stride": "32",
        "task": task,
        "batch": "1",
        "imgsz": repr([SIZE, SIZE]),
        "names": repr(names),
        **more,
    }


def two_names():
    return {0: "vehicle", 1: "driver's cab"}


def classification(softmax, metadata=None, producer="aip-fixtures"):
    """Logits ln 1, ln 2, ln 5: after a softmax 1/8, 2/8, 5/8."""
    logits = [math.log(1), math.log(2), math.log(5)]
    zero_nodes, zero_values = zero_of("images", F32)
    last = "logits" if softmax else "output"
    nodes = [helper.make_node("Add", ["constant", "zero"], [last])]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["logits"], ["output"], axis=1))
    return model(
        zero_nodes + nodes,
        [*zero_values, helper.make_tensor("constant", F32, [1, 3], logits)],
        [("images", F32, NCHW)],
        [("output", F32, [1, 3])],
        metadata,
        producer,
    )


def channel_means():
    """[1, 3]: the mean of each input channel. Shows what the pre-processing made of a picture."""
    nodes = [helper.make_node("ReduceMean", ["images"], ["output"], axes=[2, 3], keepdims=0)]
    return model(nodes, [], [("images", F32, NCHW)], [("output", F32, [1, 3])])


def identity(dtype, shape):
    """The input tensor itself, to compare pre-processing value by value."""
    nodes = [helper.make_node("Identity", ["images"], ["output"])]
    return model(nodes, [], [("images", dtype, shape)], [("output", dtype, shape)])


def two_inputs():
    nodes = [helper.make_node("Add", ["images", "scale"], ["output"])]
    return model(
        nodes, [], [("images", F32, NCHW), ("scale", F32, [1])], [("output", F32, NCHW)]
    )


def unknown_head():
    """[1, 10, 7]: 10 rows are no grid of a 64x64 input, and 7 columns not end-to-end."""
    return detector({3: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}, 10)


def fixtures():
    open_size = ["batch", 3, "height", "width"]
    return {
        "yolox": detector(yolox_rows(2), ROWS),
        "yolox-coco": detector(yolox_rows(80), ROWS),
        "yolox-dynamic-size": detector(yolox_rows(2), ROWS, input_shape=open_size),
        "yolov5": detector(
            yolov5_rows(2),
            3 * ROWS,
            metadata={"stride": "32", "names": repr(["vehicle", "person"])},
        ),
        "yolov8": detector(yolov8_rows(2), ROWS, True, metadata=ultralytics(two_names())),
        "yolov8-rows": detector(yolov8_rows(2), ROWS, metadata=ultralytics(two_names())),
        "yolov8-dynamic": detector(
            yolov8_rows(2),
            None,
            True,
            input_shape=open_size,
            metadata=ultralytics(two_names()),
        ),
        "yolov8-f16": detector(
            yolov8_rows(2), ROWS, True, F16, F16, metadata=ultralytics(two_names())
        ),
        "yolov8-nhwc-u8": detector(
            yolov8_rows(2),
            ROWS,
            True,
            input_dtype=U8,
            input_shape=[1, SIZE, SIZE, 3],
            metadata=ultralytics(two_names()),
        ),
        "end-to-end": detector(end_to_end_rows(), 300, metadata=ultralytics(two_names())),
        "segment": detector(
            yolov8_rows(2), ROWS, True, metadata=ultralytics(two_names(), task="segment")
        ),
        "batch-4": detector(yolov8_rows(2), ROWS, True, input_shape=[4, 3, SIZE, SIZE]),
        "classification": classification(
            True, ultralytics({0: "empty", 1: "few", 2: "many"}, task="classify")
        ),
        "classification-logits": classification(False, producer="pytorch"),
        "channel-means": channel_means(),
        "identity": identity(F32, NCHW),
        "identity-f16": identity(F16, NCHW),
        "identity-nhwc-u8": identity(U8, [1, SIZE, SIZE, 3]),
        "two-inputs": two_inputs(),
        "unknown-head": unknown_head(),
    }


def tensor_info(value):
    tensor = value.type.tensor_type
    shape = [d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim]
    dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    return {"name": value.name, "dtype": dtype, "shape": shape}


def inspection(built):
    """What the native library must find in the file, as src/native/inspection.ts defines it."""
    return {
        "inputs": [tensor_info(value) for value in built.graph.input],
        "outputs": [tensor_info(value) for value in built.graph.output],
        "metadata": {each.key: each.value for each in built.metadata_props},
        "producer": built.producer_name,
        "graph": built.graph.name,
        "domain": built.domain,
        "description": built.graph.doc_string,
        "version": built.model_version,
    }


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    built_by_name = fixtures()
    inspections = {name: inspection(built) for name, built in built_by_name.items()}
    text = json.dumps(inspections, indent=2, sort_keys=True)
    text = re.sub(r"\[([\s\d,-]+)\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    (OUT / "inspections.json").write_text(text + "\n")
    for name, built in built_by_name.items():
        onnx.checker.check_model(built)
        data = built.SerializeToString(deterministic=True)
        assert len(data) <= SIZE_LIMIT_BYTES, f"{name} has {len(data)} bytes"
        (OUT / f"{name}.onnx").write_bytes(data)
    whole = (OUT / "yolox.onnx").read_bytes()
    (OUT / "cut-short.onnx").write_bytes(whole[: len(whole) // 2])
    # Whole as a protobuf message, but its graph is not one: only a runtime finds out.
    graph = b"\xff" * 64
    (OUT / "corrupt.onnx").write_bytes(b"\x08\x08" + b"\x3a" + bytes([len(graph)]) + graph)
    (OUT / "text.onnx").write_text("This is a text, and no model.\n")


if __name__ == "__main__":
    main()
