"""Computes a Core ML program in numpy, each result rounded to the type the program gives it.

Sums run in 32 bits and are rounded once, at the end of each operation. In 16 bits, numbers too
small to be normal become zero, as hardware may make them; a number too large is an overflow.
"""

import numpy as np

from .failure import CheckFailure
from .interpreter_layers import LAYERS

HALF_MAX = float(np.finfo(np.float16).max)
HALF_TINY = float(np.finfo(np.float16).smallest_normal)


def softmax(x, axis):
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def sigmoid(x):
    # Both branches are computed everywhere; the exponent of either is never positive.
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def slice_by_index(x, begin, end, stride, squeeze_mask=None):
    cut = x[tuple(slice(*each) for each in zip(begin, end, stride))]
    if squeeze_mask is None:
        return cut
    return cut.squeeze(tuple(axis for axis, gone in enumerate(squeeze_mask) if gone))


def split(x, split_sizes, axis):
    return np.split(x, np.cumsum(split_sizes)[:-1], axis=axis)


def pad(x, pad, mode, constant_val):
    return np.pad(x, np.reshape(pad, (-1, 2)), constant_values=constant_val)


def prelu(x, alpha):
    return np.where(x >= 0, x, x * alpha.reshape(1, -1, *[1] * (x.ndim - 2)))


def erf(x):
    # Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26; off by at most 1.5e-7.
    t = 1 / (1 + 0.3275911 * np.abs(x))
    terms = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    polynomial = sum(factor * t ** (power + 1) for power, factor in enumerate(terms))
    return np.sign(x) * (1 - polynomial * np.exp(-x * x))


def reduction(function):
    return lambda x, axes, keep_dims: function(x, axis=tuple(axes), keepdims=bool(keep_dims))


OPERATIONS = {
    **LAYERS,
    "cast": lambda x, dtype: x,
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x, alpha: np.where(x >= 0, x, x * alpha),
    "elu": lambda x, alpha: np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "prelu": prelu,
    "sigmoid": sigmoid,
    "sigmoid_hard": lambda x, alpha, beta: np.clip(x * alpha + beta, 0, 1),
    "silu": lambda x: x * sigmoid(x),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": lambda x: np.tanh(x),
    "exp": lambda x: np.exp(x),
    "sqrt": lambda x: np.sqrt(x),
    "abs": lambda x: np.abs(x),
    "erf": erf,
    "softmax": softmax,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "real_div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "maximum": lambda x, y: np.maximum(x, y),
    "minimum": lambda x, y: np.minimum(x, y),
    "clip": lambda x, alpha, beta: np.clip(x, alpha, beta),
    "matmul": lambda x, y, transpose_x=False, transpose_y=False: np.matmul(
        x.swapaxes(-1, -2) if transpose_x else x, y.swapaxes(-1, -2) if transpose_y else y
    ),
    "reduce_mean": reduction(np.mean),
    "reduce_max": reduction(np.max),
    "reduce_sum": reduction(np.sum),
    "concat": lambda values, axis, interleave=False: np.concatenate(values, axis),
    "split": split,
    "slice_by_index": slice_by_index,
    "gather": lambda x, indices, axis, **_: np.take(x, indices, axis),
    "reshape": lambda x, shape: x.reshape(tuple(shape)),
    "transpose": lambda x, perm: x.transpose(tuple(perm)),
    "pad": pad,
}


class Interpreter:
    """Runs one program; `overflows` and `largest` tell what happened in 16 bits."""

    def __init__(self, program):
        self.function = program.functions["main"]
        self.overflows = {}
        self.largest = 0.0
        self._last_use = {}
        for index, op in enumerate(self.function.operations):
            for variable in inputs_of(op):
                self._last_use[variable.name] = index

    def run(self, picture):
        """The output of the program for a picture `[1, C, H, W]`."""
        (name,) = self.function.inputs
        values = {name: self.rounded(picture, self.function.inputs[name], name)}
        outputs = {variable.name for variable in self.function.outputs}
        for index, op in enumerate(self.function.operations):
            if op.op_type == "const":
                continue
            results = self.compute(op, values)
            for variable, result in zip(op.outputs, results):
                values[variable.name] = self.rounded(result, variable, op.op_type)
            for variable in inputs_of(op):
                if self._last_use[variable.name] == index and variable.name not in outputs:
                    values.pop(variable.name, None)
        return values[self.function.outputs[0].name]

    def compute(self, op, values):
        if op.op_type not in OPERATIONS:
            raise CheckFailure(f'The check cannot compute the operation "{op.op_type}"')
        arguments = {key: read(value, values) for key, value in op.inputs.items()}
        arguments = {key: value for key, value in arguments.items() if value is not None}
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            result = OPERATIONS[op.op_type](**arguments)
        return result if isinstance(result, list) else [result]

    def rounded(self, value, variable, kind):
        """`value` as a 32-bit array that holds what the variable's own type can."""
        value = np.asarray(value, np.float32)
        expected = tuple(int(side) for side in variable.shape)
        if value.shape != expected:
            raise CheckFailure(f'"{variable.name}" ({kind}) is {value.shape}, not {expected}')
        if half(variable):
            largest = float(np.abs(value).max(initial=0))
            self.largest = max(self.largest, largest)
            if not largest <= HALF_MAX:
                self.overflows.setdefault(variable.name, largest)
            with np.errstate(over="ignore"):
                value = value.astype(np.float16).astype(np.float32)
            value[np.abs(value) < HALF_TINY] = 0
        return value


def half(variable):
    from coremltools.converters.mil.mil import types

    return variable.dtype == types.fp16


def inputs_of(op):
    for value in op.inputs.values():
        yield from value if isinstance(value, (list, tuple)) else [value]


def read(value, values):
    """An argument's value: a computed array, a list of them, or a constant of the program."""
    if isinstance(value, (list, tuple)):
        return [read(each, values) for each in value]
    if value is None:
        return None
    if value.name in values:
        return values[value.name]
    constant = value.val
    if isinstance(constant, np.ndarray) and constant.dtype == np.float16:
        constant = constant.astype(np.float32)
        return np.where(np.abs(constant) < HALF_TINY, np.float32(0), constant)
    return constant
