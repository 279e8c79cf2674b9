"""Names of tables in the text of a view, written in full.

A plain name means whatever stands first where it is looked up; a full one means one thing.
"""

import re
from collections.abc import Mapping
from typing import Final

_TOKEN: Final = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[A-Za-z_][\w.]*|\s+|.")
_BEFORE_A_TABLE: Final = ("FROM", "JOIN")


def qualify(text: str, places: Mapping[str, str]) -> str:
    """Write the full name of every table or view that a text of SQL reads by its plain one.

    Parameters
    ----------
    text : str
        No part of it (``WITH ...``) bears the name of a table or view.
    places : Mapping of str to str
        Full names by plain ones.

    Examples
    --------
    >>> qualify("FROM cases JOIN (FROM runs) AS cases USING (id)", {"cases": "here.main.cases"})
    'FROM here.main.cases JOIN (FROM runs) AS cases USING (id)'
    """
    parts = []
    before = ["", ""]
    for token in _TOKEN.findall(text):
        follows_table_word = before[-1] in _BEFORE_A_TABLE and before[-2] != "DISTINCT"
        parts.append(places.get(token, token) if follows_table_word else token)
        if not token.isspace() and not token.startswith("--"):
            before = [before[-1], token]
    return "".join(parts)
