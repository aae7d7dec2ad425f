"""Writes the small Core ML models of the tests to test/fixtures/coreml/.

    pip install coremltools==9.0 && python scripts/make-coreml-fixtures.py

Beside them it writes `expected.json`: what coremltools itself reads in each of them, through the
schema's own generated code, for the tests to compare with. `compiled.mlmodelc` is not compiled
(that takes a Mac): it is a `metadata.json` as Apple's compiler writes it, in the form found in
published models. What tests break, they break in copies.
"""

import json
import shutil
import uuid
from pathlib import Path

import coremltools as ct
import numpy as np
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import get_new_symbol, types
from coremltools.models.neural_network import NeuralNetworkBuilder
from coremltools.proto import FeatureTypes_pb2, MIL_pb2

FOLDER = Path(__file__).parent.parent / "test" / "fixtures" / "coreml"
RANDOM = np.random.default_rng(0)
HALF = types.fp16
NAMES = ["vehicle", "driver's cab", "person"]


def weights(*shape):
    return RANDOM.standard_normal(shape).astype(np.float16)


def levels(picture, columns, strides, size):
    """Cells of feature maps as rows: `[1, N, columns]`."""
    rows = []
    for stride in strides:
        cells = mb.conv(x=picture, weight=weights(4, 3, 1, 1), strides=[stride, stride])
        maps = mb.conv(x=mb.relu(x=cells), weight=weights(columns, 4, 1, 1))
        count = (size[0] // stride) * (size[1] // stride)
        flat = mb.reshape(x=maps, shape=[1, columns, count])
        rows.append(mb.transpose(x=flat, perm=[0, 2, 1]))
    return mb.concat(values=rows, axis=1) if len(rows) > 1 else rows[0]


def convert(program, **options):
    return ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        minimum_deployment_target=options.pop("target", ct.target.macOS13),
        **options,
    )


def image(name, width, height, color=ct.colorlayout.RGB, **options):
    return ct.ImageType(name=name, shape=(1, 3, height, width), color_layout=color, **options)


def detector():
    """Shaped like YOLOX-Nano: a BGR image of 416x416, `[1, 3549, 85]`."""

    @mb.program(
        input_specs=[mb.TensorSpec((1, 3, 416, 416), dtype=HALF)], opset_version=ct.target.macOS13
    )
    def program(images):
        return mb.identity(x=levels(images, 85, (8, 16, 32), (416, 416)), name="output")

    model = convert(program, inputs=[image("images", 416, 416, ct.colorlayout.BGR)])
    model.author = "aip fixtures"
    model.short_description = "Boxes out of nothing"
    return model


def ultralytics(names, **more):
    listed = "{" + ", ".join(f"{index}: {name!r}" for index, name in enumerate(names)) + "}"
    return {"names": listed, "stride": "32", "task": "detect", "imgsz": "[64, 64]", **more}


def raw_yolov8():
    """A tensor of halves in and out, with Ultralytics' metadata and an unstable output name."""

    @mb.program(
        input_specs=[mb.TensorSpec((1, 3, 64, 64), dtype=HALF)], opset_version=ct.target.macOS13
    )
    def program(x):
        rows = levels(x, 7, (8, 16, 32), (64, 64))
        return mb.transpose(x=rows, perm=[0, 2, 1], name="var_1365")

    model = convert(
        program,
        inputs=[ct.TensorType(name="x", shape=(1, 3, 64, 64), dtype=np.float16)],
        outputs=[ct.TensorType(name="var_1365", dtype=np.float16)],
    )
    model.user_defined_metadata.update(ultralytics(NAMES))
    return model


def nms():
    """What Ultralytics' export with `nms=True` makes: a detector and non-maximum suppression."""

    @mb.program(
        input_specs=[mb.TensorSpec((1, 3, 64, 64), dtype=HALF)], opset_version=ct.target.macOS13
    )
    def program(image):
        rows = mb.squeeze(x=levels(image, 84, (8, 16, 32), (64, 64)), axes=[0])
        scaled = mb.mul(
            x=mb.slice_by_size(x=rows, begin=[0, 0], size=[84, 4]), y=np.float16(1 / 64)
        )
        mb.identity(x=scaled, name="boxes")
        scores = mb.slice_by_size(x=rows, begin=[0, 4], size=[84, 80], name="scores")
        return scores, mb.identity(x=scaled, name="raw_coordinates")

    first = convert(
        program,
        inputs=[image("image", 64, 64, scale=1 / 255)],
        outputs=[
            ct.TensorType(name="scores", dtype=np.float32),
            ct.TensorType(name="raw_coordinates", dtype=np.float32),
        ],
    )
    spec = first.get_spec()
    second = ct.proto.Model_pb2.Model()
    second.specificationVersion = spec.specificationVersion
    for output, name, columns in zip(
        spec.description.output, ("confidence", "coordinates"), (80, 4)
    ):
        given = second.description.input.add()
        given.CopyFrom(output)
        made = second.description.output.add()
        made.CopyFrom(output)
        made.name = name
        array = made.type.multiArrayType
        del array.shape[:]
        for lower, upper in ((0, -1), (columns, columns)):
            sizes = array.shapeRange.sizeRanges.add()
            sizes.lowerBound, sizes.upperBound = lower, upper
    suppression = second.nonMaximumSuppression
    suppression.confidenceInputFeatureName = "scores"
    suppression.coordinatesInputFeatureName = "raw_coordinates"
    suppression.confidenceOutputFeatureName = "confidence"
    suppression.coordinatesOutputFeatureName = "coordinates"
    suppression.iouThresholdInputFeatureName = "iouThreshold"
    suppression.confidenceThresholdInputFeatureName = "confidenceThreshold"
    suppression.iouThreshold = 0.6
    suppression.confidenceThreshold = 0.35
    suppression.pickTop.perClass = True
    suppression.stringClassLabels.vector.extend(NAMES)
    pipeline = ct.models.pipeline.Pipeline(
        input_features=[
            ("image", ct.models.datatypes.Array(3, 64, 64)),
            ("iouThreshold", ct.models.datatypes.Double()),
            ("confidenceThreshold", ct.models.datatypes.Double()),
        ],
        output_features=["confidence", "coordinates"],
    )
    pipeline.add_model(first)
    pipeline.add_model(second)
    whole = pipeline.spec
    whole.description.input[0].CopyFrom(spec.description.input[0])
    for index in range(2):
        whole.description.output[index].CopyFrom(second.description.output[index])
    whole.specificationVersion = spec.specificationVersion
    whole.description.metadata.userDefined.update(ultralytics(NAMES))
    whole.description.metadata.license = "AGPL-3.0"
    return ct.models.MLModel(whole, weights_dir=first.weights_dir, skip_model_load=True)


def classifier():
    """An image of 32x32, a dictionary of probabilities and the best label."""

    @mb.program(
        input_specs=[mb.TensorSpec((1, 3, 32, 32), dtype=HALF)], opset_version=ct.target.macOS13
    )
    def program(picture):
        means = mb.reduce_mean(x=picture, axes=[2, 3])
        scores = mb.linear(x=means, weight=weights(3, 3), bias=weights(3))
        return mb.softmax(x=scores, axis=-1, name="probabilities")

    return convert(
        program,
        inputs=[image("picture", 32, 32)],
        classifier_config=ct.ClassifierConfig(["empty", "few", "many"]),
    )


def grey_program(columns):
    @mb.program(
        input_specs=[mb.TensorSpec((1, 1, 32, 32), dtype=HALF)], opset_version=ct.target.macOS15
    )
    def program(picture):
        scores = mb.linear(x=mb.reduce_mean(x=picture, axes=[2, 3]), weight=weights(columns, 1))
        return mb.softmax(x=scores, axis=-1, name="probabilities")

    return program


def multi_function(work):
    """Two functions over grey images of halves; `coarse` is the default."""
    descriptor = ct.utils.MultiFunctionDescriptor()
    for name, columns in (("coarse", 2), ("fine", 5)):
        grey = ct.ImageType(
            name="picture", shape=(1, 1, 32, 32), color_layout=ct.colorlayout.GRAYSCALE_FLOAT16
        )
        model = convert(grey_program(columns), target=ct.target.macOS15, inputs=[grey])
        path = work / f"{name}.mlpackage"
        model.save(str(path))
        descriptor.add_function(str(path), src_function_name="main", target_function_name=name)
    descriptor.default_function_name = "coarse"
    path = FOLDER / "multi-function.mlpackage"
    ct.utils.save_multifunction(descriptor, str(path))
    return path


def flexible(sizes):
    """A tensor of several sizes, through operations that leave the Neural Engine."""
    height, width = (ct.RangeDim(32, 128, default=64),) * 2 if sizes is None else (64, 64)
    shape = (1, 3, get_new_symbol(), get_new_symbol())

    @mb.program(input_specs=[mb.TensorSpec(shape)], opset_version=ct.target.macOS13)
    def program(x):
        wide = mb.conv(x=x, weight=weights(4, 3, 9, 9).astype(np.float32), pad_type="same")
        dilated = mb.conv(
            x=wide, weight=weights(4, 4, 3, 3).astype(np.float32), dilations=[2, 2], pad_type="same"
        )
        pooled = mb.max_pool(x=dilated, kernel_sizes=[13, 13], strides=[1, 1], pad_type="same")
        chosen = mb.gather(x=pooled, indices=[0, 2], axis=1)
        looped = mb.while_loop(
            _cond=lambda index, _: mb.less(x=index, y=3),
            _body=lambda index, value: (mb.add(x=index, y=1), mb.mul(x=value, y=2.0)),
            loop_vars=(np.int32(0), chosen),
        )
        return mb.identity(x=looped[1], name="maps")

    if sizes is None:
        given = ct.Shape((1, 3, height, width))
    else:
        given = ct.EnumeratedShapes(
            shapes=[(1, 3, side, side) for side in sizes], default=(1, 3, 64, 64)
        )
    return convert(
        program,
        inputs=[ct.TensorType(name="x", shape=given, dtype=np.float32)],
        compute_precision=ct.precision.FLOAT32,
    )


def network():
    """A neural network of layers, as before ML Programs: a classifier over a BGR image."""
    builder = NeuralNetworkBuilder(
        [("picture", ct.models.datatypes.Array(3, 32, 32))],
        [("scores", ct.models.datatypes.Array(2))],
        mode="classifier",
    )
    builder.add_convolution(
        "wide",
        3,
        4,
        9,
        9,
        1,
        1,
        "same",
        1,
        RANDOM.standard_normal((9, 9, 3, 4)),
        None,
        False,
        input_name="picture",
        output_name="a",
    )
    builder.add_convolution(
        "dilated",
        4,
        4,
        3,
        3,
        1,
        1,
        "same",
        1,
        RANDOM.standard_normal((3, 3, 4, 4)),
        None,
        False,
        input_name="a",
        output_name="b",
        dilation_factors=[2, 2],
    )
    builder.add_pooling("pool", 13, 13, 1, 1, "AVERAGE", "VALID", "b", "c")
    builder.add_pooling("everything", 0, 0, 0, 0, "AVERAGE", "VALID", "c", "d", is_global=True)
    builder.add_inner_product("linear", RANDOM.standard_normal((2, 4)), None, 4, 2, False, "d", "e")
    builder.add_softmax("softmax", "e", "scores")
    builder.set_class_labels(["cat", "dog"])
    builder.set_pre_processing_parameters(
        image_input_names=["picture"], is_bgr=True, image_scale=1 / 255
    )
    return ct.models.MLModel(builder.spec, skip_model_load=True)


def two_inputs():
    """Two pictures at once, which no run can give."""
    pictures = [(name, ct.models.datatypes.Array(3, 8, 8)) for name in ("before", "after")]
    builder = NeuralNetworkBuilder(pictures, [("sum", ct.models.datatypes.Array(3, 8, 8))])
    builder.add_elementwise("add", ["before", "after"], "sum", mode="ADD")
    return ct.models.MLModel(builder.spec, skip_model_load=True)


def without_default(model):
    """The same model without the shape that it would have if nobody asks for another."""
    spec = model.get_spec()
    del spec.description.input[0].type.multiArrayType.shape[:]
    return ct.models.MLModel(spec, weights_dir=model.weights_dir, skip_model_load=True)


def newer():
    """A network for a Core ML that is not there yet."""
    builder = NeuralNetworkBuilder(
        [("x", ct.models.datatypes.Array(3, 8, 8))], [("y", ct.models.datatypes.Array(3, 8, 8))]
    )
    builder.add_activation("relu", "RELU", "x", "y")
    builder.spec.specificationVersion = 99
    return builder.spec


def tidied(path):
    """The same package in bytes that do not change from run to run, readable for all."""
    place = path / "Data" / "com.apple.CoreML" / "model.mlmodel"
    spec = ct.proto.Model_pb2.Model()
    spec.ParseFromString(place.read_bytes())
    spec.description.metadata.userDefined.pop("com.github.apple.coremltools.conversion_date", None)
    place.write_bytes(spec.SerializeToString(deterministic=True))
    manifest = path / "Manifest.json"
    value = json.loads(manifest.read_text())
    renamed = {}
    for identifier, item in value["itemInfoEntries"].items():
        renamed[identifier] = str(uuid.uuid5(uuid.NAMESPACE_URL, item["path"])).upper()
    value["itemInfoEntries"] = {
        renamed[key]: item for key, item in value["itemInfoEntries"].items()
    }
    value["rootModelIdentifier"] = renamed[value["rootModelIdentifier"]]
    manifest.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")
    for each in path.rglob("*"):
        each.chmod(0o755 if each.is_dir() else 0o644)
    path.chmod(0o755)


def feature(given):
    kind = given.type.WhichOneof("Type")
    value = getattr(given.type, kind)
    read = {"name": given.name, "kind": kind, "optional": given.type.isOptional}
    if kind == "imageType":
        colors = FeatureTypes_pb2.ImageFeatureType.ColorSpace
        read |= {
            "width": value.width,
            "height": value.height,
            "color": colors.Name(value.colorSpace),
        }
    if kind == "multiArrayType":
        dtypes = FeatureTypes_pb2.ArrayFeatureType.ArrayDataType
        read |= {"shape": list(value.shape), "dtype": dtypes.Name(value.dataType)}
        flexible = value.WhichOneof("ShapeFlexibility")
        if flexible == "enumeratedShapes":
            read["enumerated"] = [list(each.shape) for each in value.enumeratedShapes.shapes]
        if flexible == "shapeRange":
            read["ranges"] = [
                [each.lowerBound, each.upperBound] for each in value.shapeRange.sizeRanges
            ]
    return read


def operations(block, counts, elements):
    """Counts operations by type and elements of weights by theirs, nested blocks included."""
    for operation in block.operations:
        if operation.type != "const":
            counts[operation.type] = counts.get(operation.type, 0) + 1
        for inner in operation.blocks:
            operations(inner, counts, elements)
        if operation.type == "const":
            value = operation.attributes["val"]
            tensor = value.type.tensorType
            dtype = MIL_pb2.DataType.Name(tensor.dataType)
            is_blob = value.WhichOneof("value") == "blobFileValue"
            if is_blob or (dtype.startswith("FLOAT") and tensor.rank > 0):
                size = int(np.prod([each.constant.size for each in tensor.dimensions]))
                elements[dtype] = elements.get(dtype, 0) + size


def parts(spec):
    kind = spec.WhichOneof("Type")
    if kind == "pipeline":
        return [part for model in spec.pipeline.models for part in parts(model)]
    return [spec]


def expected(spec):
    counts, elements, labels, suppression = {}, {}, None, None
    for part in parts(spec):
        kind = part.WhichOneof("Type")
        if kind == "mlProgram":
            for function in part.mlProgram.functions.values():
                operations(function.block_specializations[function.opset], counts, elements)
        if kind.startswith("neuralNetwork"):
            network = getattr(part, kind)
            for layer in network.layers:
                name = layer.WhichOneof("layer")
                counts[name] = counts.get(name, 0) + 1
            if kind == "neuralNetworkClassifier":
                labels = list(network.stringClassLabels.vector)
        if kind == "nonMaximumSuppression":
            value = part.nonMaximumSuppression
            labels = list(value.stringClassLabels.vector)
            suppression = {
                "iouThreshold": value.iouThreshold,
                "confidenceThreshold": value.confidenceThreshold,
                "perClass": value.pickTop.perClass,
                "confidence": value.confidenceOutputFeatureName,
                "coordinates": value.coordinatesOutputFeatureName,
            }
    description = spec.description
    return {
        "kinds": [part.WhichOneof("Type") for part in parts(spec)],
        "specVersion": spec.specificationVersion,
        "inputs": [feature(each) for each in description.input],
        "outputs": [feature(each) for each in description.output],
        "functions": {
            each.name: {
                "inputs": [feature(given) for given in each.input],
                "outputs": [feature(given) for given in each.output],
            }
            for each in description.functions
        },
        "defaultFunction": description.defaultFunctionName,
        "predicted": [description.predictedFeatureName, description.predictedProbabilitiesName],
        "metadata": dict(sorted(description.metadata.userDefined.items())),
        "author": description.metadata.author,
        "description": description.metadata.shortDescription,
        "licence": description.metadata.license,
        "operations": dict(sorted(counts.items())),
        "weightElements": dict(sorted(elements.items())),
        "labels": labels,
        "nms": suppression,
    }


COMPILED = [
    {
        "metadataOutputVersion": "3.0",
        "storagePrecision": "Float16",
        "outputSchema": [
            {
                "hasShapeFlexibility": "0",
                "isOptional": "0",
                "dataType": "Float32",
                "formattedType": "MultiArray (Float32 1 × 7 × 84)",
                "shortDescription": "",
                "shape": "[1, 7, 84]",
                "name": "var_1365",
                "type": "MultiArray",
            }
        ],
        "modelParameters": [],
        "specificationVersion": 7,
        "mlProgramOperationTypeHistogram": {"Ios16.conv": 6, "Ios16.gather": 1, "Concat": 1},
        "computePrecision": "Mixed (Float16, Float32, Int32)",
        "isUpdatable": "0",
        "availability": {"macOS": "13.0", "iOS": "16.0"},
        "modelType": {"name": "MLModelType_mlProgram"},
        "userDefinedMetadata": ultralytics(NAMES),
        "inputSchema": [
            {
                "height": "64",
                "colorspace": "RGB",
                "isOptional": "0",
                "width": "64",
                "isColor": "1",
                "formattedType": "Image (Color 64 × 64)",
                "hasSizeFlexibility": "0",
                "type": "Image",
                "shortDescription": "",
                "name": "image",
            }
        ],
        "generatedClassName": "compiled",
        "method": "predict",
    }
]


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    work = FOLDER / "work"
    work.mkdir(parents=True)
    models = {
        "detector.mlpackage": detector(),
        "yolov8.mlpackage": raw_yolov8(),
        "nms.mlpackage": nms(),
        "classifier.mlpackage": classifier(),
        "range.mlpackage": flexible(None),
        "enumerated.mlpackage": flexible((32, 64, 96)),
        "network.mlmodel": network(),
        "two-inputs.mlmodel": two_inputs(),
    }
    models["no-default.mlpackage"] = without_default(models["range.mlpackage"])
    for name, model in models.items():
        model.save(str(FOLDER / name))
    (FOLDER / "newer.mlmodel").write_bytes(newer().SerializeToString(deterministic=True))
    multi_function(work)
    shutil.rmtree(work)
    for path in FOLDER.glob("*.mlpackage"):
        tidied(path)
    read = {}
    for path in sorted(FOLDER.glob("*.ml*")):
        spec = path if path.is_file() else path / "Data" / "com.apple.CoreML" / "model.mlmodel"
        if path.name != "newer.mlmodel":
            read[path.name] = expected(ct.utils.load_spec(str(spec)))
    (FOLDER / "expected.json").write_text(json.dumps(read, indent=1) + "\n")
    compiled = FOLDER / "compiled.mlmodelc"
    compiled.mkdir()
    (compiled / "metadata.json").write_text(
        json.dumps(COMPILED, indent=2, ensure_ascii=False) + "\n"
    )


main()
