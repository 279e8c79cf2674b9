"""How many customers renew so many times, beside what the scenario configures."""

import math
from typing import Any, NamedTuple

import numpy as np

from ..scenario.models import Distribution, Renewal
from ..store.counted import Figure
from ..targets import GRACE_DAYS, TARGETS
from .figures import Figures, Measured, unmeasured


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
            f"no renewal number {1 + int(np.argmin(due > 0))} fell due {GRACE_DAYS} days before "
            "the end"
        )
        for place in range(numbers)
    ]


def _curve(figures: Figures, segment: str, renewal: Renewal, numbers: int) -> _Curve | None:
    """Return the renewals of a segment; None where decisions do not show within the grace."""
    due, renewed = (
        figures.counts(figure, segment)
        .groupby("first_key")["n"].sum()
        .reindex(range(1, numbers + 1), fill_value=0)
        .to_numpy(np.float64)
        for figure in (Figure.DUE, Figure.RENEWED)
    )  # fmt: skip
    in_time = 1 - renewal.late.share * (1 - _share_within(renewal.late.days, GRACE_DAYS))
    back = renewal.returns.share * _share_within(renewal.returns.days, GRACE_DAYS)
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
