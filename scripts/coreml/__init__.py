"""ONNX to Core ML, without PyTorch: the modules behind `scripts/convert-coreml.py`."""

import logging
import os

# coremltools tells, away from a Mac, that it finds none of Apple's frameworks, and shows bars.
logging.getLogger("coremltools").setLevel(logging.ERROR)
os.environ.setdefault("TQDM_DISABLE", "1")
