"""The answer of a sweep: what each offering comes to, which values move it, which are best."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ..comparison.reaction import no_reaction
from ..inference.replicating import metrics_of_sums, said_by_sums
from ..replications import BASE
from ..scenario.pricing import unanswered_prices
from ..telling import (
    Right,
    Table,
    counted,
    limits_of_kind,
    listed,
    move_of_kind,
    percent,
    printable,
    short_of_kind,
)
from ..telling.tables import records
from .designs import Design
from .dominance import frontier_of
from .measuring import compared
from .metrics import METRICS, Aim, aim_of, bases_of, key_of
from .swings import swings_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Metrics that a table shows where none are asked for, the first of them that there are.
_SHOWN: Final = ("margin", "revenue", "bookings", "turned_away", "refused", "renewed")
_MOST_SHOWN: Final = 4

#: Offerings that a table shows.
_MOST_ROWS: Final = 40


def metrics_asked(designs: Sequence[Design], metrics: Sequence[str] | None) -> list[str]:
    """Return the keys of metrics that are asked for, by default all that sums say.

    Raises
    ------
    ValueError
        There is no such metric; the message has the nearest one.
    """
    said = said_by_sums([one.scenario.model.money for one in designs if one.scenario is not None])
    known = [key for key in METRICS if key in said]
    asked = known if metrics is None else [key_of(metric, known) for metric in metrics]
    return [key for key in known if key in asked]


class Sweep:
    """What many offerings come to; made by :func:`sweep`.

    It prints as a table, shows itself in a notebook, and hands over frames.

    Attributes
    ----------
    designs : list of Design
        The base and every offering that was tried, in the written order.
    seed : int
    replications : int
    metrics : list of str
        Keys of what was asked for.
    confidence : float
        Of all offerings together.
    """

    def __init__(
        self,
        designs: list[Design],
        rows: "pd.DataFrame",
        *,
        seed: int,
        replications: int,
        metrics: list[str],
        confidence: float,
    ) -> None:
        self.designs = designs
        self.seed = seed
        self.replications = replications
        self.metrics = metrics
        self.confidence = confidence
        offerings = {
            design.id: design.scenario for design in designs if design.scenario is not None
        }
        self._reasons = {design.name: design.reason for design in designs if design.reason}
        wrong = rows[rows["reason"].notna()]
        failed: dict[str, str] = dict(zip(wrong["id"], wrong["reason"], strict=True))
        self._reasons |= {
            design.name: failed[design.id] for design in designs if design.id in failed
        }
        there = {key: one for key, one in offerings.items() if key not in failed}
        frame = rows[rows["id"].isin([*there])].rename(columns={"id": "offering"})
        frame = frame.drop(columns="reason").reset_index(drop=True)
        measured = metrics_of_sums(frame, there, metrics, replications=range(replications))
        self._values = measured.set_index(["offering", "replication"])

    # ------------------------------------------------------------------ frames

    def by_replication(self) -> "pd.DataFrame":
        """Return the metrics of each offering in each replication.

        Returns
        -------
        DataFrame
            Columns `name`, `id`, `replication` and one a metric: shares in fractions of 1, money in
            its currency, hours; NaN where a share is of nothing.
        """
        import pandas as pd

        parts = [
            self._of(design).reset_index().assign(name=design.name, id=design.id)
            for design in self.there
        ]
        columns = ["name", "id", "replication", *self.metrics]
        return pd.concat(parts, ignore_index=True)[columns]

    def frame(self) -> "pd.DataFrame":
        """Return what each offering comes to, metric by metric, and what it moves.

        Returns
        -------
        DataFrame
            A row for each offering and metric: `name`, `id`, `crossing`, a column for each path
            that was set (None where an offering leaves it), `metric`, the `mean` over replications
            with its limits `low` and `high` at the confidence by itself, and the `difference` from
            the base with `difference_low` and `difference_high`, limits of all offerings together
            (Bonferroni). `moved` says whether these exclude 0, `n` how many replications there are.
            Limits are NaN with fewer than two.
        """
        import pandas as pd

        paths = list(dict.fromkeys(path for design in self.designs for path in design.settings))
        rows = self._compared()
        about = [
            {"name": design.name, "id": design.id, "crossing": design.crossing}
            for design, _ in rows
        ]
        frame = pd.DataFrame(about)
        for path in paths:  # as they were written: a column of whole numbers and None stays so
            frame[path] = pd.Series([design.settings.get(path) for design, _ in rows], dtype=object)
        return pd.concat([frame, pd.DataFrame([row for _, row in rows])], axis=1)

    @property
    def failed(self) -> "pd.DataFrame":
        """Offerings that came to nothing, with the reason: columns `name` and `reason`."""
        import pandas as pd

        return pd.DataFrame([*self._reasons.items()], columns=["name", "reason"])

    @property
    def there(self) -> list[Design]:
        """Offerings that came to something, the base first."""
        return [design for design in self.designs if design.name not in self._reasons]

    def swings(self, metric: str) -> "pd.DataFrame":
        """Return how far each setting moves a metric, the others averaged over what they take.

        Of each mapping of the sweep and each of its paths with several values, a value counts with
        the mean over all settings of the other paths that went with every value of the path.

        Parameters
        ----------
        metric : str
            Its key.

        Returns
        -------
        DataFrame
            A row for each value: `crossing`, `path`, `value`, the `difference` of its mean from the
            base, and of the path the `swing`: the highest less the lowest, with `swing_low` and
            `swing_high` over replications, for whichever two of its values are farthest apart
            (Bonferroni over pairs). The widest swing stands first.

        Raises
        ------
        ValueError
            There is no such metric.
        """
        key = aim_of(metric, self.metrics).metric
        return swings_of(self.there, self._of, key, self.confidence)

    def best(self, x: str, y: str) -> "pd.DataFrame":
        """Return which offerings no other one beats in both of two metrics.

        Parameters
        ----------
        x, y : str
            Keys of metrics, with a minus where less is better: ``"margin"``, ``"-refused"``.

        Returns
        -------
        DataFrame
            A row for each offering: `name`, `id`, the means `x` and `y`, `on_frontier` (by the
            means), and `beaten_by`: an offering that is better in both beyond chance, with limits
            of all pairs of offerings together (Bonferroni); empty where there is none.

        Raises
        ------
        ValueError
            There is no such metric.
        """
        aims = aim_of(x, self.metrics), aim_of(y, self.metrics)
        return frontier_of(self.there, self._of, aims, self.confidence)

    # ------------------------------------------------------------------ charts

    def tornado(self, metric: str, *, ax: "Axes | None" = None) -> "Axes":
        """Draw how far each setting moves a metric: see :meth:`swings`.

        Raises
        ------
        ValueError
            There is no such metric.
        """
        from ..charts import sweep_tornado

        told = METRICS[aim_of(metric, self.metrics).metric]
        return sweep_tornado(
            self.swings(metric),
            told.name,
            kind=told.kind,
            currency=self._currency,
            assumed=self._assumed,
            ax=ax,
        )

    def frontier(self, x: str, y: str, *, ax: "Axes | None" = None) -> "Axes":
        """Draw offerings by two metrics, and those that no other one beats: see :meth:`best`.

        Raises
        ------
        ValueError
            There is no such metric.
        """
        from ..charts import sweep_frontier

        aims: list[Aim] = [aim_of(text, self.metrics) for text in (x, y)]
        told = [METRICS[aim.metric] for aim in aims]
        return sweep_frontier(
            self.best(x, y),
            (told[0].name, told[1].name),
            kinds=(told[0].kind, told[1].kind),
            better=(aims[0].sign, aims[1].sign),
            currency=self._currency,
            assumed=self._assumed,
            ax=ax,
        )

    # ------------------------------------------------------------------ words

    def tornado_in_words(self, metric: str) -> Table:
        """Return a table of how far each setting moves a metric: see :meth:`swings`.

        Raises
        ------
        ValueError
            There is no such metric.
        """
        told = METRICS[aim_of(metric, self.metrics).metric]
        rows = []
        swings = self.swings(metric)
        for (crossing, path), bar in swings.groupby(["crossing", "path"], sort=False):
            ordered = bar.sort_values("difference", kind="stable")
            ends = [
                f"{move_of_kind(told.kind, row.difference, self._currency)} at {row.value}"
                for row in records(ordered.iloc[[0, -1]])
            ]
            first = records(ordered)[0]
            rows.append(
                [
                    printable(f"{crossing}: {path}"),
                    *(printable(end) for end in ends),
                    move_of_kind(told.kind, first.swing, self._currency).lstrip("+"),
                    limits_of_kind(told.kind, first.swing_low, first.swing_high, self._currency),
                ]
            )
        headings = [
            f"{told.name}, from the base", "least", "most", Right("apart"), Right("between"),
        ]  # fmt: skip
        return Table(headings, rows)

    def frontier_in_words(self, x: str, y: str) -> Table:
        """Return a table of the offerings that no other one beats: see :meth:`best`.

        Raises
        ------
        ValueError
            There is no such metric.
        """
        told = [METRICS[aim_of(text, self.metrics).metric] for text in (x, y)]
        front = self.best(x, y)
        front = front[front["on_frontier"]].sort_values("x", kind="stable")
        rows = [
            [
                printable(row.name),
                *(
                    short_of_kind(metric.kind, value, self._currency)
                    for metric, value in zip(told, (row.x, row.y), strict=True)
                ),
            ]
            for row in records(front)
        ]
        headings = ["beaten by none in both", *(Right(metric.name) for metric in told)]
        return Table(headings, rows)

    def __repr__(self) -> str:
        return f"<Sweep: {self._about()}>"

    def __str__(self) -> str:
        lines = [self._table().text(), "", *self._notes()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        import html

        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        return self._table().html() + notes

    def _about(self) -> str:
        tried = counted(len(self.designs) - 1, "offering")
        return f"{tried} and the base, {counted(self.replications, 'replication')}"

    @property
    def _shown(self) -> list[str]:
        """Keys of the metrics that a table shows."""
        shown: list[str] = [key for key in _SHOWN if key in self.metrics]
        return (shown or self.metrics)[:_MOST_SHOWN]

    def _table(self) -> Table:
        shown = self._shown
        cells: dict[str, dict[str, str]] = {design.name: {} for design in self.there}
        for design, row in self._compared():
            if row["metric"] in shown:
                value = short_of_kind(METRICS[row["metric"]].kind, row["mean"], self._currency)
                cells[design.name][row["metric"]] = f"{value}{'*' if row['moved'] else ' '}"
        headings = ["offering", *(Right(METRICS[key].name) for key in shown)]
        rows = [
            [printable(name), *(own[key] for key in shown)]
            for name, own in list(cells.items())[:_MOST_ROWS]
        ]
        return Table(headings, rows)

    def _notes(self) -> list[str]:
        notes = [
            f"Means over {counted(self.replications, 'replication')}; * moved from the base, with "
            f"limits of {percent(self.confidence)} for all offerings together."
        ]
        if self.replications < 2:
            notes = ["Of one replication: nothing can be said of chance."]
        notes[:0] = bases_of(self._shown)
        if self._assumed:
            notes.insert(0, self._assumed)
        if len(self.there) > _MOST_ROWS:
            notes.append(f"The first {_MOST_ROWS} of {len(self.there)} are shown.")
        if self._reasons:
            names = listed([printable(name) for name in self._reasons], most=3)
            first = printable(next(iter(self._reasons.values())))
            notes.append(f"Came to nothing: {names}. {first}")
        return notes

    # ------------------------------------------------------------------ underneath

    @property
    def _currency(self) -> str | None:
        base = self.designs[0].scenario
        return None if base is None else base.model.currency

    @cached_property
    def _assumed(self) -> str:
        """That segments do not react to other prices; nothing where none are asked for them."""
        base = self.designs[0].scenario
        if base is None:
            return ""
        asked = {
            segment
            for design in self.there
            if design.scenario is not None
            for segment in unanswered_prices(base.model, design.scenario.model)
        }
        silent = [segment for segment in base.model.segments if segment in asked]
        return no_reaction(silent) if silent else ""

    def _of(self, design: Design) -> "pd.DataFrame":
        """Return the metrics of an offering by replication."""
        return self._values.loc[[design.id]].droplevel("offering")

    def _compared(self) -> "list[tuple[Design, dict[str, Any]]]":
        base = next(design for design in self.designs if design.name == BASE)
        if base.name in self._reasons:
            reason = self._reasons[base.name]
            raise ValueError(
                f"the base came to nothing, so that nothing is held against it: {reason}"
            )
        others = [design for design in self.there if design is not base]
        tests = len({design.id for design in others} - {base.id})
        return [
            (design, row)
            for design in self.there
            for row in compared(
                self._of(base), self._of(design), self.metrics, self.confidence, max(tests, 1)
            )
        ]
