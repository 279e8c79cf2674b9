"""The answer to a comparison: what moved, by how much, for whom, and what cannot be told."""

import html
import os
import shlex
import textwrap
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ..inference.estimates import LEVEL, given
from ..reports.errors import require_notebooks
from ..store.errors import RunError
from ..store.run import Run
from ..telling import Table, counted, listed, percent, printable, unknown
from .causes import (
    causes,
    causes_in_words,
    is_chance_alone,
    past_in_words,
    periods_in_words,
)
from .differences import in_order, measured
from .measures import HEADLINES, METRICS, Metric, with_hours
from .met_book import MetBook, met_book
from .money import (
    break_even_leaving,
    knows_costs,
    unknown_costs_in_words,
    without_money,
)
from .movers import movers, rows_that_differ
from .outcomes import COLUMNS as OUTCOMES
from .outcomes import outcomes_of, table_of_outcomes
from .pairing import Pairing, pair
from .reaction import reaction_in_words
from .saying import (
    Finding,
    false_alarms_in_words,
    horizons_in_words,
    table_of,
    table_of_alternatives,
    table_of_money,
)
from .sides import Sides
from .unrecorded import Unrecorded
from .until import Look, Until, check_refinable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..scenario.models import ScenarioModel
    from .replicated import Simulate
    from .wrong_if import BreakEven

#: What rows can be told apart by.
Group = Literal["segment", "template"]

#: What is drawn of all runs in one picture.
Overlaid = Literal["renewals", "refusals", "active"]

#: Letters of a line.
_WIDTH: Final = 100

#: A blank at which no line ends.
_UNBROKEN: Final = "\N{NO-BREAK SPACE}"


class Comparison:
    """Runs held against the first of them; made by :func:`compare`.

    It prints as the answer, shows itself in a notebook, and hands over frames. Runs that were
    opened or simulated for it close at the end of a ``with`` block or by :meth:`close`.

    Attributes
    ----------
    names : list of str
        What the runs are called, the first one first.
    runs : list of Run
    confidence : float
        Of all alternatives together.
    until : Until or None
        How closely differences were to be known.
    """

    def __init__(
        self,
        sides: Sides,
        reading: "Sequence[Future[pd.DataFrame]]",
        simulate: "Simulate",
        *,
        by: Group | None,
        confidence: float,
        replications: int | None,
        until: Until | None = None,
        metrics: Sequence[Metric] = METRICS,
        is_of_sums_alone: bool = False,
        of_first_pair: Sequence[Metric] = (),
        asks_what_if: bool = False,
    ) -> None:
        self._sides = sides
        self._simulate = simulate
        self._by = by
        self._replications = replications
        self.until = until
        self._is_replicated = replications is not None or until is not None
        self.asks_what_if = asks_what_if
        self._groups: dict[Group, pd.DataFrame] = {}
        self._break_evens: dict[int, list[BreakEven]] = {}
        self.runs: list[Run] = sides.runs
        self.names: list[str] = sides.names
        self.confidence = confidence
        # Scenarios are parsed while runs are read.
        self._causes = [
            causes(self.runs[0], other, (self.names[0], name))
            for other, name in zip(self.runs[1:], self.names[1:], strict=True)
        ]
        self._sums = [of_run.result() for of_run in reading]
        self._costs_unknown = [
            name for name, run in zip(self.names, self.runs, strict=True) if not knows_costs(run)
        ]
        counts = without_money if self._costs_unknown else list[Metric]
        self._unrecorded = Unrecorded(dict(zip(self.names, self.runs, strict=True)))
        known = self._unrecorded.known
        self._wanted, self._of_first_pair = known(counts(metrics)), known(counts(of_first_pair))
        self._left_out: list[Metric] = []
        if is_of_sums_alone:
            from .replicated import that_are_sums  # which loads compiled code

            sums = that_are_sums(self._wanted, [run.money for run in self.runs])
            self._left_out = [metric for metric in self._wanted if metric not in sums]
            self._wanted = sums
        if until is not None:
            check_refinable(until, self._wanted)

    # ------------------------------------------------------------------ frames

    def metrics(self) -> "pd.DataFrame":
        """Return what moved, metric by metric.

        Returns
        -------
        DataFrame
            A row for each other run (column `run`) and metric. `first` and `second` are its values,
            `difference` is second less first: of shares in fractions of 1, of money in its
            currency. `low` and `high` are its limits, of all alternatives together at the
            confidence that was asked for; `moved` says whether they exclude 0. `gain` is the
            variance that an unpaired difference would have over this one's, `n_first` and
            `n_second` are what shares are of, or the customers of sums, `unit` says what was drawn
            anew for the limits. `horizon` says of money when it counts: booked, billed, recognised,
            spent, lapsed or on the last day.
        """
        return self._metrics.copy()

    def by(self, group: Group) -> "pd.DataFrame":
        """Return the same by segment or template.

        Of templates only metrics that have one: which cases were covered has none.

        Raises
        ------
        ValueError
            `group` is neither.
        """
        if group not in ("segment", "template"):
            raise ValueError(f"a comparison is told apart by segment or template, not by {group!r}")
        return self._of_group(group).copy()

    def _of_group(self, group: Group) -> "pd.DataFrame":
        if group not in self._groups:
            self._groups[group] = self._compared(group)
        return self._groups[group]

    def causes(self) -> "pd.DataFrame":
        """Return what the runs were made with, where it differs from the first.

        Returns
        -------
        DataFrame
            Columns `run`, `what` (run, rule switch, library, scenario), `where`, `first` and
            `second`, as text.
        """
        import pandas as pd

        frames = [
            frame.set_axis(["what", "where", "first", "second"], axis=1).assign(run=name)
            for name, frame in zip(self.names[1:], self._causes, strict=True)
        ]
        return pd.concat(frames, ignore_index=True)[["run", "what", "where", "first", "second"]]

    def movers(self, most: int | None = 20, *, run: str | None = None) -> "pd.DataFrame":
        """Return the customers whose outcome moved most, by cases turned away, then by bookings.

        Parameters
        ----------
        most : int or None, default 20
            How many; None returns all who moved.
        run : str, optional
            The other run, by default the second of all.

        Returns
        -------
        DataFrame
            A row for each customer with `segment` and, of `turned_away` and `bookings`, the value
            in the first run, in the other, and the difference (``turned_away_first`` and so on).
            Where a run was imported nobody knows who was turned away, and these are NaN.

        Raises
        ------
        ValueError
            There is no other run of that name, or its customers are not the same.
        """
        place = self._place_of(run)
        pairing = self._paired(place)
        other = pairing.renumbered(self._sums[place])
        return movers(self._sums[0], other, most, knows_turned_away=self.knows_turned_away)

    def outcomes(self) -> "pd.DataFrame":
        """Return how many customers are better and worse off, by segment and in all.

        Returns
        -------
        DataFrame
            A row for each other run (column `run`) whose customers are the same, and `segment`
            ("all" at the end): `customers`; of these `covered_more` and `covered_fewer` have more
            or fewer cases covered, `pay_more` and `pay_less` are billed more or less, for what they
            buy and for overage. Of the first replication, where there are several.
        """
        import pandas as pd

        frames = [
            outcomes_of(self._sums[0], pairing.renumbered(self._sums[place]), pairing).assign(
                run=self.names[place]
            )
            for place, pairing in enumerate(self.pairings, 1)
            if pairing.is_paired
        ]
        if not frames:
            return pd.DataFrame(columns=["run", *OUTCOMES])
        return pd.concat(frames, ignore_index=True)[["run", *OUTCOMES]]

    def moving_rows(self, customer_id: int, *, run: str | None = None) -> "pd.DataFrame":
        """Return the rows of a customer's ledgers that moved the outcome.

        They are those without a counterpart in the other run: of the same moment, template, reason
        and amount, about the same case with the same outcome.

        Parameters
        ----------
        customer_id : int
            As the first run numbers it.
        run : str, optional
            The other run, by default the second of all.

        Returns
        -------
        DataFrame
            Columns `run`, `happened_at`, `template`, `reason`, `amount`, `balance`,
            `case_came_at`, `case_came_by` and `case_outcome`.

        Raises
        ------
        ValueError
            As :meth:`movers`.
        """
        place = self._place_of(run)
        other = self._paired(place).number_in_second(customer_id)
        return rows_that_differ(
            self.runs[0],
            self.runs[place],
            (customer_id, other),
            (self.names[0], self.names[place]),
        )

    def met_book(self) -> "pd.DataFrame":
        """Return how changes that apply to contracts as they stand have met these.

        Returns
        -------
        DataFrame
            A row for each other run (column `run`) whose scenario has a revision: from which day on
            (`from_`) and whom it reaches (`applies`); which `templates` it changes (where none, all
            count); how many contracts of these were `open` on that day, and of these `renewed`
            since, `changed` on the day, kept as they were as the rules refuse the edit
            (`edits_refused`), or `kept` because nothing about them changes before their renewal;
            and how many were `sold` since. Of the first replication, where there are several.
        """
        import pandas as pd

        rows = [
            {"run": name, **met._asdict()}
            for place, name in enumerate(self.names[1:], 1)
            if (met := self.met_book_of(place)) is not None
        ]
        return pd.DataFrame(rows, columns=["run", *MetBook._fields])

    def met_book_of(self, place: int) -> MetBook | None:
        """Return the same of one other run, by its place; None where it is no revision."""
        run = self.runs[place]
        return met_book(run, None if _model_of(run) is None else run.scenario)

    def break_evens(self) -> "pd.DataFrame":
        """Return what would have to be true for what is earned to be the same.

        Where a margin is compared it is about that, else about recognised revenue or bookings;
        only of runs in which it moved for sure. Demand and the cost of an hour are asked of
        replications alone.

        Returns
        -------
        DataFrame
            A row for each other run (column `run`) and what it hangs on (`on`): ``leaving``, the
            customers who would have to leave beyond those who do (below 0: to stay); ``demand``,
            how many times its cases a year each segment would have to have; ``hour_costs``, what an
            hour of support would have to cost. `metric` is what is earned, `now` what is so,
            `value` what would have to be, `low` and `high` its limits, NaN where there is none;
            `pairs` are those of replications.
        """
        import pandas as pd

        from .wrong_if import BreakEven

        rows = [
            {"run": name, **each._asdict()}
            for place, name in enumerate(self.names[1:], 1)
            for each in self.break_evens_of(place)
        ]
        return pd.DataFrame(rows, columns=["run", *BreakEven._fields])

    def break_evens_of(self, place: int) -> "list[BreakEven]":
        """Return the same of one other run, by its place."""
        from .wrong_if import break_evens  # which loads what scenarios are made of

        if place not in self._break_evens:
            self._break_evens[place] = break_evens(self, place)
        return self._break_evens[place]

    def rows_of(self, place: int) -> "pd.DataFrame":
        """Return :meth:`metrics` of one other run, by its place."""
        return self._metrics[self._metrics["run"] == self.names[place]]

    def sums_of(self, place: int) -> "pd.DataFrame":
        """Return what customers of one run add up to, by its place."""
        return self._sums[place]

    def cells_of(self, place: int) -> "tuple[pd.DataFrame, pd.DataFrame]":
        """Return what the first and another run come to by replication, where there are any."""
        cells, _ = self._replicated
        return cells[0], cells[place]

    def sure_by_segment(self, place: int) -> "pd.DataFrame":
        """Return which cases are covered and turned away by segment.

        Limits hold for all segments and alternatives together (Bonferroni).
        """
        from .in_short import OF_SEGMENTS

        count = sum(bool(len(part)) for _, part in self._sums[0].groupby("segment", observed=True))
        confidence = 1 - (1 - self.confidence_of_each) / max(count, 1)
        wanted = [metric for metric in OF_SEGMENTS if metric in self._wanted]
        if self._is_replicated:
            from .replicated import measured_by_replication

            return measured_by_replication(
                *self.cells_of(place), confidence=confidence, by="segment", metrics=wanted
            )
        pairing = self.pairings[place - 1]
        return measured(
            self._sums[0],
            pairing.renumbered(self._sums[place]),
            pairing,
            confidence=confidence,
            by="segment",
            metrics=wanted,
        )

    def _place_of(self, run: str | None) -> int:
        if run is None:
            return 1
        if run not in self.names[1:]:
            raise ValueError(unknown("run", run, self.names[1:]))
        return self.names.index(run)

    def _paired(self, place: int) -> Pairing:
        pairing = self.pairings[place - 1]
        if not pairing.is_paired:
            raise ValueError(f"no customer can be followed from run to run: {pairing.why}")
        return pairing

    # ---------------------------------------------------------------- sentences

    def verdict(self) -> str:
        """Say in plain sentences who was compared, what moved, and what cannot be told."""
        return "\n\n".join(" ".join(self.sentences(place)) for place in range(1, len(self.runs)))

    def in_short(self, place: int = 1) -> list[str]:
        """Answer the question about one alternative, by its place, in five sentences.

        What it earns, whom it refuses, who loses, how sure that is, and what would have to be true
        for it to be wrong.

        Raises
        ------
        ValueError
            No question was asked: only :func:`what_if` asks one.
        """
        if not self.asks_what_if:
            raise ValueError("runs that are held against each other ask no question: see what_if")
        from .in_short import five_sentences

        return five_sentences(self, place)

    def sentences(self, place: int = 1) -> list[str]:
        """Return the sentences of the verdict on one other run, by its place."""
        facts = self.runs[0].manifest, self.runs[place].manifest
        name = printable(self.names[place])
        heading = f"{name} against {printable(self.names[0])}."
        hashes = {(side.content_hash, str(side.money)) for side in facts}
        if len(hashes) == 1:
            return [heading, "Both runs hold the same rows: nothing moved."]
        differing = self._causes[place - 1]
        has_own_levels = self._has_own_levels(place)
        moved = self.finding(place).sentences(
            is_chance_alone=is_chance_alone(differing), has_own_levels=has_own_levels
        )
        shared = self._given(place)
        texts = [
            heading,
            self._who(place),
            self._what_is_left_out(),
            self._what_is_of_the_first_pair(place),
            unknown_costs_in_words(self._costs_unknown),
            self._unrecorded.in_words(),
            periods_in_words(*facts),
            causes_in_words(differing),
            # Before any claim where it may be all that moved, else behind them.
            *([shared, *moved] if has_own_levels else moved),
            self._break_even(place),
            *self._break_even_in_full(place),
            self._simultaneous(),
            "" if has_own_levels else shared,
            *self._reaction_to_price(place),
        ]
        return [text for text in texts if text]

    def assumptions(self, place: int = 1) -> list[str]:
        """Say on what the answer about one other run rests, by its place."""
        base, other = self.runs[0].manifest, self.runs[place].manifest
        texts = [
            self._who(place),
            self._what_is_of_the_first_pair(place),
            unknown_costs_in_words(self._costs_unknown),
            periods_in_words(base, other),
            past_in_words(base),
            self._simultaneous(),
            self._given(place),
            *self._reaction_to_price(place),
        ]
        return [text for text in texts if text]

    def _break_even(self, place: int) -> str:
        """Say how many may leave until the margin is what it was, where it moved."""
        if is_chance_alone(self._causes[place - 1]):
            return ""
        margins = [row for row in self.finding(place).moved if row.metric == "margin"]
        return "".join(break_even_leaving(row, self._sums[place], self.currency) for row in margins)

    def _break_even_in_full(self, place: int) -> list[str]:
        if not self.asks_what_if:
            return []
        from .wrong_if import earned, in_full

        row = earned(self.rows_of(place))
        return in_full(self.break_evens_of(place), row, self.currency)

    def _who(self, place: int) -> str:
        if self.replications is None:
            return self.pairings[place - 1].words
        count = counted(self.replications, "replication")
        seeds = {run.manifest.seed for run in (self.runs[0], self.runs[place])}
        paired = "paired by their number" if len(seeds) == 1 else "of different seeds"
        means = f"Means over {count}, {paired}; each draws customers, days and cases anew."
        return " ".join([means, *self._why_it_stopped()])

    def _why_it_stopped(self) -> list[str]:
        if self.until is None or self.asks_what_if:  # whose head says it
            return []
        from .in_short import stopped_in_words

        text = stopped_in_words(self.until, self.looks, self.currency)
        return [f"{text[0].upper()}{text[1:]}."]

    def _what_is_left_out(self) -> str:
        if not self._left_out:
            return ""
        names = listed([metric.name for metric in self._left_out], most=3)
        return (
            f"Left out are metrics that need whole runs, which take longer ({names}): name those "
            f"that matter, such as --metric {self._left_out[0].key}."
        )

    def _what_is_of_the_first_pair(self, place: int) -> str:
        rows = self.rows_of(place)
        of_pair = rows[rows["metric"].isin([metric.key for metric in self._of_first_pair])]
        if of_pair.empty:
            return ""
        names = listed(of_pair["name"].tolist(), most=3)
        pairing = self.pairings[place - 1]
        shared = f", {given(pairing.shocks)}" if pairing.shocks else ""
        return (
            f"What needs rows ({names}) is of the first replication alone, with limits over its "
            f"{counted(pairing.customers, 'customer')}{shared}."
        )

    def _reaction_to_price(self, place: int) -> list[str]:
        base, other = self.runs[0], self.runs[place]
        if base.manifest.scenario_hash == other.manifest.scenario_hash:
            return []  # without reading either, which takes a while
        before, after = _model_of(base), _model_of(other)
        if before is None or after is None:
            return []
        from ..scenario.pricing import unanswered_prices

        rows = self.rows_of(place)
        return reaction_in_words(unanswered_prices(before, after), rows, self.currency)

    def finding(self, place: int = 1) -> Finding:
        """Return what the rows of one other run say, by its place."""
        return Finding(self.rows_of(place), self.currency, self.confidence)

    def _simultaneous(self) -> str:
        count = len(self.runs) - 1
        if count == 1:
            return ""
        return (
            f"All limits of a metric hold together with {percent(self.confidence)} confidence: "
            f"each is of {percent(self.confidence_of_each)}, for {counted(count, 'alternative')} "
            "(Bonferroni)."
        )

    def _given(self, place: int) -> str:
        shocks = self.pairings[place - 1].shocks
        if self._is_replicated or not shocks:
            return ""
        limits = f"Limits hold {given(shocks)}, which all customers share"
        anew = f": {command}" if (command := self._command(place)) else " (replications=20)"
        if self._has_own_levels(place):
            return (
                f"{limits}; each run drew its own, and the level alone moves sums by per cents, "
                f"so what moves here may be no effect: ask replications{anew}."
            )
        return f"{limits}; what these add, replications show{anew}."

    def _has_own_levels(self, place: int) -> bool:
        """Whether each of two runs has a wandering level of its own, and limits leave it out."""
        draws = {
            (run.manifest.seed, run.manifest.replication)
            for run in (self.runs[0], self.runs[place])
        }
        is_level_shared = LEVEL in self.pairings[place - 1].shocks
        return not self._is_replicated and len(draws) == 2 and is_level_shared

    def _command(self, place: int) -> str:
        """Return the command that replicates two stored runs; empty where one is in memory."""
        runs = self.runs[0], self.runs[place]
        if any(run.path is None for run in runs):
            return ""
        named = [shlex.quote(run.name) for run in runs]  # where they stand is nobody's business
        return printable(f"entitlement-sim compare {' '.join(named)} --replications 20")

    # ------------------------------------------------------------------ numbers

    @property
    def knows_turned_away(self) -> bool:
        """Whether it is known of all runs which cases were turned away: of imported ones not."""
        return not self._unrecorded.names

    @property
    def currency(self) -> str | None:
        """The currency of the money, where the runs name the same one."""
        named = {getattr(run, "currency", None) for run in self.runs}
        return named.pop() if len(named) == 1 else None

    @property
    def confidence_of_each(self) -> float:
        """Confidence of each alternative's limits, so that all of them hold together."""
        return 1 - (1 - self.confidence) / (len(self.runs) - 1)

    @cached_property
    def _metrics(self) -> "pd.DataFrame":
        return self._compared(None)

    def _compared(self, group: Group | None) -> "pd.DataFrame":
        import pandas as pd

        if not self._is_replicated:
            frames = self._over_customers(group, self._wanted)
        else:
            frames = self._over_replications(group)
            if self._of_first_pair:
                of_pair = self._over_customers(group, self._of_first_pair)
                frames = [
                    in_order([beside, frame], group)
                    for frame, beside in zip(frames, of_pair, strict=True)
                ]
        named = [frame.assign(run=name) for frame, name in zip(frames, self.names[1:], strict=True)]
        frame = pd.concat(named, ignore_index=True)
        return frame[["run", *frame.columns.drop("run")]]

    def _over_customers(
        self, group: Group | None, metrics: Sequence[Metric]
    ) -> "list[pd.DataFrame]":
        first, *others = self._sums
        return [
            measured(
                first,
                pairing.renumbered(other),
                pairing,
                confidence=self.confidence_of_each,
                by=group,
                metrics=metrics,
            )
            for other, pairing in zip(others, self.pairings, strict=True)
        ]

    def _over_replications(self, group: Group | None) -> "list[pd.DataFrame]":
        from .replicated import measured_by_replication  # which loads compiled code

        first, *others = self._replicated[0]
        return [
            measured_by_replication(
                first, other, confidence=self.confidence_of_each, by=group, metrics=self._wanted
            )
            for other in others
        ]

    @cached_property
    def pairings(self) -> list[Pairing]:
        """How the customers of each other run stand to those of the first."""
        return [pair(self.runs[0], other) for other in self.runs[1:]]

    @property
    def replications(self) -> int | None:
        """How many replications of each there were; None where limits are over customers."""
        return self._replications if self.until is None else self.looks[-1].pairs

    @property
    def looks(self) -> list[Look]:
        """How close limits were, at which numbers of pairs, where they were asked to be."""
        _, looks = self._replicated
        return looks

    @cached_property
    def _replicated(self) -> "tuple[list[pd.DataFrame], list[Look]]":
        """What the runs' scenarios come to by replication, and how close limits were meanwhile."""
        from .replicated import replicated_until, replications_of

        played = self.runs, self._sums
        if self.until is None:
            assert self._replications is not None
            numbers = range(self._replications)
            return replications_of(*played, numbers, self._simulate, self._summed), []
        return replicated_until(
            *played, self.until, self._simulate, self._summed, confidence=self.confidence_of_each
        )

    @property
    def _summed(self) -> list[Metric]:
        """What is added up: the metrics that are asked for, and what break-evens hang on."""
        return with_hours(self._wanted)

    # ------------------------------------------------------------ charts, page

    def forest(self, *, ax: "Axes | None" = None) -> "Axes":
        """Draw what moved, metric by metric, with its limits."""
        from ..charts import comparison_forest

        return comparison_forest(self._metrics, currency=self.currency, ax=ax)

    def overlaid(self, what: Overlaid = "renewals", *, ax: "Axes | None" = None) -> "Axes":
        """Draw all runs in one picture: renewals, refusals, or active contracts.

        Raises
        ------
        ValueError
            `what` is none of them.
        """
        from .. import charts

        known = get_args(Overlaid)
        if what not in known:
            raise ValueError(unknown("picture", what, known))
        chart: Callable[..., Axes] = getattr(charts, f"overlaid_{what}")
        return chart(dict(zip(self.names, self.runs, strict=True)), ax=ax)

    def report(self, place: str | os.PathLike[str]) -> Path:
        """Write the answer as one page of HTML that needs nothing but itself.

        The page appears whole or not at all.

        Parameters
        ----------
        place : path
            Where the page goes.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        PlacingError
            The place cannot be written.
        DamagedRun
            The facts of a stored run are not those that were stored.
        ReportError
            The extra ``notebooks`` is not installed.
        """
        require_notebooks()
        from .page import write_page

        write_page(self, Path(place))
        return Path(place)

    # -------------------------------------------------------------------- shown

    def table(
        self, place: int = 1, group: Group | None = None, *, with_base: bool = False
    ) -> Table:
        """Lay out what moved in one other run, by its place; told apart where it is asked for."""
        rows = self._metrics if group is None else self._of_headlines(group)
        return table_of(
            rows[rows["run"] == self.names[place]],
            (self.names[0], self.names[place]),
            self.confidence_of_each,
            self.currency,
            group=group,
            with_base=with_base,
        )

    def _of_headlines(self, group: Group) -> "pd.DataFrame":
        rows = self._of_group(group)
        return rows[rows["metric"].isin(HEADLINES)]

    def _tables(self) -> list[Table]:
        places = range(1, len(self.runs))
        tables = [self.table(place) for place in places]
        if len(tables) > 1:
            by_run = [self._metrics[self._metrics["run"] == name] for name in self.names[1:]]
            tables = [table_of_alternatives(by_run, self.names, self.currency)]
            tables += table_of_money(by_run, self.names, self.confidence_of_each, self.currency)
        if self.asks_what_if and len(outcomes := self.outcomes()):
            tables.append(table_of_outcomes(outcomes))
        return tables + [self.table(place, self._by) for place in places if self._by]

    def false_alarms(self) -> str:
        """Say for which of the metrics it was measured how often limits call chance an effect."""
        has_level = any(LEVEL in pairing.shocks for pairing in self.pairings)
        return false_alarms_in_words(self._metrics, has_level=has_level)

    def horizons(self) -> str:
        """Say when money of each kind counts; nothing where none is compared."""
        return horizons_in_words(self._metrics, self.runs[0].manifest.days)

    def __repr__(self) -> str:
        places = range(1, len(self.runs))
        parts = [self._in_short_in_lines(place) for place in places if self.asks_what_if]
        parts += [self._filled(place) for place in places]
        parts += [table.text() for table in self._tables()]
        parts += [_in_lines(text) for text in (self.horizons(), self.false_alarms()) if text]
        return "\n\n".join(parts)

    def _in_short_in_lines(self, place: int) -> str:
        heading = f"{printable(self.names[place])} against {printable(self.names[0])}:"
        return "\n".join([heading, *map(_in_lines, map(printable, self.in_short(place)))])

    def _filled(self, place: int) -> str:
        """Return the sentences in lines; a command stands in one of them, to be copied."""
        text, command = " ".join(self.sentences(place)), self._command(place)
        if command:
            text = text.replace(command, command.replace(" ", _UNBROKEN))
        return _in_lines(text).replace(_UNBROKEN, " ")

    def _repr_html_(self) -> str:
        places = range(1, len(self.runs))
        texts = [
            *(text for place in places if self.asks_what_if for text in self.in_short(place)),
            *(" ".join(self.sentences(place)) for place in places),
        ]
        beneath = [self.horizons(), self.false_alarms()]
        tables = (table.html() for table in self._tables())
        return "".join([*map(_paragraph, texts), *tables, *map(_paragraph, beneath)])

    def close(self) -> None:
        """Close the runs that were opened or simulated for this comparison."""
        self._sides.close()

    def __enter__(self) -> "Comparison":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>" if text else ""


def _in_lines(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False, break_long_words=False)


def _model_of(run: Run) -> "ScenarioModel | None":
    """Return what a run was simulated from; None where it was not, or cannot be read."""
    if run.manifest.source != "simulated":
        return None
    try:
        return run.scenario.model
    except RunError:
        return None
