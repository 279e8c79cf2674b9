"""The answer of a search: the winner, judged on draws that the choice has not seen."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..replications import BASE
from ..scenario.scenario import Scenario
from ..sweeping.designs import Design
from ..sweeping.dominance import dominance_of
from ..sweeping.metrics import METRICS, Aim, Measured, bases_of
from ..sweeping.trying import REGRET
from ..telling import (
    Right,
    Table,
    counted,
    limits_of_kind,
    listed,
    move_of_kind,
    number,
    percent,
    printable,
    short_of_kind,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_REGRET = Measured(REGRET, "cost of unused and missing terms", "money")


class Constraint(NamedTuple):
    """A condition on a metric.

    Attributes
    ----------
    metric : str
    is_at_most : bool
        Else it is at least `bound`.
    bound : float
    """

    metric: str
    is_at_most: bool
    bound: float


class Judged(NamedTuple):
    """A metric of an offering over fresh replications.

    Attributes
    ----------
    name, metric : str
    mean, low, high : float
        With limits of one interval.
    difference, difference_low, difference_high : float
        The winner less this offering, with limits of the differences from the base and the
        runner-up together; NaN of the winner itself.
    """

    name: str
    metric: str
    mean: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float


class Found:
    """What a search has found; made by :func:`search`.

    It prints as the answer. Its figures are those of replications that the choice has not seen.

    Attributes
    ----------
    winner : dict or None
        Settings of the best offering, by path; None where no condition holds anywhere.
    runner_up : dict or None
        Those of the second one.
    left : int
        Offerings that could not be told from the best one, it included.
    at_bounds : list of str
        Of which settings the winner has the lowest or highest value that was allowed.
    simulations : int
        Offerings times replications that were made.
    """

    def __init__(
        self,
        *,
        base: Scenario,
        points: list[Design],
        aim: Aim,
        constraints: list[Constraint],
        confidence: float,
        order: list[int],
        left: int,
        holds: NDArray[np.bool_],
        values: dict[str, NDArray[np.float64]],
        judged: list[Judged],
        fresh: int,
        simulations: int,
        at_bounds: list[str],
    ) -> None:
        self._base, self._points, self._aim = base, points, aim
        self._constraints, self._confidence = constraints, confidence
        self._order, self._holds, self._values = order, holds, values
        self._judged, self._fresh = judged, fresh
        self.left, self.simulations, self.at_bounds = left, simulations, at_bounds
        ranked = [points[place] for place in order[:2]]
        self.winner: dict[str, Any] | None = dict(ranked[0].settings) if ranked else None
        self.runner_up: dict[str, Any] | None = (
            dict(ranked[1].settings) if len(ranked) > 1 else None
        )

    @property
    def is_sure(self) -> bool:
        """Whether the winner could be told from all others."""
        return self.left == 1

    @property
    def scenario(self) -> Scenario | None:
        """The winner as a scenario."""
        return None if self.winner is None else self._base.with_(self.winner)

    def judged(self) -> "pd.DataFrame":
        """Return what the winner, the runner-up and the base come to on fresh replications.

        Returns
        -------
        DataFrame
            A row for each offering and metric, with the columns of :class:`Judged`.
        """
        import pandas as pd

        return pd.DataFrame(self._judged, columns=list(Judged._fields))

    def points(self) -> "pd.DataFrame":
        """Return every point that was tried, with what it was chosen by.

        Returns
        -------
        DataFrame
            A column for each free setting, the mean of each metric over the first replications, and
            `holds`: whether the conditions do. Means of the best points are flattered: they were
            chosen by them.
        """
        import pandas as pd

        frame = pd.DataFrame([point.settings for point in self._points], dtype=object)
        for metric, values in self._values.items():
            frame[metric] = values.mean(axis=0)
        frame["holds"] = self._holds
        return frame

    def frontier(self, other: str | None = None, *, ax: "Axes | None" = None) -> "Axes":
        """Draw all points by what was to be best and a metric of the conditions.

        Parameters
        ----------
        other : str, optional
            The other metric, by default that of the first condition.
        ax : Axes, optional

        Raises
        ------
        ValueError
            There is no condition, or none on that metric.
        """
        from ..charts import sweep_frontier

        wanted = [one for one in self._constraints if other in (None, one.metric)]
        if not wanted:
            raise ValueError("a frontier needs a condition on another metric: see where")
        second = Aim(wanted[0].metric, -1 if wanted[0].is_at_most else 1)
        aims = (self._aim, second)
        names = [(point.name, point.id) for point in self._points]
        table = np.array([self._values[aim.metric].T * aim.sign for aim in aims])
        told = [_told(aim.metric) for aim in aims]
        return sweep_frontier(
            dominance_of(names, table, aims, self._confidence),
            (told[0].name, told[1].name),
            kinds=(told[0].kind, told[1].kind),
            better=(aims[0].sign, aims[1].sign),
            currency=self._base.model.currency,
            ax=ax,
        )

    # ------------------------------------------------------------------ words

    def __repr__(self) -> str:
        return f"<Found: {self._settings(self.winner)} of {counted(len(self._points), 'point')}>"

    def __str__(self) -> str:
        if self.winner is None:
            return "\n".join(self._sentences())
        return "\n".join([self._table().text(), "", *self._sentences()])

    def _repr_html_(self) -> str:
        import html

        notes = "".join(f"<p>{html.escape(text)}</p>" for text in self._sentences())
        return notes if self.winner is None else self._table().html() + notes

    def _table(self) -> Table:
        currency = self._base.model.currency
        names = list(dict.fromkeys(row.name for row in self._judged))
        roles = dict(zip(names, ("base", "winner", "runner-up"), strict=False))
        headings = ["judged anew", "offering"]
        metrics = list(dict.fromkeys(row.metric for row in self._judged))
        for metric in metrics:
            headings += [Right(_told(metric).name), Right("winner differs by")]
        rows = []
        for name in names:
            cells = [roles[name], "as today" if name == BASE else printable(name)]
            for row in self._judged:
                if row.name != name:
                    continue
                kind = _told(row.metric).kind
                cells.append(short_of_kind(kind, row.mean, currency))
                ahead = ""
                if not np.isnan(row.difference):
                    between = limits_of_kind(
                        kind, row.difference_low, row.difference_high, currency
                    )
                    ahead = f"{move_of_kind(kind, row.difference, currency)} ({between})"
                cells.append(ahead)
            rows.append(cells)
        return Table(headings, rows, "Judged anew, on fresh replications")

    def _sentences(self) -> list[str]:
        tried = (
            f"{counted(len(self._points), 'point')} tried in {number(self.simulations)} "
            f"simulations on the same draws."
        )
        kept = int(self._holds.sum())
        conditions = listed([_condition(one) for one in self._constraints])
        if self.winner is None:
            return [f"No offering can be said to keep {conditions}. {tried}", *self._bases()]
        sentences = [
            f"Figures are of {counted(self._fresh, 'fresh replication')}, which the choice has "
            f"not seen; limits are of {percent(self._confidence)}. {tried}"
        ]
        if self._constraints:
            verb = "keep" if kept != 1 else "keeps"
            sentences.append(f"{counted(kept, 'point')} {verb} {conditions} for sure.")
        if self.is_sure:
            sentences.append("The winner can be told from all others.")
        else:
            sentences.append(
                f"{counted(self.left, 'point')} cannot be told from the best one, the winner among "
                "them."
            )
        broken = [one for one in self._constraints if not self._holds_anew(one)]
        if broken:
            names = listed([_condition(one) for one in broken])
            sentences.append(f"On the fresh replications the winner does not keep {names}.")
        sentences += [
            f"An optimum at a bound: {text}. Beyond it there may be a better one."
            for text in self.at_bounds
        ]
        return sentences + self._bases()

    def _bases(self) -> list[str]:
        return bases_of([self._aim.metric, *(one.metric for one in self._constraints)])

    def _holds_anew(self, constraint: Constraint) -> bool:
        winner = [row for row in self._judged if row.name != BASE]
        mean = next(row.mean for row in winner if row.metric == constraint.metric)
        return mean <= constraint.bound if constraint.is_at_most else mean >= constraint.bound

    def _settings(self, settings: dict[str, Any] | None) -> str:
        if settings is None:
            return "nothing"
        return listed([f"{printable(path)}={value}" for path, value in settings.items()])


def _told(metric: str) -> Measured:
    return _REGRET if metric == REGRET else METRICS[metric]


def _condition(one: Constraint) -> str:
    told = _told(one.metric)
    bound = short_of_kind(told.kind, one.bound)
    return f"{told.name} at {'most' if one.is_at_most else 'least'} {bound}"
