"""The commands about scenarios: ``check``, ``scenarios``, ``schema``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..telling import Table, day, number
from .copying import copy_out
from .mistakes import Mistake
from .progress import replications_bar
from .quick_start import numba_alone
from .simulating import Overrides, ScenarioArgument, Threads, count_customers

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

#: The file of the schema beside copied scenarios.
SCHEMA = "scenario.schema.json"


def check(
    scenario: ScenarioArgument,
    overrides: Overrides = None,
    expect: Annotated[
        bool,
        typer.Option("--expect", help="Hold what it expects (expect) against replications, too."),
    ] = False,
    replications: Annotated[
        int | None,
        typer.Option(
            min=2, metavar="N", help="For --expect: how often all is drawn anew, else 20."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=2**64 - 1, help="For --expect: another seed than the scenario's own."
        ),
    ] = None,
    threads: Threads = None,
    allow_large: Annotated[
        bool, typer.Option("--allow-large", help="Go on where --expect takes hours.")
    ] = False,
) -> int:
    """Say everything wrong with a scenario.

    With --expect it says of each expectation of the scenario that it holds, that it does not hold,
    or that this cannot be told yet, and how many replications would tell; exits with 1 where one
    does not hold.
    """
    from ..scenario.scenario import Scenario

    loaded = Scenario.load(scenario, overrides or ())
    if expect:
        return _hold_expectations(
            loaded, replications or 20, seed=seed, threads=threads, allow_large=allow_large
        )
    asked = {"--replications": replications, "--seed": seed, "--threads": threads}
    for option in (name for name, value in asked.items() if value is not None):
        raise Mistake(f"{option} belongs to --expect: write it, too, or leave {option} out")
    print(f"{loaded.file}: nothing is wrong")
    print(_what_it_says(loaded))
    return 0


def _hold_expectations(
    scenario: "Scenario",
    replications: int,
    *,
    seed: int | None,
    threads: int | None,
    allow_large: bool,
) -> int:
    with numba_alone():
        from ..inference.expectations import check_expectations

        with replications_bar(replications) as progress:
            try:
                checked = check_expectations(
                    scenario,
                    replications,
                    seed=seed,
                    threads=threads,
                    progress=progress,
                    allow_large=allow_large,
                )
            except ValueError as error:
                raise Mistake(str(error)) from None
    print(checked)
    return int(bool(checked.broken))


def _what_it_says(scenario: "Scenario") -> str:
    model = scenario.model
    return (
        f"{scenario.name}: customers {number(count_customers(scenario))}, "
        f"segments {number(len(model.segments))}, templates {number(len(model.templates))}, "
        f"days {number(model.calendar.days)} from {day(model.calendar.start)}, seed {model.seed}"
    )


def scenarios(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Print this one as it is written.")
    ] = None,
    copy: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Copy them (or NAME) there, to be changed.")
    ] = None,
) -> None:
    """List, print or copy shipped scenarios."""
    from ..scenario.shipped import shipped_scenarios
    from ..telling import unknown

    shipped = shipped_scenarios()
    if name is not None and name not in shipped:
        raise Mistake(unknown("shipped scenario", name, shipped))
    wanted = shipped if name is None else {name: shipped[name]}
    if copy is not None:
        _copy(wanted, copy)
    elif name is not None:
        print(shipped[name].read_text(encoding="utf-8"), end="")
    else:
        print(_described(shipped))


def _described(shipped: dict[str, Path]) -> str:
    from ..scenario.scenario import Scenario

    described = [(name, Scenario.load(file).model.description) for name, file in shipped.items()]
    return Table(["scenario", "what it is"], described).text()


def _copy(wanted: dict[str, Path], folder: Path) -> None:
    """Copy scenarios together with the schema, which their first line names for editors."""
    from ..scenario.schema import schema_text

    texts = {
        file.name: _beside_schema(file.read_text(encoding="utf-8")) for file in wanted.values()
    }
    for place in copy_out({**texts, SCHEMA: schema_text()}, folder):
        print(place)


def _beside_schema(text: str) -> str:
    first, _, rest = text.partition("\n")
    head, schema, _ = first.partition("$schema=")
    return f"{head}{schema}{SCHEMA}\n{rest}" if schema else text


def schema() -> None:
    """Print the JSON schema of scenarios."""
    from ..scenario.schema import schema_text

    print(schema_text(), end="")
