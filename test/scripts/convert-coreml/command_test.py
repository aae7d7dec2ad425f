"""The command: the same bytes each time, refusals in one sentence, nothing left behind."""

import json
import os
import shutil
import stat
import subprocess
import sys
import unittest

import graphs
from coreml.failure import UsageFailure
from harness import ROOT, SCRIPT, ConversionTest

import onnx


def command(*arguments, **environment):
    line = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, env={**os.environ, **environment})


def contents(folder):
    """Path to (mode, bytes) of all below a folder."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.stat().st_mode),
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(folder.rglob("*"))
    }


class Reproducible(ConversionTest):
    def test_two_runs_write_identical_bytes_and_modes(self):
        path = self.save(graphs.yolov8())
        packages = []
        for seed, mask in (("1", 0o022), ("2", 0o077)):
            package = self.folder / f"{seed}.mlpackage"
            before = os.umask(mask)
            try:
                done = command(path, "--output", package, "--no-check", PYTHONHASHSEED=seed)
            finally:
                os.umask(before)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            packages.append(contents(package))
        self.assertEqual(packages[0], packages[1])
        self.assertIn("Data/com.apple.CoreML/weights/weight.bin", packages[0])

    def test_the_committed_demo_package_is_what_its_onnx_file_gives(self):
        models = ROOT / "models"
        _, package = self.convert(models / "demo.onnx", no_check=True)
        mine, committed = contents(package), contents(models / "demo.mlpackage")
        self.assertEqual(
            {path: data for path, (_, data) in mine.items()},
            {path: data for path, (_, data) in committed.items()},
        )

    def test_a_package_is_replaced_whole(self):
        path = self.save(graphs.classifier())
        _, package = self.convert(path, no_check=True)
        wanted = contents(package)
        (package / "left-over").write_text("x")
        self.convert(path, no_check=True)
        self.assertEqual(contents(package), wanted)
        self.assertEqual(
            sorted(each.name for each in self.folder.iterdir()), ["x.mlpackage", "x.onnx"]
        )


class Command(ConversionTest):
    def test_json_tells_the_result(self):
        done = command(self.save(graphs.classifier()), "--json", "--frames", 1)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        result = json.loads(done.stdout)
        self.assertLess(result["check"]["error_f32"], 1e-5)
        self.assertTrue((self.folder / "x.mlpackage" / "Manifest.json").is_file())

    def test_a_refusal_is_one_line_and_exit_code_2(self):
        done = command(self.folder / "none.onnx")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'\Aconvert-coreml: Model ".*none.onnx" does not exist\n\Z')
        self.assertEqual(done.stdout, "")

    def test_an_overflow_is_exit_code_1_and_leaves_nothing(self):
        done = command(self.save(graphs.yolox(gain=1e6)))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Aconvert-coreml: .* overflow, .*\n\Z")
        self.assertEqual([each.name for each in self.folder.iterdir()], ["x.onnx"])

    def test_a_missing_package_is_told_with_the_remedy(self):
        done = subprocess.run(
            [sys.executable, "-S", str(SCRIPT), "x.onnx"], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Aconvert-coreml: Python lacks .*setup.sh.*\n\Z")


class Refusals(ConversionTest):
    def refused(self, pattern, model, **options):
        path = model if not isinstance(model, onnx.ModelProto) else self.save(model)
        before = sorted(each.name for each in self.folder.iterdir())
        with self.assertRaisesRegex(UsageFailure, pattern) as caught:
            self.convert(path, **options)
        self.assertNotIn("\n", str(caught.exception))
        self.assertEqual(sorted(each.name for each in self.folder.iterdir()), before)

    def picture(self, shape, op="Relu"):
        g = graphs.Graph(shape)
        return g.model(g.add(op, "images"))

    def test_unknown_operators_are_all_named(self):
        g = graphs.Graph([1, 3, 8, 8])
        x = g.add("TopK", g.add("Det", "images"), g.whole(1), outputs=2)[0]
        x = g.add("Sin", g.add("Odd", x, domain="made.up"))
        model = g.model(x, shapes=[[1, 1]])
        self.refused(
            r"uses operators Det, Sin, TopK, made.up.Odd, which cannot be converted$", model
        )

    def test_one_unknown_operator_is_named(self):
        self.refused(r"uses the operator Sin, which", self.picture([1, 3, 8, 8], "Sin"))

    def test_several_inputs_are_refused(self):
        model = graphs.yolov8()
        model.graph.input.append(onnx.helper.make_tensor_value_info("more", 1, [1]))
        self.refused(r"has 2 inputs \(images, more\), not one picture", model)

    def test_a_fixed_batch_is_refused(self):
        self.refused("batch is fixed at 4; export it with batch 1", self.picture([4, 3, 8, 8]))

    def test_what_is_no_picture_is_refused(self):
        self.refused(r"\[1, 5, 8, 8\] is no picture", self.picture([1, 5, 8, 8]))

    def test_an_open_size_is_refused_until_it_is_given(self):
        model = self.picture([1, 3, "h", "w"])
        self.refused("leaves the size open; give one with --input-size WxH", model, head="raw")
        result, _ = self.convert(model, head="raw", input_size=(24, 16))
        self.assertIn("24x16", result["input"])

    def test_a_size_that_contradicts_the_model_is_refused(self):
        self.refused("its input is 64x64 and cannot be 32x32", graphs.yolov8(), input_size=(32, 32))

    def test_an_output_no_head_reads_is_refused(self):
        self.refused(r'output0" \[1, 3, 8, 8\].*no head reads it', self.picture([1, 3, 8, 8]))

    def test_a_head_that_does_not_fit_is_refused(self):
        self.refused("it is no yolox head", graphs.classifier(), head="yolox")
        self.refused(r'its head is "yolo" \(known: yolox,', graphs.classifier(), head="yolo")

    def test_truncated_and_foreign_files_are_refused(self):
        whole = graphs.yolov8().SerializeToString()
        for name, data in {
            "half": whole[: len(whole) // 2],
            "text": b"hello",
            "empty": b"",
        }.items():
            path = self.folder / f"{name}.onnx"
            path.write_bytes(data)
            with self.subTest(name):
                self.refused("is no ONNX file|is not whole|operator set is 0", path)
        self.refused("is a folder, not an ONNX file", self.folder)

    def test_weights_that_are_missing_are_told(self):
        path = self.folder / "x.onnx"
        onnx.save(
            graphs.yolov8(), path, save_as_external_data=True, location="x.data", size_threshold=0
        )
        (self.folder / "x.data").unlink()
        self.refused("is not whole: .*x.data", path)

    def test_a_manifest_that_cannot_be_read_is_refused(self):
        path = self.save(graphs.yolov8())
        (self.folder / "x.json").write_text("{")
        self.refused('Manifest ".*x.json" cannot be read', path)
        (self.folder / "x.json").write_text('{"input": 3}')
        self.refused("must be an object", path)
        (self.folder / "x.json").write_text('{"input": {"scale": "1/255"}}')
        self.refused('"input.scale" must be a number above 0', path)
        (self.folder / "x.json").write_text('{"head": {"type": "yolo"}}')
        self.refused('"head.type" must be one of yolox, yolov5,', path)

    def test_an_output_that_is_no_package_is_not_replaced(self):
        path = self.save(graphs.classifier())
        self.refused(r"must be named \*.mlpackage", path, output=self.folder / "x.mlmodel")
        self.refused("folder .* does not exist", path, output=self.folder / "a" / "x.mlpackage")
        precious = self.folder / "y.mlpackage"
        precious.mkdir()
        (precious / "precious").write_text("x")
        self.refused("is no package; it is not replaced", path, output=precious)
        self.assertTrue((precious / "precious").is_file())

    def test_pictures_that_cannot_be_read_are_told(self):
        path = self.save(graphs.yolov8())
        self.refused("do not exist", path, pictures=self.folder / "none.mp4")
        if shutil.which("ffmpeg"):
            self.refused('Pictures ".*x.onnx" cannot be read: ', path, pictures=path)


if __name__ == "__main__":
    unittest.main()
