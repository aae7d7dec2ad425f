"""The JSON manifest beside a model; src/model/manifest.ts has all its keys."""

import json
import math

from .failure import UsageFailure
from .heads import HEADS


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_side(value):
    return is_number(value) and value == int(value) and 0 < value <= 16384


def is_triple(value):
    return isinstance(value, list) and len(value) == 3 and all(map(is_number, value))


def is_scales(value):
    return is_triple(value) and min(value) > 0


def is_strides(value):
    return isinstance(value, list) and len(value) > 0 and all(map(is_side, value))


def is_names(value):
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def one_of(*known):
    return lambda value: value in known, f"one of {', '.join(known)}"


FLAG = (lambda value: isinstance(value, bool), "true or false")
VALUES = {
    "input.width": (is_side, "a whole number from 1 to 16384"),
    "input.height": (is_side, "a whole number from 1 to 16384"),
    "input.channels": one_of("rgb", "bgr", "gray"),
    "input.scale": (lambda value: is_number(value) and value > 0, "a number above 0"),
    "input.mean": (is_triple, "three numbers"),
    "input.std": (is_scales, "three numbers above 0"),
    "input.letterbox": one_of("top-left", "centre", "stretch"),
    "input.pad": (lambda value: is_number(value) and 0 <= value <= 255, "a grey from 0 to 255"),
    "head.type": one_of(*HEADS),
    "head.strides": (is_strides, "a list of strides such as [8, 16, 32]"),
    "head.activation": one_of("none", "sigmoid", "softmax"),
    "head.transposed": FLAG,
    "head.normalized": FLAG,
    "classes": (is_names, "a list of names"),
}
"""What the converter reads: path to (test, what is right)."""


def load_manifest(model_path, path=None):
    """The manifest at `path`, else beside the model, else an empty one."""
    asked, path = path is not None, path or model_path.with_suffix(".json")
    if not path.is_file():
        if asked:
            raise UsageFailure(f'Manifest "{path}" does not exist')
        return {}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageFailure(f'Manifest "{path}" cannot be read: {error}') from error
    parts = [manifest] + [
        manifest.get(key, {}) for key in ("input", "head") if type(manifest) is dict
    ]
    if not all(isinstance(part, dict) for part in parts):
        raise UsageFailure(f'Manifest "{path}" must be an object, and its "input" and "head" too')
    for place, (fits, right) in VALUES.items():
        *parents, key = place.split(".")
        part = manifest.get(parents[0], {}) if parents else manifest
        if key in part and not fits(part[key]):
            raise UsageFailure(f'Manifest "{path}": "{place}" must be {right}')
    return manifest
