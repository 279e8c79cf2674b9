"""Who renews, how late, and from when on."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from ..metrics.shifted_beta_geometric import NotIdentifiedError, fit_renewals
from ..telling import percent
from .learned import (
    Learned,
    Number,
    Path,
    correlations,
    plain,
    positive,
    share,
    significant,
    unknown,
)
from .returning import fit_returns
from .seen import Flags, Floats, Ints, Seen

#: Classes of what was renewed within the grace.
_RENEWED: Final = ("on_time", "back_dated", "late")
#: Largest parameter that a scenario takes.
_MOST: Final = 1000.0
_LEAST_DUE: Final = 20
#: Standard error of a logarithm from which a parameter is not told.
_UNTOLD: Final = 2.5
#: Least deviation of use from which it is told what that does.
_LEAST_USE: Final = 0.02
#: Points at which the chances of customers are looked at.
_NODES: Final = 24
_LEAST_LATE: Final = 10


def fit_renewing(seen: Seen, segment: str, covariates: Sequence[str] = ()) -> list[Learned]:
    """Learn the inclination to renew of a segment, what moves it and how late renewals are."""
    path = ("segments", segment, "renewal")
    keys = ("inclination", "late", "dates", "returns")
    if not seen.has("entitlements.predecessor_id"):
        why = "what a contract renews is not known"
        return [unknown((*path, key), why) for key in keys]
    due = seen.due[(seen.due["segment"] == segment) & seen.due["is_mature"]]
    due = due[due["class"] != "immature"]
    if due.empty:
        why = f"no contract fell due {seen.grace} days before the end"
        return [unknown((*path, key), why) for key in keys]
    renewed = due["class"].isin(_RENEWED).to_numpy()
    returns, stayed = fit_returns(path, due, renewed, seen.grace, seen.stop - 1)
    learned = [_inclination((*path, "inclination"), due, stayed)]
    if "utilisation" in covariates:
        learned = _moved(path, due, renewed, learned[0])
    learned.extend(_lateness(path, due[renewed], stayed[renewed], seen.grace))
    return [*learned, returns]


def _inclination(path: Path, due: pd.DataFrame, renewed: Floats) -> Learned:
    number = due["renewal_number"].to_numpy(np.int64)
    customers = due["customer_id"].to_numpy(np.int64)
    n = len(due)
    how = "shifted beta-geometric with delayed entry, errors by customer"
    highest = int(number.max())
    dues = np.bincount(number, minlength=highest + 1)[1:]
    try:
        if n < _LEAST_DUE:
            raise NotIdentifiedError(f"{n} dues are too few", float(renewed.mean()))
        fit = fit_renewals(dues, np.bincount(number, renewed, highest + 1)[1:])
        alpha, beta = fit.model.alpha, fit.model.beta
        covariance = _by_customer(number, renewed, customers, alpha, beta)
        errors = np.sqrt(np.diag(covariance))
        if errors.max() > _UNTOLD or max(alpha, beta) > _MOST:
            raise NotIdentifiedError(
                "the rate rises so little that alpha and beta are not told apart",
                float(renewed.mean()),
            )
    except NotIdentifiedError as error:
        return _constant(path, renewed, customers, str(error).split(";")[0], highest)
    numbers = (
        positive(alpha, alpha * float(errors[0]), "alpha"),
        positive(beta, beta * float(errors[1]), "beta"),
    )
    first = beta / (alpha + beta)
    slope = first * (1 - first) * np.array([-1.0, 1.0])
    error_of_first = math.sqrt(float(slope @ covariance @ slope))
    value = {"beta_geometric": {"alpha": significant(alpha), "beta": significant(beta)}}
    return Learned(
        path,
        value,
        "estimated",
        (*numbers, share(first, error_of_first, "first renewal")),
        n,
        "dues",
        how,
        together=correlations(covariance),
    )


def _moved(path: Path, due: pd.DataFrame, renewed: Flags, alone: Learned) -> list[Learned]:
    """Learn inclination and what use does to it, jointly: a customer keeps its own chance.

    The chance to leave of each customer is from a beta distribution; use above its mean moves the
    log-odds of every renewal. What a customer did is integrated over its chance by the quadrature
    of Gauss and Jacobi; of a contract that was renewed before the book, each of these renewals
    counts with mean use.
    """
    from scipy.optimize import minimize

    moved = (*path, "moved_by")
    use = due["utilisation"].to_numpy(np.float64)
    if alone.value is None or "beta_geometric" not in alone.value or use.std() < _LEAST_USE:
        why = "use hardly differs" if use.std() < _LEAST_USE else "the inclination is not told"
        return [alone, unknown(moved, why, n=len(due), unit="dues")]
    around = float(use.mean())
    likelihood = _OfUse(due, renewed, use - around)
    start = np.array([*(math.log(number.value) for number in alone.numbers[:2]), 0.0])
    found = minimize(
        lambda at: -float(likelihood(at).sum()) / len(due),
        start,
        method="BFGS",
        options={"gtol": 1e-6},
    )
    best = np.asarray(found.x)
    step = 1e-3 * np.eye(3)
    scores = np.column_stack(
        [(likelihood(best + move) - likelihood(best - move)) / 2e-3 for move in step]
    )
    bread = np.array(
        [
            [
                -float(
                    sum(
                        sign * other * likelihood(best + sign * one + other * two).sum()
                        for sign in (1, -1)
                        for other in (1, -1)
                    )
                )
                / 4e-6
                for two in step
            ]
            for one in step
        ]
    )
    inverse = np.linalg.pinv(bread)
    covariance = inverse @ (scores.T @ scores) @ inverse
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    alpha, beta, slope = math.exp(best[0]), math.exp(best[1]), float(best[2])
    if not (max(alpha, beta) < _MOST and errors[:2].max() < _UNTOLD):
        why = "beside the spread between customers it is not told what use does"
        return [alone, unknown(moved, why, n=len(due), unit="dues")]
    how = "beta-distributed chances with use as covariate, errors by customer"
    value = {"beta_geometric": {"alpha": significant(alpha), "beta": significant(beta)}}
    numbers = (
        positive(alpha, alpha * float(errors[0]), "alpha"),
        positive(beta, beta * float(errors[1]), "beta"),
    )
    of_use = {"utilisation": significant(slope), "around": significant(around)}
    number = plain(slope, float(errors[2]), "utilisation")
    return [
        Learned(
            alone.path,
            value,
            "estimated",
            numbers,
            len(due),
            "dues",
            how,
            together=correlations(covariance[:2, :2]),
        ),
        Learned(moved, of_use, "estimated", (number,), len(due), "dues", how),
    ]


class _OfUse:
    """Log-likelihood by customer, of the logarithms of alpha and beta and the slope of use."""

    def __init__(self, due: pd.DataFrame, renewed: Flags, use: Floats) -> None:
        _, self._customer = np.unique(due["customer_id"].to_numpy(), return_inverse=True)
        self._count = int(self._customer.max()) + 1
        self._sign = np.where(renewed, 1.0, -1.0)
        self._use = use
        # Renewals of a chain before the first that is seen of it.
        number = due["renewal_number"].to_numpy(np.int64)
        first = due.assign(number=number).groupby("root_id")["number"].transform("min")
        is_first = (first == number).to_numpy() & ~due["root_id"].duplicated().to_numpy()
        self._before = np.bincount(self._customer, np.where(is_first, number - 1, 0), self._count)

    def __call__(self, parameters: Floats) -> Floats:
        from scipy.special import log_expit, logit, roots_jacobi

        alpha, beta = np.exp(np.clip(parameters[:2], -7, 7))
        nodes, weights = roots_jacobi(_NODES, alpha - 1, beta - 1)
        stays = np.clip((nodes + 1) / 2, 1e-12, 1 - 1e-12)
        log_weights = np.log(weights / weights.sum())
        odds = logit(stays)
        values = np.empty((_NODES, self._count))
        given = np.empty((_NODES, self._count))
        for node in range(_NODES):
            each = log_expit(self._sign * (odds[node] + parameters[2] * self._use))
            given[node] = log_weights[node] + self._before * math.log(stays[node])
            values[node] = given[node] + np.bincount(self._customer, each, self._count)
        return np.asarray(np.logaddexp.reduce(values, axis=0) - np.logaddexp.reduce(given, axis=0))


def _by_customer(
    number: Ints, renewed: Flags | Floats, customers: Ints, alpha: float, beta: float
) -> Floats:
    """Return the covariance of log alpha and log beta, if customers were drawn anew."""
    stayed = beta + number - 1
    both = alpha + stayed
    by_alpha = alpha * ((1.0 - renewed) / alpha - 1 / both)
    by_beta = beta * (1.0 * renewed / stayed - 1 / both)
    scores = np.column_stack([by_alpha, by_beta])
    # What is expected of the information, at each number of the renewal.
    chance = stayed / both
    information = np.zeros((2, 2))
    for outcome, likely in ((True, chance), (False, 1 - chance)):
        own = np.column_stack(
            [
                alpha * ((0 if outcome else 1 / alpha) - 1 / both),
                beta * ((1 / stayed if outcome else 0) - 1 / both),
            ]
        )
        information += (own * likely[:, None]).T @ own
    _, place = np.unique(customers, return_inverse=True)
    sums = np.zeros((place.max() + 1, 2))
    np.add.at(sums, place, scores)
    inverse = np.linalg.pinv(information)
    factor = len(sums) / max(len(sums) - 1, 1)
    return np.asarray(factor * inverse @ (sums.T @ sums) @ inverse)


def _constant(path: Path, renewed: Floats, customers: Ints, why: str, highest: int) -> Learned:
    value = float(renewed.mean())
    apart = pd.Series(renewed - value).groupby(customers).sum()
    error = math.sqrt(float((apart**2).sum())) / len(renewed)
    note = f"alpha and beta are not identifiable from this book: {why}"
    if highest == 1:
        note = "alpha and beta are not identifiable from this book: one renewal is all there is"
    return Learned(
        path,
        {"constant": significant(value)},
        "estimated",
        (share(value, error),),
        len(renewed),
        "dues",
        "share renewed within the grace, errors by customer",
        note,
    )


def _lateness(path: Path, renewed: pd.DataFrame, stayed: Floats, grace: int) -> list[Learned]:
    """Learn how late renewals are; `stayed` is the chance of each to be none after a lapse."""
    n = len(renewed)
    if n < _LEAST_DUE:
        why = f"{n} renewals are too few"
        return [unknown((*path, key), why, n=n, unit="renewals") for key in ("late", "dates")]
    lag = renewed["lag_days"].to_numpy(np.float64)
    late = lag >= 1
    part = float((late * stayed).sum() / stayed.sum())
    apart = pd.Series(stayed * (late - part)).groupby(renewed["customer_id"].to_numpy()).sum()
    error = math.sqrt(float((apart**2).sum())) / float(stayed.sum())
    count = int(late.sum())
    value: dict[str, object] = {"share": significant(part)}
    numbers = [share(part, error, "share")] if 0 < part < 1 else [Number("share", part)]
    note = ""
    if count >= _LEAST_LATE:
        days = lag[late]
        mean, error_of_mean = truncated_exponential(days, float(grace), stayed[late])
        if math.isfinite(mean):
            value["days"] = {"exponential": significant(mean)}
            numbers.append(positive(mean, error_of_mean, "mean days"))
            # Of those that are late, some are so late that they are taken for lost.
            seen_of_late = -math.expm1(-grace / mean)
            part = part / seen_of_late / (part / seen_of_late + 1 - part)
            value["share"] = significant(part)
        else:
            note = "how late is not told: so many are late by all of the grace"
    else:
        note = f"{count} late renewals do not tell how late: the default is kept"
    how = "exponential, truncated at the end of the grace, rounded up to whole days"
    learned = [
        Learned((*path, "late"), value, "estimated", tuple(numbers), n, "renewals", how, note)
    ]
    after_the_day = pd.Series(late, index=renewed.index)
    backdated = renewed["is_contiguous"].astype(bool) & after_the_day
    if int(after_the_day.sum()) < _LEAST_LATE:
        why = "so few are booked late that it is not told from when on they run"
        learned.append(unknown((*path, "dates"), why))
    else:
        part = float(backdated.sum() / after_the_day.sum())
        word = "contiguous" if part > 0.5 else "product"
        learned.append(
            Learned(
                (*path, "dates"),
                word,
                "estimated",
                (),
                int(after_the_day.sum()),
                "late renewals",
                f"{percent(part)} of them begin on the day after the old end",
            )
        )
    return learned


def truncated_exponential(
    days: Floats, most: float, weights: Floats | None = None
) -> tuple[float, float]:
    """Return mean of an exponential that is rounded up to whole days, and its standard error.

    Only those up to `most` days are seen. The likelihood of whole days is that of a geometric
    distribution, over what of it lies up to `most`; `weights` say how much each counts.

    Returns
    -------
    mean, standard_error : float
        Infinite where days do not become rarer.

    Examples
    --------
    >>> mean, error = truncated_exponential(np.array([1.0, 2.0, 4.0, 9.0]), 1e9)
    >>> round(mean, 3)
    3.476
    """
    from scipy.optimize import minimize_scalar

    each = np.ones(len(days)) if weights is None else weights
    n, total = float(each.sum()), float((each * days).sum())

    def negative(logarithm: float) -> float:
        rate = math.exp(-logarithm)
        log_left = math.log(-math.expm1(-rate))
        log_all = math.log(-math.expm1(-rate * most))
        return -(n * log_left - rate * (total - n) - n * log_all)

    found = minimize_scalar(
        negative,
        bounds=(math.log(0.05), math.log(50 * most)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    at = float(found.x)
    if at > math.log(20 * most):
        return math.inf, math.inf
    step = 1e-3
    curve = (negative(at + step) - 2 * negative(at) + negative(at - step)) / step**2
    mean = math.exp(at)
    return mean, mean / math.sqrt(curve) if curve > 0 else math.inf
