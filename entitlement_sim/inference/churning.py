"""What it costs that customers leave: what they paid a year, and the margin that is not to come."""

from typing import TYPE_CHECKING, Final

import numpy as np

from ..metrics.shifted_beta_geometric import NotIdentifiedError, fit_renewals
from ..parameters import takes
from ..store.run import RUN

if TYPE_CHECKING:
    import pandas as pd

    from ..store.run import Run

#: What fell due and was decided, by segment and number of the renewal.
_DUE: Final = """
SELECT segment::VARCHAR AS segment, renewal_number, count(*) AS due,
       count(*) FILTER (is_renewed) AS renewed
FROM renewals
WHERE is_mature AND in_base
GROUP BY ALL ORDER BY ALL
"""

#: What was lost, each with the days of its term.
_LOST: Final = """
SELECT segment::VARCHAR AS segment, renewals.renewal_number,
       (entitlements.end_date - start_date + 1)::INTEGER AS term_days,
       count(*) AS lost, sum(annual_value)::DOUBLE AS annual_value
FROM renewals JOIN entitlements USING (entitlement_id)
WHERE class = 'lost' AND in_base
GROUP BY ALL ORDER BY ALL
"""

_MARGINS: Final = """
SELECT segment::VARCHAR AS segment, margin::DOUBLE / nullif(recognised, 0) AS margin_share
FROM margin_by_segment
"""

#: So many contracts must have been lost, and so many renewed, for a curve: with fewer the rate is
#: known to no better than a third, and the lifetime that follows from it to worse.
LEAST_DECIDED: Final = 10

#: Days of the year by which prices are annual ones.
_YEAR: Final = 365


@takes(run=RUN)
def churn_cost(run: "Run") -> "pd.DataFrame":
    """Say what it costs that contracts were lost, by segment.

    Two costs stand side by side and are not added. The lost annual value is what these contracts
    were paid a year. The residual margin is what they were expected to bring from the renewal that
    did not come on: the discounted expected residual lifetime of Fader and Hardie (2010) in terms,
    times the margin of a term. It is taken just before the renewal was decided, with what was
    known then: r(k) x the sum of S(t) / (1 + d)^t over t = 0, 1, …, where r(k) is the chance of
    the k-th renewal, S(t) the share of those who renew t times after it, and the price of the
    renewed term is due at once, undiscounted; d is ``discount_rate`` a year over the days of the
    term. The curve is a shifted beta-geometric fitted to the segment's own renewals; where these
    do not say one, their constant rate. Where fewer than :data:`LEAST_DECIDED` of its contracts
    were lost, or renewed, it is that of the renewals of all segments together; where these are too
    few as well, there is none, and no residual margin. The margin of a term is its price times the
    segment's margin over its recognised revenue in the run (view ``margin_by_segment``).

    Parameters
    ----------
    run : Run

    Returns
    -------
    DataFrame
        A row for each segment that lost anything: ``segment``, ``lost`` (contracts in the base
        whose grace is over and that nothing renews), ``annual_value``, ``due`` (contracts whose
        grace is over, the lost ones among them), ``curve`` (on what it rests: ``segment`` or ``all
        segments``, each with ``, constant`` behind it where one rate has to do; ``too few``),
        ``first_renewal`` (the chance of a first renewal by the curve), ``margin_share`` and
        ``residual_margin``, NaN where there is no curve, or the run has no money.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> base = Scenario.load("reference", ["segments.everyone.customers=60"])
    >>> priced = {"money": {"hour_costs": 60}, "templates.ten-cases.price": 900}
    >>> costs = churn_cost(simulate(base.with_(priced), seed=7))
    >>> costs[["lost", "annual_value", "curve"]].to_dict("records")
    [{'lost': 14, 'annual_value': 12600.0, 'curve': 'segment, constant'}]
    """
    lost = run.sql(_LOST)
    due = run.sql(_DUE)
    margins = run.sql(_MARGINS).set_index("segment")["margin_share"]
    [rate] = run.sql("SELECT discount_rate::DOUBLE AS rate FROM money_parameters")["rate"]
    lost["residual_terms"] = np.nan
    of_all = _curve(due.groupby("renewal_number", as_index=False)[["due", "renewed"]].sum())
    curves: dict[str, tuple[str, _Curve | None]] = {}
    for segment, rows in lost.groupby("segment"):
        curve, rests_on = _curve(due[due["segment"] == segment]), "segment"
        if curve is None:
            curve, rests_on = of_all, "all segments"
        curves[str(segment)] = rests_on, curve
        if curve is None:
            continue
        lost.loc[rows.index, "residual_terms"] = [
            curve.residual_terms(int(renewal), (1 + rate) ** (int(days) / _YEAR) - 1)
            for renewal, days in zip(rows["renewal_number"], rows["term_days"], strict=True)
        ]
    lost["margin_share"] = lost["segment"].map(margins).astype(float)
    lost["residual_margin"] = (
        lost["annual_value"]
        * (lost["term_days"] / _YEAR)
        * lost["margin_share"]
        * lost["residual_terms"]
    )
    costs = lost.groupby("segment", as_index=False, sort=False).agg(
        lost=("lost", "sum"),
        annual_value=("annual_value", "sum"),
        margin_share=("margin_share", "first"),
        residual_margin=("residual_margin", lambda values: values.sum(skipna=False)),
    )
    dues = due.groupby("segment")["due"].sum()
    costs.insert(3, "due", costs["segment"].map(dues).astype("int64"))
    named = [_named(*curves[segment]) for segment in costs["segment"]]
    costs.insert(4, "curve", np.array(named, dtype=object))
    chances = [_first(curves[segment][1]) for segment in costs["segment"]]
    costs.insert(5, "first_renewal", np.array(chances, dtype=float))
    return costs


def _curve(due: "pd.DataFrame") -> "_Curve | None":
    """Return the curve of some renewals, or None where too few were decided either way."""
    renewed = int(due["renewed"].sum())
    if min(renewed, int(due["due"].sum()) - renewed) < LEAST_DECIDED:
        return None
    return _Curve(due)


def _named(rests_on: str, curve: "_Curve | None") -> str:
    if curve is None:
        return "too few"
    return f"{rests_on}, constant" if curve.is_constant else rests_on


def _first(curve: "_Curve | None") -> float:
    return float("nan") if curve is None else curve.chance(1)


class _Curve:
    """The renewals of a segment: a fitted curve, or a constant rate."""

    def __init__(self, due: "pd.DataFrame") -> None:
        try:
            fit = fit_renewals(due["due"], due["renewed"], due["renewal_number"])
        except NotIdentifiedError as error:
            self._model = None
            self._rate = error.constant_rate
        else:
            self._model = fit.model

    @property
    def is_constant(self) -> bool:
        """Whether the renewals say no more than one rate."""
        return self._model is None

    def chance(self, renewal: int) -> float:
        """Chance of a renewal, by its number from 1."""
        if self._model is None:
            return self._rate
        return float(self._model.retention_rate(renewal))

    def residual_terms(self, renewal: int, discount: float) -> float:
        """Discounted terms that are expected just before a renewal is decided."""
        if self._model is not None:
            later = self._model.after(renewal).expected_terms(discount)
        else:
            later = 1 / (1 - self._rate / (1 + discount))
        return self.chance(renewal) * later
