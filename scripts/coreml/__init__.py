"""ONNX to Core ML, without PyTorch: the modules behind `scripts/convert-coreml.py`."""
