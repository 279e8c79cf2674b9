"""Who the customers are, what they buy, when their demand ends and how often they cancel."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from ..telling import percent, rounded
from .arrivals import Arrivals
from .day_totals import DayTotals, on_covered_days
from .learned import Z95, Learned, Number, Path, positive, share, significant, unknown
from .seasons import YEAR
from .seen import DAY, Floats, Seen

#: Fewest customers who joined within the book, for them alone to say what customers buy.
_LEAST_JOINERS: Final = 20
#: Share of a holding's contracts that end with another one, from which they go with it.
_WITH_CONTRACT: Final = 0.9
_LEAST_LAPSED: Final = 10


def has_past(seen: Seen) -> bool:
    """Whether contracts began before the book does, so that its scenario needs a past."""
    return bool((seen.contracts["starts"] < seen.begins).any())


def fit_past(seen: Seen) -> Learned:
    """Learn the age of the business on the first day."""
    path = ("history",)
    if not has_past(seen):
        return unknown(path, "no contract began before the first day")
    earliest = min(int(seen.customers["joined"].min()), int(seen.contracts["starts"].min()))
    years = min(max(math.ceil((seen.begins - earliest) / YEAR), 1), 40)
    note = (
        "at least so old; how many joined a year before the first day is not identifiable from "
        "this book: growth of 0 is kept"
    )
    return Learned(
        path,
        {"years": years},
        "estimated",
        (Number("years", years),),
        len(seen.customers),
        "customers",
        "the earliest customer on record",
        note,
    )


def fit_customers(
    seen: Seen,
    segment: str,
    never: float = 0.0,
    unseen: tuple[float, float] | None = None,
) -> list[Learned]:
    """Learn how many customers a segment has, when they join and what they buy.

    `never` is the share of those who never buy; what is bought is of the others. `unseen` is how
    many never wrote and are not on record, with the standard error of that; None where all are.
    """
    path = ("segments", segment)
    customers = seen.customers[seen.customers["segment"] == segment]
    contracts = seen.contracts[seen.contracts["segment"] == segment]
    n = len(customers)
    learned = []
    past = has_past(seen)
    if past:
        covered = seen.covered[seen.covered["customer_id"].isin(customers["customer_id"])]
        there = covered["first_day"] <= seen.begins
        held = int(covered.loc[there, "customer_id"].nunique())
        number = positive(float(held), math.sqrt(held))
        learned.append(
            Learned(
                (*path, "customers"),
                held,
                "estimated",
                (number,),
                n,
                "customers",
                "customers with a contract on the first day",
            )
        )
    else:
        learned.append(_number_of((*path, "customers"), n, unseen))
        learned.append(_joining(path, seen, customers))
    return [*learned, _holds(path, seen, customers, contracts, never)]


def _number_of(path: Path, n: int, unseen: tuple[float, float] | None) -> Learned:
    if unseen is None:
        number = Number("", n)
        return Learned(path, n, "given", (number,), n, "customers", "number on record")
    silent, error = unseen
    how = "those on record, and those who by the spread between customers never wrote"
    low = n + max(silent - Z95 * error, 0.0)
    number = Number("", n + silent, error, low, n + silent + Z95 * error)
    return Learned(path, n + round(silent), "estimated", (number,), n, "customers", how)


def _joining(path: Path, seen: Seen, customers: pd.DataFrame) -> Learned:
    if path[-1] in seen.cases_alone:
        return unknown((*path, "joins"), "of cases alone it is not known when customers joined")
    joined = customers["joined"].to_numpy(np.int64) - seen.begins
    n = len(joined)
    at_start = float((joined <= 0).mean())
    number = share(at_start, math.sqrt(at_start * (1 - at_start) / n))
    value: dict[str, Any] = {"at_start": significant(at_start)}
    if at_start < 1:
        value["over_days"] = int(min(max(int(joined.max()) + 1, 1), seen.days))
    return Learned(
        (*path, "joins"),
        value,
        "estimated",
        (number,),
        n,
        "customers",
        "share that is there on the first day",
    )


def _holds(
    path: Path, seen: Seen, customers: pd.DataFrame, contracts: pd.DataFrame, never: float
) -> Learned:
    path, past = (*path, "holds"), has_past(seen)
    buy = max(1 - never, 1e-6)
    if not seen.has("entitlements.predecessor_id"):
        sold = contracts.sort_values("starts").drop_duplicates(["customer_id", "template"])
    else:
        sold = contracts[contracts["predecessor_id"].isna()]
    sold = sold.sort_values(["customer_id", "created", "entitlement_id"])
    sold = sold.drop_duplicates(["customer_id", "template"])
    joined = customers.set_index("customer_id")["joined"]
    base = joined
    note = ""
    if past:
        base = joined[joined >= seen.begins]
        note = "of the customers who joined within the book"
        if len(base) < _LEAST_JOINERS:
            # Of older customers who hold nothing any more it is not on record what they held.
            base = joined[joined.index.isin(contracts["customer_id"])]
            buy = 1.0
            note = "of all customers with a contract on record: few joined within the book"
    sold = sold[sold["customer_id"].isin(base.index)]
    value: list[dict[str, Any]] = []
    numbers: list[Number] = []
    for template in [name for name in seen.model.templates if name in set(sold["template"])]:
        if seen.model.templates[template].adds_to:
            continue
        own = sold[sold["template"] == template]
        after = (own["created"] - base.loc[own["customer_id"]].to_numpy()).clip(0, 3650)
        lead = (own["starts"] - own["created"]).clip(0, 3650)
        watched = base[seen.stop - base > int(after.max())]
        followed = watched if len(watched) >= _LEAST_JOINERS else base
        inside = own["customer_id"].isin(followed.index)
        part = float(inside.sum() / max(len(followed), 1))
        error = math.sqrt(part * (1 - part) / max(len(followed), 1)) / buy
        part = min(part / buy, 1.0)
        numbers.append(share(part, error, template))
        holding: dict[str, Any] = {"template": template, "share": significant(part)}
        for key, days in (("sold_after_days", after), ("lead_days", lead)):
            if days.max() > 0:
                holding[key] = {"least": int(days.min()), "most": int(days.max())}
        if _goes_with_another(own, contracts):
            holding["starts"] = "with_contract"
        value.append(holding)
    if not value:
        return unknown(path, "no contract was sold to them within the book")
    how = "shares of customers; days between the least and the most that were seen"
    return Learned(path, value, "estimated", tuple(numbers), len(base), "customers", how, note)


def _goes_with_another(own: pd.DataFrame, contracts: pd.DataFrame) -> bool:
    others = contracts[~contracts["entitlement_id"].isin(own["entitlement_id"])]
    others = others[others["template"] != own["template"].iloc[0]]
    ends = others[["customer_id", "ends"]].drop_duplicates()
    among = own[own["customer_id"].isin(ends["customer_id"])]
    if len(among) < _LEAST_LAPSED:
        return False
    return len(among.merge(ends, on=["customer_id", "ends"])) >= _WITH_CONTRACT * len(among)


def fit_cancellation(seen: Seen, segment: str) -> Learned:
    """Learn the hazard of a cancellation, a year of running."""
    path = ("segments", segment, "cancellation")
    rows = seen.contracts[
        (seen.contracts["segment"] == segment) & seen.contracts["covered_from"].notna()
    ]
    days = (rows["covered_to"] - rows["covered_from"].clip(lower=seen.begins) + 1).clip(lower=0)
    gone = (rows["ended_by"] == "cancellation") & (rows["covered_to"] >= seen.begins)
    years = float(days.sum()) / YEAR
    events = int(gone.sum())
    if years <= 0:
        return unknown(path, "no contract was in force")
    rate = events / years
    by = pd.DataFrame({"gone": gone.astype(float), "years": days / YEAR})
    sums = by.groupby(rows["customer_id"]).sum()
    error = math.sqrt(float(((sums["gone"] - rate * sums["years"]) ** 2).sum())) / years
    number = positive(rate, error) if events else Number("", 0.0, math.nan, 0.0, 3.689 / years)
    return Learned(
        path,
        {"per_year": significant(min(rate, 100.0))},
        "estimated",
        (number,),
        events,
        f"cancellations in {rounded(years)} years in force",
        "hazard with exposure, errors by customer",
    )


def fit_life(seen: Seen, segment: str, calendar: DayTotals, arrivals: Arrivals) -> Learned:
    """Learn when the demand of customers ends whose last cover has ended.

    What comes after it is held against what these customers had under cover: a day later the
    demand is left with chance exp(-1 / mean), so that a mean of days is told from what comes of
    all that would.
    """
    from scipy.optimize import brentq

    path = ("segments", segment, "life")
    customers = seen.customers.loc[seen.customers["segment"] == segment, "customer_id"]
    covered = seen.covered[seen.covered["customer_id"].isin(customers)]
    last = covered.groupby("customer_id")["last_day"].max()
    last = last[last < seen.stop - 1]
    n = len(last)
    if n < _LEAST_LAPSED:
        why = f"the cover of {n} customers has ended, which is too few"
        return unknown(path, why, n=n, unit="customers")
    known = {learned.path[-1]: learned for learned in arrivals.learned}
    rate = known["per_year"].numbers[0].value / YEAR
    own_shape = known["shape"].numbers[0].value if known["shape"].numbers else 1e3
    cases = seen.cases[seen.cases["customer_id"].isin(last.index)]
    inside = on_covered_days(seen).groupby("customer_id").size()
    within = covered["customer_id"].isin(last.index)
    busy = calendar.busy
    first = covered.loc[within, "first_day"].to_numpy(np.int64) - seen.begins
    until = covered.loc[within, "last_day"].to_numpy(np.int64) - seen.begins + 1
    exposure = (
        pd.Series(busy[until] - busy[first])
        .groupby(covered.loc[within, "customer_id"].to_numpy())
        .sum()
    )
    asked = inside.reindex(last.index, fill_value=0).to_numpy(np.float64)
    rates = (own_shape + asked) / (own_shape / rate + exposure.loc[last.index].to_numpy())
    began = last.to_numpy(np.int64) + 1 - seen.begins
    ends = pd.Series(last.to_numpy(), index=last.index)
    after = cases[cases["created"] // DAY > ends.loc[cases["customer_id"]].to_numpy()]
    observed = len(after)
    own = np.diff(busy)
    # Rates of those whose cover ended so many days before each day, by days since.
    since: Floats = np.zeros(seen.days)
    for start, of_customer in zip(began, rates, strict=True):
        since[: seen.days - start] += of_customer * own[start:]
    all_of_it = float(since.sum())
    days = np.arange(seen.days) + 0.5
    part = observed / all_of_it if all_of_it > 0 else math.nan
    counts = after.groupby("customer_id").size().reindex(last.index, fill_value=0).to_numpy()
    noise = math.sqrt(max(float(((counts - part * counts.mean()) ** 2).sum()), 1.0))
    if not part < 1 - 2 * noise / max(all_of_it, 1.0):
        why = f"customers write as much after their last cover as under it ({percent(part)})"
        return unknown(path, why, n=n, unit="customers")
    if observed == 0:
        return Learned(
            path,
            {"ends": {"fixed": 0}},
            "estimated",
            (Number("ends", 0.0),),
            n,
            "customers",
            "nobody wrote after the last cover",
        )

    def missing(mean: float) -> float:
        return float((since * np.exp(-days / mean)).sum()) - observed

    mean = brentq(missing, 1e-3, 1e6) if missing(1e-3) < 0 < missing(1e6) else 1e6
    slope = float((since * np.exp(-days / mean) * days).sum()) / mean**2
    number = positive(mean, noise / slope, "mean days")
    return Learned(
        path,
        {"ends": {"exponential": significant(min(mean, 1e6))}},
        "estimated",
        (number,),
        n,
        "customers",
        "exponential end of demand, by what came of what would have",
        "of customers who never held anything the book tells nothing",
    )


def as_of_others(learned: Learned, told: Sequence[Learned]) -> Learned:
    """Return when demand ends as other segments tell it, where too few customers of one do.

    Without it whoever has left would go on writing for ever.

    Parameters
    ----------
    learned : Learned
        What :func:`fit_life` says of the segment.
    told : sequence of Learned
        What it says of all.
    """
    known = [
        (each.numbers[0].value, each.n)
        for each in told
        if each.status == "estimated" and each.numbers[0].name == "mean days"
    ]
    if learned.status == "estimated" or not 0 < learned.n < _LEAST_LAPSED or not known:
        return learned
    n = sum(count for _, count in known)
    mean = sum(days * count for days, count in known) / n
    return Learned(
        learned.path,
        {"ends": {"exponential": significant(mean)}},
        "estimated",
        (Number("mean days", mean),),
        n,
        "customers of other segments",
        "mean of the other segments",
        learned.note,
    )
