"""What can go wrong, told in one sentence each."""


class UsageFailure(Exception):
    """The model, a file or an option is at fault; nothing was written. Exit code 2."""


class CheckFailure(Exception):
    """The converted model does not compute what the ONNX file computes. Exit code 1."""
