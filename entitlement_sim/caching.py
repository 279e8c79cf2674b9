"""Where the package keeps what takes long to make and can be made anew at any time."""

import os
import sys
from pathlib import Path


def cache_root() -> Path:
    """Folder that holds what is kept, of all versions of the package.

    ``ENTITLEMENT_SIM_CACHE`` names another place for it.
    """
    chosen = os.environ.get("ENTITLEMENT_SIM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local"))
    else:
        base = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    return Path(base) / "entitlement_sim"
