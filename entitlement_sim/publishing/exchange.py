"""Two places exchanged at once, so that there is no moment in which one of them is empty."""

import os
import sys
from pathlib import Path
from typing import Final

#: Numbers of the system: the present folder, and to exchange instead of replacing.
_PRESENT_FOLDER: Final = -100
_EXCHANGE: Final = 2


def exchange(first: Path, second: Path) -> bool:
    """Exchange what is at two places of one file system; false where the system cannot do that."""
    import ctypes

    names = os.fsencode(first), os.fsencode(second)
    try:
        system = ctypes.CDLL(None)
        if sys.platform == "darwin":
            failed = system.renamex_np(*names, _EXCHANGE)
        elif sys.platform == "linux":
            folder = _PRESENT_FOLDER
            failed = system.renameat2(folder, names[0], folder, names[1], _EXCHANGE)
        else:
            return False
    except (AttributeError, TypeError):  # an older system; Windows has no such library
        return False
    return bool(failed == 0)
