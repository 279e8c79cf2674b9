"""The command ``compare``."""

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .mistakes import Mistake
from .output import for_programs
from .quick_start import numba_alone
from .simulating import Overrides, Scheduler
from .written_order import written_order

if TYPE_CHECKING:
    from ..comparison.answer import Comparison
    from ..scenario.scenario import Scenario
    from ..store.run import Run

_GROUPS = ("segment", "template")


def compare(
    context: typer.Context,
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="A [B ...]",
            help="Runs (a folder, or a name in the folder runs) or scenarios, which are simulated.",
        ),
    ],
    alternatives: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAME|FILE",
            help="Another offering than A's: what each --set after it changes, or a file "
            "(.yaml) with a scenario or with such changes; repeatable.",
        ),
    ] = None,
    overrides: Overrides = None,
    applies: Annotated[
        str | None,
        typer.Option(
            metavar="new|at_renewal|all",
            help="How the change meets contracts that are open on its day: for new sales alone, at "
            "their renewal, or on the day.",
        ),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="Day of the change, else the first one."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="[segment|template]", help="Tell what moved apart by it, too."),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            min=2, metavar="N", help="Limits from N replications of each, of metrics that are sums."
        ),
    ] = None,
    until: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC=HALF_WIDTH",
            help="As many replications as it takes until its limits are that close; repeatable.",
        ),
    ] = None,
    at_most: Annotated[
        int | None,
        typer.Option(min=40, metavar="N", help="Replications at the most of --until, else 200."),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="KEY",
            help="Only this metric, as --csv names it; repeatable. Some need whole runs each time.",
        ),
    ] = None,
    scheduler: Scheduler = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page on it, too.")
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the numbers as CSV, in UTF-8, texts as they are.")
    ] = False,
) -> None:
    """Say what moved between runs, and by how much.

    What cannot be told is said, too. Every other run is held against the first one: customer by
    customer where seed and customers are the same, else as independent draws. A star marks what
    moved: its interval excludes 0.

    With --with NAME, another offering is asked for than the one of a scenario (or run): what each
    --set behind it changes, up to the next --with; or what a file of that name says, a whole
    scenario or lines such as templates."Pack 10".price: 1260. Both meet the same customers, over
    replications: with --until margin=5000 as many (20, 40, 80 and so on) as it takes until half of
    the width of that metric's limits is 5,000 at the most, twice in a row. A --set before any
    --with is of all of them; without --with only of money, such as money.hour_costs=70, by which
    runs that are stored are reckoned anew.

    With --applies a change meets the book as it stands: until the day that --from says both sell
    the same. Contracts that are open then keep their offering, also when they are renewed (new);
    or until they are renewed (at_renewal); or are edited on the day, as far as the rules allow
    (all), while allocation, term and price wait for the renewal.
    """
    from ..comparison.measures import metrics_named
    from ..reports.errors import ReportError
    from ..scheduling import check_scheduler, working_with

    if scheduler is not None:
        check_scheduler(scheduler)
    if by is not None and by not in _GROUPS:
        raise Mistake(f"--by is segment or template, not '{by}'")
    try:
        metrics_named(metrics or None)
    except ValueError as error:
        raise Mistake(str(error)) from None
    if page is not None:
        from .reporting import check_page

        check_page(page)
    if until and replications is not None:
        raise Mistake("--until finds out how many replications it takes: leave --replications out")
    if at_most is not None and not until:
        raise Mistake("--at-most belongs to --until METRIC=HALF_WIDTH: write it, or leave it out")
    asked = {
        "by": by,
        "replications": replications,
        **_refined(until or [], at_most),
        "metrics": metrics or None,
        "sealed": True,
        "simulate": _simulate_visibly,
    }
    meets = _met(applies, from_, alternatives)
    settings = _settings(written_order(context))
    with working_with(scheduler), _answered(runs, *settings, asked, meets) as answer:
        if as_csv:
            _print_csv(answer, by)
        else:
            print(answer)
        if page is not None:
            try:
                answer.report(page)
            except ReportError as error:
                raise Mistake(str(error)) from None
            if not as_csv:
                print(f"\n{page}")


def _met(
    applies: str | None, from_: str | None, alternatives: Sequence[str] | None
) -> dict[str, Any]:
    """Return how changes meet contracts that are open, as it is written.

    Raises
    ------
    Mistake
        There is no such way or day, or nothing that changes.
    """
    from ..rules.words import Applies, labels

    if applies is None:
        if from_ is not None:
            raise Mistake(
                "--from is the day of a change that meets the book: write --applies new, "
                "at_renewal or all, too"
            )
        return {}
    if applies not in labels(Applies):
        raise Mistake(f"--applies is {' or '.join(labels(Applies))}, not '{applies}'")
    if not alternatives:
        raise Mistake(
            "--applies says whom a changed offering reaches: write what changes, --with NAME "
            "--set PATH=VALUE"
        )
    if from_ is None:
        return {"applies": applies}
    try:
        return {"applies": applies, "from_": dt.date.fromisoformat(from_)}
    except ValueError:
        raise Mistake(f"--from {from_}: write a day such as 2026-07-01") from None


def _refined(until: Sequence[str], at_most: int | None) -> dict[str, Any]:
    """Return how closely what is to be known, as it is written.

    Raises
    ------
    Mistake
        A text is no metric with a number above 0.
    """
    from ..comparison.measures import metrics_named

    half_widths: dict[str, float] = {}
    for text in until:
        key, _, written = (part.strip() for part in text.partition("="))
        try:
            half_width = float(written)
        except ValueError:
            half_width = 0.0
        if not 0 < half_width < float("inf"):
            raise Mistake(
                f"--until {text}: write a metric, = and a number above 0, in the unit of --csv, "
                "such as margin=5000 or covered=0.002"
            )
        try:
            metrics_named([key])
        except ValueError as error:
            raise Mistake(f"--until {text}: {error}") from None
        half_widths[key] = half_width
    if not half_widths:
        return {}
    return {"until": half_widths} | ({} if at_most is None else {"at_most": at_most})


def _settings(
    options: Sequence[tuple[str, str]],
) -> tuple[list[str], dict[str, list[str]]]:
    """Return what is set for all, and for each alternative by its name, in the written order."""
    for_all: list[str] = []
    alternatives: dict[str, list[str]] = {}
    settings = for_all
    for option, text in options:
        if option == "overrides":
            settings.append(text)
        elif option == "alternatives":
            if not text.strip():
                raise Mistake("--with takes a name: what to call the alternative")
            if text in alternatives:
                raise Mistake(f"two alternatives are called {text}: name one of them otherwise")
            settings = alternatives[text] = []
    for name, texts in alternatives.items():
        if not texts and not _is_file(name):
            raise Mistake(
                f"--with {name} changes nothing: write --set PATH=VALUE after it, or name a file "
                "that ends in .yaml"
            )
    return for_all, alternatives


def _is_file(name: str) -> bool:
    return Path(name).suffix.lower() in (".yaml", ".yml")


def _named(
    base: Any, for_all: list[str], alternatives: dict[str, list[str]]
) -> "tuple[Any, dict[str, Scenario | list[str]]]":
    """Return the base, and each alternative by its name: that of a file without its ending."""
    from ..comparison.alternatives import alternative_to
    from ..comparison.what_if import offering_of

    offering = None
    if for_all or any(map(_is_file, alternatives)):
        offering = offering_of(base, sealed=True)
    if for_all and offering is not None:
        base = offering = offering.with_(for_all)
    named: dict[str, Scenario | list[str]] = {}
    for written, texts in alternatives.items():
        name = Path(written).stem if _is_file(written) else written
        if name in named:
            raise Mistake(f"two alternatives are called {name}: name one of them otherwise")
        if _is_file(written) and offering is not None:
            other = alternative_to(offering, Path(written))
            named[name] = other.with_(texts) if texts else other
        else:
            named[name] = texts
    return base, named


def _answered(
    runs: list[str],
    for_all: list[str],
    alternatives: dict[str, list[str]],
    asked: dict[str, Any],
    meets: dict[str, Any],
) -> "Comparison":
    from ..comparison.compare import compare as hold_against

    if not alternatives:
        if not all(text.startswith("money.") for text in for_all):
            raise Mistake(
                "compare sets values of alternatives: write --with NAME before --set; of runs that "
                "are stored it sets money alone, such as --set money.hour_costs=70"
            )
        if len(runs) < 2:
            raise Mistake(
                f"compare takes two runs or more; name another one beside {runs[0]}, or an "
                "alternative: --with NAME --set PATH=VALUE"
            )
        return hold_against(*runs, money=for_all or None, **asked)
    if len(runs) > 1:
        raise Mistake(
            f"--with changes the offering of one scenario or run; leave out {', '.join(runs[1:])}"
        )
    from ..comparison.what_if import what_if

    base, named = _named(runs[0], for_all, alternatives)
    with numba_alone():
        return what_if(base, named, **asked, **meets)


def _simulate_visibly(scenario: "Scenario", **how: Any) -> "Run":
    from .simulating import simulate_visibly

    return simulate_visibly(scenario, out=None, **how)


def _print_csv(answer: "Comparison", by: Any) -> None:
    import pandas as pd

    rows = answer.metrics()
    if by:
        groups = answer.by(by)
        rows = pd.concat([rows, groups], ignore_index=True)[groups.columns]
    with for_programs() as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(rows.columns)
        writer.writerows([_cell(value) for value in row] for row in rows.itertuples(index=False))


def _cell(value: Any) -> Any:
    return "" if value != value else value
