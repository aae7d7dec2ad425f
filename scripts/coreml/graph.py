"""An ONNX file as a list of nodes and constants: what the converter works on.

Constants are numpy arrays from here on, wherever the file keeps them: as initializers, as
`Constant` nodes, or as arithmetic on either.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError
from onnx.reference import ReferenceEvaluator

import onnx
from onnx import TensorProto, helper, numpy_helper

from .failure import UsageFailure

OPSET_MIN = 9
IR_VERSION = 8
INPUT_DTYPES = {
    TensorProto.FLOAT: np.dtype(np.float32),
    TensorProto.FLOAT16: np.dtype(np.float16),
    TensorProto.UINT8: np.dtype(np.uint8),
}


@dataclass
class Node:
    """One operation; `""` among the inputs is one left out."""

    op: str
    inputs: list
    outputs: list
    attributes: dict
    domain: str = ""

    def attribute(self, name, default=None):
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    @property
    def kind(self):
        """The operator's name, with its domain where that is not ONNX's own."""
        return self.op if self.domain in ("", "ai.onnx") else f"{self.domain}.{self.op}"


@dataclass
class Graph:
    """Nodes in an order in which each finds its inputs computed."""

    path: Path
    input_name: str
    input_shape: tuple
    input_dtype: np.dtype
    outputs: list
    nodes: list
    constants: dict
    opset: int
    producer: str
    metadata: dict
    model: onnx.ModelProto = field(repr=False)
    """The file as it was, its input's shape fixed: what ONNX Runtime is asked to run."""

    def consumers(self, name):
        return [node for node in self.nodes if name in node.inputs]

    def fresh(self, name):
        """A value name nobody has yet."""
        taken = set(self.constants) | {each for node in self.nodes for each in node.outputs}
        taken.add(self.input_name)
        while name in taken:
            name += "_"
        return name

    def replace(self, old, new):
        """Puts the nodes `new` where the node `old` stood."""
        at = self.nodes.index(old)
        self.nodes[at : at + 1] = new

    def prune(self):
        """Drops nodes and constants that no output needs."""
        needed, kept = set(self.outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node.outputs):
                kept.append(node)
                needed.update(node.inputs)
        self.nodes = kept[::-1]
        self.constants = {name: value for name, value in self.constants.items() if name in needed}


def load_graph(path, size=None):
    """Reads an ONNX file.

    `size` is (width, height) for a model that leaves its input's size open.
    Raises UsageFailure for anything but a whole model with one picture as its input.
    """
    model = read_model(path)
    opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0)
    if opset < OPSET_MIN:
        raise refusal(path, f"its operator set is {opset}, {OPSET_MIN} or newer is needed")
    initializers = {each.name: each for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in initializers]
    if len(inputs) != 1:
        names = ", ".join(each.name for each in inputs) or "none"
        raise refusal(path, f"it has {len(inputs)} inputs ({names}), not one picture")
    shape, dtype = fix_input(path, inputs[0], size)
    try:
        constants = {name: numpy_helper.to_array(each) for name, each in initializers.items()}
    except KeyError as error:
        raise refusal(path, f"a weight has elements of an unknown type, {error}") from error
    except (ValueError, TypeError) as error:
        raise refusal(path, f"a weight cannot be read: {first_line(error)}") from error
    if model.graph.sparse_initializer:
        raise refusal(path, "it has sparse weights, only dense ones are converted")
    graph = Graph(
        path=path,
        input_name=inputs[0].name,
        input_shape=shape,
        input_dtype=dtype,
        outputs=[each.name for each in model.graph.output],
        nodes=[node_of(each) for each in model.graph.node],
        constants=constants,
        opset=opset,
        producer=model.producer_name,
        metadata={each.key: each.value for each in model.metadata_props},
        model=model,
    )
    if not graph.outputs:
        raise refusal(path, "it has no output")
    fold_constants(graph)
    graph.prune()
    return graph


def read_model(path):
    if not path.is_file():
        what = "is a folder, not an ONNX file" if path.is_dir() else "does not exist"
        raise UsageFailure(f'Model "{path}" {what}')
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except DecodeError as error:
        raise UsageFailure(f'Model "{path}" is no ONNX file, or only part of one') from error
    except (onnx.checker.ValidationError, OSError, ValueError) as error:
        raise refusal(path, f"it is not whole: {first_line(error)}") from error
    return model


def fix_input(path, value, size):
    """Gives the open dimensions of an input their sizes, in the model itself too."""
    tensor = value.type.tensor_type
    dims = list(tensor.shape.dim)
    shape = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in dims]
    dtype = INPUT_DTYPES.get(tensor.elem_type)
    if dtype is None:
        raise refusal(path, f'input "{value.name}" is neither float32, float16 nor uint8')
    if len(shape) != 4 or not {shape[1], shape[3]} & {0, 1, 3}:
        raise refusal(
            path, f'input "{value.name}" {shape} is no picture [1, C, H, W], [1, H, W, C]'
        )
    if shape[0] > 1:
        raise refusal(path, f"its batch is fixed at {shape[0]}; export it with batch 1")
    first = 1 if shape[3] in (1, 3) and shape[1] not in (1, 3) else 2
    channel = 3 if first == 1 else 1
    wanted = {0: 1, channel: shape[channel] or 3}
    for axis, side in zip((first, first + 1), (size or (0, 0))[::-1]):
        if side and shape[axis] and side != shape[axis]:
            is_size = f"{shape[first + 1]}x{shape[first]}"
            raise refusal(path, f"its input is {is_size} and cannot be {size[0]}x{size[1]}")
        wanted[axis] = shape[axis] or side
    if 0 in wanted.values():
        raise refusal(path, "its input leaves the size open; give one with --input-size WxH")
    for axis, length in wanted.items():
        dims[axis].dim_value = length
    return tuple(wanted[axis] for axis in range(4)), dtype


def node_of(proto):
    attributes = {each.name: helper.get_attribute_value(each) for each in proto.attribute}
    return Node(proto.op_type, list(proto.input), list(proto.output), attributes, proto.domain)


def fold_constants(graph):
    """Replaces nodes that depend on constants alone by their values."""
    kept = []
    for node in graph.nodes:
        inputs = [name for name in node.inputs if name]
        if node.domain in ("", "ai.onnx") and all(name in graph.constants for name in inputs):
            values = [graph.constants[name] if name else None for name in node.inputs]
            graph.constants.update(zip(node.outputs, evaluate(graph, node, values)))
        else:
            kept.append(node)
    graph.nodes = kept


def evaluate(graph, node, values):
    """The outputs of one node whose inputs are all known, by ONNX's reference implementation."""
    names = [f"i{index}" if value is not None else "" for index, value in enumerate(values)]
    inputs = {name: value for name, value in zip(names, values) if name}
    proto = helper.make_node(node.op, names, node.outputs, **node.attributes)
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), None)
        for name, value in inputs.items()
    ]
    outputs = [onnx.ValueInfoProto(name=name) for name in node.outputs]
    one = helper.make_graph([proto], "one", infos, outputs)
    opsets = [helper.make_opsetid("", graph.opset)]
    model = helper.make_model(one, opset_imports=opsets, ir_version=IR_VERSION)
    try:
        return [np.asarray(each) for each in ReferenceEvaluator(model).run(None, inputs)]
    except Exception as error:  # The evaluator raises whatever its numpy code does.
        what = f'the constant "{node.outputs[0]}" ({node.kind}) has no value'
        raise refusal(graph.path, f"{what}: {first_line(error)}") from error


def refusal(path, what):
    return UsageFailure(f'Cannot convert "{path}": {what}')


def first_line(error):
    text = str(error).strip().splitlines()
    return text[0].rstrip(".") if text else type(error).__name__
