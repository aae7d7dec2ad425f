"""What a package says of itself: aip's manifest, and the keys others know."""

import json


def package_manifest(description, output):
    """The manifest of the package: its network takes pixels as they are, 0-255."""
    manifest = {
        key: value for key, value in description.manifest.items() if key not in ("input", "head")
    }
    if description.names:
        manifest["classes"] = description.names
    ones, zeros = [1] * 3, [0] * 3
    manifest["input"] = {
        "width": description.width,
        "height": description.height,
        "layout": "nchw",
        "channels": description.channels,
        "scale": 1,
        "mean": zeros,
        "std": ones,
        "letterbox": description.letterbox,
        "pad": description.pad,
    }
    head = {"type": description.head, "output": output, "activation": description.activation}
    if description.strides:
        head["strides"] = list(description.strides)
    if description.head in ("yolox", "yolov5", "yolov8"):
        head["transposed"] = description.transposed
    if description.manifest.get("head", {}).get("normalized"):
        head["normalized"] = True
    manifest["head"] = head
    return manifest


def user_metadata(description, output):
    """The package's metadata: aip's manifest, and the keys of Ultralytics' exports.

    `stride` is left out for YOLOX: beside `names` it would mark an Ultralytics export, whose
    outputs mean something else.
    """
    manifest = package_manifest(description, output)
    metadata = {
        "aip.manifest": json.dumps(
            manifest, separators=(",", ":"), sort_keys=True, ensure_ascii=False
        )
    }
    metadata["task"] = "classify" if description.head == "classification" else "detect"
    metadata["imgsz"] = str([description.height, description.width])
    metadata["batch"] = "1"
    if description.names:
        metadata["names"] = str(dict(enumerate(description.names)))
    if description.strides and description.head != "yolox":
        metadata["stride"] = str(max(description.strides))
    if description.head == "raw":
        del metadata["task"]
    return metadata
