"""Parameters of a notebook: the assignments of the cell that is tagged ``parameters``."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from nbformat import NotebookNode

from ..telling import unknown
from .errors import ReportError

TAG = "parameters"

#: Stands for what PyYAML cannot turn into a value, or what aliases would blow up.
_UNREADABLE = object()

#: Letters of a value that a message repeats.
_SHOWN = 40

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", list: "a list"}


def parameters_cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell that holds the parameters.

    Raises
    ------
    ReportError
        There is none, or more than one.
    """
    tagged: list[NotebookNode] = [
        cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])
    ]
    if len(tagged) != 1:
        raise ReportError(
            f"notebook {name} has {len(tagged)} cells with the tag '{TAG}'; it needs one, which "
            "holds its parameters with their defaults"
        )
    return tagged[0]


def defaults(notebook: NotebookNode, name: str) -> dict[str, Any]:
    """Return the parameters of a notebook with their defaults.

    Raises
    ------
    ReportError
        The cell cannot be read: it may only hold comments and assignments of plain values.
    """
    source = parameters_cell(notebook, name).source
    assigned: dict[str, Any] = {}
    try:
        for statement in ast.parse(source).body:
            target, value = _assignment(statement)
            assigned[target] = ast.literal_eval(value)
            if not _is_literal(assigned[target]):
                raise ValueError(f"{target} has no end")
    except (SyntaxError, ValueError) as error:
        raise ReportError(
            f"notebook {name}: its parameters must be plain assignments such as seed = 7: {error}"
        ) from None
    return assigned


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            return target.id, statement.value
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value or ast.Constant(None)
    raise ValueError(f"line {statement.lineno} is no assignment to one name")


def split_settings(texts: Sequence[str]) -> dict[str, str]:
    """Read ``name=value`` as given on the command line.

    Raises
    ------
    ReportError
        A text has no ``=``, or a name comes twice.
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not name:
            raise ReportError(f"'{text}' is no setting; write one like window_days=60")
        if name in settings:
            raise ReportError(f"'{name}' is set twice")
        settings[name] = value.strip()
    return settings


def check_names(settings: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise unless every setting is a parameter of some notebook."""
    for name in settings:
        if name not in known:
            raise ReportError(unknown("parameter", name, known))


def typed(name: str, text: str, default: Any) -> Any:
    """Return the value that a text stands for, of the kind that the default has.

    Raises
    ------
    ReportError
        It is of another kind, or no value that the source of a cell can say.

    Examples
    --------
    >>> typed("window_days", "60", 90), typed("template", "Pack 10", ""), typed("seed", "7", None)
    (60, 'Pack 10', 7)
    """
    value = text if isinstance(default, str) else _read(text)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    given = f"{name}={text if len(text) <= _SHOWN else f'{text[:_SHOWN]}…'}"
    if default is not None and type(value) is not type(default):
        kind = _KINDS.get(type(default), f"a value like {default!r}")
        raise ReportError(f"{given}: {name} takes {kind}, such as {default!r}")
    if value is _UNREADABLE or not _is_literal(value):
        raise ReportError(
            f"{given}: {name} takes a plain value, such as 7, 2.5, true, [a, b] or a text; write a "
            "day as a text in quotes, such as \"'2025-01-31'\""
        )
    return value


def _read(text: str) -> Any:
    """Return what a text says in YAML; the text itself where that says nothing."""
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            return _UNREADABLE
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    except Exception:  # of numbers, days and depths that are too much for it, PyYAML raises any
        return _UNREADABLE


def _is_literal(value: Any) -> bool:
    """Whether the source of a cell can say a value, and gives back the same."""
    try:
        str(value).encode()
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def written(values: Mapping[str, Any]) -> str:
    """Write parameters as the source of their cell."""
    return "\n".join(f"{name} = {value!r}" for name, value in values.items())
