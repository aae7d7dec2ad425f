"""Each operator alone, in every form that is converted, against ONNX Runtime."""

import unittest

import numpy as np
from coreml.failure import UsageFailure
from graphs import Graph
from harness import ConversionTest

SHAPE = [1, 3, 6, 8]


def weights(g, *shape):
    return g.constant(g.random.normal(0, 0.4, shape))


def conv(**attributes):
    return lambda g, x: g.add("Conv", x, weights(g, 4, 3, 3, 3), weights(g, 4), **attributes)


def transposed(**attributes):
    return lambda g, x: g.add(
        "ConvTranspose", x, weights(g, 3, 2, 3, 3), weights(g, 2), **attributes
    )


def plain(op, **attributes):
    return lambda g, x: g.add(op, x, **attributes)


def binary(op, *value):
    return lambda g, x: g.add(op, x, g.constant(value))


def resize(scale, **attributes):
    return lambda g, x: g.add("Resize", x, "", g.constant([1, 1, scale, scale]), **attributes)


def split_evenly(g, x):
    return g.add("Concat", *reversed(g.add("Split", x, outputs=2, axis=3)), axis=3)


def attribute_slice(g, x):
    return g.add("Slice", x, starts=[1, -5], ends=[5, 100], axes=[2, 3])


def steps(g, x):
    return g.add("Slice", x, g.whole(0, 1), g.whole(-1, 2**63 - 1), g.whole(2, -1), g.whole(2, 3))


def shape_of(g, x):
    """A flattening whose size is computed from the input's own shape."""
    one = g.add("Gather", g.add("Shape", x), g.whole(0), axis=0)
    return g.add("Reshape", x, g.add("Concat", one, g.whole(-1), axis=0))


def gemm(transposed_weights):
    def build(g, x):
        row = g.add("Flatten", x, axis=1)
        shape = (5, 144) if transposed_weights else (144, 5)
        extra = {"transB": 1} if transposed_weights else {}
        return g.add("Gemm", row, weights(g, *shape), weights(g, 5), alpha=0.5, beta=2.0, **extra)

    return build


def matmul(g, x):
    return g.add("MatMul", x, weights(g, 8, 5))


def matmul_turned(g, x):
    return g.add("MatMul", x, g.add("Transpose", x, perm=[0, 1, 3, 2]))


def gather(*indices):
    return lambda g, x: g.add(
        "Gather", x, g.constant(np.array(indices).squeeze(), np.int64), axis=1
    )


def batch_normalization(g, x):
    moments = [g.constant(each) for each in ([1, 2, 0.5], [0.1, 0, -1], [0, 1, -1], [1, 0.2, 3])]
    return g.add("BatchNormalization", x, *moments)


def clip(low, high):
    return lambda g, x: g.add(
        "Clip", x, *("" if each is None else g.constant(each) for each in (low, high))
    )


def squeezed(g, x):
    return g.add("Unsqueeze", g.add("Squeeze", x, g.whole(0)), g.whole(0, 2))


def padded(g, x):
    return g.add("Pad", x, g.whole(0, 0, 1, 2, 0, 0, 3, 0), g.constant(0.5))


def constants(g, x):
    """Arithmetic on constants alone is done beforehand."""
    ramp = g.add("Concat", g.whole(0, 1, 2, 3), g.add("Neg", g.whole(4, 5, 6, 7)), axis=0)
    return g.add("Add", x, g.add("Cast", ramp, to=1))


def power(exponent):
    return lambda g, x: g.add("Pow", g.add("Abs", x), g.constant(exponent))


HALF = {"coordinate_transformation_mode": "half_pixel"}
FLOOR = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
LINEAR = {"mode": "linear"}
WINDOW = {"kernel_shape": [3, 3], "strides": [2, 2]}
CASES = {
    "Conv": conv(pads=[1, 1, 1, 1]),
    "Conv, uneven padding": conv(pads=[0, 1, 2, 3], strides=[2, 1]),
    "Conv, dilated": conv(dilations=[2, 2]),
    "Conv, same upper": conv(auto_pad="SAME_UPPER", strides=[2, 2]),
    "Conv, same lower": conv(auto_pad="SAME_LOWER", strides=[2, 2]),
    "Conv, a channel each": lambda g, x: g.add("Conv", x, weights(g, 3, 1, 3, 3), group=3),
    "Conv, groups": lambda g, x: g.add(
        "Conv", g.add("Concat", x, x, axis=1), weights(g, 4, 3, 1, 1), group=2
    ),
    "ConvTranspose": transposed(strides=[2, 2]),
    "ConvTranspose, padded": transposed(strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
    "ConvTranspose, uneven": transposed(strides=[3, 2], pads=[0, 1, 1, 0]),
    "ConvTranspose, groups": lambda g, x: g.add(
        "ConvTranspose", x, weights(g, 3, 2, 2, 2), group=3
    ),
    "MaxPool": plain("MaxPool", **WINDOW, pads=[1, 1, 1, 1]),
    "MaxPool, rounded up": plain("MaxPool", **WINDOW, ceil_mode=1),
    "MaxPool, 5": plain("MaxPool", kernel_shape=[5, 5], pads=[2] * 4),
    "MaxPool, 9": plain("MaxPool", kernel_shape=[9, 9], pads=[4] * 4),
    "MaxPool, 13": plain("MaxPool", kernel_shape=[13, 13], pads=[6] * 4),
    "AveragePool": plain("AveragePool", **WINDOW),
    "AveragePool, padding left out": plain("AveragePool", **WINDOW, pads=[1, 1, 1, 1]),
    "AveragePool, padding counted": plain(
        "AveragePool", **WINDOW, pads=[1, 1, 1, 1], count_include_pad=1
    ),
    "AveragePool, rounded up": plain("AveragePool", **WINDOW, ceil_mode=1),
    "GlobalAveragePool": plain("GlobalAveragePool"),
    "GlobalMaxPool": plain("GlobalMaxPool"),
    "ReduceMean": plain("ReduceMean", axes=[2, 3], keepdims=0),
    "ReduceMax": plain("ReduceMax", axes=[1]),
    "BatchNormalization": batch_normalization,
    "Gemm": gemm(False),
    "Gemm, turned": gemm(True),
    "MatMul": matmul,
    "MatMul of two pictures": matmul_turned,
    "Resize, nearest": resize(2, mode="nearest", **FLOOR),
    "Resize, nearest, half pixels": resize(3, mode="nearest", **HALF),
    "Resize, linear, half pixels": resize(2, **LINEAR, **HALF),
    "Resize, linear, aligned": resize(2, **LINEAR, coordinate_transformation_mode="align_corners"),
    "Resize, linear, asymmetric": resize(2, **LINEAR, coordinate_transformation_mode="asymmetric"),
    "Resize, to a size": lambda g, x: g.add(
        "Resize", x, "", "", g.whole(1, 3, 12, 16), mode="nearest", **FLOOR
    ),
    "Relu": plain("Relu"),
    "LeakyRelu": plain("LeakyRelu", alpha=0.1),
    "PRelu": lambda g, x: g.add("PRelu", x, g.constant([[[0.1]], [[0.2]], [[0.3]]])),
    "Elu": plain("Elu", alpha=0.7),
    "Sigmoid": plain("Sigmoid"),
    "Tanh": plain("Tanh"),
    "Exp": lambda g, x: g.add("Exp", g.add("Tanh", x)),
    "Sqrt": lambda g, x: g.add("Sqrt", g.add("Abs", x)),
    "Erf": plain("Erf"),
    "Softplus": plain("Softplus"),
    "HardSigmoid": plain("HardSigmoid"),
    "HardSwish": plain("HardSwish"),
    "Clip": clip(-0.5, 0.5),
    "Clip, six": clip(0, 6),
    "Clip, from below": clip(0.25, None),
    "Clip, from above": clip(None, 0.25),
    "Softmax": plain("Softmax", axis=1),
    "Add": binary("Add", 0.25),
    "Sub": binary("Sub", *range(8)),
    "Mul": lambda g, x: g.add("Mul", g.constant([[[2]], [[3]], [[4]]]), x),
    "Div": binary("Div", 3),
    "Div of a constant": lambda g, x: g.add("Div", g.constant(2), g.add("Exp", g.add("Tanh", x))),
    "Sub of a constant": lambda g, x: g.add("Sub", g.constant(1), x),
    "Max": lambda g, x: g.add("Max", x, g.constant(0.1), g.add("Neg", x)),
    "Min": binary("Min", 0.1),
    "Neg": plain("Neg"),
    "Pow": power(2),
    "Pow, broken": power(1.5),
    "Concat": lambda g, x: g.add("Concat", x, g.add("Relu", x), x, axis=-2),
    "Split": split_evenly,
    "Slice, backwards from the end": steps,
    "Gather, one": gather(1),
    "Gather, neighbours": gather(1, 2),
    "Gather, any": gather(2, 0),
    "Gather, from the end": gather(-1),
    "Reshape, computed": shape_of,
    "Reshape, 0 and -1": lambda g, x: g.add("Reshape", x, g.whole(0, 0, -1)),
    "Flatten": plain("Flatten", axis=2),
    "Squeeze": squeezed,
    "Transpose": plain("Transpose", perm=[0, 2, 3, 1]),
    "Pad": padded,
    "Identity": lambda g, x: g.add("Dropout", g.add("Identity", x)),
    "constants": constants,
}
OLD = {
    "Softmax over all that follows": (11, plain("Softmax", axis=1)),
    "Slice by attributes": (9, attribute_slice),
    "Upsample": (9, lambda g, x: g.add("Upsample", x, g.constant([1, 1, 2, 2]), mode="nearest")),
    "Resize of two inputs": (10, lambda g, x: g.add("Resize", x, g.constant([1, 1, 2, 2]))),
    "Clip by attributes": (9, plain("Clip", min=-0.5, max=0.25)),
    "Squeeze by attributes": (11, plain("Squeeze", axes=[0])),
    "Pad by attributes": (9, plain("Pad", pads=[0, 0, 1, 1, 0, 0, 1, 1], value=0.5)),
}
REFUSED = {
    "Resize, nearest": (resize(1.5, mode="nearest", **FLOOR), "no plain repetition"),
    "Resize, cubic": (resize(2, mode="cubic"), "neither nearest nor plain linear"),
    "MaxPool, dilated": (plain("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]), "dilated"),
    "Cast": (lambda g, x: g.add("Cast", g.add("Cast", x, to=7), to=1), "whole numbers"),
    "Pad, reflected": (
        lambda g, x: g.add("Pad", x, g.whole(0, 0, 1, 1, 0, 0, 1, 1), mode="reflect"),
        "border",
    ),
    "Conv with computed weights": (lambda g, x: g.add("Conv", x, x), "weights that are computed"),
}


class Operators(ConversionTest):
    def graph(self, build, opset=17):
        g = Graph(SHAPE, opset)
        # Away from the input's own arithmetic, which the converter folds; around zero.
        x = g.add(
            "Sub", g.add("Mul", "images", g.constant(np.full((1, 1, 1, 8), 6))), g.constant(3)
        )
        return g.model(build(g, x))

    def test_every_form_agrees_with_onnx_runtime(self):
        cases = {name: (17, build) for name, build in CASES.items()}
        for name, (opset, build) in {**cases, **OLD}.items():
            with self.subTest(name):
                result, _ = self.convert(self.graph(build, opset), head="raw")
                self.assertLess(result["check"]["error_f32"], 1e-5)
                self.assertLess(result["check"]["error_fp16"], 0.02)

    def test_a_form_without_a_counterpart_is_refused_saying_which(self):
        for name, (build, why) in REFUSED.items():
            with (
                self.subTest(name),
                self.assertRaisesRegex(UsageFailure, f"^Cannot convert .*{why}"),
            ):
                self.convert(self.graph(build), head="raw")


if __name__ == "__main__":
    unittest.main()
