"""Folders that killed conversions left behind."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from coreml.staging import remove_abandoned, staging_prefix


class Staging(unittest.TestCase):
    def test_only_what_ended_processes_left_of_this_package_is_removed(self):
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            own = folder / f"{staging_prefix('nano')}abc"
            kept = [own, folder / f".tiny-{ended.pid}-abc", folder / ".nano-notes-abc"]
            abandoned = folder / f".nano-{ended.pid}-abc"
            for path in [*kept, abandoned]:
                (path / "new.mlpackage").mkdir(parents=True)
            remove_abandoned(folder, "nano")
            self.assertEqual(sorted(folder.iterdir()), sorted(kept))


if __name__ == "__main__":
    unittest.main()
