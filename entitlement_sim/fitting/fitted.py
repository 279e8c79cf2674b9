"""From a book to a scenario that behaves like it, with what could not be learned said plainly."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from ..metrics.loading import optimize, special, stats
from ..parameters import FUNCTION, PATH, TEXTS, takes
from ..publishing.placing import new_file
from ..scenario.scenario import Scenario
from ..store.run import RUN, Run, open_run
from ..telling import Table, counted, day
from ..telling import unknown as unknown_name
from .arrivals import Arrivals, fit_arrivals
from .beginnings import fit_never_covered, fit_ramp_up, without_climbs
from .bursts import fit_bursts
from .contracts import as_of_others, fit_cancellation, fit_customers, fit_life, fit_past
from .day_totals import DayTotals, fit_day_totals
from .durations import fit_durations
from .habits import fit_habits
from .learned import Learned, Number, unknown
from .mixes import fit_mixes
from .picking import fit_picks
from .renewals import fit_renewing
from .seen import COLUMNS, Seen, seen_in
from .writing import NOT_ASKED, scenario_text, sentence

#: What may move renewals.
COVARIATES: Final = ("utilisation",)
#: Columns of the frame.
FRAME: Final = (
    "key",
    "part",
    "value",
    "standard_error",
    "low",
    "high",
    "n",
    "unit",
    "status",
    "how",
    "note",
)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A scenario that was fitted to a run; made by :func:`fit`.

    Attributes
    ----------
    run : Run
    text : str
        The scenario as YAML. Above each key a comment says what it rests on.
    learned : tuple of Learned
        What was learned, key by key.
    """

    run: Run
    text: str
    learned: tuple[Learned, ...]

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario, to be checked, changed and simulated."""
        return Scenario.parse(self.text, "fitted.yaml")

    def frame(self) -> pd.DataFrame:
        """Return a row for each number.

        Returns
        -------
        DataFrame
            `key`, `part` (which number of the key), `value`, `standard_error`, `low` and `high` (of
            95 %; missing where none are known), `n` and `unit` (what it rests on), `status`
            (``estimated``, ``given`` by records, ``default`` where the book does not tell), `how`
            (the estimator) and `note`.
        """
        rows = []
        for each in self.learned:
            key = ".".join(each.path)
            about = (each.n, each.unit, each.status, each.how, each.note)
            # What a scenario has no place for is found, whether or not the key itself is.
            found = (each.n, each.unit, "estimated", each.how, each.note)
            if not each.numbers:
                rows.append((key, "", *[np.nan] * 4, *about))
            rows.extend((key, *_figures(number), *about) for number in each.numbers)
            rows.extend((key, *_figures(number), *found) for number in each.beside)
        return pd.DataFrame(rows, columns=list(FRAME))

    @takes(place=PATH)
    def write(self, place: str | os.PathLike[str]) -> Path:
        """Write the scenario into a file, whole or not at all.

        Raises
        ------
        PlacingError
            The place cannot be written, or is no file.
        """
        file = Path(place)
        with new_file(file) as made:
            made.write_text(self.text, encoding="utf-8")
        return file

    @takes(place=PATH)
    def page(self, place: str | os.PathLike[str]) -> Path:
        """Write a page of HTML on what was learned, and what was not.

        Raises
        ------
        PlacingError
            The place cannot be written, or is no file.
        RunError
            The packages of notebooks, which make pages, are not installed.
        """
        from ..reports.errors import require_notebooks

        require_notebooks()
        from .page import write_page

        write_page(self, Path(place))
        return Path(place)

    def table(self) -> Table:
        """Return what was learned as a table."""
        told = [each for each in self.learned if each.status != "default"]
        rows = [(".".join(each.path), sentence(each)) for each in told]
        kept = len(self.learned) - len(told)
        caption = f"{counted(kept, 'key')} not identifiable from this book: default kept"
        return Table(("key", "what it rests on"), rows, caption)

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


@takes(run=RUN | PATH, without=TEXTS, covariates=TEXTS, progress=FUNCTION)
def fit(
    run: Run | str | os.PathLike[str],
    *,
    without: Sequence[str] = (),
    covariates: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Fit a scenario to a run, imported or simulated.

    Offerings, products, prices and opening hours are taken over from the records. Demand, how long
    cases take, who renews and who cancels are estimated from the rows alone, each by a named
    estimator with a standard error that is clustered by customer. What the book cannot tell keeps
    its default, and says so.

    Parameters
    ----------
    run : Run or path
    without : sequence of str
        Columns that are left out of account, as if no export had them: see ``COLUMNS`` of
        ``entitlement_sim.fitting``.
    covariates : sequence of str
        What may move renewals: ``utilisation``, the share of its terms that a contract used.
    progress : callable, optional
        Called with the steps that are done and with all that there are.

    Returns
    -------
    Fitted
        With the scenario, a frame of all numbers, and YAML whose comments say what they rest on.

    Raises
    ------
    RunError
        There is no such run, or its scenario cannot be read.
    ValueError
        There is no such column or covariate, or the run has no customer.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=40"]), seed=7)
    >>> fitted = fit(run)
    >>> fitted.scenario.model.segments["everyone"].renewal.inclination.constant
    0.8684
    """
    for column in without:
        if column not in COLUMNS:
            raise ValueError(unknown_name("column", column, COLUMNS))
    for covariate in covariates:
        if covariate not in COVARIATES:
            raise ValueError(unknown_name("covariate", covariate, COVARIATES))
    # All that is asked for below, so that filters of warnings stay as they are.
    special(), optimize(), stats()
    opened = run if isinstance(run, Run) else open_run(run)
    seen = seen_in(opened, frozenset(without))
    if seen.customers.empty:
        raise ValueError(f"the run {opened.name} has no customer, so there is nothing to learn")
    steps = _Steps(progress, len(seen.segments))
    steps.done()
    calendar, beginnings = _demand_of(seen, steps)
    learned = [fit_past(seen), *calendar.learned, *fit_bursts(seen, calendar)]
    for segment in seen.segments:
        path = ("segments", segment)
        arrivals, climb = beginnings[segment]
        never = fit_never_covered(seen, segment, calendar, arrivals)
        learned.extend(fit_customers(seen, segment, never.value or 0.0, arrivals.unseen))
        learned.append(fit_life(seen, segment, calendar, arrivals))
        learned.extend([climb, never, *arrivals.learned])
        learned.extend(fit_mixes(seen, segment, arrivals))
        learned.append(fit_picks(seen, segment))
        learned.extend(fit_durations(seen, segment))
        steps.done()
        learned.append(fit_cancellation(seen, segment))
        renewing = fit_renewing(seen, segment, covariates)
        learned.extend([*renewing, *fit_habits(seen, segment, renewing)])
        learned.extend(unknown((*path, key), why) for key, why in NOT_ASKED.items())
        steps.done()
    lives = [each for each in learned if each.path[-1] == "life"]
    learned = [as_of_others(each, lives) if each.path[-1] == "life" else each for each in learned]
    about = (
        f"A scenario fitted to {opened.name}, {counted(len(seen.customers), 'customer')} and "
        f"{counted(len(seen.cases), 'case')} from {day(opened.manifest.start_date)} to "
        f"{day(opened.manifest.last_day)}."
    )
    medians = seen.contracts.groupby("template")["price"].median().dropna()
    prices = {str(template): float(price) for template, price in medians.items()}
    text = scenario_text(seen.model, learned, opened.name, about, prices)
    return Fitted(opened, text, tuple(learned))


def _figures(number: Number) -> tuple[str, float, float, float, float]:
    return (number.name, number.value, number.standard_error, number.low, number.high)


def _demand_of(
    seen: Seen, steps: "_Steps"
) -> tuple[DayTotals, dict[str, tuple[Arrivals, Learned]]]:
    """Fit the calendar, and by segment the arrivals and how many days demand climbs.

    Where it does, the days in which it climbs pass for a growth of the book and for a lower rate:
    both are fitted anew without them.
    """
    calendar = fit_day_totals(seen)
    steps.done()
    found: dict[str, tuple[Arrivals, Learned]] = {}
    for segment in seen.segments:
        arrivals = fit_arrivals(seen, segment, calendar)
        found[segment] = arrivals, fit_ramp_up(seen, segment, calendar, arrivals)
        steps.done()
    climbs = {segment: int(climb.value or 0) for segment, (_, climb) in found.items()}
    if not any(climbs.values()):
        return calendar, found
    grown = without_climbs(seen, climbs)
    calendar = fit_day_totals(grown)
    for segment in seen.segments:
        arrivals = fit_arrivals(grown, segment, calendar, found[segment][0].reach)
        found[segment] = arrivals, fit_ramp_up(seen, segment, calendar, arrivals)
    return calendar, found


class _Steps:
    """Tells whoever looks how many steps of a fit are done: two, and three for each segment."""

    def __init__(self, progress: Callable[[int, int], None] | None, segments: int) -> None:
        self._progress = progress
        self._all = 2 + 3 * segments
        self._count = 0

    def done(self) -> None:
        self._count += 1
        if self._progress is not None:
            self._progress(self._count, self._all)
