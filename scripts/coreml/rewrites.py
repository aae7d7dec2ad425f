"""Rewrites of a graph that keep what it computes and suit the Neural Engine better.

All are equalities of real numbers; only the order of rounding differs.
"""

import numpy as np

from .graph import Node

ALL = 2**31 - 1
"""An end of a slice from here on means: to the end, however long the axis is."""


def focus_to_convolution(graph):
    """Merges a Focus layer with the convolution behind it.

    Focus (YOLOX's and the first YOLOv5's first layer) stacks the four pictures made of every
    second pixel as channels. A k x k convolution of stack channel (q, c), q = (dy, dx), at kernel
    cell (y, x) reads channel c at pixel (2y + dy, 2x + dx): that is cell (2y + dy, 2x + dx) of one
    2k x 2k convolution of twice the stride and padding.

    Returns whether one was found.
    """
    for concat in graph.nodes:
        offsets = focus_offsets(graph, concat)
        if offsets is None:
            continue
        users = graph.consumers(concat.outputs[0])
        if concat.outputs[0] in graph.outputs or len(users) != 1 or not mergeable(graph, users[0]):
            continue
        conv, channels = users[0], graph.input_shape[1]
        weight = graph.constants[conv.inputs[1]]
        count, _, height, width = weight.shape
        merged = np.zeros((count, channels, 2 * height, 2 * width), weight.dtype)
        for block, (dy, dx) in enumerate(offsets):
            part = weight[:, block * channels : (block + 1) * channels]
            merged[:, :, dy::2, dx::2] = part
        name = graph.fresh(f"{conv.inputs[1]}_focus")
        graph.constants[name] = merged
        attributes = dict(
            conv.attributes,
            kernel_shape=[2 * height, 2 * width],
            strides=[2 * each for each in conv.attribute("strides", [1, 1])],
            pads=[2 * each for each in conv.attribute("pads", [0, 0, 0, 0])],
        )
        inputs = [graph.input_name, name, *conv.inputs[2:]]
        graph.replace(conv, [Node("Conv", inputs, conv.outputs, attributes)])
        graph.prune()
        return True
    return False


def focus_offsets(graph, concat):
    """(dy, dx) of each of the four slices of the input that `concat` stacks; else None."""
    if concat.op != "Concat" or len(concat.inputs) != 4 or concat.attribute("axis") not in (1, -3):
        return None
    if any(side % 2 for side in graph.input_shape[2:]):
        return None
    found = [slice_of_input(graph, name) for name in concat.inputs]
    if any(each is None or set(each) != {2, 3} for each in found):
        return None
    offsets = [(each[2], each[3]) for each in found]
    return offsets if sorted(offsets) == [(0, 0), (0, 1), (1, 0), (1, 1)] else None


def slice_of_input(graph, name):
    """Axis to first index, of slices that take every second element of the graph's input."""
    makers = {output: node for node in graph.nodes for output in node.outputs}
    starts = {}
    while name != graph.input_name:
        node = makers.get(name)
        if node is None or node.op != "Slice":
            return None
        for axis, start, end, step in slice_parts(graph, node):
            if step != 2 or start not in (0, 1) or axis in starts:
                return None
            if end < min(ALL, graph.input_shape[axis]):
                return None
            starts[axis] = start
        name = node.inputs[0]
    return starts


def slice_parts(graph, node):
    """(axis, start, end, step) of each axis a Slice cuts; a step of 0 if a bound is computed."""
    if graph.opset < 10:
        starts, ends = node.attribute("starts"), node.attribute("ends")
        axes, steps = node.attribute("axes"), None
    else:
        names = (node.inputs[1:] + ["", ""])[:4]
        if any(name and name not in graph.constants for name in names):
            return [(0, 0, 0, 0)]
        starts, ends, axes, steps = (graph.constants.get(name) for name in names)
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    return [tuple(int(each) for each in part) for part in zip(axes, starts, ends, steps)]


def mergeable(graph, node):
    """Is it a plain 2-D convolution with constant weights?"""
    return (
        node.op == "Conv"
        and all(name in graph.constants for name in node.inputs[1:] if name)
        and graph.constants[node.inputs[1]].ndim == 4
        and node.attribute("group", 1) == 1
        and set(node.attribute("dilations", [1, 1])) == {1}
        and node.attribute("auto_pad", "NOTSET") == "NOTSET"
    )


def chain_pools(graph):
    """Makes maximum pools of 9, 13, ... at stride 1 chains of pools of 5.

    The maximum over a window of 2r + 1 is that over 5 of those over 2(r - 2) + 1; padding counts
    as minus infinity, so the borders agree too. Kernels above 7 leave the Neural Engine.

    Returns whether there were any.
    """
    made, wide = {}, False
    for node in list(graph.nodes):
        radius = pool_radius(node)
        if radius is None:
            continue
        source, new, wide = node.inputs[0], [], wide or radius > 2
        for step in range(2, radius + 1, 2):
            last = step == radius
            known = made.get((node.inputs[0], step))
            if known is not None and not last:
                source = known
                continue
            name = node.outputs[0] if last else graph.fresh(f"{node.outputs[0]}_{2 * step + 1}")
            new.append(Node("MaxPool", [source], [name], pool_attributes(2)))
            source = made[(node.inputs[0], step)] = name
        graph.replace(node, new)
    return wide


def pool_radius(node):
    """r of a maximum pool of 2r + 1 at stride 1 that keeps the size, r even; else None."""
    kernel = node.attribute("kernel_shape") or [0]
    radius = (kernel[0] - 1) // 2
    plain = {"kernel_shape": [2 * radius + 1] * 2, "pads": [radius] * 4, "strides": [1, 1]}
    seen = {name: node.attribute(name, [1, 1]) for name in plain}
    if node.op != "MaxPool" or seen != plain or radius < 2 or radius % 2 or len(node.outputs) > 1:
        return None
    return radius if set(node.attribute("dilations", [1, 1])) == {1} else None


def pool_attributes(radius):
    size = 2 * radius + 1
    return {"kernel_shape": [size, size], "pads": [radius] * 4, "strides": [1, 1]}


def fold_batch_normalization(graph):
    """Folds a BatchNormalization into the convolution before it, where nobody else reads that."""
    makers = {output: node for node in graph.nodes for output in node.outputs}
    for norm in [node for node in graph.nodes if node.op == "BatchNormalization"]:
        conv = makers.get(norm.inputs[0])
        if conv is None or conv.op != "Conv" or conv.outputs[0] in graph.outputs:
            continue
        names = [name for name in conv.inputs[1:] + norm.inputs[1:] if name]
        if any(name not in graph.constants for name in names):
            continue
        if len(graph.consumers(conv.outputs[0])) != 1:
            continue
        gamma, beta, mean, variance = (graph.constants[name] for name in norm.inputs[1:5])
        factor = gamma / np.sqrt(variance + norm.attribute("epsilon", 1e-5))
        weight = graph.constants[conv.inputs[1]]
        bias = graph.constants[conv.inputs[2]] if len(conv.inputs) > 2 and conv.inputs[2] else 0
        scaled = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
        set_weights(graph, conv, scaled, (bias - mean) * factor + beta)
        conv.outputs = [norm.outputs[0]]
        makers[norm.outputs[0]] = conv
        graph.nodes.remove(norm)
    graph.prune()


def set_weights(graph, conv, weight, bias):
    names = [graph.fresh(f"{conv.inputs[1]}_folded"), graph.fresh(f"{conv.inputs[1]}_bias")]
    graph.constants[names[0]] = np.asarray(weight, np.float32)
    graph.constants[names[1]] = np.broadcast_to(bias, weight.shape[:1]).astype(np.float32)
    conv.inputs = [conv.inputs[0], *names]
