"""The steps of a conversion, in order."""

import tempfile
from pathlib import Path

import numpy as np

from . import normalization, rewrites
from .check import Reference, check, output_shapes
from .description import describe
from .detections import detect, ndjson_line
from .failure import UsageFailure
from .graph import load_graph
from .manifest import load_manifest
from .metadata import user_metadata
from .package import package_size_bytes, staged, write_package
from .pictures import default_pictures, file_pictures
from .program import build_program, channels_first, convert_program, require_known


def convert(options):
    """Converts as the command line says; returns what was done, for people and machines.

    Raises UsageFailure or CheckFailure, having written nothing.
    """
    manifest = load_manifest(options.model, options.manifest)
    if options.head:
        manifest = {**manifest, "head": {**manifest.get("head", {}), "type": options.head}}
    target = options.output or options.model.with_suffix(".mlpackage")
    graph = load_graph(options.model, options.input_size or manifest_size(manifest))
    require_known(graph)
    shapes = output_shapes(graph)
    channels_last = graph.input_shape[1] not in (1, 3)
    channels_first(graph)
    description = describe(graph, shapes, manifest)
    graph.outputs = [description.output]
    graph.prune()
    done = rewrite(graph, description)
    with staged(target) as staging:
        half = options.precision == "fp16"
        dtype = np.float16 if half else np.float32
        package, output = write(graph, description, dtype, options, staging / "new")
        result = None
        if not options.no_check:
            full = package
            if half:
                full, _ = write(graph, description, np.float32, options, staging / "full")
            pictures = pictures_of(options, description)
            reference = Reference(graph, description, channels_last)
            result, outputs = check(
                reference, full, package if half else None, description, pictures
            )
            if options.detections:
                write_detections(outputs, pictures, description, options)
        size_bytes = package_size_bytes(package)
    size = f"{description.width}x{description.height}"
    names = f", {len(description.names)} class names" if description.names else ""
    return {
        "model": options.model.name,
        "output": str(target),
        "size_bytes": size_bytes,
        "input": f"{options.input} {size}, {description.channels}, 0-255",
        "pixels": description.pixels,
        "head": f'{description.head} "{output}" {list(shapes[description.output])}{names}',
        "rewrites": done,
        "check": result and result.json(),
    }


def manifest_size(manifest):
    given = manifest.get("input", {})
    return (given["width"], given["height"]) if {"width", "height"} <= set(given) else None


def rewrite(graph, description):
    """Applies the rewrites; returns what was done, in words."""
    done, before = [], len(graph.nodes)
    rewrites.fold_batch_normalization(graph)
    if len(graph.nodes) < before:
        done.append(f"{before - len(graph.nodes)} batch normalizations folded")
    if rewrites.focus_to_convolution(graph):
        done.append("Focus as one convolution")
    if rewrites.chain_pools(graph):
        done.append("wide pools as chains of 5")
    if normalization.fold_normalization(graph, *description.affine()):
        done.append("scale of the pixels folded into the first convolution")
    if normalization.keep_weights_normal(graph):
        done.append("pixels divided by 256, which the first convolution's weights take back")
    return done


def write(graph, description, dtype, options, stem):
    """Writes `<stem>.mlpackage`; returns it and the name of its output."""
    image = options.input == "image"
    program, source, output = build_program(graph, description.head, dtype, image)
    package = stem.with_suffix(".mlpackage")
    with tempfile.TemporaryDirectory(dir=stem.parent) as folder:
        raw = Path(folder) / "raw.mlpackage"
        convert_program(program, source, description, image, raw)
        name = description.manifest.get("name", options.model.stem)
        licence = description.manifest.get("licence") or graph.metadata.get("license", "")
        about = {"description": f"{name}: {description.head}", "licence": str(licence)}
        write_package(raw, package, about, user_metadata(description, output))
    return package, output


def pictures_of(options, description):
    if options.pictures:
        return file_pictures(options.pictures, description, options.frames, options.every)
    return default_pictures(description, options.frames)


def write_detections(outputs, pictures, description, options):
    if description.head in ("classification", "raw"):
        raise UsageFailure(f"--detections: a {description.head} model detects nothing")
    lines = []
    for picture, output in zip(pictures, outputs):
        found = detect(output, description)
        lines.append(ndjson_line(picture, found, description, options.pictures.stem))
    try:
        options.detections.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageFailure(f'"{options.detections}" cannot be written: {error.strerror}') from error
