"""Convolutions, pools, normalization, matrix products, resizing."""

import numpy as np
from coremltools.converters.mil import Builder as mb

from .operators import Unconvertible, flat, ints, operator, spatial_pads


@operator("Conv")
def conv(build, node):
    x, weight = build.tensor(node, 0), build.tensor(node, 1)
    if not isinstance(weight, np.ndarray):
        raise Unconvertible(f'Conv "{node.outputs[0]}" has weights that are computed')
    count = weight.ndim - 2
    strides, dilations = (
        node.attribute("strides", [1] * count),
        node.attribute("dilations", [1] * count),
    )
    arguments = {} if build.get(node, 2) is None else {"bias": build.tensor(node, 2)}
    return mb.conv(
        x=x,
        weight=weight,
        strides=ints(strides),
        dilations=ints(dilations),
        pad_type="custom",
        pad=flat(spatial_pads(node, x, weight.shape[2:], strides, dilations)),
        groups=int(node.attribute("group", 1)),
        name=build.name,
        **arguments,
    )


@operator("ConvTranspose")
def conv_transpose(build, node):
    x, weight = build.tensor(node, 0), build.tensor(node, 1)
    if not isinstance(weight, np.ndarray):
        raise Unconvertible(f'ConvTranspose "{node.outputs[0]}" has weights that are computed')
    if "output_shape" in node.attributes or node.attribute("auto_pad", "NOTSET") != "NOTSET":
        raise Unconvertible(
            f'ConvTranspose "{node.outputs[0]}" names its output\'s size, not its padding'
        )
    count = weight.ndim - 2
    strides, dilations = (
        node.attribute("strides", [1] * count),
        node.attribute("dilations", [1] * count),
    )
    pads, groups = (
        spatial_pads(node, x, weight.shape[2:], strides, dilations),
        int(node.attribute("group", 1)),
    )
    extra = node.attribute("output_padding", [0] * count)
    sizes = [
        (size - 1) * stride - sum(pad) + dilation * (length - 1) + more + 1
        for size, stride, pad, dilation, length, more in zip(
            x.shape[2:], strides, pads, dilations, weight.shape[2:], extra
        )
    ]
    arguments = {} if build.get(node, 2) is None else {"bias": build.tensor(node, 2)}
    if any(extra):
        arguments["output_shape"] = ints([x.shape[0], weight.shape[1] * groups, *sizes])
    return mb.conv_transpose(
        x=x,
        weight=weight,
        strides=ints(strides),
        dilations=ints(dilations),
        pad_type="custom",
        pad=flat(pads),
        groups=groups,
        name=build.name,
        **arguments,
    )


@operator("MaxPool", "AveragePool")
def pool(build, node):
    x, kernel = build.tensor(node, 0), node.attribute("kernel_shape")
    count = len(kernel)
    strides, dilations = (
        node.attribute("strides", [1] * count),
        node.attribute("dilations", [1] * count),
    )
    if set(dilations) != {1} or len(node.outputs) > 1:
        raise Unconvertible(f'{node.op} "{node.outputs[0]}" is dilated or gives indices')
    pads, counted = (
        spatial_pads(node, x, kernel, strides, dilations),
        node.attribute("count_include_pad", 0),
    )
    if node.attribute("ceil_mode", 0):
        ceiled = [ceil_pad(*each) for each in zip(x.shape[2:], kernel, strides, pads)]
        if ceiled != pads and node.op == "AveragePool" and counted:
            raise Unconvertible(f'AveragePool "{node.outputs[0]}" counts its padding and rounds up')
        pads = ceiled
    common = {
        "x": x,
        "kernel_sizes": ints(kernel),
        "strides": ints(strides),
        "pad_type": "custom",
        "pad": flat(pads),
        "name": build.name,
    }
    if node.op == "MaxPool":
        return mb.max_pool(**common)
    return mb.avg_pool(**common, exclude_padding_from_average=not counted)


def ceil_pad(size, kernel, stride, pad):
    """The padding that makes room for a last window only begun, as `ceil_mode` allows it."""
    before, after = pad
    windows = -(-(size + before + after - kernel) // stride) + 1
    # A window that would begin in the padding behind the picture is not taken.
    if (windows - 1) * stride >= size + before:
        windows -= 1
    return before, max(after, (windows - 1) * stride + kernel - size - before)


@operator("GlobalAveragePool")
def global_average_pool(build, node):
    x = build.tensor(node, 0)
    return mb.reduce_mean(x=x, axes=ints(range(2, x.rank)), keep_dims=True, name=build.name)


@operator("GlobalMaxPool")
def global_max_pool(build, node):
    x = build.tensor(node, 0)
    return mb.reduce_max(x=x, axes=ints(range(2, x.rank)), keep_dims=True, name=build.name)


@operator("ReduceMean", "ReduceMax", "ReduceSum")
def reduce(build, node):
    x = build.tensor(node, 0)
    axes = build.constant(node, 1, "axes", np.arange(x.rank))
    function = {
        "ReduceMean": mb.reduce_mean,
        "ReduceMax": mb.reduce_max,
        "ReduceSum": mb.reduce_sum,
    }[node.op]
    keep = bool(node.attribute("keepdims", 1))
    if not keep and len(axes) == x.rank:
        raise Unconvertible(f'{node.op} "{node.outputs[0]}" leaves a number, not a tensor')
    return function(x=x, axes=ints(axes), keep_dims=keep, name=build.name)


@operator("BatchNormalization")
def batch_normalization(build, node):
    gamma, beta, mean, variance = (build.constant(node, index) for index in range(1, 5))
    # As one product and one sum a channel: the moments themselves may not fit 16 bits.
    factor = gamma / np.sqrt(variance + node.attribute("epsilon", 1e-5))
    x = build.tensor(node, 0)
    shape = (1, -1, *[1] * (x.rank - 2))
    scaled = mb.mul(x=x, y=build.weight(factor.reshape(shape)), name=f"{build.name}_scaled")
    return mb.add(x=scaled, y=build.weight((beta - mean * factor).reshape(shape)), name=build.name)


@operator("Gemm")
def gemm(build, node):
    x, weight = build.tensor(node, 0), build.constant(node, 1)
    if node.attribute("transA", 0):
        x = mb.transpose(x=x, perm=ints([1, 0]), name=f"{build.name}_turned")
    weight = weight if node.attribute("transB", 0) else weight.T
    bias = build.constant(node, 2, default=np.zeros(1, weight.dtype)) * node.attribute("beta", 1.0)
    if bias.size not in (1, weight.shape[0]):
        raise Unconvertible(f'Gemm "{node.outputs[0]}" adds a matrix, not one number a column')
    bias = np.broadcast_to(bias.reshape(-1), weight.shape[:1])
    return mb.linear(
        x=x,
        weight=build.weight(weight * node.attribute("alpha", 1.0)),
        bias=build.weight(bias),
        name=build.name,
    )


@operator("MatMul")
def matmul(build, node):
    return mb.matmul(x=build.tensor(node, 0), y=build.tensor(node, 1), name=build.name)
