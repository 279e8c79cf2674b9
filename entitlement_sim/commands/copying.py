"""Files of the package, copied to where a person can change them."""

from collections.abc import Mapping
from pathlib import Path

from .mistakes import Mistake


def copy_out(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Write texts as files of `folder`, by their names; return where they are.

    A file that holds the same already is left alone.

    Raises
    ------
    Mistake
        A file of that name holds something else; nothing is written then.
    OSError
        The folder cannot be written.
    """
    changed = [name for name, text in texts.items() if _differs(folder / name, text)]
    if changed:
        raise Mistake(
            f"{folder} has another {', '.join(changed)} already; nothing was copied: name another "
            "folder, or move what is there away"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _differs(file: Path, text: str) -> bool:
    return file.exists() and (not file.is_file() or file.read_bytes() != text.encode())
