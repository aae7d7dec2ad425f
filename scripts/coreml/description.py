"""What a model wants and gives: its manifest, its head and how pixels become its input.

The rules are those of docs/models.md; the manifest beside the model overrides what shapes tell.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from .graph import refusal
from .heads import BOX_COLUMNS, DECODED_HEADS, HEADS, read_head

PAD = 114
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass
class Description:
    """The model's manifest, complete; sizes and normalization are the ONNX file's."""

    width: int
    height: int
    channels: str
    scale: float
    mean: tuple
    std: tuple
    letterbox: str
    pad: int
    head: str
    strides: tuple
    activation: str
    transposed: bool
    output: str
    names: list
    manifest: dict

    @property
    def channel_count(self):
        return 1 if self.channels == "gray" else 3

    def affine(self):
        """(scale, shift), one number a channel: the input is `pixel * scale + shift`."""
        pairs = list(zip(self.mean, self.std))[: self.channel_count]
        return [self.scale / std for _, std in pairs], [-mean / std for mean, std in pairs]


def describe(graph, shapes, manifest):
    """Finds the head that reads an output (`shapes`: name to shape), and the rest with it."""
    given, head_given = manifest.get("input", {}), manifest.get("head", {})
    height, width = graph.input_shape[2:]
    names = class_names(graph, manifest)
    ultralytics = graph.metadata.get("author") == "Ultralytics" or (
        "names" in graph.metadata and "stride" in graph.metadata
    )
    type_given, output_given = head_given.get("type"), head_given.get("output")
    if type_given is not None and type_given not in HEADS:
        raise refusal(graph.path, f'its head is "{type_given}" (known: {", ".join(HEADS)})')
    if output_given is not None and output_given not in shapes:
        raise refusal(graph.path, f'it has no output "{output_given}" (known: {", ".join(shapes)})')
    found = None
    for output, shape in shapes.items():
        if output_given in (None, output) and found is None:
            found = read_head(type_given, shape, (width, height), names, ultralytics, head_given)
            found = found and (output, *found)
    if found is None:
        seen = ", ".join(f'"{name}" {list(shape)}' for name, shape in shapes.items())
        wanted = (
            f"it is no {type_given} head" if type_given else "no head reads it; name one by --head"
        )
        raise refusal(graph.path, f"its output is {seen} at input {width}x{height}, and {wanted}")
    output, head, strides, transposed = found
    channels, scale, mean, std, letterbox = convention(head, graph, ultralytics)
    if graph.input_shape[1] == 1:
        channels = "gray"
    wanted = given.get("channels", channels)
    if (wanted == "gray") != (graph.input_shape[1] == 1):
        seen = f"{graph.input_shape[1]} channel(s)"
        raise refusal(graph.path, f'its manifest says channels are "{wanted}", but it takes {seen}')
    if wanted == "bgr" and channels == "rgb":
        mean, std = mean[::-1], std[::-1]
    ready = ultralytics or head != "classification" or "prob" in output.lower()
    ready = ready or "softmax" in output.lower().replace("_", "")
    return Description(
        width=width,
        height=height,
        channels=wanted,
        scale=given.get("scale", scale),
        mean=tuple(given.get("mean", mean)),
        std=tuple(given.get("std", std)),
        letterbox=given.get("letterbox", letterbox),
        pad=given.get("pad", PAD),
        head=head,
        strides=tuple(strides),
        activation=head_given.get("activation", "none" if ready else "softmax"),
        transposed=transposed,
        output=output,
        names=names or coco_names(head, shapes[output], transposed),
        manifest=manifest,
    )


def convention(head, graph, ultralytics):
    """(channels, scale, mean, std, letterbox) a head is used to."""
    zero, one = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if head == "yolox":
        return "bgr", 1.0, zero, one, "top-left"
    scale = 1.0 if graph.input_dtype == "uint8" else 1 / 255
    if head in DECODED_HEADS:
        return "rgb", scale, zero, one, "centre"
    imagenet = head == "classification" and graph.producer == "pytorch" and not ultralytics
    if imagenet and graph.input_shape[1] == 3 and scale != 1:
        return "rgb", scale, IMAGENET_MEAN, IMAGENET_STD, "stretch"
    return "rgb", scale, zero, one, "stretch"


def coco_names(head, shape, transposed):
    """COCO's names for a detector of as many classes that names none; from aip's own list."""
    source = Path(__file__).parents[2] / "src" / "model" / "coco.ts"
    if head not in BOX_COLUMNS or not source.is_file():
        return None
    listed = source.read_text(encoding="utf-8").partition("COCO_NAMES")[2]
    names = re.findall(r'"([^"]+)"', listed)
    return names if shape[1 if transposed else 2] - BOX_COLUMNS[head] == len(names) else None


def class_names(graph, manifest):
    """Class names of the manifest, else of the metadata; None where neither has any."""
    if "classes" in manifest:
        return list(manifest["classes"])
    text = graph.metadata.get("names")
    if text is None:
        return None
    try:
        value = ast.literal_eval(text)
        if isinstance(value, dict):
            byid = {int(key): str(name) for key, name in value.items()}
            return [byid.get(index, f"class {index}") for index in range(max(byid) + 1)]
        return [str(name) for name in value]
    except (ValueError, SyntaxError, TypeError):
        return None
