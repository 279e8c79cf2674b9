"""How many customers renew so many times, beside what the scenario configures."""

import math
from typing import Any, Final, NamedTuple

import numpy as np

from ..scenario.models import Distribution, Renewal
from ..targets import TARGETS
from .figures import Figures, Measured, unmeasured

#: Days after an end by which a renewal was decided; who comes later returns.
_GRACE: Final = 90

#: Of contracts that expired, and after none of whose chain a customer was away for longer: how many
#: were due by the number of the renewal, and how many were renewed in time.
_DUE = f"""
WITH RECURSIVE booked AS (
    SELECT predecessor_id AS entitlement_id, min(created_on) AS booked_on
    FROM entitlements WHERE predecessor_id IS NOT NULL GROUP BY ALL
),
ended AS (
    SELECT entitlements.entitlement_id, customer_id, predecessor_id, renewal_number, end_date,
           ended_by IS NOT DISTINCT FROM 'expiry' AS is_expired,
           coalesce(booked_on - end_date - 1 <= {_GRACE}, FALSE) AS is_renewed
    FROM entitlements LEFT JOIN booked USING (entitlement_id)
    WHERE renewal_number < $most
),
chains AS (
    SELECT entitlement_id FROM ended
    WHERE predecessor_id IS NULL
        OR predecessor_id NOT IN (SELECT entitlement_id FROM entitlements)
    UNION ALL
    SELECT new.entitlement_id
    FROM chains JOIN ended AS old USING (entitlement_id)
    JOIN ended AS new ON new.predecessor_id = old.entitlement_id
    WHERE old.is_expired AND old.is_renewed
)
SELECT segment::VARCHAR AS segment, renewal_number + 1 AS renewal, count(*) AS due,
       count(*) FILTER (is_renewed) AS renewed
FROM chains JOIN ended USING (entitlement_id) JOIN customers USING (customer_id)
WHERE is_expired AND end_date >= $first AND end_date + 1 + {_GRACE} <= $last
GROUP BY ALL
"""


class _Curve(NamedTuple):
    """Renewals of a segment by their number, the first one first.

    `decided` are those renewed without who had left and came back within the grace.
    """

    due: np.ndarray
    decided: np.ndarray
    expected: np.ndarray


def renewal_curve(figures: Figures, segment: str | None) -> list[Measured]:
    """S(1) to S(5): products of the shares renewed, beside the segments' inclinations.

    Each contract counts from the renewal on at which it falls due within the run, so contracts that
    began before it need no care. Of several segments the target is their mix, as they fell due.
    """
    numbers = len(TARGETS["renewal_curve"].goals)
    if figures.model is None:
        return [unmeasured("the run says no inclination to renew")] * numbers
    if figures.run.manifest.source == "imported":
        return [unmeasured("no export says what renewed what")] * numbers
    wanted = figures.model.segments
    segments = {name: wanted[name] for name in wanted if segment in (None, name)}
    curves: list[_Curve] = []
    for name, each in segments.items():
        curve = _curve(figures, name, each.renewal, numbers)
        if curve is None:
            return [unmeasured("who renews late cannot be told from who returns")] * numbers
        curves.append(curve)
    due = sum((curve.due for curve in curves), np.zeros(numbers))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.cumprod(sum((curve.decided for curve in curves), np.zeros(numbers)) / due)
        target = np.cumprod(
            sum((curve.due * curve.expected for curve in curves), np.zeros(numbers)) / due
        )
    return [
        Measured(float(value[place]), int(due[place]), target=float(target[place]))
        if due[: place + 1].all()
        else unmeasured(
            f"no renewal number {1 + int(np.argmin(due > 0))} fell due {_GRACE} days before the end"
        )
        for place in range(numbers)
    ]


def _curve(figures: Figures, segment: str, renewal: Renewal, numbers: int) -> _Curve | None:
    """Return the renewals of a segment; None where decisions do not show within the grace."""
    rows = figures.rows(_DUE, segment, {"most": numbers}).set_index("renewal")
    rows = rows.reindex(range(1, numbers + 1))
    due, renewed = (rows[name].fillna(0).to_numpy(np.float64) for name in ("due", "renewed"))
    in_time = 1 - renewal.late.share * (1 - _share_within(renewal.late.days, _GRACE))
    back = renewal.returns.share * _share_within(renewal.returns.days, _GRACE)
    if in_time <= back:
        return None
    loyal, of_others = _returned_before(renewal, in_time, back, numbers)
    of_loyal = np.divide(renewed - due * of_others, loyal, np.zeros(numbers), where=loyal > 0)
    decided = np.clip((of_loyal - due * back) / (in_time - back), 0, due)
    return _Curve(due, decided, _expected(renewal, numbers))


def _returned_before(
    renewal: Renewal, in_time: float, back: float, numbers: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many of those due never left, and how many are others who go on within the grace.

    Both are shares of those due, by the scenario. Who has left and come back within the grace looks
    as if it had renewed, and is readier to leave than who stayed.
    """
    loyal, others = np.empty(numbers), np.empty(numbers)
    weights = np.array([1.0])  # by how often they left and came back
    for number in range(numbers):
        stay = _stay(renewal, number, np.arange(len(weights)))
        renewed, returned = weights * stay * in_time, weights * (1 - stay) * back
        loyal[number] = weights[0]
        others[number] = (renewed + returned)[1:].sum()
        weights = np.append(renewed, 0.0) + np.append(0.0, returned)
        weights /= weights.sum() or 1.0
    return loyal, others


def _stay(renewal: Renewal, decisions: int, left: np.ndarray) -> np.ndarray:
    """Chance to renew of who has left so often in so many decisions."""
    spread = renewal.inclination.beta_geometric
    if spread is None:
        return np.full(left.shape, float(renewal.inclination.constant or 0.0))
    # The chance to leave is then Beta(alpha + left, beta + decisions - left).
    return np.asarray((spread.beta + decisions - left) / (spread.alpha + spread.beta + decisions))


def _expected(renewal: Renewal, numbers: int) -> np.ndarray:
    """Share that renews at each renewal of those who renewed at all before."""
    return np.array([_stay(renewal, number, np.zeros(1))[0] for number in range(numbers)])


def _share_within(distribution: Distribution, most: float) -> float:
    """Share of a distribution up to a value."""
    return _share_of_kind(distribution.model_dump(exclude_none=True), most)


def _share_of_kind(said: dict[str, Any], most: float) -> float:
    """The same of a kind as it is written, alone or in a mixture."""
    if "fixed" in said:
        return float(said["fixed"] <= most)
    if "exponential" in said:
        return -math.expm1(-most / float(said["exponential"]))
    if "uniform" in said:
        return min(most / float(said["uniform"]), 1.0)
    if "quantiles" in said:
        shares, values = zip(*sorted(said["quantiles"].items()), strict=True)
        return float(np.interp(most, values, shares))
    if "mixture" in said:
        return math.fsum(part["share"] * _share_of_kind(part, most) for part in said["mixture"])
    lognormal = said.get("lognormal", said)
    if lognormal["sigma"] == 0:
        return float(lognormal["median"] <= most)
    normal = math.log(most / lognormal["median"]) / lognormal["sigma"]
    return (1 + math.erf(normal / math.sqrt(2))) / 2
