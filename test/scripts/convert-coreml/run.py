"""Runs the tests of this folder and writes one line of JSON for each: name, outcome, why.

python test/scripts/convert-coreml/run.py [MODULE[.CLASS[.TEST]] ...]
"""

import json
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parents[2] / "scripts")]
sys.dont_write_bytecode = True


class Lines(unittest.TestResult):
    def tell(self, test, outcome, why=""):
        name = test.id().partition(".")[2] if hasattr(test, "_testMethodName") else test.id()
        print(json.dumps({"name": name, "outcome": outcome, "why": why}), flush=True)

    def addSuccess(self, test):
        self.tell(test, "passed")

    def addSkip(self, test, reason):
        self.tell(test, "skipped", reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.tell(test, "failed", self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.tell(test, "failed", self.errors[-1][1])

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.tell(subtest, "failed", (self.failures + self.errors)[-1][1])


def main(names):
    loader = unittest.TestLoader()
    modules = names or sorted(path.stem for path in FOLDER.glob("*_test.py"))
    result = Lines()
    loader.loadTestsFromNames(modules).run(result)
    return 0 if result.wasSuccessful() else 1


sys.exit(main(sys.argv[1:]))
