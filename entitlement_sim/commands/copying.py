"""Files of the package, copied to where a person can change them."""

import os
from collections.abc import Mapping
from pathlib import Path

from ..publishing.placing import new_files
from .mistakes import Mistake


def copy_out(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write texts as files of `folder`, by their names, all or none; return where they are.

    A file that holds the same already is left alone.

    Raises
    ------
    Mistake
        A file of that name holds something else; nothing is written then.
    PlacingError
        The folder cannot be written.
    """
    contents = {name: text.encode() for name, text in texts.items()}
    changed = [name for name, content in contents.items() if _differs(folder / name, content)]
    if changed:
        raise Mistake(
            f"{folder} has another {', '.join(changed)} already; nothing was copied: name another "
            "folder, or move what is there away"
        )
    missing = [name for name in contents if not os.path.lexists(folder / name)]
    try:
        new_files({name: contents[name] for name in missing}, folder)
    except FileExistsError as error:
        raise Mistake(f"{error.filename} has just been made; try again") from None
    return [folder / name for name in texts]


def _differs(file: Path, content: bytes) -> bool:
    return os.path.lexists(file) and (not file.is_file() or file.read_bytes() != content)
