"""Exits 0 where this Python has every package of a requirements file in the version it pins."""

import sys
from importlib.metadata import PackageNotFoundError, version

pinned = [line.split("==") for line in open(sys.argv[1], encoding="utf-8") if "==" in line]
for name, wanted in pinned:
    try:
        found = version(name)
    except PackageNotFoundError:
        sys.exit(1)
    if found != wanted.strip():
        sys.exit(1)
print(len(pinned))
