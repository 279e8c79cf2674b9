"""What a run says about itself beside its rows."""

import json
from pathlib import Path
from typing import Any, Final

from .errors import RunError
from .publish import MANIFEST

#: Raised when the tables of a run change in a way that older readers cannot read.
FORMAT_VERSION: Final = 2
#: Versions that can be read; ``formats.FORMATS`` says what they are.
READABLE: Final = (1, FORMAT_VERSION)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of the run in `folder`.

    Raises
    ------
    RunError
        There is none, it cannot be read, or a newer version of the package wrote it.
    """
    place = folder / MANIFEST
    try:
        manifest = json.loads(place.read_text(encoding="utf-8"))
        written = manifest["format_version"]
    except FileNotFoundError:
        raise RunError(f"{folder} is not a whole run: it has no {MANIFEST}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise RunError(f"{place} is not the manifest of a run") from None
    if written not in READABLE:
        raise RunError(
            f"{folder} was written by version {manifest.get('package_version')} of the package, "
            "which is newer than this one; upgrade to read it"
        )
    return dict(manifest)
