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

    @property
    def pixels(self):
        """What becomes of a pixel inside the package, and whether that is a guess, in words."""
        words = [f"times {self.scale:.6g}"] if self.scale != 1 else []
        words += [f"minus {list(self.mean)}"] if any(self.mean) else []
        words += [f"over {list(self.std)}"] if any(std != 1 for std in self.std) else []
        given = {"scale", "mean", "std"} & set(self.manifest.get("input", {}))
        source = "by the manifest" if given else f"assumed of a {self.head} model"
        return f"{', '.join(words) or 'as they are'} ({source})"

    def affine(self):
        """(scale, shift), one number a channel: the input is `pixel * scale + shift`."""
        pairs = list(zip(self.mean, self.std))[: self.channel_count]
        return [self.scale / std for _, std in pairs], [-mean / std for mean, std in pairs]


def describe(graph, shapes, manifest):
    """Finds the head that reads an output (`shapes`: name to shape), and the rest with it."""
    given = manifest.get("input", {})
    ultralytics = graph.metadata.get("author") == "Ultralytics" or (
        "names" in graph.metadata and "stride" in graph.metadata
    )
    names = class_names(graph, manifest)
    output, head, strides, transposed = find_head(graph, shapes, manifest, names, ultralytics)
    channels, scale, mean, std, letterbox = convention(head, graph, ultralytics)
    wanted = colours(graph, given.get("channels", channels))
    if wanted == "bgr" and channels == "rgb":
        mean, std = mean[::-1], std[::-1]
    named = output.lower().replace("_", "")
    ready = ultralytics or head != "classification" or "prob" in named or "softmax" in named
    activation = manifest.get("head", {}).get("activation", "none" if ready else "softmax")
    return Description(
        width=graph.input_shape[3],
        height=graph.input_shape[2],
        channels=wanted,
        scale=given.get("scale", scale),
        mean=tuple(given.get("mean", mean)),
        std=tuple(given.get("std", std)),
        letterbox=given.get("letterbox", letterbox),
        pad=given.get("pad", PAD),
        head=head,
        strides=tuple(strides),
        activation=activation,
        transposed=transposed,
        output=output,
        names=names or coco_names(head, shapes[output], transposed),
        manifest=manifest,
    )


def find_head(graph, shapes, manifest, names, ultralytics):
    """(output, head, strides, transposed) of the first output that a head reads."""
    given, size = manifest.get("head", {}), graph.input_shape[3:1:-1]
    asked, output = given.get("type"), given.get("output")
    if asked is not None and asked not in HEADS:
        raise refusal(graph.path, f'its head is "{asked}" (known: {", ".join(HEADS)})')
    if output is not None and output not in shapes:
        raise refusal(graph.path, f'it has no output "{output}" (known: {", ".join(shapes)})')
    for name, shape in shapes.items():
        if output in (None, name):
            found = read_head(asked, shape, size, names, ultralytics, given)
            if found is not None:
                return name, *found
    seen = ", ".join(f'"{name}" {list(shape)}' for name, shape in shapes.items())
    why = f"it is no {asked} head" if asked else "no head reads it; name one by --head"
    raise refusal(graph.path, f"its output is {seen} at input {size[0]}x{size[1]}, and {why}")


def colours(graph, wanted):
    """The order of the input's channels: `wanted`, where the input has as many."""
    count = graph.input_shape[1]
    if (wanted == "gray") != (count == 1):
        seen = f"{count} channel{'s' if count > 1 else ''}"
        raise refusal(graph.path, f'its manifest says channels are "{wanted}", it takes {seen}')
    return wanted


def convention(head, graph, ultralytics):
    """(channels, scale, mean, std, letterbox) a head is used to."""
    rest = colour_convention(head, graph, ultralytics)
    return ("gray", *rest[1:]) if graph.input_shape[1] == 1 else rest


def colour_convention(head, graph, ultralytics):
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
