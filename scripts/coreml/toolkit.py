"""coremltools, imported without what it prints: it looks for Apple's frameworks and other trainers."""

import logging
import os
import warnings

os.environ.setdefault("TQDM_DISABLE", "1")
logging.disable(logging.WARNING)
warnings.filterwarnings("ignore", module="coremltools")

import coremltools  # noqa: E402

logging.disable(logging.NOTSET)
logging.getLogger("coremltools").setLevel(logging.ERROR)

__all__ = ["coremltools"]
