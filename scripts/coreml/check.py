"""Does the package compute what the ONNX file computes?

The saved package is read back and computed in numpy; ONNX Runtime computes the ONNX file.

The error of an output is taken channel by channel, so that boxes in pixels do not hide scores:
the greatest difference within a channel, divided by the greatest magnitude in it, or by 1 where
that is smaller. A channel is what one column of a head means: x, y, a class; for a
classification, one class.
"""

from dataclasses import asdict, dataclass

import numpy as np
import onnxruntime

from .detections import Agreement, compare, detect, table
from .failure import CheckFailure
from .graph import first_line, refusal
from .interpreter import Interpreter
from .package import read_program

FULL_ERROR_MAX = 1e-3
"""Of a package computed in 32 bits."""

HALF_ERROR_MAX = 0.1
"""Of confidences and probabilities in 16 bits, and of raw outputs."""


def open_session(graph):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    model, providers = graph.model.SerializeToString(), ["CPUExecutionProvider"]
    try:
        return onnxruntime.InferenceSession(model, options, providers=providers)
    except Exception as error:  # ONNX Runtime has exception types of its own for each cause.
        raise refusal(graph.path, f"ONNX Runtime cannot load it: {first_line(error)}") from error


class Reference:
    """The ONNX file in ONNX Runtime, fed with pixels."""

    def __init__(self, graph, description, channels_last):
        self.session = open_session(graph)
        scale, shift = description.affine()
        self.scale = np.array(scale, np.float32).reshape(1, -1, 1, 1)
        self.shift = np.array(shift, np.float32).reshape(1, -1, 1, 1)
        self.dtype, self.channels_last = graph.input_dtype, channels_last
        self.output = description.output

    def run(self, pixels):
        tensor = (pixels * self.scale + self.shift).astype(self.dtype)
        if self.channels_last:
            tensor = np.ascontiguousarray(tensor.transpose(0, 2, 3, 1))
        (name,) = (each.name for each in self.session.get_inputs())
        return self.session.run([self.output], {name: tensor})[0].astype(np.float32)


def output_shapes(graph):
    """Output name to shape, by running the ONNX file once: the file itself may leave it open."""
    session = open_session(graph)
    feeds = {graph.input_name: np.zeros(graph.input_shape, graph.input_dtype)}
    try:
        values = session.run(graph.outputs, feeds)
    except Exception as error:  # As in open_session.
        raise refusal(graph.path, f"ONNX Runtime cannot run it: {first_line(error)}") from error
    return {name: tuple(np.shape(value)) for name, value in zip(graph.outputs, values)}


@dataclass
class Result:
    """What a check found."""

    pictures: int
    error_f32: float
    error_fp16: float | None = None
    largest_fp16: float | None = None
    detections: Agreement | None = None

    def json(self):
        return asdict(self)


def check(reference, full, half, description, pictures):
    """Compares packages with the reference: `full` in 32 bits, `half` in 16 (None: not wanted).

    Returns what it found, and the outputs of the package that was asked for, one a picture.
    Raises CheckFailure where they disagree.
    """
    wanted = [reference.run(each.pixels) for each in pictures]
    if not all(np.isfinite(each).all() for each in wanted):
        raise CheckFailure("The ONNX file itself gives outputs that are not finite numbers")
    exact = Interpreter(read_program(full))
    found = [exact.run(each.pixels) for each in pictures]
    error = worst_error(wanted, found, description)
    if not error <= FULL_ERROR_MAX:
        limit = f"more than {FULL_ERROR_MAX:g}"
        raise CheckFailure(f"As f32 the package is off by {error:.2g} of its scale, {limit}")
    if half is None:
        return Result(len(pictures), error), found
    rounded = Interpreter(read_program(half))
    found = [rounded.run(each.pixels) for each in pictures]
    if rounded.overflows:
        name, value = next(iter(rounded.overflows.items()))
        raise CheckFailure(
            f'As fp16 {len(rounded.overflows)} value(s) overflow, "{name}" first with {value:.3g}; '
            "65504 is the most they hold (--precision fp32 keeps them, off the Neural Engine)"
        )
    half_error = worst_error(wanted, found, description)
    agreement = agree(wanted, found, description, half_error)
    return Result(len(pictures), error, half_error, rounded.largest, agreement), found


def worst_error(wanted, found, description):
    return float(np.max(channel_errors(wanted, found, description)))


def channel_errors(wanted, found, description):
    wanted, found = np.concatenate(wanted), np.concatenate(found)
    if description.head == "raw":
        axis = None
    elif description.head == "classification" or description.transposed:
        axis = 1
    else:
        axis = wanted.ndim - 1
    others = tuple(each for each in range(wanted.ndim) if each != axis)
    scale = np.maximum(1, np.abs(wanted).max(axis=others))
    return np.abs(wanted - found).max(axis=others) / scale


def agree(wanted, found, description, half_error):
    """Checks what 16 bits make of the answers; the agreement of detections where there are any."""
    if description.head in ("classification", "raw"):
        if description.head == "classification" and description.activation == "softmax":
            wanted, found = probabilities(wanted), probabilities(found)
            half_error = worst_error(wanted, found, description)
        if not half_error <= HALF_ERROR_MAX:
            limit = f"more than {HALF_ERROR_MAX:g}"
            raise CheckFailure(f"As fp16 the output is off by {half_error:.2g}, {limit}")
        return None
    gap = max(
        float(np.abs(confidences(a, description) - confidences(b, description)).max())
        for a, b in zip(wanted, found)
    )
    agreement = compare(
        [detect(each, description) for each in wanted],
        [detect(each, description) for each in found],
    )
    if not agreement.good or (agreement.count == 0 and not gap <= HALF_ERROR_MAX):
        raise CheckFailure(
            f"As fp16 the detections differ: {agreement.share:.3f} of {agreement.count} found "
            f"again, IoU {agreement.mean_iou:.3f}, confidence off by {agreement.mean_gap:.3f} "
            f"(at most {gap:.3f} before NMS)"
        )
    return agreement


def confidences(output, description):
    """The best confidence of each box, before anything is left out."""
    return table(output, description)[1].max(1)


def probabilities(outputs):
    exponentials = [np.exp(each - each.max(axis=1, keepdims=True)) for each in outputs]
    return [each / each.sum(axis=1, keepdims=True) for each in exponentials]
