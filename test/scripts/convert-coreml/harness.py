"""Runs the converter inside a test, in a folder of its own."""

import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import graphs
from coreml.conversion import convert
from coreml.package import read_program, read_spec

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "convert-coreml.py"
SHARED = ROOT.parent / "shared"

DEFAULTS = {
    "output": None,
    "input": "image",
    "precision": "fp16",
    "manifest": None,
    "head": None,
    "input_size": None,
    "no_check": False,
    "pictures": None,
    "frames": 1,
    "every": 1,
    "detections": None,
}


class ConversionTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def save(self, model, name="x.onnx"):
        return graphs.save(model, self.folder / name)

    def convert(self, model, **options):
        """Converts a model, or the one at a path; returns the result and the package."""
        path = model if isinstance(model, Path) else self.save(model)
        output = self.folder / "x.mlpackage"
        result = convert(
            SimpleNamespace(**{**DEFAULTS, "output": output, "model": path, **options})
        )
        return result, output

    def operations(self, package):
        operations = read_program(package).functions["main"].operations
        return [each for each in operations if each.op_type != "const"]

    def counts(self, package):
        kinds = [each.op_type for each in self.operations(package)]
        return {kind: kinds.count(kind) for kind in kinds}

    def description(self, package):
        return read_spec(package).description

    def metadata(self, package):
        return dict(self.description(package).metadata.userDefined)

    def assertAgrees(self, result, half=0.03):
        self.assertLess(result["check"]["error_f32"], 1e-5)
        self.assertLess(result["check"]["error_fp16"], half)
