"""The command ``demo``: from nothing to a run, and what to do with it."""

import os
import shutil
import sys
import time
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..telling import Right, Table, exact, number, percent, plain_name
from .mistakes import Mistake
from .simulating import OutFolder, simulate_visibly, what_was_made

if TYPE_CHECKING:
    from ..store.run import Run
    from ..store.summary import Summary

_SCENARIO = "demo"
#: What brings JupyterLab along.
_EXTRA = "pip install 'entitlement-sim[notebooks]'"


def demo(out: OutFolder = Path("runs")) -> None:
    """Simulate the demo portfolio, sum it up.

    Makes the run DIR/demo, or makes it anew, and says what to do with it.
    """
    from ..scenario.scenario import Scenario
    from ..scenario.shipped import shipped_scenarios

    _check_place(out / _SCENARIO)
    scenario = Scenario.load(shipped_scenarios()[_SCENARIO])
    begun = time.monotonic()
    with simulate_visibly(scenario, out=out, name=_SCENARIO, overwrite=True) as run:
        from ..store.summary import summarise

        print(scenario.model.description)
        print(what_was_made(run, time.monotonic() - begun))
        happened = Table(
            ["what happened", Right("number"), Right("share")], summary_rows(summarise(run))
        )
        print(f"\n{happened.text()}\n\n{_next_steps(run)}")


def _check_place(place: Path) -> None:
    """Replace an earlier demo, which a new one equals, and nothing else."""
    from ..store.manifest import read_manifest
    from ..store.proof import objection_to_replacing

    if not os.path.lexists(place):
        return
    reason = objection_to_replacing(place)
    if reason is None and read_manifest(place).scenario != _SCENARIO:
        reason = "it is one of another scenario"
    if reason is not None:
        raise Mistake(
            f"{place} is no run of the demo; move it away, or name another --out: {reason}"
        )


# --------------------------------------------------------------------------- the table


def summary_rows(summary: "Summary") -> list[tuple[str, str, str]]:
    """Return what happened, its number and its share, from entitlements to renewals.

    The parts of what stands above them begin with two blanks.
    """
    rows = _by_name("entitlements", summary.entitlements)
    rows += _by_name("customers with an active one", summary.customers)
    rows += _by_name("cases", summary.cases)
    for terms in summary.terms:
        parts = {"used": terms.used, "left": terms.left, "unused at the end": terms.unused}
        rows.append((f"terms of {terms.allocation}", exact(terms.allotted), ""))
        for name, amount in parts.items():
            rows.append((f"  {name}", exact(amount), _share(amount, terms.allotted)))
    renewals = summary.renewals
    share = _share(renewals.numerator, renewals.denominator)
    rows.append((summary.due, number(renewals.denominator), ""))
    rows.append(("  renewed", number(renewals.numerator), share))
    return rows


def _by_name(heading: str, counts: dict[str, int]) -> list[tuple[str, str, str]]:
    total = sum(counts.values())
    parts = [
        (f"  {plain_name(name)}", number(count), _share(count, total))
        for name, count in counts.items()
    ]
    return [(heading, number(total), ""), *parts]


def _share(part: int | Decimal, whole: int | Decimal) -> str:
    return percent(part, whole) if whole else ""


# ---------------------------------------------------------------------- what to do next


def _next_steps(run: "Run") -> str:
    from ..reports.shipped import shipped_notebooks

    this, jupyter = _as_called("entitlement-sim"), _as_called("jupyter")
    sql = "SELECT origin, outcome, count(*) AS cases FROM cases GROUP BY ALL ORDER BY ALL"
    steps = [
        ("ask it in SQL", f'{this} query {run.path} "{sql}"'),
        ("see why a balance is what it is", f"{this} explain {run.path} {_worth_explaining(run)}"),
        ("change the scenario", f"{this} scenarios demo --copy mine"),
    ]
    shipped = shipped_notebooks()
    if shipped:
        here = Path("notebooks") / shipped[0].name
        install = "" if find_spec("jupyterlab") else f"{_EXTRA} && "
        copy = "" if here.is_file() else f"{this} notebooks notebooks && "
        steps.append(("open a notebook", f"{install}{copy}{jupyter} lab {here}"))
    return "Next:\n" + "\n".join(f"  # {purpose}\n  {command}" for purpose, command in steps)


def _as_called(command: str) -> str:
    """Return how to call a command that is installed beside this one, from where we are."""
    beside = Path(sys.argv[0]).absolute().with_name(command)
    on_path = shutil.which(command)
    if not beside.exists() or (on_path is not None and Path(on_path).absolute() == beside):
        return command
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)


def _worth_explaining(run: "Run") -> int:
    """Return an entitlement whose short ledger has takings, givings back and refusals."""
    rows = run.connection.sql(
        "SELECT entitlement_id FROM ledger GROUP BY entitlement_id "
        "ORDER BY count(DISTINCT reason) DESC, count(*), entitlement_id LIMIT 1"
    ).fetchall()
    return int(rows[0][0])
