"""Who renews, how late, and from when on."""

import math
from typing import Final

import numpy as np
import pandas as pd

from ..metrics.shifted_beta_geometric import NotIdentifiedError, fit_renewals
from ..telling import percent
from .learned import Learned, Number, Path, positive, share, significant, unknown
from .seen import Floats, Seen

#: Classes of what was renewed within the grace.
_RENEWED: Final = ("on_time", "back_dated", "late")
#: Largest parameter that a scenario takes.
_MOST: Final = 1000.0
_LEAST_DUE: Final = 20
_LEAST_LATE: Final = 10


def fit_renewing(seen: Seen, segment: str) -> list[Learned]:
    """Learn the inclination to renew of a segment, and how late renewals are."""
    path = ("segments", segment, "renewal")
    keys = ("inclination", "late", "dates")
    if not seen.has("entitlements.predecessor_id"):
        why = "what a contract renews is not known"
        return [unknown((*path, key), why) for key in keys]
    due = seen.due[(seen.due["segment"] == segment) & seen.due["is_mature"]]
    due = due[due["class"] != "immature"]
    if due.empty:
        why = f"no contract fell due {seen.grace} days before the end"
        return [unknown((*path, key), why) for key in keys]
    renewed = due["class"].isin(_RENEWED).to_numpy()
    learned = [_inclination((*path, "inclination"), due, renewed)]
    learned.extend(_lateness(path, due[renewed], seen.grace))
    return learned


def _inclination(path: Path, due: pd.DataFrame, renewed: "np.ndarray") -> Learned:
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
        if errors.max() > 2.5 or max(alpha, beta) > _MOST:
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
    )


def _by_customer(
    number: "np.ndarray", renewed: "np.ndarray", customers: "np.ndarray", alpha: float, beta: float
) -> Floats:
    """Return the covariance of log alpha and log beta, if customers were drawn anew."""
    stayed = beta + number - 1
    both = alpha + stayed
    by_alpha = alpha * (np.where(renewed, 0.0, 1 / alpha) - 1 / both)
    by_beta = beta * (np.where(renewed, 1 / stayed, 0.0) - 1 / both)
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


def _constant(
    path: Path, renewed: "np.ndarray", customers: "np.ndarray", why: str, highest: int
) -> Learned:
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


def _lateness(path: Path, renewed: pd.DataFrame, grace: int) -> list[Learned]:
    n = len(renewed)
    if n < _LEAST_DUE:
        why = f"{n} renewals are too few"
        return [unknown((*path, key), why, n=n, unit="renewals") for key in ("late", "dates")]
    lag = renewed["lag_days"].to_numpy(np.float64)
    late = lag >= 1
    part = float(late.mean())
    apart = pd.Series(late - part).groupby(renewed["customer_id"].to_numpy()).sum()
    error = math.sqrt(float((apart**2).sum())) / n
    count = int(late.sum())
    value: dict[str, object] = {"share": significant(part)}
    numbers = [share(part, error, "share")] if 0 < part < 1 else [Number("share", part)]
    note = ""
    if count >= _LEAST_LATE:
        days = lag[late]
        mean, error_of_mean = truncated_exponential(days, float(grace))
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
    after_the_day = renewed["class"].isin(("back_dated", "late"))
    backdated = renewed["class"] == "back_dated"
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


def truncated_exponential(days: Floats, most: float) -> tuple[float, float]:
    """Return mean of an exponential that is rounded up to whole days, and its standard error.

    Only those up to `most` days are seen. The likelihood of whole days is that of a geometric
    distribution, over what of it lies up to `most`.

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

    n, total = len(days), float(days.sum())

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
