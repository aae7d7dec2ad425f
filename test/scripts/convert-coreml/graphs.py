"""ONNX graphs in the shape of known networks, with seeded random weights."""

import numpy as np

import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """A graph in the making; each method adds a node and returns the name of its output."""

    def __init__(self, shape, opset=17, dtype=TensorProto.FLOAT, seed=1):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.opset = [], [], opset
        self.inputs = [helper.make_tensor_value_info("images", dtype, shape)]
        self.channels = {"images": shape[1]}

    def constant(self, value, dtype=np.float32):
        name = f"c{len(self.constants)}"
        array = np.array(value, dtype, order="C")
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def whole(self, *values):
        return self.constant(values, np.int64)

    def add(self, op, *inputs, outputs=1, domain="", **attributes):
        names = [f"/{op}_{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def conv(
        self, x, count, size=1, stride=1, groups=1, bias=None, pad=None, gain=1.0, op="Conv", **more
    ):
        channels = self.channels[x]
        fan = channels // groups * size * size
        shape = [count, channels // groups, size, size]
        if op == "ConvTranspose":
            shape = [channels, count // groups, size, size]
        weight = self.random.normal(0, gain * np.sqrt(2 / fan), shape)
        bias = self.random.normal(0, 0.1, count) if bias is None else bias
        pad = size // 2 if pad is None else pad
        names = [self.constant(weight), self.constant(bias)]
        sides = {"kernel_shape": [size] * 2, "strides": [stride] * 2, "pads": [pad] * 4}
        out = self.add(op, x, *names, group=groups, **sides, **more)
        self.channels[out] = count
        return out

    def silu(self, x):
        out = self.add("Mul", x, self.add("Sigmoid", x))
        self.channels[out] = self.channels[x]
        return out

    def block(self, x, count, size=3, stride=1, gain=1.0, **more):
        # SiLU halves what goes through: without this, deep layers would see nothing of the picture.
        return self.silu(self.conv(x, count, size, stride, gain=1.25 * gain, **more))

    def concat(self, *values, axis=1):
        out = self.add("Concat", *values, axis=axis)
        self.channels[out] = sum(self.channels.get(each, 0) for each in values)
        return out

    def pool(self, x, size):
        sides = {"kernel_shape": [size] * 2, "strides": [1, 1], "pads": [size // 2] * 4}
        out = self.add("MaxPool", x, **sides)
        self.channels[out] = self.channels[x]
        return out

    def split(self, x, *sizes, axis=1):
        if self.opset < 13:
            outs = self.add("Split", x, outputs=len(sizes), axis=axis, split=list(sizes))
        else:
            outs = self.add("Split", x, self.whole(*sizes), outputs=len(sizes), axis=axis)
        self.channels.update(zip(outs, sizes))
        return outs

    def upsample(self, x, factor=2):
        scales = self.constant([1, 1, factor, factor])
        empty = self.constant([]) if self.opset < 13 else ""
        out = self.add(
            "Resize",
            x,
            empty,
            scales,
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )
        self.channels[out] = self.channels[x]
        return out

    def model(self, *outputs, shapes=None, metadata=None, producer="test"):
        named = []
        for index, output in enumerate(outputs):
            name = f"output{index}"
            self.nodes.append(helper.make_node("Identity", [output], [name]))
            shape = shapes[index] if shapes else None
            named.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        graph = helper.make_graph(self.nodes, "test", self.inputs, named, self.constants)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("made.up", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name=producer)
        if metadata:
            helper.set_model_props(model, metadata)
        if shapes is None:
            model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        return model


NAMES = {
    "names": "{0: 'car', 1: \"a b\", 2: 'bus'}",
    "stride": "32",
    "task": "detect",
    "author": "Ultralytics",
}
CLASSES = 3


def c2f(g, x, count):
    a, b = g.split(g.block(x, count, 1), count // 2, count // 2)
    c = g.block(g.block(b, count // 2), count // 2)
    out = g.add("Add", b, c)
    g.channels[out] = count // 2
    return g.block(g.concat(a, b, out), count, 1)


def sppf(g, x, count):
    x = g.block(x, count // 2, 1)
    pools = [x]
    for _ in range(3):
        pools.append(g.pool(pools[-1], 5))
    return g.block(g.concat(*pools), count, 1)


def spp(g, x, count):
    x = g.block(x, count // 2, 1)
    return g.block(g.concat(x, *(g.pool(x, size) for size in (5, 9, 13))), count, 1)


def attention(g, x, size):
    """YOLO11's: one convolution gives queries, keys and values of two heads."""
    count, heads = g.channels[x], 2
    keys, values = count // heads // 2, count // heads
    cells = size[0] * size[1]
    qkv = g.add("Reshape", g.conv(x, count * 2), g.whole(1, heads, 2 * keys + values, cells))
    q, k, v = g.split(qkv, keys, keys, values, axis=2)
    scores = g.add("MatMul", g.add("Transpose", q, perm=[0, 1, 3, 2]), k)
    scaled = g.add("Mul", scores, g.constant(keys**-0.5))
    weights = g.add("Transpose", g.add("Softmax", scaled, axis=-1), perm=[0, 1, 3, 2])
    mixed = g.add("Reshape", g.add("MatMul", v, weights), g.whole(1, count, *size))
    place = g.add("Reshape", v, g.whole(1, count, *size))
    g.channels[place] = count
    out = g.add("Add", mixed, g.conv(place, count, 3, groups=count))
    g.channels[out] = count
    return g.conv(out, count)


def backbone(g, gain=1.0, neck=c2f):
    """Feature maps of strides 8, 16, 32; `gain` suits the first layer to its pixels."""
    x = g.block("images", 8, 3, 2, gain=gain)
    x = g.block(x, 16, 3, 2)
    p3 = neck(g, g.block(x, 24, 3, 2), 24)
    p4 = neck(g, g.block(p3, 32, 3, 2), 32)
    return p3, p4, g.block(p4, 40, 3, 2)


def yolov8(side=64, with_attention=False, transposed_convolution=False, opset=17):
    """Ultralytics' YOLOv8 and YOLO11: distributions over 16 distances, decoded to pixels."""
    g = Graph([1, 3, side, side], opset)
    p3, p4, p5 = backbone(g)
    p5 = sppf(g, p5, 40)
    if with_attention:
        out = g.add("Add", p5, attention(g, p5, (side // 32, side // 32)))
        g.channels[out] = 40
        p5 = out
    up = (
        g.conv(p5, 40, 2, 2, pad=0, op="ConvTranspose")
        if transposed_convolution
        else g.upsample(p5)
    )
    p4 = c2f(g, g.concat(up, p4), 32)
    p3 = c2f(g, g.concat(g.upsample(p4), p3), 24)
    p4 = c2f(g, g.concat(g.block(p3, 24, 3, 2), p4), 32)
    p5 = c2f(g, g.concat(g.block(p4, 32, 3, 2), p5), 40)
    rows, anchors, strides = [], [], []
    for level, stride in ((p3, 8), (p4, 16), (p5, 32)):
        boxes = g.conv(g.block(level, 64), 64)
        # Most cells are surely empty, as in a trained network.
        scores = g.conv(g.block(level, 16), CLASSES, bias=np.full(CLASSES, -2.0), gain=1.0)
        both = g.concat(boxes, scores)
        rows.append(g.add("Reshape", both, g.whole(1, 64 + CLASSES, -1)))
        cells = side // stride
        y, x = np.mgrid[0:cells, 0:cells] + 0.5
        anchors.append(np.stack([x.ravel(), y.ravel()]))
        strides.append(np.full((1, cells * cells), stride))
    anchors, strides = np.concatenate(anchors, 1)[None], np.concatenate(strides, 1)
    count = anchors.shape[2]
    boxes, scores = g.split(g.concat(*rows, axis=2), 64, CLASSES)
    parts = g.add("Reshape", boxes, g.whole(1, 4, 16, count))
    parts = g.add("Softmax", g.add("Transpose", parts, perm=[0, 2, 1, 3]), axis=1)
    ramp = g.constant(np.arange(16).reshape(1, 16, 1, 1))
    expected = g.add("Conv", parts, ramp, kernel_shape=[1, 1])
    distances = g.add("Reshape", expected, g.whole(1, 4, count))
    near = g.add("Slice", distances, g.whole(0), g.whole(2), g.whole(1))
    far = g.add("Slice", distances, g.whole(2), g.whole(4), g.whole(1))
    low = g.add("Sub", g.constant(anchors), near)
    high = g.add("Add", g.constant(anchors), far)
    centre = g.add("Div", g.add("Add", low, high), g.constant(2))
    xywh = g.add("Concat", centre, g.add("Sub", high, low), axis=1)
    pixels = g.add("Mul", xywh, g.constant(strides))
    out = g.add("Concat", pixels, g.add("Sigmoid", scores), axis=1)
    return g.model(out, shapes=[[1, 4 + CLASSES, count]], metadata=NAMES, producer="pytorch")


ANCHORS = {
    8: [(10, 13), (16, 30), (33, 23)],
    16: [(30, 61), (62, 45), (59, 119)],
    32: [(116, 90), (156, 198), (373, 326)],
}


def yolov5(side=64, opset=12, focus=False):
    """Ultralytics' YOLOv5: three anchors a cell, shapes computed from shapes, decoded to pixels."""
    g = Graph(["batch", 3, side, side], opset)
    if focus:
        corners = []
        for dy, dx in ((0, 0), (1, 0), (0, 1), (1, 1)):
            rows = g.add("Slice", "images", g.whole(dy), g.whole(2**63 - 1), g.whole(2), g.whole(2))
            corners.append(
                g.add("Slice", rows, g.whole(dx), g.whole(2**63 - 1), g.whole(3), g.whole(2))
            )
        stem = g.add("Concat", *corners, axis=1)
        g.channels[stem] = 12
        g.channels["images"] = 3
        x = g.block(stem, 8, 3)
    else:
        x = g.block("images", 8, 6, 2, pad=2)
    x = g.block(x, 16, 3, 2)
    p3 = g.block(x, 24, 3, 2)
    leaky = g.add("LeakyRelu", g.conv(p3, 32, 3, 2), alpha=0.1)
    g.channels[leaky] = 32
    p4 = leaky
    p5 = (spp if focus else sppf)(g, g.block(p4, 40, 3, 2), 40)
    p4 = g.block(g.concat(g.upsample(p5), p4), 32)
    outs = []
    for level, stride in ((p3, 8), (p4, 16), (p5, 32)):
        cells, columns = side // stride, 5 + CLASSES
        bias = np.tile(np.r_[np.zeros(4), -3.0, np.zeros(CLASSES)], 3)
        x = g.conv(level, 3 * columns, bias=bias)
        shape = g.add("Shape", x)
        sides = [
            g.add("Unsqueeze", g.add("Gather", shape, g.constant(axis, np.int64), axis=0), axes=[0])
            for axis in (0, 2, 3)
        ]
        wanted = g.add("Concat", sides[0], g.whole(3), g.whole(columns), *sides[1:], axis=0)
        x = g.add("Transpose", g.add("Reshape", x, wanted), perm=[0, 1, 3, 4, 2])
        xy, wh, rest = g.split(g.add("Sigmoid", x), 2, 2, 1 + CLASSES, axis=4)
        y, x = np.mgrid[0:cells, 0:cells] - 0.5
        grid = np.broadcast_to(np.stack([x, y], -1), (1, 3, cells, cells, 2))
        xy = g.add("Add", g.add("Mul", xy, g.constant(2)), g.constant(grid))
        xy = g.add("Mul", xy, g.constant(stride))
        anchors = np.broadcast_to(np.array(ANCHORS[stride]).reshape(1, 3, 1, 1, 2), grid.shape)
        wh = g.add("Pow", g.add("Mul", wh, g.constant(2)), g.constant(2))
        wh = g.add("Mul", wh, g.constant(anchors))
        both = g.add("Concat", xy, wh, rest, axis=4)
        outs.append(g.add("Reshape", both, g.whole(1, -1, columns)))
    count = 3 * sum((side // stride) ** 2 for stride in ANCHORS)
    out = g.add("Concat", *outs, axis=1)
    return g.model(out, shapes=[["batch", count, 5 + CLASSES]], metadata=NAMES, producer="pytorch")


def yolox(side=64, gain=1.0):
    """Megvii's YOLOX: raw outputs, objectness and classes after the sigmoid."""
    g = Graph([1, 3, side, side], 11)
    levels, rows = backbone(g, gain / 255), []
    for level in levels:
        boxes = g.conv(level, 4)
        scores = g.add("Sigmoid", g.conv(level, 1 + CLASSES, bias=np.full(1 + CLASSES, -1.0)))
        rows.append(
            g.add("Reshape", g.add("Concat", boxes, scores, axis=1), g.whole(1, 5 + CLASSES, -1))
        )
    out = g.add("Transpose", g.add("Concat", *rows, axis=2), perm=[0, 2, 1])
    count = sum((side // stride) ** 2 for stride in (8, 16, 32))
    return g.model(out, shapes=[[1, count, 5 + CLASSES]])


def classifier(producer="test"):
    """A small network of everything classifiers use."""
    g = Graph([1, 3, 32, 48], 13)
    x = g.conv("images", 8, 3, 2)
    moments = [g.random.uniform(0.5, 1.5, 8), *(g.random.normal(0, 0.3, 8) for _ in range(2))]
    names = [g.constant(each) for each in (*moments, g.random.uniform(0.5, 2, 8))]
    x = g.add("Relu", g.add("BatchNormalization", x, *names))
    g.channels[x] = 8
    x = (
        g.add("HardSwish", g.conv(x, 8, 3, groups=8))
        if g.opset >= 14
        else hard_swish(g, g.conv(x, 8, 3, groups=8))
    )
    g.channels[x] = 8
    gate = g.add("GlobalAveragePool", x)
    g.channels[gate] = 8
    x = g.add("Mul", x, g.add("HardSigmoid", g.conv(gate, 8), alpha=1 / 6))
    g.channels[x] = 8
    x = g.add("Clip", g.conv(x, 16), g.constant(0), g.constant(6))
    x = g.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = g.add("Flatten", g.add("GlobalAveragePool", x))
    weight, bias = g.random.normal(0, 0.5, (10, 16)), g.random.normal(0, 0.5, 10)
    x = g.add("Gemm", x, g.constant(weight), g.constant(bias), transB=1)
    return g.model(x, shapes=[[1, 10]], producer=producer)


def hard_swish(g, x):
    return g.add("Mul", x, g.add("HardSigmoid", x, alpha=1 / 6, beta=0.5))


def save(model, path):
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
