"""Convolutions, pools and resizing in numpy: plain sums over the cells of a kernel."""

import numpy as np


def padded(x, pad, fill=0.0):
    pairs = [(0, 0), (0, 0), *np.reshape(pad, (-1, 2)).tolist()]
    return np.pad(x, pairs, constant_values=fill)


def windows(x, kernel, strides, dilations):
    """For each cell of the kernel, what it sees: (index of the cell, strided view of `x`)."""
    sizes = [
        (side - (length - 1) * dilation - 1) // stride + 1
        for side, length, stride, dilation in zip(x.shape[2:], kernel, strides, dilations)
    ]
    for cell in np.ndindex(*kernel):
        cut = [
            slice(at * dilation, at * dilation + (size - 1) * stride + 1, stride)
            for at, dilation, size, stride in zip(cell, dilations, sizes, strides)
        ]
        yield cell, x[(slice(None), slice(None), *cut)]


def conv(x, weight, strides, pad, dilations, groups, pad_type, bias=None):
    x, count = padded(x, pad), weight.shape[0]
    total = None
    for cell, seen in windows(x, weight.shape[2:], strides, dilations):
        factor = weight[(slice(None), slice(None), *cell)]
        if weight.shape[1] == 1 and groups == count:
            part = seen * factor.reshape(1, -1, *[1] * (x.ndim - 2))
        else:
            grouped = seen.reshape(groups, seen.shape[1] // groups, -1)
            part = np.matmul(factor.reshape(groups, count // groups, -1), grouped)
            part = part.reshape(1, count, *seen.shape[2:])
        total = part if total is None else total + part
    return total if bias is None else total + bias.reshape(1, -1, *[1] * (x.ndim - 2))


def conv_transpose(
    x, weight, strides, pad, dilations, groups, pad_type, bias=None, output_shape=None
):
    kernel, count = weight.shape[2:], weight.shape[1] * groups
    pairs = np.reshape(pad, (-1, 2)).tolist()
    full = [
        (side - 1) * stride + (length - 1) * dilation + 1
        for side, stride, length, dilation in zip(x.shape[2:], strides, kernel, dilations)
    ]
    sizes = [side - sum(pair) for side, pair in zip(full, pairs)]
    sizes = sizes if output_shape is None else list(output_shape[2:])
    room = [max(side, pair[0] + size) for side, pair, size in zip(full, pairs, sizes)]
    total = np.zeros((1, count, *room), np.float32)
    grouped = x.reshape(groups, x.shape[1] // groups, -1)
    for cell, seen in windows(total, kernel, strides, dilations):
        factor = weight[(slice(None), slice(None), *cell)].reshape(groups, -1, weight.shape[1])
        part = np.matmul(factor.swapaxes(1, 2), grouped).reshape(1, count, *x.shape[2:])
        inside = tuple(slice(0, side) for side in x.shape[2:])
        seen[(slice(None), slice(None), *inside)] += part
    cut = tuple(slice(pair[0], pair[0] + size) for pair, size in zip(pairs, sizes))
    total = total[(slice(None), slice(None), *cut)]
    return total if bias is None else total + bias.reshape(1, -1, *[1] * (x.ndim - 2))


def max_pool(x, kernel_sizes, strides, pad, pad_type, ceil_mode=False):
    total, ones = None, [1] * len(kernel_sizes)
    for _, seen in windows(padded(x, pad, -np.inf), kernel_sizes, strides, ones):
        total = seen if total is None else np.maximum(total, seen)
    return total


def avg_pool(
    x, kernel_sizes, strides, pad, pad_type, exclude_padding_from_average, ceil_mode=False
):
    ones = [1] * len(kernel_sizes)
    total = sum(seen for _, seen in windows(padded(x, pad), kernel_sizes, strides, ones))
    if not exclude_padding_from_average:
        return total / np.prod(kernel_sizes)
    inside = padded(np.ones_like(x[:, :1]), pad)
    return total / sum(seen for _, seen in windows(inside, kernel_sizes, strides, ones))


def upsample_nearest_neighbor(x, scale_factor_height, scale_factor_width):
    return x.repeat(int(scale_factor_height), axis=2).repeat(int(scale_factor_width), axis=3)


def resize_bilinear(x, target_size_height, target_size_width, sampling_mode):
    for axis, size in ((2, int(target_size_height)), (3, int(target_size_width))):
        low, high, share = places(x.shape[axis], size, sampling_mode)
        share = share.reshape([-1 if axis == each else 1 for each in range(4)])
        x = np.take(x, low, axis) * (1 - share) + np.take(x, high, axis) * share
    return x


def places(old, new, mode):
    """The two source pixels of each target pixel, and how much the second counts."""
    at = np.arange(new, dtype=np.float64)
    if mode == "STRICT_ALIGN_CORNERS":
        at = at * (old - 1) / max(new - 1, 1)
    elif mode == "UNALIGN_CORNERS":
        at = np.maximum((at + 0.5) * old / new - 0.5, 0)
    else:
        at = at * old / new
    low = np.minimum(np.floor(at).astype(int), old - 1)
    return low, np.minimum(low + 1, old - 1), (np.minimum(at, old - 1) - low).astype(np.float32)


def linear(x, weight, bias=None):
    result = np.matmul(x, weight.T)
    return result if bias is None else result + bias


LAYERS = {
    "conv": conv,
    "conv_transpose": conv_transpose,
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "upsample_nearest_neighbor": upsample_nearest_neighbor,
    "resize_bilinear": resize_bilinear,
    "linear": linear,
}
