"""Whether what a run says about itself is what was said when it was stored.

The facts of a run stand in its manifest and, most of them, in table ``run``. A hash in the manifest
covers both, and the hashes of the tables with them. It finds accidents and edits; whoever changes a
fact and computes the hash anew is not found out.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from .damage import reading
from .errors import DamagedRun
from .formats import format_of
from .manifest import Manifest
from .quoting import quoted
from .run import Run
from .schema import RUN_COLUMNS

#: Columns of table ``run`` that hold several values as JSON.
_IN_JSON: Final = tuple(name for name, kind in RUN_COLUMNS.items() if kind == "JSON")


def facts_hash(manifest: Manifest, row: Mapping[str, Any]) -> str:
    """Return the hash of a manifest's facts, but this hash itself, and of the row of table ``run``.

    Parameters
    ----------
    manifest : Manifest
    row : Mapping of str to Any
        The row by its columns; values of several are JSON texts.
    """
    facts = manifest.to_json()
    facts.pop("facts_hash", None)
    text = json.dumps(
        {"manifest": facts, "run": {name: _plain(value) for name, value in row.items()}},
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def differing_facts(run: Run) -> tuple[str, ...]:
    """Return in words what differs in the facts of a run from what was stored.

    It looks at no row but that of table ``run``.
    """
    columns = format_of(run.manifest).small["run"]
    with reading(run.file):
        names = ", ".join(quoted(name) for name in columns)
        rows = run.connection.execute(f"SELECT {names} FROM {run.stored_in}.run LIMIT 2").fetchall()
    if len(rows) != 1:
        return (f"table run has {'no row' if not rows else 'several rows'}, not one",)
    row = dict(zip(columns, rows[0], strict=True))
    facts = run.manifest.to_json()
    names_apart = [name for name, value in row.items() if _parsed(name, value) != facts[name]]
    if names_apart:
        return tuple(f"{name} in table run is not that of the manifest" for name in names_apart)
    stored = run.manifest.facts_hash
    if stored is not None and stored != facts_hash(run.manifest, row):
        return ("the facts of the manifest are not those that were stored",)
    return ()


def require_facts(run: Run) -> None:
    """Raise unless the facts of a run are those that were stored.

    Raises
    ------
    DamagedRun
        They are not; the message says which.
    """
    differing = differing_facts(run)
    if differing:
        raise DamagedRun(run.file, "; ".join(differing))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _parsed(name: str, value: Any) -> Any:
    """Return a value of table ``run`` as a manifest has it; nothing where it is none."""
    if name not in _IN_JSON:
        return _plain(value)
    try:
        return json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return None
