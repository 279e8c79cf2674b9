"""What each customer of a run adds to every metric: the sums of ``by_customer.sql``."""

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..store.run import Run
from ..store.views import macros_of_views
from ..store.views.macros import expand
from .measures import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

#: What a statement begins with that keeps what others read.
_KEEPS: Final = re.compile(r"^CREATE TEMP TABLE (\w+)", re.MULTILINE)

#: What is kept of what a macro stands for, in place of which it is read from then on: to plan that
#: anew takes longer than to read it.
_KEPT: Final = re.compile(r"^CREATE TEMP TABLE (\w+) AS\b[^;]*\bFROM (\w+)\(\)\s*$", re.MULTILINE)

#: What must hold of a run for a statement to be needed.
_ONLY_IF: Final = re.compile(r"^-- only if: (.+)$", re.MULTILINE)

#: Columns of an answer by name.
Arrays = dict[str, Any]

_CUSTOMERS: Final = "SELECT customer_id, segment FROM customers ORDER BY customer_id"
_TEMPLATES: Final = "SELECT template_id, template FROM templates ORDER BY template_id"


def sums_by_customer(run: Run) -> "pd.DataFrame":
    """Return what each customer adds to every metric, by template.

    Parameters
    ----------
    run : Run

    Returns
    -------
    DataFrame
        A row for each customer and template, with NaN as the template of what concerns none; who
        added nothing has no row. Columns `customer_id`, `segment` and `template` (categories, in
        the scenario's order), and :data:`~.measures.COLUMNS` as whole numbers: counts, minutes,
        hundredths of a term or of money.

    Raises
    ------
    DamagedRun
        A part of the run's file is not as it was written.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> scenario = Scenario.load("reference", overrides=["segments.everyone.customers=20"])
    >>> sums = sums_by_customer(simulate(scenario, seed=7))
    >>> int(sums["cases"].sum())
    711
    """
    parts = _parts(run)
    import pandas as pd  # meanwhile others may have loaded it, which takes as long as to add up

    customers, templates = run.sql(_CUSTOMERS), run.sql(_TEMPLATES)
    width = len(templates) + 1  # the last place is that of no template
    keys = [_key(part, templates["template_id"].to_numpy(), width) for part in parts]
    rows = np.unique(np.concatenate(keys))
    columns = {name: np.zeros(len(rows), np.int64) for name in COLUMNS}
    for key, part in zip(keys, parts, strict=True):
        place = np.searchsorted(rows, key)
        for name in part.keys() & columns.keys():
            columns[name][place] += np.ma.filled(part[name], 0)
    ids, of_template = np.divmod(rows, width)
    codes = np.where(of_template < len(templates), of_template, -1)
    segments = customers["segment"].iloc[np.searchsorted(customers["customer_id"], ids)]
    names = {
        "customer_id": ids,
        "segment": segments.array,
        "template": pd.Categorical.from_codes(
            codes, dtype=pd.CategoricalDtype(templates["template"].tolist())
        ),
    }
    return pd.DataFrame(names | columns)


def _parts(run: Run) -> list[Arrays]:
    """Return what each statement gives that keeps nothing for the others."""
    kept = []
    parts = []
    known: dict[str, bool] = {}
    try:
        for condition, statement in _statements():
            if condition is not None and not _holds(run, condition, known):
                continue
            if made := _KEEPS.search(statement):
                kept.append(made[1])
            answer = run._execute(statement)
            if not made:
                parts.append(answer.fetchnumpy())
    finally:
        for table in kept:
            run._execute(f"DROP TABLE IF EXISTS temp.{table}")
    return parts


def _holds(run: Run, condition: str, known: dict[str, bool]) -> bool:
    if condition not in known:
        [(known[condition],)] = run._execute(f"SELECT {condition}").fetchall()
    return known[condition]


@cache
def _statements() -> list[tuple[str | None, str]]:
    """Return the statements, each with what must hold for it to be needed, if anything must."""
    text = resources.files(__package__ or "").joinpath("by_customer.sql")
    statements: list[tuple[str | None, str]] = []
    instead: dict[str, str] = {}
    macros = macros_of_views()
    for statement in text.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            needed = _ONLY_IF.search(statement)
            condition = None if needed is None else expand(needed[1], macros)
            statements.append((condition, expand(statement, macros)))
        if kept := _KEPT.search(statement):
            instead[kept[2]] = f"FROM {kept[1]}"
            macros = macros_of_views(instead)
    return statements


def _key(part: Arrays, template_ids: NDArray[Any], width: int) -> NDArray[np.int64]:
    """Return the place of each row among those of all customers and templates, and of none."""
    templates = np.ma.asarray(part["template_id"])
    place = np.searchsorted(template_ids, templates.filled(0))
    place[np.ma.getmaskarray(templates)] = width - 1
    key: NDArray[np.int64] = part["customer_id"].astype(np.int64) * width + place
    return key
