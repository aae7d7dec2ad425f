"""The registry of ONNX operators: each as a function that builds it from Core ML's operations."""

from dataclasses import dataclass

import numpy as np
from coremltools.converters.mil import Builder as mb

from .failure import UsageFailure

OPERATORS = {}
"""Operator name to `function(builder, node) -> value or list of values`."""


def operator(*names):
    def register(function):
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return register


class Unconvertible(UsageFailure):
    """A known operator used in a way that has no counterpart; the message says which."""


@dataclass
class Build:
    """The program under construction: what each ONNX value has become.

    A value is a numpy array where it is known (weights, shapes), else a variable of the program.
    """

    values: dict
    opset: int
    dtype: type
    """Floating-point type of the operation being built."""
    name: str = ""
    """Name of the operation being built: that of its first output."""
    casts: dict = None

    def get(self, node, index, attribute=None):
        """Input `index` of a node as it is, or the attribute older operator sets have instead."""
        name = node.inputs[index] if index < len(node.inputs) else ""
        if name:
            return self.values[name]
        return node.attribute(attribute) if attribute else None

    def constant(self, node, index, attribute=None, default=None):
        """The same, where it must be known; as a numpy array."""
        value = self.get(node, index, attribute)
        if value is None:
            return default
        if not isinstance(value, (np.ndarray, list, int, float)):
            raise Unconvertible(
                f'{node.kind} "{node.outputs[0]}" has an input {index} that is computed'
            )
        return np.asarray(value)

    def tensor(self, node, index):
        """Input `index` in the operation's own floating-point type: a variable, or an array."""
        value = self.get(node, index)
        if isinstance(value, np.ndarray):
            return self.weight(value)
        return self.cast(value)

    def weight(self, array):
        """An array in the operation's type; Core ML reads weights of one element as scalars."""
        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(array, dtype=self.dtype)
        if not np.isfinite(array).all():
            raise Unconvertible(f'a weight of "{self.name}" is not finite as {array.dtype}')
        return array

    def cast(self, variable):
        wanted = "fp16" if self.dtype == np.float16 else "fp32"
        if (
            variable.op is not None
            and variable.op.op_type == "cast"
            and variable.op.dtype.val == wanted
        ):
            return variable
        if numpy_type(variable) == self.dtype:
            return variable
        key = (variable.name, wanted)
        if key not in self.casts:
            self.casts[key] = mb.cast(x=variable, dtype=wanted, name=f"{variable.name}_{wanted}")
        return self.casts[key]

    def scalar(self, number):
        return self.dtype(number)


def numpy_type(variable):
    from coremltools.converters.mil.mil import types

    return types.nptype_from_builtin(variable.dtype)


def spatial_pads(node, variable, kernel, strides, dilations):
    """ONNX's padding as [(before, after)] of each spatial axis, `auto_pad` worked out."""
    mode, count = node.attribute("auto_pad", "NOTSET"), len(kernel)
    if mode == "VALID":
        return [(0, 0)] * count
    if mode == "NOTSET":
        pads = node.attribute("pads", [0] * (2 * count))
        return list(zip(pads[:count], pads[count:]))
    pairs = []
    for size, length, stride, dilation in zip(variable.shape[2:], kernel, strides, dilations):
        total = max(0, (-(-size // stride) - 1) * stride + (length - 1) * dilation + 1 - size)
        small = total // 2
        pairs.append((small, total - small) if mode == "SAME_UPPER" else (total - small, small))
    return pairs


def flat(pairs):
    return np.array([each for pair in pairs for each in pair], np.int32)


def ints(values):
    return np.array(values, np.int32)
