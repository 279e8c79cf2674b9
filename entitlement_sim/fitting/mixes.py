"""Which way cases come, what they are about and what becomes of them: shares, by customer."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from .arrivals import Arrivals
from .learned import Learned, Number, Path, positive, share, significant, unknown
from .seen import Flags, Floats, Seen

#: Fewest cases from which shares are told.
LEAST_CASES: Final = 30
#: Of fewer customers errors are at least those of independent cases.
_FEW: Final = 10
#: Concentrations between which a spread is searched.
_SPREADS: Final = (math.log(1e-2), math.log(1e4))
_ALIKE: Final = math.log(3e3)
#: Error of a concentration, as a part of it, from which it is not told from none.
_UNTOLD: Final = 0.5


def fit_mixes(seen: Seen, segment: str, arrivals: Arrivals) -> list[Learned]:
    """Learn origins, products and severities, and the shares of what becomes of cases."""
    path = ("segments", segment)
    ids = seen.customers.loc[seen.customers["segment"] == segment, "customer_id"]
    rows = seen.cases[seen.cases["customer_id"].isin(ids)]
    learned = [
        _mix(path, "origins", rows, "origin" if seen.has("cases.origin") else None),
        *_products(path, rows, seen, bool(arrivals.reach)),
    ]
    if rows["severity"].notna().any():
        learned.append(_mix(path, "severities", rows, "severity"))
    learned.extend(_fates(path, rows, seen))
    return learned


def _counts(rows: pd.DataFrame, column: str) -> tuple[list[Any], Floats]:
    """Return the words of a column, and counts of them, one row a customer."""
    known = rows[rows[column].notna()]
    place, words = pd.factorize(known[column], sort=True)
    who, customers = pd.factorize(known["customer_id"])
    cells = np.bincount(who * len(words) + place, minlength=len(customers) * len(words))
    return list(words), cells.reshape(len(customers), len(words)).astype(np.float64)


def _clustered(counts: Floats) -> tuple[Floats, Floats]:
    """Return shares and their standard errors, if customers were drawn anew."""
    n = counts.sum()
    shares = counts.sum(0) / n
    apart = counts - counts.sum(1, keepdims=True) * shares
    factor = len(counts) / max(len(counts) - 1, 1)
    errors = np.sqrt(factor * (apart**2).sum(0)) / n
    if len(counts) < _FEW:
        errors = np.maximum(errors, np.sqrt(shares * (1 - shares) / n))
    return shares, errors


def _mix(path: Path, key: str, rows: pd.DataFrame, column: str | None) -> Learned:
    words, counts = _counts(rows, column) if column else ([], np.zeros((0, 0)))
    n = int(counts.sum())
    if column is None or not words:
        return unknown((*path, key), "no case names one")
    if n < LEAST_CASES:
        return unknown((*path, key), f"{n} cases are too few", n=n, unit="cases")
    shares, errors = _clustered(counts)
    numbers = tuple(
        share(float(value), float(error), str(word))
        for word, value, error in zip(words, shares, errors, strict=True)
    )
    value = {
        (int(word) if key == "severities" else str(word)): significant(100 * float(own))
        for word, own in zip(words, shares, strict=True)
    }
    note = ""
    beside: tuple[Number, ...] = ()
    concentration = dirichlet_multinomial(counts) if key == "origins" else None
    if concentration is not None and concentration[0] < math.exp(_ALIKE):
        note = f"customers differ (Dirichlet-multinomial, concentration {concentration[0]:.3g}), "
        note += "which a scenario cannot say"
        beside = (positive(*concentration, "concentration"),)
    return Learned(
        (*path, key),
        value,
        "estimated",
        numbers,
        n,
        "cases",
        "shares of the cases, errors by customer",
        note,
        beside,
    )


def _products(path: Path, rows: pd.DataFrame, seen: Seen, follow_ups: bool) -> list[Learned]:
    known = rows if seen.has("cases.product_id") else rows.assign(product=None)
    mix = _mix(path, "products", known, "product")
    spread = (*path, "products_spread")
    if mix.status != "estimated":
        return [mix, unknown(spread, mix.note)]
    words, counts = _counts(rows, "product")
    if len(words) < 2:
        return [mix, unknown(spread, "all cases are about one product")]
    if follow_ups:
        # A follow-up is about its parent's product: of each run of the same one, the first counts.
        known = rows[rows["product"].notna()]
        again = (known["customer_id"] == known["customer_id"].shift()) & (
            known["created"] - known["created"].shift() < 4 * 1440
        )
        counts = _counts(known[~again], "product")[1]
    found = dirichlet_multinomial(counts)
    n = len(counts)
    if found is None or found[0] >= math.exp(_ALIKE) or found[1] > _UNTOLD * found[0]:
        why = "customers differ in their products no more than chance has it"
        return [mix, unknown(spread, why, n=n, unit="customers")]
    number = positive(*found)
    how = "Dirichlet-multinomial by customer, errors by customer"
    note = "cases within four days of another are left out, as follow-ups" if follow_ups else ""
    value = significant(min(found[0], 1000.0))
    return [mix, Learned(spread, value, "estimated", (number,), n, "customers", how, note)]


def dirichlet_multinomial(counts: Floats) -> tuple[float, float] | None:
    """Return the concentration of customers' mixes around the common one, and its standard error.

    Parameters
    ----------
    counts : ndarray, shape (customers, words)

    Returns
    -------
    concentration, standard_error : float
        None where no customer has two cases.
    """
    from scipy.optimize import minimize
    from scipy.special import digamma, gammaln

    counts = counts[counts.sum(1) > 1]
    if len(counts) < 2 or counts.shape[1] < 2:
        return None
    total = counts.sum(1)
    words = counts.shape[1]

    def scores(parameters: Floats) -> tuple[Floats, Floats]:
        spread = math.exp(parameters[0])
        odds = np.exp(np.concatenate([[0.0], parameters[1:]]))
        shares = odds / odds.sum()
        alpha = spread * shares
        value = (
            gammaln(spread)
            - gammaln(total + spread)
            + (gammaln(counts + alpha) - gammaln(alpha)).sum(1)
        )
        by_alpha = digamma(counts + alpha) - digamma(alpha)
        by_spread = digamma(spread) - digamma(total + spread) + by_alpha @ shares
        by_share = alpha * (by_alpha - (by_alpha @ shares)[:, None])
        return value, np.column_stack([spread * by_spread, by_share[:, 1:]])

    def negative(parameters: Floats) -> tuple[float, Floats]:
        value, slopes = scores(parameters)
        return -float(value.sum()) / len(counts), -slopes.sum(0) / len(counts)

    pooled = np.maximum(counts.sum(0), 0.5)
    start = np.concatenate([[math.log(5.0)], np.log(pooled[1:] / pooled[0])])
    found = minimize(
        negative, start, jac=True, method="L-BFGS-B", bounds=[_SPREADS, *[(-20, 20)] * (words - 1)]
    )
    best = np.asarray(found.x)
    slopes = scores(best)[1]
    step = 1e-4
    bread = np.empty((words, words))
    for place in range(words):
        move = np.zeros(words)
        move[place] = step
        up, down = (scores(best + sign * move)[1].sum(0) for sign in (1, -1))
        bread[place] = -(up - down) / (2 * step)
    inverse = np.linalg.pinv((bread + bread.T) / 2)
    covariance = inverse @ (slopes.T @ slopes) @ inverse
    spread = math.exp(best[0])
    return spread, spread * math.sqrt(max(float(covariance[0, 0]), 0.0))


#: Shares of cases: key of the scenario, which cases have it, of which ones.
_Choice = Callable[[pd.DataFrame], "pd.Series[bool]"]
_FATES: Final[Sequence[tuple[str, str, _Choice, _Choice]]] = (
    (
        "cancelled",
        "cases with an end",
        lambda rows: rows["first_state"] == "cancelled",
        lambda rows: rows["first_state"].isin(["cancelled", "resolved"]) & rows["ended"].notna(),
    ),
    (
        "reopened",
        "resolutions",
        lambda rows: (rows["first_state"] == "resolved") & (rows["reopened"] > 0),
        lambda rows: (rows["first_state"] == "resolved") & rows["ended"].notna(),
    ),
    (
        "cancelled_reactivated",
        "cancelled cases",
        lambda rows: (rows["first_state"] == "cancelled") & (rows["reopened"] > 0),
        lambda rows: rows["first_state"] == "cancelled",
    ),
    (
        "do_not_decrement",
        "cases",
        lambda rows: ~rows["decrement"].astype(bool),
        lambda rows: rows["outcome"] != "turned_away",
    ),
)


def _fates(path: Path, rows: pd.DataFrame, seen: Seen) -> list[Learned]:
    learned = []
    for key, unit, has, among in _FATES:
        place = (*path, key)
        if key != "do_not_decrement" and not seen.has("cases.resolved_at"):
            learned.append(unknown(place, "when cases were resolved or cancelled is not known"))
            continue
        base = rows[among(rows)]
        learned.append(_share_of(place, base, has(base), unit))
    uncovered = rows[rows["outcome"] != "covered"]
    away = uncovered["outcome"] == "turned_away"
    learned.append(_share_of((*path, "turned_away"), uncovered, away, "cases without cover"))
    return learned


def _share_of(path: Path, rows: pd.DataFrame, has: "pd.Series[bool]", unit: str) -> Learned:
    n = len(rows)
    if n == 0:
        return unknown(path, f"there are no {unit}")
    value, error = clustered_share(has.to_numpy(np.bool_), rows["customer_id"])
    if rows["customer_id"].nunique() < _FEW:
        error = max(error, math.sqrt(value * (1 - value) / n))
    number = share(value, error) if 0 < value < 1 else _none_of(value, n)
    return Learned(
        path, significant(value), "estimated", (number,), n, unit, "share, errors by customer"
    )


def clustered_share(has: Flags, customers: "pd.Series[int]") -> tuple[float, float]:
    """Return a share, and its standard error if customers were drawn anew."""
    value = float(np.mean(has))
    apart = pd.Series(has - value).groupby(customers.to_numpy()).sum().to_numpy(np.float64)
    factor = len(apart) / max(len(apart) - 1, 1)
    return value, math.sqrt(factor * float((apart**2).sum())) / len(has)


def _none_of(value: float, n: int) -> Number:
    """Return a share of none or all, with the limit that would leave no trace in so many."""
    edge = 1 - 0.025 ** (1 / n)
    low, high = (0.0, edge) if value == 0 else (1 - edge, 1.0)
    return Number("", value, math.nan, low, high)
