"""Writing and reading an `.mlpackage`, the same bytes for the same model.

coremltools writes maps in random order, the date, and new ids each time; so the protobuf is taken
from what it wrote and written again, with the ids below, which are made from fixed names.
"""

import json
import os
import shutil
import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path

import coremltools as ct
from coremltools.converters.mil.frontend.milproto.load import load as load_milproto

from .failure import UsageFailure
from .staging import remove_abandoned, staging_prefix

FOLDER = Path("Data/com.apple.CoreML")
MODEL, WEIGHTS = FOLDER / "model.mlmodel", FOLDER / "weights" / "weight.bin"
ITEMS = {
    "com.apple.CoreML/model.mlmodel": ("CoreML Model Specification", "model.mlmodel"),
    "com.apple.CoreML/weights": ("CoreML Model Weights", "weights"),
}
FILE_MODE, FOLDER_MODE = 0o644, 0o755


@contextmanager
def staged(target):
    """A folder beside `target` that takes its place at the end, or vanishes with any failure."""
    if target.suffix != ".mlpackage":
        raise UsageFailure(f'Output "{target}" must be named *.mlpackage')
    if target.exists() and not (target / "Manifest.json").is_file():
        raise UsageFailure(f'Output "{target}" exists and is no package; it is not replaced')
    if not target.parent.is_dir():
        raise UsageFailure(f'Output folder "{target.parent}" does not exist')
    try:
        remove_abandoned(target.parent, target.stem)
        staging = Path(tempfile.mkdtemp(prefix=staging_prefix(target.stem), dir=target.parent))
    except OSError as error:
        raise UsageFailure(f'Output "{target}" cannot be written: {error.strerror}') from error
    try:
        yield staging
        replace(target, staging)
    except OSError as error:
        raise UsageFailure(f'Output "{target}" cannot be written: {error.strerror}') from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def replace(target, staging):
    """Puts the finished package in the place of `target`; what stood there returns if it cannot."""
    old = staging / "old.mlpackage"
    if target.exists():
        os.rename(target, old)
    try:
        os.rename(staging / "new.mlpackage", target)
    except OSError:
        if old.exists():
            os.rename(old, target)
        raise


def write_package(source, target, about, metadata):
    """Writes the package `target` from the one coremltools left at `source`."""
    spec = read_spec(source)
    spec.description.metadata.Clear()
    spec.description.metadata.shortDescription = about["description"]
    spec.description.metadata.license = about["licence"]
    spec.description.metadata.userDefined.update(metadata)
    spec.mlProgram.attributes.clear()
    put(target / MODEL, spec.SerializeToString(deterministic=True))
    put(target / WEIGHTS, (source / WEIGHTS).read_bytes() if (source / WEIGHTS).is_file() else b"")
    put(target / "Manifest.json", manifest_text().encode())
    for folder, _, _ in os.walk(target):
        os.chmod(folder, FOLDER_MODE)


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.chmod(path, FILE_MODE)


def manifest_text():
    ids = {path: str(uuid.uuid5(uuid.NAMESPACE_URL, path)).upper() for path in ITEMS}
    entries = {
        ids[path]: {
            "author": "com.apple.CoreML",
            "description": description,
            "name": name,
            "path": path,
        }
        for path, (description, name) in ITEMS.items()
    }
    manifest = {
        "fileFormatVersion": "1.0.0",
        "itemInfoEntries": entries,
        "rootModelIdentifier": ids["com.apple.CoreML/model.mlmodel"],
    }
    return json.dumps(manifest, indent=2, sort_keys=True) + "\n"


def read_spec(package):
    """The protobuf of a package; unlike coremltools' reader it leaves the package as it is."""
    spec = ct.proto.Model_pb2.Model()
    spec.ParseFromString((package / MODEL).read_bytes())
    return spec


def read_program(package):
    """The program of a saved package, its weights with it."""
    spec = read_spec(package)
    return load_milproto(spec, spec.specificationVersion, str((package / WEIGHTS).parent))


def package_size_bytes(package):
    return sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
