"""An ONNX graph as a Core ML program."""

import re

import coremltools as ct
import numpy as np
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import Function, Program, types

from . import operators_elementwise, operators_layers, operators_layout, operators_resize
from .failure import UsageFailure
from .graph import Node, evaluate, first_line, refusal
from .heads import DECODED_HEADS
from .operators import OPERATORS, Build, Unconvertible

REGISTERED = (operators_elementwise, operators_layers, operators_layout, operators_resize)
"""Imported for the operators they register."""

TARGET = ct.target.macOS13
"""The first system whose programs take and give 16-bit tensors."""

ARITHMETIC = frozenset(["Add", "Sub", "Mul", "Div", "Pow", "Neg"])
LAYOUT = frozenset(
    "Concat Split Slice Gather Reshape Flatten Squeeze Unsqueeze Transpose Identity".split()
)
KNOWN_BEFOREHAND = frozenset(["Shape", "Size"])


def require_known(graph):
    """Refuses a graph with operators nothing here converts, naming all of them."""
    known, unknown = set(graph.constants), set()
    for node in graph.nodes:
        if node.op in KNOWN_BEFOREHAND or all(name in known for name in node.inputs if name):
            known.update(node.outputs)
        elif node.kind not in OPERATORS:
            unknown.add(node.kind)
    if unknown:
        names = ", ".join(sorted(unknown))
        plural = "operators" if len(unknown) > 1 else "the operator"
        raise refusal(graph.path, f"it uses {plural} {names}, which cannot be converted")


def channels_first(graph):
    """Lets a graph take `[1, C, H, W]`, as Core ML's pictures are, where it took `[1, H, W, C]`."""
    if graph.input_shape[1] in (1, 3):
        return
    batch, height, width, channels = graph.input_shape
    graph.input_shape = (batch, channels, height, width)
    users = graph.consumers(graph.input_name)
    name = graph.fresh(f"{graph.input_name}_nhwc")
    turned = all(
        each.op == "Transpose" and each.attribute("perm") == [0, 3, 1, 2] for each in users
    )
    for node in users:
        if turned:
            graph.replace(node, [Node("Identity", [graph.input_name], node.outputs, {})])
        else:
            node.inputs = [name if each == graph.input_name else each for each in node.inputs]
    if not turned:
        graph.nodes.insert(0, Node("Transpose", [graph.input_name], [name], {"perm": [0, 2, 3, 1]}))


def decoding(graph, head):
    """Outputs of the last arithmetic, where a head's boxes get their pixels.

    16-bit numbers step by 0.5 above 512: these nodes are computed in 32 bits. They are those from
    which nothing but arithmetic and moving leads to the output.
    """
    if head not in DECODED_HEADS:
        return set()
    tail, blocked = set(), set()
    for node in reversed(graph.nodes):
        if node.op not in ARITHMETIC | LAYOUT or blocked.intersection(node.outputs):
            blocked.update(node.inputs)
        elif node.op in ARITHMETIC:
            tail.update(node.outputs)
    return tail


def identifiers(names):
    """ONNX's names as names a program may have, all different."""
    found, taken = {}, set()
    for name in names:
        text = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "value"
        text = f"_{text}" if text[0].isdigit() else text
        unique, count = text, 1
        while unique in taken:
            count += 1
            unique = f"{text}_{count}"
        taken.add(unique)
        found[name] = unique
    return found


def build_program(graph, head, dtype, image):
    """The program of a graph of one output, computing in `dtype` (np.float16 or np.float32).

    Its input is a tensor of `dtype`, or for an image one of 32 bits, as Core ML gives it pictures.
    Returns (program, input name, output name).
    """
    names = identifiers(
        [graph.input_name, *(each for node in graph.nodes for each in node.outputs)]
    )
    source, (output,) = names[graph.input_name], graph.outputs
    wide = types.fp32 if image or dtype == np.float32 else types.fp16
    placeholder = mb.placeholder(shape=graph.input_shape, dtype=wide)
    exact = decoding(graph, head) if dtype == np.float16 else set()
    with Function({source: placeholder}, opset_version=TARGET) as function:
        values = {graph.input_name: function.inputs[source], **graph.constants}
        build = Build(values=values, opset=graph.opset, dtype=dtype, casts={})
        for node in graph.nodes:
            build_node(graph, build, node, names, dtype, exact)
        result = values[output]
        if isinstance(result, np.ndarray):
            raise refusal(graph.path, f'its output "{output}" does not depend on its input')
        if result.name != names[output]:
            result = mb.identity(x=result, name=names[output])
        function.set_outputs([result])
    program = Program()
    program.add_function("main", function)
    return program, source, names[output]


def build_node(graph, build, node, names, dtype, exact):
    given = [build.values[name] if name else None for name in node.inputs]
    if all(value is None or isinstance(value, np.ndarray) for value in given):
        build.values.update(zip(node.outputs, evaluate(graph, node, given)))
        return
    runtime = [value for value in given if value is not None and not isinstance(value, np.ndarray)]
    is_wide = any(value.dtype == types.fp32 for value in runtime) and node.op in LAYOUT
    build.dtype = np.float32 if is_wide or exact.intersection(node.outputs) else dtype
    if is_wide and runtime[0] is build.values[graph.input_name]:
        build.dtype = dtype
        build.values[graph.input_name] = build.cast(runtime[0])
    build.name = names[node.outputs[0]]
    try:
        result = OPERATORS[node.kind](build, node)
    except Unconvertible as error:
        raise refusal(graph.path, str(error)) from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError) as error:
        what = f'{node.kind} "{node.outputs[0]}" has no counterpart in Core ML'
        raise refusal(graph.path, f"{what}: {first_line(error)}") from error
    results = result if isinstance(result, (list, tuple)) else [result]
    build.values.update(zip(node.outputs, results))


def convert_program(program, source, description, image, folder):
    """Lets coremltools write the program's protobuf and weights to `folder`."""
    inputs = None
    if image:
        layout = {"rgb": "RGB", "bgr": "BGR", "gray": "GRAYSCALE"}[description.channels]
        shape = program.functions["main"].inputs[source].shape
        color_layout = getattr(ct.colorlayout, layout)
        inputs = [ct.ImageType(name=source, shape=shape, color_layout=color_layout)]
    try:
        ct.convert(
            program,
            source="milinternal",
            convert_to="mlprogram",
            inputs=inputs,
            compute_precision=ct.precision.FLOAT32,  # Every type in it is chosen already.
            minimum_deployment_target=TARGET,
            pass_pipeline=ct.PassPipeline.EMPTY,
            skip_model_load=True,
            package_dir=str(folder),
        )
    except (ValueError, TypeError, RuntimeError, NotImplementedError) as error:
        raise UsageFailure(f"coremltools cannot write the program: {first_line(error)}") from error
