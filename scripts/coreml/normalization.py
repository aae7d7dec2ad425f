"""How pixels become numbers, folded into the first convolution: exact, but for rounding."""

import numpy as np

from .graph import Node
from .rewrites import mergeable, set_weights

PIXEL_STEPS = 256
FLOATS = (1, 10)
"""float32 and float16, as ONNX numbers them."""


def fold_normalization(graph, scale, shift):
    """Lets the graph take pixels, 0-255, where it took `pixel * scale + shift`, one pair a channel.

    What the graph itself does to its input first (a cast, a division by 255) is taken in. All of it
    goes into the weights of the convolutions that read the input. Only where a convolution
    pads, and its padding of zeros does not stand for a pixel of zero, one addition stays before it.

    Returns whether anything was folded.
    """
    name = graph.input_name
    scale, shift = np.asarray(scale, np.float64), np.asarray(shift, np.float64)
    name, scale, shift = leading_affine(graph, name, scale, shift)
    if name != graph.input_name:
        for node in graph.nodes:
            node.inputs = [graph.input_name if each == name else each for each in node.inputs]
        graph.prune()
    users = graph.consumers(graph.input_name)
    if np.all(scale == 1) and np.all(shift == 0):
        return name != graph.input_name
    if not all(mergeable(graph, node) and node.inputs[0] == graph.input_name for node in users):
        insert_affine(graph, users, scale, shift)
        return False
    if np.any(shift != 0) and any(any(node.attribute("pads", [0])) for node in users):
        insert_affine(graph, users, np.ones_like(scale), shift / scale)
        shift = np.zeros_like(shift)
    for conv in users:
        weight = graph.constants[conv.inputs[1]].astype(np.float64)
        bias = graph.constants[conv.inputs[2]] if len(conv.inputs) > 2 and conv.inputs[2] else 0
        moved = np.einsum("ochw,c->o", weight, shift) + bias
        set_weights(graph, conv, weight * scale.reshape(1, -1, 1, 1), moved)
    return True


def keep_weights_normal(graph):
    """Lets a first convolution of tiny weights take its pixels as 0-1, not 0-255.

    Weights made for 0-255 may be so small that 16 bits hold only some of their digits, or none
    where the hardware takes subnormal numbers for zero. A division of the input by 256 and a
    multiplication of the weights by it are both exact.

    Returns whether that was done.
    """
    done = False
    for conv in graph.consumers(graph.input_name):
        if not mergeable(graph, conv) or not loses_digits(graph.constants[conv.inputs[1]]):
            continue
        factor, divided = graph.fresh("input_share"), graph.fresh("input_divided")
        weight = graph.fresh(f"{conv.inputs[1]}_normal")
        graph.constants[factor] = np.array(1 / PIXEL_STEPS, np.float32)
        graph.constants[weight] = graph.constants[conv.inputs[1]] * np.float32(PIXEL_STEPS)
        node = Node("Mul", [graph.input_name, factor], [divided], {})
        graph.nodes.insert(graph.nodes.index(conv), node)
        conv.inputs[:2] = [divided, weight]
        done = True
    return done


def loses_digits(weight):
    """Has any kernel more than a hundredth of its weight in subnormal 16-bit numbers?"""
    size = np.abs(weight.reshape(len(weight), -1)).astype(np.float64)
    tiny = np.where(size < np.finfo(np.float16).smallest_normal, size, 0)
    return bool(np.any(tiny.sum(1) > 0.01 * size.sum(1)))


def leading_affine(graph, name, scale, shift):
    """Follows casts and arithmetic with constants from the input on, as long as it is one path."""
    channels = len(scale)
    while True:
        users = graph.consumers(name)
        if len(users) != 1 or name in graph.outputs or users[0].outputs[0] in graph.outputs:
            return name, scale, shift
        (node,) = users
        others = [each for each in node.inputs if each != name]
        if node.op == "Identity" or (node.op == "Cast" and node.attribute("to") in FLOATS):
            name = node.outputs[0]
            continue
        if node.op not in ("Add", "Sub", "Mul", "Div") or len(others) != 1:
            return name, scale, shift
        value = graph.constants.get(others[0])
        value = None if value is None else per_channel(value, channels)
        if value is None or (node.op in ("Sub", "Div") and node.inputs[0] != name):
            return name, scale, shift
        if node.op in ("Mul", "Div"):
            factor = value if node.op == "Mul" else 1 / value
            scale, shift = scale * factor, shift * factor
        else:
            shift = shift + (value if node.op == "Add" else -value)
        name = node.outputs[0]


def per_channel(value, channels):
    """A constant that is the same for all pixels of a channel, as one number each; or None."""
    if value.size == 1:
        return np.full(channels, float(value.reshape(())))
    shape = (1,) * (4 - value.ndim) + value.shape
    if shape != (1, channels, 1, 1):
        return None
    return value.reshape(-1).astype(np.float64)


def insert_affine(graph, users, scale, shift):
    """Puts `x * scale + shift` between the input and those who read it."""
    name, nodes = graph.input_name, []
    for op, value, neutral in (("Mul", scale, 1), ("Add", shift, 0)):
        if np.all(value == neutral):
            continue
        constant = graph.fresh(f"input_{op.lower()}")
        output = graph.fresh(f"{constant}_out")
        graph.constants[constant] = value.astype(np.float32).reshape(1, -1, 1, 1)
        nodes.append(Node(op, [name, constant], [output], {}))
        name = output
    for node in users:
        node.inputs = [name if each == graph.input_name else each for each in node.inputs]
    graph.nodes[:0] = nodes
