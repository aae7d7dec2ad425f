"""Activations and arithmetic, element by element."""

import numpy as np
from coremltools.converters.mil import Builder as mb

from .operators import Unconvertible, ints, operator

UNARY = {
    "Relu": mb.relu,
    "Sigmoid": mb.sigmoid,
    "Tanh": mb.tanh,
    "Exp": mb.exp,
    "Sqrt": mb.sqrt,
    "Abs": mb.abs,
    "Erf": mb.erf,
    "Softplus": mb.softplus,
    "Softsign": mb.softsign,
}

BINARY = {
    "Add": mb.add,
    "Sub": mb.sub,
    "Mul": mb.mul,
    "Div": mb.real_div,
    "Max": mb.maximum,
    "Min": mb.minimum,
}


@operator(*UNARY)
def unary(build, node):
    return UNARY[node.op](x=build.tensor(node, 0), name=build.name)


@operator(*BINARY)
def binary(build, node):
    result = build.tensor(node, 0)
    if len(node.inputs) == 1:
        return mb.identity(x=result, name=build.name)
    for index in range(1, len(node.inputs)):
        last = index == len(node.inputs) - 1
        name = build.name if last else f"{build.name}_{index}"
        x, y = result, build.tensor(node, index)
        # The first of two operands is a variable wherever one is.
        if isinstance(x, np.ndarray) and node.op in ("Add", "Mul", "Max", "Min"):
            x, y = y, x
        result = BINARY[node.op](x=x, y=y, name=name)
    return result


@operator("Neg")
def negative(build, node):
    return mb.mul(x=build.tensor(node, 0), y=build.scalar(-1), name=build.name)


@operator("Pow")
def power(build, node):
    x, exponent = build.tensor(node, 0), build.get(node, 1)
    if isinstance(exponent, np.ndarray) and exponent.size == 1 and exponent.item() == 2:
        return mb.mul(x=x, y=x, name=build.name)
    return mb.pow(x=x, y=build.tensor(node, 1), name=build.name)


@operator("LeakyRelu")
def leaky_relu(build, node):
    alpha = build.scalar(node.attribute("alpha", 0.01))
    return mb.leaky_relu(x=build.tensor(node, 0), alpha=alpha, name=build.name)


@operator("Elu")
def elu(build, node):
    alpha = build.scalar(node.attribute("alpha", 1.0))
    return mb.elu(x=build.tensor(node, 0), alpha=alpha, name=build.name)


@operator("PRelu")
def prelu(build, node):
    x, slope = build.tensor(node, 0), build.constant(node, 1)
    if slope.size not in (1, x.shape[1]) or (slope.size > 1 and slope.shape[0] != slope.size):
        raise Unconvertible(f'PRelu "{node.outputs[0]}" has slopes that are not one a channel')
    alpha = np.broadcast_to(slope.reshape(-1), (x.shape[1],))
    return mb.prelu(x=x, alpha=build.weight(alpha), name=build.name)


@operator("HardSigmoid")
def hard_sigmoid(build, node):
    return mb.sigmoid_hard(
        x=build.tensor(node, 0),
        alpha=build.scalar(node.attribute("alpha", 0.2)),
        beta=build.scalar(node.attribute("beta", 0.5)),
        name=build.name,
    )


@operator("HardSwish")
def hard_swish(build, node):
    x = build.tensor(node, 0)
    alpha, beta = build.scalar(1 / 6), build.scalar(0.5)
    gate = mb.sigmoid_hard(x=x, alpha=alpha, beta=beta, name=f"{build.name}_gate")
    return mb.mul(x=x, y=gate, name=build.name)


@operator("Mish")
def mish(build, node):
    x = build.tensor(node, 0)
    soft = mb.softplus(x=x, name=f"{build.name}_softplus")
    return mb.mul(x=x, y=mb.tanh(x=soft, name=f"{build.name}_tanh"), name=build.name)


@operator("Clip")
def clip(build, node):
    x = build.tensor(node, 0)
    low, high = build.constant(node, 1, "min"), build.constant(node, 2, "max")
    if low is not None and high is not None:
        if low == 0 and high == 6:
            return mb.relu6(x=x, name=build.name)
        return mb.clip(x=x, alpha=build.scalar(low), beta=build.scalar(high), name=build.name)
    if low is not None:
        return mb.maximum(x=x, y=build.scalar(low), name=build.name)
    if high is not None:
        return mb.minimum(x=x, y=build.scalar(high), name=build.name)
    return mb.identity(x=x, name=build.name)


@operator("Softmax")
def softmax(build, node):
    x = build.tensor(node, 0)
    axis = node.attribute("axis", 1 if build.opset < 13 else -1) % x.rank
    # Before operator set 13 everything from `axis` on was one long row.
    if build.opset >= 13 or all(side == 1 for side in x.shape[axis + 1 :]):
        return mb.softmax(x=x, axis=np.int32(axis), name=build.name)
    rows = int(np.prod(x.shape[:axis]))
    row = mb.reshape(x=x, shape=ints([rows, -1]), name=f"{build.name}_rows")
    row = mb.softmax(x=row, axis=np.int32(1), name=f"{build.name}_softmax")
    return mb.reshape(x=row, shape=ints(x.shape), name=build.name)
