"""Whole networks: what they become, and that it computes the same."""

import ast
import json
import subprocess
import sys
import unittest

import graphs
import numpy as np
from coreml import normalization
from coreml.failure import CheckFailure
from coreml.interpreter import Interpreter
from coreml.package import WEIGHTS, read_program
from harness import ROOT, SHARED, ConversionTest


class Networks(ConversionTest):
    def test_a_yolov8_converts_and_agrees(self):
        result, package = self.convert(graphs.yolov8(), frames=2)
        self.assertAgrees(result)
        self.assertIn("yolov8", result["head"])
        kinds = self.counts(package)
        self.assertEqual(kinds["softmax"], 1)
        # Each x * sigmoid(x) is one operation; the sigmoid left is that of the scores.
        self.assertEqual(kinds["sigmoid"], 1)

    def test_a_yolo11_with_attention_and_transposed_convolution_converts_and_agrees(self):
        model = graphs.yolov8(with_attention=True, transposed_convolution=True)
        result, package = self.convert(model, frames=2)
        self.assertAgrees(result)
        self.assertEqual(self.counts(package)["matmul"], 2)
        self.assertEqual(self.counts(package)["conv_transpose"], 1)

    def test_a_yolov8_of_an_older_operator_set_converts_and_agrees(self):
        self.assertAgrees(self.convert(graphs.yolov8(opset=12))[0])

    def test_a_yolov5_with_computed_shapes_converts_and_agrees(self):
        result, package = self.convert(graphs.yolov5(), frames=2)
        self.assertAgrees(result)
        self.assertIn("yolov5", result["head"])
        self.assertEqual(self.counts(package)["leaky_relu"], 1)

    def test_a_first_yolov5_with_focus_and_wide_pools_converts_and_agrees(self):
        result, package = self.convert(graphs.yolov5(focus=True), frames=2)
        self.assertAgrees(result)
        first = next(each for each in self.operations(package) if each.op_type == "conv")
        self.assertEqual(first.weight.shape[2:], (6, 6))
        self.assertEqual(list(first.strides.val), [2, 2])
        pools = [each for each in self.operations(package) if each.op_type == "max_pool"]
        self.assertEqual([list(each.kernel_sizes.val) for each in pools], [[5, 5]] * 3)
        self.assertNotIn("slice_by_index", self.counts(package))

    def test_a_yolox_keeps_its_raw_outputs_in_16_bits(self):
        result, package = self.convert(graphs.yolox(), frames=2)
        self.assertAgrees(result, half=0.1)
        program = read_program(package)
        self.assertIn("fp16", str(program.functions["main"].outputs[0]))
        self.assertNotIn("exp", self.counts(package))

    def test_boxes_in_pixels_are_computed_in_32_bits(self):
        for model in (graphs.yolov8(), graphs.yolov5()):
            _, package = self.convert(model)
            function = read_program(package).functions["main"]
            self.assertIn("fp32", str(function.outputs[0]))
            for each in function.operations:
                if each.op_type in ("conv", "softmax", "sigmoid"):
                    self.assertIn("fp16", str(each.outputs[0]), each.name)

    def test_a_classifier_converts_and_agrees(self):
        result, package = self.convert(graphs.classifier(), frames=2)
        self.assertAgrees(result)
        self.assertIn("classification", result["head"])
        self.assertNotIn("batch_norm", self.counts(package))

    def test_a_mean_before_a_padded_convolution_stays_one_addition(self):
        result, package = self.convert(graphs.classifier("pytorch"), frames=2)
        self.assertAgrees(result)
        first = [each.op_type for each in self.operations(package)][:3]
        self.assertEqual(first, ["cast", "add", "conv"])

    def test_a_grey_picture_is_one_channel_of_8_bits(self):
        g = graphs.Graph([1, 1, 16, 16])
        model = g.model(g.conv("images", 4, 3))
        result, package = self.convert(model, head="raw")
        self.assertAgrees(result)
        kind = self.description(package).input[0].type.imageType
        self.assertEqual(kind.colorSpace, kind.GRAYSCALE)

    def test_a_model_whose_channels_come_last_takes_them_first(self):
        for turned_back in (True, False):
            g = graphs.Graph([1, 16, 24, 3])
            x = "images"
            if turned_back:
                x = g.add("Transpose", x, perm=[0, 3, 1, 2])
                g.channels[x] = 3
                x = g.conv(x, 4, 3)
            x = g.add("Sigmoid", x)
            result, package = self.convert(g.model(x), head="raw")
            self.assertAgrees(result)
            self.assertIn("24x16", result["input"])
            self.assertEqual("transpose" in self.counts(package), not turned_back)

    def test_first_weights_too_small_for_16_bits_are_made_larger(self):
        result, package = self.convert(graphs.yolox(gain=0.02))
        self.assertAgrees(result, half=0.1)
        cast, division, conv = self.operations(package)[:3]
        self.assertEqual([cast.op_type, division.op_type, conv.op_type], ["cast", "mul", "conv"])
        self.assertEqual(division.y.val, 1 / 256)
        self.assertGreater(np.median(np.abs(conv.weight.val)), 1e-3)

    def test_a_tensor_input_takes_the_same_pixels(self):
        _, image = self.convert(graphs.yolov8(), no_check=True)
        picture = np.random.default_rng(3).integers(0, 256, (1, 3, 64, 64)).astype(np.float32)
        of_image = Interpreter(read_program(image)).run(picture)
        kind = self.description(image).input[0].type
        self.assertEqual((kind.imageType.width, kind.imageType.height), (64, 64))
        _, tensor = self.convert(graphs.yolov8(), input="tensor", no_check=True)
        kind = self.description(tensor).input[0].type.multiArrayType
        self.assertEqual(list(kind.shape), [1, 3, 64, 64])
        self.assertEqual(kind.dataType, kind.FLOAT16)
        np.testing.assert_array_equal(Interpreter(read_program(tensor)).run(picture), of_image)

    def test_a_package_in_32_bits_has_no_16_bit_value(self):
        result, package = self.convert(graphs.yolov8(), precision="fp32")
        self.assertLess(result["check"]["error_f32"], 1e-5)
        self.assertIsNone(result["check"]["error_fp16"])
        self.assertNotIn("fp16", str(read_program(package)))


class Metadata(ConversionTest):
    def test_the_package_tells_its_head_and_its_names_to_aip_and_to_others(self):
        _, package = self.convert(graphs.yolov8())
        metadata = self.metadata(package)
        manifest = json.loads(metadata["aip.manifest"])
        self.assertEqual(manifest["head"]["type"], "yolov8")
        self.assertEqual(manifest["head"]["output"], self.description(package).output[0].name)
        self.assertEqual(manifest["classes"], ["car", "a b", "bus"])
        self.assertEqual(manifest["input"]["scale"], 1)
        self.assertEqual(manifest["input"]["letterbox"], "centre")
        names = {0: "car", 1: "a b", 2: "bus"}
        self.assertEqual(ast.literal_eval(metadata["names"]), names)
        self.assertEqual(metadata["imgsz"], "[64, 64]")
        self.assertEqual((metadata["stride"], metadata["task"]), ("32", "detect"))

    def test_a_yolox_says_no_stride_which_would_mark_it_as_ultralytics(self):
        path = self.save(graphs.yolox())
        (self.folder / "x.json").write_text('{"classes": ["a", "b", "c"], "licence": "MIT"}')
        _, package = self.convert(path)
        metadata = self.metadata(package)
        self.assertNotIn("stride", metadata)
        manifest = json.loads(metadata["aip.manifest"])
        self.assertEqual(manifest["licence"], "MIT")
        self.assertEqual(manifest["head"]["strides"], [8, 16, 32])

    def test_pictures_keep_the_colour_order_of_the_network(self):
        kind = self.description(self.convert(graphs.yolox())[1]).input[0].type.imageType
        self.assertEqual(kind.colorSpace, kind.BGR)
        kind = self.description(self.convert(graphs.yolov8())[1]).input[0].type.imageType
        self.assertEqual(kind.colorSpace, kind.RGB)


class Check(ConversionTest):
    def test_a_value_above_65504_is_told_and_nothing_is_written(self):
        with self.assertRaisesRegex(CheckFailure, r"As fp16 \d+ value\(s\) overflow"):
            self.convert(graphs.yolox(gain=1e6))
        self.assertEqual([each.name for each in self.folder.iterdir()], ["x.onnx"])

    def test_a_wrong_weight_is_found(self):
        right = normalization.fold_normalization
        self.addCleanup(setattr, normalization, "fold_normalization", right)
        normalization.fold_normalization = lambda graph, scale, shift: right(
            graph, [each * 1.01 for each in scale], shift
        )
        with self.assertRaisesRegex(CheckFailure, "As f32 the package is off by"):
            self.convert(graphs.yolov5())

    def test_numbers_too_small_to_be_normal_are_zero_in_16_bits(self):
        g = graphs.Graph([1, 3, 2, 2])
        tiny = g.add("Mul", g.add("Relu", "images"), g.constant(2.0**-14))
        path = self.save(g.model(g.add("Mul", tiny, g.constant(2.0**10))))
        (self.folder / "x.json").write_text('{"input": {"scale": 1}}')
        picture = np.array([[[[0.5, 1], [2, 4]]] * 3], np.float32)
        for precision, wanted in (("fp32", [0.5, 1, 2, 4]), ("fp16", [0, 1, 2, 4])):
            _, package = self.convert(path, head="raw", precision=precision, no_check=True)
            found = Interpreter(read_program(package)).run(picture)
            # 2 to the power of -14 is the smallest normal number.
            self.assertEqual((found[0, 0].ravel() * 16).tolist(), wanted)

    def test_the_saved_weights_are_what_is_checked(self):
        _, package = self.convert(graphs.classifier(), no_check=True)
        picture = np.full((1, 3, 32, 48), 100, np.float32)
        before = Interpreter(read_program(package)).run(picture)
        data = bytearray((package / WEIGHTS).read_bytes())
        data[-8:] = bytes(8)
        (package / WEIGHTS).write_bytes(data)
        self.assertFalse(np.array_equal(Interpreter(read_program(package)).run(picture), before))


def detections_of(path):
    lines = path.read_text().splitlines()
    return [each for line in lines for each in json.loads(line)["detections"]]


VIDEO = SHARED / "videos" / "one-by-one-person-detection.mp4"
REFERENCE = SHARED / "reference" / "one-by-one-person-detection.ndjson"
NANO = SHARED / "models" / "yolox_nano.onnx"


class Defaults(ConversionTest):
    def test_the_demo_model_is_checked_by_what_it_detects(self):
        result, _ = self.convert(ROOT / "models" / "demo.onnx")
        found = result["check"]["detections"]
        self.assertGreater(found["count"], 2)
        self.assertEqual(found["share"], 1)


@unittest.skipUnless(NANO.is_file(), "../shared, which has the model and the video, is missing")
class Reference(ConversionTest):
    def test_yolox_nano_is_checked_by_what_it_detects_without_being_given_pictures(self):
        result, _ = self.convert(NANO)
        self.assertGreater(result["check"]["detections"]["count"], 2)

    def test_yolox_nano_in_16_bits_finds_what_the_reference_finds(self):
        every, count = 110, 8
        found = self.folder / "found.ndjson"
        result, package = self.convert(
            NANO, pictures=VIDEO, frames=count, every=every, detections=found
        )
        self.assertLess(result["check"]["error_f32"], 1e-3)
        names = ast.literal_eval(self.metadata(package)["names"])
        self.assertEqual((len(names), names[79]), (80, "toothbrush"))
        self.assertGreater(result["check"]["detections"]["count"], 4)
        labels = {(each["class_id"], each["label"]) for each in detections_of(found)}
        self.assertIn((0, "person"), labels)
        frames = {json.loads(line)["frame"] for line in found.read_text().splitlines()}
        self.assertEqual(frames, set(range(0, every * count, every)))
        lines = (
            (SHARED / "reference" / "one-by-one-person-detection.ndjson").read_text().splitlines()
        )
        reference = self.folder / "reference.ndjson"
        chosen = [line for line in lines if json.loads(line)["frame"] in frames]
        reference.write_text("\n".join(chosen) + "\n")
        compare = SHARED / "reference" / "compare.py"
        done = subprocess.run(
            [sys.executable, compare, reference, found],
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
