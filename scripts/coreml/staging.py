"""Names of the folders that packages are made in, and the removal of abandoned ones."""

import os
import shutil


def staging_prefix(stem):
    """Names the process, so that another one can tell whether the folder is still used."""
    return f".{stem}-{os.getpid()}-"


def remove_abandoned(folder, stem):
    """Removes what processes left in `folder` that were killed while they made package `stem`."""
    for path in folder.glob(f".{stem}-*-*"):
        pid = path.name.removeprefix(f".{stem}-").partition("-")[0]
        if path.is_dir() and pid.isdigit() and not is_running(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # It is another user's.
    return True
