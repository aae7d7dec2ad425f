"""Resizing, by the formulas of ONNX's specification."""

import numpy as np
from coremltools.converters.mil import Builder as mb

from .operators import Unconvertible, operator


@operator("Resize", "Upsample")
def resize(build, node):
    x, scales = build.tensor(node, 0), resize_scales(build, node)
    if x.rank != 4 or any(scale != 1 for scale in scales[:2]):
        raise Unconvertible(f'{node.op} "{node.outputs[0]}" resizes more than height and width')
    mode = node.attribute("mode", "nearest")
    if node.op == "Upsample" or build.opset < 11:
        place = "asymmetric"
    else:
        place = node.attribute("coordinate_transformation_mode", "half_pixel")
    sizes = [int(np.floor(size * scale + 1e-6)) for size, scale in zip(x.shape, scales)]
    if mode == "nearest":
        return resize_nearest(build, node, x, scales[2:], sizes[2:], place)
    if mode != "linear" or node.attribute("antialias", 0):
        raise Unconvertible(f'{node.op} "{node.outputs[0]}" is neither nearest nor plain linear')
    # A picture one pixel high or wide has no spacing: both conventions agree there.
    modes = {
        "half_pixel": "UNALIGN_CORNERS",
        "pytorch_half_pixel": "UNALIGN_CORNERS",
        "align_corners": "STRICT_ALIGN_CORNERS",
        "asymmetric": "DEFAULT",
    }
    if place not in modes or (place == "pytorch_half_pixel" and 1 in sizes[2:]):
        raise Unconvertible(f'{node.op} "{node.outputs[0]}" places its pixels by {place}')
    return mb.resize_bilinear(
        x=x,
        target_size_height=np.int32(sizes[2]),
        target_size_width=np.int32(sizes[3]),
        sampling_mode=modes[place],
        name=build.name,
    )


def resize_scales(build, node):
    if node.op == "Upsample" or build.opset < 11:
        return [float(each) for each in build.constant(node, 1, "scales")]
    scales, x = build.constant(node, 2), build.get(node, 0)
    if "axes" in node.attributes:
        raise Unconvertible(f'{node.op} "{node.outputs[0]}" names its axes')
    if scales is not None and scales.size:
        return [float(each) for each in scales]
    sizes = build.constant(node, 3)
    if sizes is None:
        raise Unconvertible(f'{node.op} "{node.outputs[0]}" has neither scales nor sizes')
    return [int(new) / old for new, old in zip(sizes, x.shape)]


def resize_nearest(build, node, x, scales, sizes, place):
    rounding = node.attribute("nearest_mode", "round_prefer_floor")
    if node.op == "Upsample" or build.opset < 11:
        rounding = "floor"
    for scale, old, new in zip(scales, x.shape[2:], sizes):
        whole = round(scale)
        repeated = np.arange(old).repeat(whole) if scale == whole and whole >= 1 else []
        if not np.array_equal(nearest_indices(old, new, scale, place, rounding), repeated):
            how = f"{place} and {rounding} by {scale:g}"
            raise Unconvertible(f'{node.op} "{node.outputs[0]}" is no plain repetition: {how}')
    return mb.upsample_nearest_neighbor(
        x=x,
        scale_factor_height=np.float32(scales[0]),
        scale_factor_width=np.float32(scales[1]),
        name=build.name,
    )


def nearest_indices(old, new, scale, place, rounding):
    """The source pixel of each, by the formulas of ONNX's specification of Resize."""
    at = np.arange(new, dtype=np.float64)
    if place == "asymmetric":
        at = at / scale
    elif place == "align_corners":
        at = at * (old - 1) / max(new - 1, 1)
    elif place in ("half_pixel", "pytorch_half_pixel"):
        at = (at + 0.5) / scale - 0.5 if place == "half_pixel" or new > 1 else at * 0
    else:
        return None
    rounded = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda value: np.ceil(value - 0.5),
        "round_prefer_ceil": lambda value: np.floor(value + 0.5),
    }[rounding](at)
    return np.clip(rounded, 0, old - 1).astype(int)
