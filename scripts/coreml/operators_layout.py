"""What moves elements without computing: concatenation, slices, shapes."""

import numpy as np
from coremltools.converters.mil import Builder as mb

from .operators import Unconvertible, flat, ints, operator

FLOAT_TYPES = (1, 10)
"""float32 and float16, as ONNX numbers them."""


@operator("Identity", "Dropout")
def identity(build, node):
    return build.get(node, 0)


@operator("Cast")
def cast(build, node):
    if node.attribute("to") not in FLOAT_TYPES:
        raise Unconvertible(f'Cast "{node.outputs[0]}" makes whole numbers of computed values')
    return build.get(node, 0)


@operator("Shape")
def shape(build, node):
    dims = build.get(node, 0).shape
    return np.array(dims[node.attribute("start", 0) : node.attribute("end")], np.int64)


@operator("Concat")
def concat(build, node):
    values = [build.tensor(node, index) for index in range(len(node.inputs))]
    return mb.concat(values=values, axis=np.int32(node.attribute("axis")), name=build.name)


@operator("Split")
def split(build, node):
    x, count = build.get(node, 0), len(node.outputs)
    axis = node.attribute("axis", 0) % x.rank
    sizes = build.constant(node, 1, "split")
    if sizes is None:
        each = -(-x.shape[axis] // count)
        sizes = [each] * (count - 1) + [x.shape[axis] - each * (count - 1)]
    if count == 1:
        return mb.identity(x=x, name=build.name)
    return mb.split(x=x, split_sizes=ints(sizes), axis=np.int32(axis), name=build.name)


@operator("Slice")
def slice_(build, node):
    x = build.get(node, 0)
    starts, ends = build.constant(node, 1, "starts"), build.constant(node, 2, "ends")
    axes = build.constant(node, 3, "axes", np.arange(len(starts)))
    steps = build.constant(node, 4, default=np.ones(len(starts), np.int64))
    begin, end, stride = [0] * x.rank, list(x.shape), [1] * x.rank
    for axis, first, last, step in zip(*(each.tolist() for each in (axes, starts, ends, steps))):
        size = x.shape[axis]
        if step < 1:
            raise Unconvertible(f'Slice "{node.outputs[0]}" runs backwards')
        begin[axis], end[axis], stride[axis] = *slice(first, last, 1).indices(size)[:2], step
        if end[axis] <= begin[axis]:
            raise Unconvertible(f'Slice "{node.outputs[0]}" is empty')
    return sliced(build, x, begin, end, stride)


def sliced(build, x, begin, end, stride, squeeze_mask=None):
    mask = {} if squeeze_mask is None else {"squeeze_mask": squeeze_mask}
    return mb.slice_by_index(
        x=x, begin=ints(begin), end=ints(end), stride=ints(stride), name=build.name, **mask
    )


@operator("Gather")
def gather(build, node):
    x, indices = build.get(node, 0), build.constant(node, 1)
    axis = node.attribute("axis", 0) % x.rank
    indices = np.where(indices < 0, indices + x.shape[axis], indices)
    chosen = indices.reshape(-1)
    if indices.ndim < 2 and np.array_equal(chosen, np.arange(len(chosen)) + chosen[0]):
        # A slice stays on the Neural Engine, a gather does not.
        begin, end = [0] * x.rank, list(x.shape)
        begin[axis], end[axis] = int(chosen[0]), int(chosen[-1]) + 1
        squeeze = [index == axis and indices.ndim == 0 for index in range(x.rank)]
        return sliced(build, x, begin, end, [1] * x.rank, squeeze)
    return mb.gather(x=x, indices=ints(indices), axis=np.int32(axis), name=build.name)


@operator("Reshape")
def reshape(build, node):
    x, wanted = build.get(node, 0), build.constant(node, 1, "shape").tolist()
    if not node.attribute("allowzero", 0):
        wanted = [x.shape[index] if side == 0 else side for index, side in enumerate(wanted)]
    return reshaped(build, x, wanted)


def reshaped(build, x, wanted):
    """A reshape to a shape without -1: whoever reads the program need not work it out."""
    known = -int(np.prod(wanted)) if -1 in wanted else 1
    sides = [int(np.prod(x.shape)) // known if side == -1 else int(side) for side in wanted]
    if tuple(sides) == tuple(x.shape):
        return x
    return mb.reshape(x=x, shape=ints(sides), name=build.name)


@operator("Flatten")
def flatten(build, node):
    x, axis = build.get(node, 0), node.attribute("axis", 1)
    axis = axis + x.rank if axis < 0 else axis
    return reshaped(build, x, [int(np.prod(x.shape[:axis])), int(np.prod(x.shape[axis:]))])


@operator("Squeeze")
def squeeze(build, node):
    x = build.get(node, 0)
    ones = [axis for axis, side in enumerate(x.shape) if side == 1]
    axes = {int(axis) % x.rank for axis in build.constant(node, 1, "axes", np.array(ones))}
    kept = [side for axis, side in enumerate(x.shape) if axis not in axes]
    if not kept:
        raise Unconvertible(f'Squeeze "{node.outputs[0]}" leaves a number, not a tensor')
    return reshaped(build, x, kept)


@operator("Unsqueeze")
def unsqueeze(build, node):
    x, axes = build.get(node, 0), build.constant(node, 1, "axes")
    rank = x.rank + len(axes)
    sides, new = list(x.shape), {int(axis) % rank for axis in axes}
    return reshaped(build, x, [1 if axis in new else sides.pop(0) for axis in range(rank)])


@operator("Transpose")
def transpose(build, node):
    x = build.get(node, 0)
    perm = list(node.attribute("perm", list(range(x.rank))[::-1]))
    if perm == sorted(perm):
        return x
    return mb.transpose(x=x, perm=ints(perm), name=build.name)


@operator("Pad")
def pad(build, node):
    x, pads = build.tensor(node, 0), build.constant(node, 1, "pads").tolist()
    mode, value = node.attribute("mode", "constant"), build.constant(node, 2, "value", np.zeros(()))
    if mode != "constant" or min(pads) < 0 or len(node.inputs) > 3:
        raise Unconvertible(f'Pad "{node.outputs[0]}" does more than add a constant border')
    pairs = list(zip(pads[: x.rank], pads[x.rank :]))
    fill = build.scalar(float(value.reshape(())))
    return mb.pad(x=x, pad=flat(pairs), mode="constant", constant_val=fill, name=build.name)
