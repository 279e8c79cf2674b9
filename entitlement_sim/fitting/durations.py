"""How long cases take: mixtures of log-normals, where some cases are still open.

Times are whole minutes. The first of them stands for all that is shorter, what is still open at the
end of the book is at least as long as it has been, and a time at which very many cases end is a
timer, which stands apart.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..population.calendar_days import working_minutes
from ..scenario.models import Calendar
from ..telling import number
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
from .seen import DAY, Flags, Floats, Ints, Seen

Texts = NDArray[np.object_]

#: Parts of a mixture at the most, and cases that it is fitted to at the most.
MOST_PARTS: Final = 4
MOST_CASES: Final = 20_000
_MOST_BESIDE: Final = 4_000
#: Fewest cases with an end.
LEAST_CASES: Final = 30
#: A time is a timer where so many cases have it, and so many times as many as its neighbours.
_ATOM_SHARE: Final = 0.02
_ATOM_RATIO: Final = 10.0
_LEAST_ATOM: Final = 30
#: Share of the ends within business hours from which cases are taken to be worked on in them alone.
_IN_HOURS: Final = 0.97
#: Share of the returns that come within the time that is watched of every end.
_SEEN_OF_RETURNS: Final = 0.98
_STEPS: Final = 500
_LEAST_STEPS: Final = 30
_TURNS: Final = 12
_STEPS_OF_TURN: Final = 25
_CLOSE: Final = 1e-8
_LEAST_SIGMA: Final = 0.02
_LOG_TWO_PI: Final = math.log(2 * math.pi)


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of log-normal distributions.

    Attributes
    ----------
    shares, means, sigmas : ndarray
        Of the parts, the shortest first; means and sigmas are those of logarithms.
    log_likelihood : float
    bic : float
        The criterion of Schwarz (1978): less is better.
    """

    shares: Floats
    means: Floats
    sigmas: Floats
    log_likelihood: float
    bic: float


def fit_mixture(
    logarithms: Floats, censored: Flags, short: Flags, *, most_parts: int = MOST_PARTS
) -> Mixture:
    """Return the mixture with as many parts as the criterion of Schwarz asks for.

    Parameters
    ----------
    logarithms : ndarray
        Of the times.
    censored : ndarray of bool
        Which of them are only known to be at least as long.
    short : ndarray of bool
        Which are only known to be at most as long.
    most_parts : int
    """
    best: Mixture | None = None
    # A part most of which lies behind the longest time with an end is not told by any.
    longest = float(logarithms[~censored].max())
    for parts in range(1, most_parts + 1):
        needed = -math.inf
        if best is not None:
            needed = ((3 * parts - 1) * math.log(len(logarithms)) - best.bic) / 2
        fitted = _em(logarithms, censored, short, parts, needed=needed)
        ends_unseen = fitted.means.max() > longest
        if best is not None and (fitted.bic >= best.bic or ends_unseen):
            break
        best = fitted
    assert best is not None
    return best


def _em(
    x: Floats,
    censored: Flags,
    short: Flags,
    parts: int,
    start: Mixture | None = None,
    steps: int = _STEPS,
    needed: float = -math.inf,
) -> Mixture:
    """Expectation and maximisation (Dempster, Laird and Rubin, 1977), from quantiles or a start.

    Gains become smaller: where as many as this one would not bring the likelihood to what is
    `needed`, no further step is taken.
    """
    if start is None:
        ends = np.quantile(x, np.linspace(0, 1, parts + 1))
        means = np.array([x[(x >= low) & (x <= high)].mean() for low, high in pairwise(ends)])
        sigmas = np.full(parts, max(float(x.std()) / parts, 0.1))
        shares = np.full(parts, 1 / parts)
    else:
        shares, means, sigmas = start.shares, start.means, start.sigmas
    before = -math.inf
    value = before
    for step in range(steps):
        density = np.log(shares) + _log_density(x, means, sigmas, censored, short)
        top = density.max(1, keepdims=True)
        weight = np.exp(density - top)
        total = weight.sum(1, keepdims=True)
        value = float((top + np.log(total)).sum())
        weight /= total
        if value - before < _CLOSE * abs(value) and step > 5:
            break
        if step > _LEAST_STEPS and value + (value - before) * (steps - step) < needed:
            break
        before = value
        first, second = _moments(x, means, sigmas, censored, short)
        sums = np.maximum(weight.sum(0), 1e-9)
        shares = np.maximum(sums / len(x), 1e-12)
        means = (weight * first).sum(0) / sums
        variance = (weight * (second - 2 * means * first + means**2)).sum(0) / sums
        sigmas = np.sqrt(np.maximum(variance, _LEAST_SIGMA**2))
    order = np.argsort(means)
    bic = (3 * parts - 1) * math.log(len(x)) - 2 * value
    return Mixture(shares[order], means[order], sigmas[order], value, bic)


def _log_density(x: Floats, means: Floats, sigmas: Floats, censored: Flags, short: Flags) -> Floats:
    from scipy.special import log_ndtr

    z = (x[:, None] - means) / sigmas
    density = -0.5 * (z**2 + _LOG_TWO_PI) - np.log(sigmas)
    density[censored] = log_ndtr(-z[censored])
    density[short] = log_ndtr(z[short])
    return np.asarray(density)


def _moments(
    x: Floats, means: Floats, sigmas: Floats, censored: Flags, short: Flags
) -> tuple[Floats, Floats]:
    """Return mean and mean square of each logarithm, given what is known of it and its part."""
    from scipy.special import log_ndtr

    first = np.repeat(x[:, None], len(means), axis=1)
    second = first**2
    for rows, side in ((censored, 1.0), (short, -1.0)):
        if not rows.any():
            continue
        z = side * (x[rows, None] - means) / sigmas
        ratio = np.exp(-0.5 * (z**2 + _LOG_TWO_PI) - log_ndtr(-z))  # of Mills, upside down
        first[rows] = means + side * sigmas * ratio
        second[rows] = means**2 + sigmas**2 + side * sigmas * ratio * (x[rows, None] + means)
    return first, second


def _errors(
    x: Floats, mixture: Mixture, censored: Flags, short: Flags, customers: Ints
) -> list[tuple[float, float, float]]:
    """Return standard errors of share, mean and sigma of each part, by customer."""
    return _errors_of(_covariance(x, mixture, censored, short, customers))


def _errors_of(covariance: Floats) -> list[tuple[float, float, float]]:
    errors = np.sqrt(np.maximum(np.diag(covariance), 0)).reshape(-1, 3)
    return [(float(one), float(two), float(three)) for one, two, three in errors]


def _covariance(
    x: Floats, mixture: Mixture, censored: Flags, short: Flags, customers: Ints
) -> Floats:
    """Return the covariance of share, mean and sigma of each part in turn, by customer."""
    parts = len(mixture.shares)
    density = np.log(mixture.shares) + _log_density(
        x, mixture.means, mixture.sigmas, censored, short
    )
    weight = np.exp(density - density.max(1, keepdims=True))
    weight /= weight.sum(1, keepdims=True)
    first, second = _moments(x, mixture.means, mixture.sigmas, censored, short)
    apart = first - mixture.means
    squares = second - 2 * mixture.means * first + mixture.means**2
    scores = np.concatenate(
        [
            (weight / mixture.shares - 1)[:, : parts - 1]
            - ((weight / mixture.shares - 1)[:, parts - 1 :] if parts > 1 else 0),
            weight * apart / mixture.sigmas**2,
            weight * (squares / mixture.sigmas**2 - 1) / mixture.sigmas,
        ],
        axis=1,
    )
    # Information by the cases' own scores (Berndt, Hall, Hall and Hausman, 1974).
    information = scores.T @ scores
    _, place = np.unique(customers, return_inverse=True)
    by_customer = np.zeros((place.max() + 1, scores.shape[1]))
    np.add.at(by_customer, place, scores)
    inverse = np.linalg.pinv(information)
    covariance = inverse @ (by_customer.T @ by_customer) @ inverse
    # The last share is what the others leave.
    whole = np.zeros((3 * parts, scores.shape[1]))
    whole[: parts - 1, : parts - 1] = np.eye(parts - 1)
    whole[parts - 1, : parts - 1] = -1.0
    whole[parts:, parts - 1 :] = np.eye(2 * parts)
    by_part = np.arange(3 * parts).reshape(3, parts).T.ravel()
    return np.asarray((whole @ covariance @ whole.T)[np.ix_(by_part, by_part)])


def _atoms(minutes: Ints) -> list[int]:
    """Return the times at which so many cases end that a timer ends them."""
    values, counts = np.unique(minutes, return_counts=True)
    atoms = []
    for value, count in zip(values, counts, strict=True):
        if value < 2 or count < max(_ATOM_SHARE * len(minutes), _LEAST_ATOM):
            continue
        near = np.abs(values - value) <= max(0.05 * value, 5)
        width = 2 * max(0.05 * value, 5)
        beside = (counts[near].sum() - count) / width
        if count > _ATOM_RATIO * max(beside, 0.1):
            atoms.append(int(value))
    return atoms


@dataclass(frozen=True, eq=False)
class _Factors:
    """How many times as long cases of a word take.

    Attributes
    ----------
    words : list of str
    logarithms, errors : ndarray
        Of the factors, with their standard errors by customer.
    of_case : ndarray
        Logarithm of each case's factor.
    """

    words: list[str]
    logarithms: Floats
    errors: Floats
    of_case: Floats


def _factors(
    x: Floats, censored: Flags, short: Flags, mixture: Mixture, words: Texts, customers: Ints
) -> _Factors | None:
    """Return factors by word, where they are worth their number by the criterion of Schwarz.

    They multiply all parts alike, and come to 1 in the geometric mean of the cases. Factors and
    mixture are found in turns (expectation and conditional maximisation, Meng and Rubin, 1993).
    """
    names, place, counts = np.unique(words, return_inverse=True, return_counts=True)
    if len(names) < 2 or counts.min() < LEAST_CASES:
        return None
    shift = np.zeros(len(names))
    fitted = mixture
    information: Floats = np.zeros(len(names))
    own: Floats = np.zeros(len(x))
    for _ in range(_TURNS):
        moved = x - shift[place]
        fitted = _em(moved, censored, short, len(mixture.shares), fitted, _STEPS_OF_TURN)
        density = np.log(fitted.shares) + _log_density(
            moved, fitted.means, fitted.sigmas, censored, short
        )
        weight = np.exp(density - density.max(1, keepdims=True))
        weight /= weight.sum(1, keepdims=True)
        first, _ = _moments(moved, fitted.means, fitted.sigmas, censored, short)
        own = (weight * (first - fitted.means) / fitted.sigmas**2).sum(1)
        slope = np.bincount(place, own).astype(np.float64)
        known = (weight / fitted.sigmas**2).sum(1)
        information = np.bincount(place, known).astype(np.float64)
        step = slope / information
        shift = shift + step
        shift -= np.average(shift, weights=counts)
        if np.abs(step).max() < 1e-4:
            break
    if fitted.bic + (len(names) - 1) * math.log(len(x)) >= mixture.bic:
        return None
    _, who = np.unique(customers, return_inverse=True)
    by_customer = np.zeros((who.max() + 1, len(names)))
    np.add.at(by_customer, (who, place), own)
    errors = np.sqrt((by_customer**2).sum(0)) / information
    return _Factors([str(name) for name in names], shift, errors, shift[place])


def _learn(
    path: Path,
    minutes: Ints,
    censored: Flags,
    customers: Ints,
    unit: float,
    more: dict[str, Any],
    how: str,
    note: str,
    atoms_in: str,
    words: dict[str, Texts] | None = None,
    most: int = MOST_CASES,
) -> Learned:
    """Learn a duration from minutes, of which those that are `censored` go on.

    `words` are those of each case by which it may take longer, by key of the scenario; of more
    cases than `most` so many are drawn.
    """
    n = len(minutes)
    if (~censored).sum() < LEAST_CASES:
        why = f"{int((~censored).sum())} ends are too few"
        return unknown(path, why, n=n, unit="cases")
    if n > most:
        chosen = np.random.default_rng(0).choice(n, most, replace=False)
        chosen.sort()
        minutes, censored, customers = minutes[chosen], censored[chosen], customers[chosen]
        words = {key: of_case[chosen] for key, of_case in (words or {}).items()}
    atoms = _atoms(minutes[~censored])
    timed = np.isin(minutes, atoms) & ~censored
    of_atoms = [float((timed & (minutes == atom)).sum() / len(minutes)) for atom in atoms]
    rest = ~timed
    if (rest & ~censored).sum() < LEAST_CASES:
        only = max(atoms, key=lambda atom: int((minutes == atom).sum()))
        value: dict[str, Any] = {"fixed": significant(only / unit, 6)} | more
        number = Number("fixed", only / unit)
        return Learned(path, value, "estimated", (number,), n, "cases", "one time for all", note)
    # Whole minutes: those of 1 and less are anything up to one and a half.
    short = (minutes <= 1) & ~censored
    x = np.log(np.where(short, 1.5, np.maximum(minutes, 1)) / unit)
    mixture = fit_mixture(x[rest], censored[rest], short[rest])
    if not atoms:
        alike = _exponential(minutes, censored, customers, mixture.bic)
        if alike is not None:
            number = positive(alike[0] / unit, alike[1] / unit, "mean")
            written = {"exponential": significant(alike[0] / unit)} | more
            how = how.replace("mixture of log-normals", "exponential").replace("parts", "chosen")
            return Learned(path, written, "estimated", (number,), n, "cases", how, note)
    x = x[rest]
    of_words: list[tuple[str, _Factors]] = []
    for key, of_case in (words or {}).items():
        found = _factors(x, censored[rest], short[rest], mixture, of_case[rest], customers[rest])
        if found is not None:
            of_words.append((key, found))
            x = x - found.of_case
            mixture = _em(x, censored[rest], short[rest], len(mixture.shares), mixture)
            more = more | {
                key: {
                    word: significant(math.exp(own))
                    for word, own in zip(found.words, found.logarithms, strict=True)
                }
            }
    covariance = _covariance(x, mixture, censored[rest], short[rest], customers[rest])
    errors = _errors_of(covariance)
    if len(errors) + len(atoms) == 1:
        covariance = covariance[1:, 1:]  # a share of all is no number
    left = 1 - sum(of_atoms)
    parts: list[dict[str, float]] = []
    numbers: list[Number] = []
    for place, (of_share, of_mean, of_sigma) in enumerate(errors, start=1):
        own, sigma = mixture.shares[place - 1] * left, float(mixture.sigmas[place - 1])
        median = math.exp(mixture.means[place - 1])
        parts.append({"share": float(own), "median": median, "sigma": sigma})
        if len(errors) + len(atoms) > 1:
            numbers.append(share(float(own), left * of_share, f"share {place}"))
        numbers.append(positive(median, median * float(of_mean), f"median {place}"))
        numbers.append(positive(sigma, float(of_sigma), f"sigma {place}"))
    for atom, own in zip(atoms, of_atoms, strict=True):
        parts.append({"share": own, "fixed": atom / unit})
        error = math.sqrt(own * (1 - own) / len(minutes))
        numbers.append(share(own, error, f"share of the timer at {atom / unit:.4g} {atoms_in}"))
    for key, found in of_words:
        for word, own, error in zip(found.words, found.logarithms, found.errors, strict=True):
            factor = math.exp(own)
            numbers.append(positive(factor, factor * float(error), f"{key} {word}"))
    if atoms:
        times = ", ".join(f"{atom / unit:.4g}" for atom in atoms)
        note = "; ".join(filter(None, (f"timers at {times} {atoms_in}", note)))
    return Learned(
        path,
        written_parts(parts) | more,
        "estimated",
        tuple(numbers),
        n,
        "cases",
        how,
        note,
        together=correlations(covariance),
    )


def _exponential(
    minutes: Ints, censored: Flags, customers: Ints, bic: float
) -> tuple[float, float] | None:
    """Return mean and standard error of an exponential; None where the mixture is better."""
    ends = float((~censored).sum())
    mean = float(minutes.sum()) / ends
    # Densities of logarithms, as those of the mixture are.
    value = float(np.where(censored, 0.0, np.log(minutes / mean)).sum()) - ends
    if math.log(len(minutes)) - 2 * value > bic:
        return None
    _, place = np.unique(customers, return_inverse=True)
    apart = np.bincount(place, ~censored - minutes / mean)
    return mean, mean * math.sqrt(float((apart**2).sum())) / ends


def written_parts(parts: list[dict[str, float]]) -> dict[str, Any]:
    """Return a distribution of one or more parts as a scenario writes it."""
    if len(parts) == 1:
        [only] = parts
        return {
            "lognormal": {
                "median": significant(only["median"]),
                "sigma": significant(min(only["sigma"], 5.0)),
            }
        }
    shares = [round(part["share"], 5) for part in parts]
    shares[0] = round(shares[0] + 1 - sum(shares), 5)
    return {
        "mixture": [
            {
                "share": own,
                **{
                    name: significant(min(value, 5.0) if name == "sigma" else value)
                    for name, value in part.items()
                    if name != "share"
                },
            }
            for own, part in zip(shares, parts, strict=True)
        ]
    }


def fit_durations(seen: Seen, segment: str) -> list[Learned]:
    """Learn how long a segment's cases take to their end, and how many minutes are worked."""
    path = ("segments", segment)
    ids = seen.customers.loc[seen.customers["segment"] == segment, "customer_id"]
    rows = seen.cases[
        seen.cases["customer_id"].isin(ids) & (seen.cases["outcome"] != "turned_away")
    ]
    created = rows["created"].to_numpy(np.int64)
    ended = rows["ended"].to_numpy(np.float64)
    customers = rows["customer_id"].to_numpy(np.int64)
    last = seen.stop * DAY
    is_open = np.isnan(ended)
    until = np.where(is_open, last, ended).astype(np.int64)
    learned = []
    works = False
    calendar = seen.model.calendar
    if not seen.has("cases.resolved_at") or is_open.all():
        why = "when cases were resolved is not known"
        learned.append(unknown((*path, "resolve_hours"), why))
        open_then = np.full(len(rows), np.iinfo(np.int64).max)
    else:
        works = not calendar.is_always_open and _in_hours(calendar, until[~is_open]) >= _IN_HOURS
        passed = until - created
        open_then = passed
        if works:
            passed = working_minutes(calendar, created, np.minimum(until, last))
            open_then = passed
        clock = "working" if works else "elapsed"
        how = (
            f"mixture of log-normals on the {clock} clock, parts by the criterion of Schwarz, "
            "errors by customer"
        )
        note = (
            f"{number(int(is_open.sum()))} cases are open at the end and count as at least as long"
        )
        more = {"clock": "working"} if works else {}
        found = _learn(
            (*path, "resolve_hours"),
            np.maximum(passed, 1),
            is_open,
            customers,
            60.0,
            more,
            how,
            note if is_open.any() else "",
            "hours",
            _words(seen, rows),
        )
        if found.status == "estimated" and not calendar.is_always_open:
            other = until - created
            if not works:
                other = working_minutes(calendar, created, np.minimum(until, last))
            name = "elapsed" if works else "working"
            found = replace(found, beside=_on_clock(other, is_open, customers, name))
        learned.append(found)
    learned.append(_minutes(seen, path, rows, (is_open, open_then, works)))
    learned.append(_responses((*path, "respond_hours"), seen, rows))
    learned.append(_returns((*path, "reopened_after_hours"), seen, rows))
    return learned


def _on_clock(minutes: Ints, censored: Flags, customers: Ints, clock: str) -> tuple[Number, ...]:
    """Return the parts of a mixture on the clock that a scenario is not written on."""
    if len(minutes) > _MOST_BESIDE:
        chosen = np.random.default_rng(0).choice(len(minutes), _MOST_BESIDE, replace=False)
        minutes, censored, customers = minutes[chosen], censored[chosen], customers[chosen]
    short = (minutes <= 1) & ~censored
    x = np.log(np.where(short, 1.5, np.maximum(minutes, 1)) / 60.0)
    mixture = fit_mixture(x, censored, short)
    numbers = []
    errors = _errors(x, mixture, censored, short, customers)
    for place, (of_share, of_mean, of_sigma) in enumerate(errors, start=1):
        median = math.exp(mixture.means[place - 1])
        sigma = float(mixture.sigmas[place - 1])
        ending = f"{place} on the {clock} clock"
        if len(errors) > 1:
            numbers.append(share(float(mixture.shares[place - 1]), of_share, f"share {ending}"))
        numbers.append(positive(median, median * float(of_mean), f"median {ending}"))
        numbers.append(positive(sigma, float(of_sigma), f"sigma {ending}"))
    return tuple(numbers)


def _responses(path: Path, seen: Seen, rows: pd.DataFrame) -> Learned:
    """Learn the time to a first response, of cases to which one was promised.

    A response is never after the resolution: one that comes with it would have come later, and one
    that has not come yet is at least as far.
    """
    promised = rows[rows["is_promised"].astype(bool)]
    at = promised["responded"].to_numpy(np.float64, na_value=np.nan)
    answered = ~np.isnan(at)
    if not answered.any():
        return unknown(path, "no first response is on record", n=len(promised), unit="cases")
    created = promised["created"].to_numpy(np.int64)
    last = seen.stop * DAY
    until = np.where(answered, at, last).astype(np.int64)
    with_end = at >= promised["ended"].to_numpy(np.float64, na_value=np.nan)
    censored = ~answered | with_end
    calendar = seen.model.calendar
    own = answered & ~with_end
    works = bool(
        not calendar.is_always_open and own.any() and _in_hours(calendar, until[own]) >= _IN_HOURS
    )
    passed = until - created
    if works:
        passed = working_minutes(calendar, created, np.minimum(until, last))
    count = int(with_end.sum())
    note = (
        f"{number(count)} came with the resolution and count as at least as long" if count else ""
    )
    return _learn(
        path,
        np.maximum(passed, 1),
        censored,
        promised["customer_id"].to_numpy(np.int64),
        60.0,
        {"clock": "working"} if works else {},
        f"mixture of log-normals on the {'working' if works else 'elapsed'} clock, parts by the "
        "criterion of Schwarz, errors by customer",
        note,
        "hours",
        most=_MOST_BESIDE,
    )


def _returns(path: Path, seen: Seen, rows: pd.DataFrame) -> Learned:
    """Learn the time from an end to the return of a case, where there is time enough to see it."""
    back = rows[rows["came_back"].notna() & rows["ended"].notna()]
    ended = back["ended"].to_numpy(np.float64)
    passed = back["came_back"].to_numpy(np.float64) - ended
    if len(back) < LEAST_CASES:
        why = f"{len(back)} returns are too few"
        return unknown(path, why, n=len(back), unit="returns")
    # Of ends shortly before the last day only fast returns are seen: they are left out.
    enough = float(np.quantile(passed, _SEEN_OF_RETURNS))
    watched = seen.stop * DAY - ended >= enough
    minutes = np.maximum(passed[watched], 1).astype(np.int64)
    return _learn(
        path,
        minutes,
        np.zeros(len(minutes), np.bool_),
        back["customer_id"].to_numpy(np.int64)[watched],
        60.0,
        {},
        "mixture of log-normals, parts by the criterion of Schwarz, errors by customer",
        "",
        "hours",
        most=_MOST_BESIDE,
    )


def _words(seen: Seen, rows: pd.DataFrame) -> dict[str, Texts]:
    """Return the words by which cases may take longer, by key; none where some cases lack one."""
    return {
        key: rows[name].astype(object).to_numpy()
        for key, name, column in (
            ("by_product", "product", "cases.product_id"),
            ("by_origin", "origin", "cases.origin"),
        )
        if seen.has(column) and len(rows) and rows[name].notna().all()
    }


def _minutes(seen: Seen, path: Path, rows: pd.DataFrame, ends: tuple[Flags, Ints, bool]) -> Learned:
    path = (*path, "billable_minutes")
    minutes = rows["minutes"].to_numpy(np.float64)
    customers = rows["customer_id"].to_numpy(np.int64)
    is_open, open_then, works = ends
    known = ~np.isnan(minutes) & ~is_open
    if not seen.has("cases.billable_minutes") or not known.any():
        return unknown(path, "minutes worked are not known")
    minutes, customers, open_then = minutes[known], customers[known], open_then[known]
    whole = minutes.astype(np.int64)
    cut = (whole >= open_then) & works
    positive_ones = (whole > 0) & ~(cut & (whole < 1))
    note = ""
    if cut.any():
        count = number(int((cut & positive_ones).sum()))
        note = f"{count} cases were worked on for all of their open time"
        note += " and count as at least as long"
    found = _learn(
        path,
        whole[positive_ones],
        cut[positive_ones],
        customers[positive_ones],
        1.0,
        {"clock": "working"} if works else {},
        "mixture of log-normals, parts by the criterion of Schwarz, errors by customer",
        note,
        "minutes",
        {key: words[known][positive_ones] for key, words in _words(seen, rows).items()},
    )
    if found.status == "estimated":
        given = positive_ones & ~cut
        beside = _given_time(whole[given], open_then[given], customers[given])
        found = replace(found, beside=beside)
    return found


def _given_time(minutes: Ints, passed: Ints, customers: Ints) -> tuple[Number, ...]:
    """Return how minutes go with the time to the end, with errors by customer.

    Their rank correlation (Spearman), and the power of the time that they go with: the slope of
    their logarithms by least squares. Nothing where one of the two does not vary.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(values) for values in (minutes, passed)]
    if min(each.std() for each in ranks) == 0:
        return ()
    one, other = ((each - each.mean()) / each.std() for each in ranks)
    value = float((one * other).mean())
    _, place = np.unique(customers, return_inverse=True)
    # What each case moves it by, as of a correlation of the ranks.
    apart = np.bincount(place, one * other - value * (one**2 + other**2) / 2)
    error = math.sqrt(float((apart**2).sum())) / len(minutes)
    logarithms = [np.log(np.maximum(values, 1)) for values in (minutes, passed)]
    worked, time = (each - each.mean() for each in logarithms)
    correlation = plain(value, error, "rank correlation with the time to the end")
    spread = float((time**2).sum())
    if spread == 0:
        return (correlation,)
    power = float((worked * time).sum()) / spread
    rest = np.bincount(place, time * (worked - power * time))
    error = math.sqrt(float((rest**2).sum())) / spread
    return correlation, plain(power, error, "power of the time to the end")


def _in_hours(calendar: Calendar, ended: Ints) -> float:
    """Return the share of ends in the minute after a business minute."""
    return float((working_minutes(calendar, ended - 1, ended) > 0).mean())
