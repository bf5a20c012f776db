"""Where gradus keeps what is the person's own, by the manners of each system.

What is kept there must not be known here.
"""

import os
import sys
from pathlib import Path


def home() -> Path:
    """Return the folder, which need not exist yet.

    It is what the environment variable GRADUS_HOME names; otherwise ``gradus`` in XDG_DATA_HOME or
    ``~/.local/share``, on macOS in ``~/Library/Application Support``, on Windows in LOCALAPPDATA.

    Raises
    ------
    OSError
        If nobody knows where the person's own folder is.
    """
    chosen = os.environ.get("GRADUS_HOME")
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        place = "~/Library/Application Support"
    elif sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        place = os.environ.get("XDG_DATA_HOME") or ""
        # The convention has paths that are not absolute passed over.
        place = place if os.path.isabs(place) else "~/.local/share"  # noqa: PTH117
    found = os.path.expanduser(place)  # noqa: PTH111 pathlib raises where it is not known
    if found.startswith("~"):
        raise OSError("there is no folder of your own; name one in GRADUS_HOME")
    return Path(found) / "gradus"
