"""Names that a folder or a file can have on any system."""

import re
from typing import Final

#: Bytes that a name may take on the file systems in use.
MOST_BYTES: Final = 255
#: Letters that a name may have.
_MOST_LETTERS: Final = 128

#: Names that Windows keeps for devices, whatever their ending.
_DEVICES: Final = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE
)


def objection_to_name(name: str) -> str | None:
    """Return why a name will not do somewhere, or None if it will do everywhere.

    >>> objection_to_name("nul.2025")
    'Windows keeps that name for a device'
    """
    objections = {
        "it is blank": not name.strip(),
        "it begins with a dot, so it is hidden": name.startswith("."),
        "it begins with '-', as options do": name.startswith("-"),
        "it has signs that names cannot have everywhere": any(sign in name for sign in '/\\:*?"<>|')
        or not name.isprintable(),
        "it begins with a blank": name.startswith(" "),
        "it ends in a blank or a dot, which Windows drops": name.endswith((" ", ".")),
        "Windows keeps that name for a device": _DEVICES.fullmatch(name) is not None,
        f"it has more than {_MOST_LETTERS} letters": len(name) > _MOST_LETTERS,
        f"it takes more than {MOST_BYTES} bytes": len(name.encode("utf-8", "replace")) > MOST_BYTES,
    }
    return next((reason for reason, applies in objections.items() if applies), None)
