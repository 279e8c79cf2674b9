"""What sellers and customers do by habit: forget to activate, change totals, move up and down."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from ..scenario.models import Renewal
from ..telling import rounded
from .learned import Learned, Number, Path, positive, share, significant, unknown
from .mixes import clustered_share
from .seasons import YEAR
from .seen import Flags, Floats, Seen

#: Fewest sales, renewals and events from which a habit is told.
_LEAST: Final = 20
_LEAST_EVENTS: Final = 10
#: What may be none is told where it is so many times its standard error.
_TOLD: Final = 1.96
#: Share of those whom a default would move that is hardly any.
_HARDLY_ANY: Final = 0.05
#: Equally likely changes of a total that are written at the most.
_CHANGES: Final = 20


def fit_habits(seen: Seen, segment: str, renewing: Sequence[Learned]) -> list[Learned]:
    """Learn drafts that are forgotten, amendments, moves between templates, and contacts.

    `renewing` is what was learned of renewals: of whoever cancels, too, some come back later.
    """
    path = ("segments", segment)
    contracts = seen.contracts[seen.contracts["segment"] == segment]
    return [
        _left_in_draft((*path, "left_in_draft"), seen, contracts),
        _amendments((*path, "amendments"), seen, contracts),
        *_moves((*path, "renewal"), seen, contracts),
        _after_cancellation(
            (*path, "renewal", "after_cancellation"), seen, contracts, _come_back(seen, renewing)
        ),
        _contacts((*path, "contacts"), seen, segment),
    ]


def _left_in_draft(path: Path, seen: Seen, contracts: pd.DataFrame) -> Learned:
    """Learn which records are activated later than on the day on which they are made."""
    made = contracts[contracts["created"] >= seen.begins]
    late = made["activated"] - made["created"]
    waited = late[late > 0]
    longest = int(waited.max()) if len(waited) else 1
    made = made[made["created"] + longest < seen.stop - 1]
    n = len(made)
    if n < _LEAST:
        return unknown(path, f"{n} sales are too few", n=n, unit="sales")
    delay = (made["activated"] - made["created"]).to_numpy(np.float64, na_value=np.nan)
    forgotten = ~(delay <= 0)
    value, error = clustered_share(forgotten, made["customer_id"])
    known = delay[forgotten & np.isfinite(delay)]
    said: dict[str, Any] = {"share": significant(value)}
    numbers = [share(value, error, "share") if 0 < value < 1 else Number("share", value)]
    note = ""
    if len(known) > forgotten.sum() / 2:
        days = float(np.median(known))
        said["days"] = max(int(days), 1)
        numbers.append(Number("days", days))
        if len(np.unique(known)) > 1:
            note = f"between {int(known.min())} and {int(known.max())} days were seen"
    how = "share that is not activated on its day, errors by customer; median of the days"
    return Learned(path, said, "estimated", tuple(numbers), n, "sales", how, note)


def _amendments(path: Path, seen: Seen, contracts: pd.DataFrame) -> Learned:
    """Learn how often totals are changed: a hazard, of the first change of each term."""
    rows = contracts[contracts["covered_from"].notna() & ~contracts["is_unlimited"].astype(bool)]
    begins = rows["covered_from"].astype(float).clip(lower=seen.begins)
    when = rows["amended"].astype(float)
    amended = when.where(when >= begins)
    # Whoever was amended before the book is at risk no more.
    fresh = ~(when < begins)
    until = amended.fillna(rows["covered_to"] + 1)
    days = (until - begins).astype(float).clip(lower=0).where(fresh, 0.0).to_numpy()
    events = int(amended.notna().sum())
    years = float(days.sum()) / YEAR
    unit = f"changes in {rounded(years)} years in force"
    if years <= 0:
        return unknown(path, "no contract with a total was in force")
    if not events:
        number = Number("", 0.0, math.nan, 0.0, 3.689 / years)
        how = "hazard with exposure, errors by customer"
        return Learned(path, {"per_year": 0}, "estimated", (number,), 0, unit, how)
    rate = events / years
    by = pd.DataFrame({"gone": amended.notna().astype(float), "years": days / YEAR})
    sums = by.groupby(rows["customer_id"]).sum()
    error = math.sqrt(float(((sums["gone"] - rate * sums["years"]) ** 2).sum())) / years
    changed = rows[amended.notna() & (rows["before"] > 0) & (rows["adjusted"] != 0)]
    changes = (changed["adjusted"] / changed["before"]).to_numpy(np.float64)
    value: dict[str, Any] = {"per_year": significant(min(rate, 100.0))}
    numbers = [positive(rate, error, "per year")]
    if len(changes):
        count = min(len(changes), _CHANGES)
        shares = (np.arange(count) + 0.5) / count
        points = np.clip(np.quantile(changes, shares, method="inverted_cdf"), -0.99, 10.0)
        value["change"] = [round(float(point), 2) for point in points]
        spread = float(changes.std(ddof=1)) / math.sqrt(len(changes)) if len(changes) > 1 else 0.0
        numbers.append(Number("mean change", float(changes.mean()), spread))
    waited = (rows["resumed"].astype(float) - when)[amended.notna()].dropna()
    if len(waited) and waited.max() > 0:
        value["days_in_draft"] = {"least": int(waited.min()), "most": int(min(waited.max(), 3650))}
    how = "hazard with exposure, errors by customer; quantiles of the changes"
    return Learned(path, value, "estimated", tuple(numbers), events, unit, how)


def _moves(path: Path, seen: Seen, contracts: pd.DataFrame) -> list[Learned]:
    """Learn from which use on customers move up, and below which they move down."""
    keys = ("up_above", "down_below")
    if not seen.has("entitlements.predecessor_id"):
        return [unknown((*path, key), "what a contract renews is not known") for key in keys]
    after = contracts[["predecessor_id", "template"]].dropna()
    pairs = contracts.merge(
        after.rename(columns={"predecessor_id": "entitlement_id", "template": "into"}),
        on="entitlement_id",
    )
    use = (pairs["used"] / pairs["total"]).where(pairs["total"] > 0, 0.0).to_numpy(np.float64)
    learned: list[Learned] = []
    found: list[float] = []
    for key, move in zip(keys, ("moves_up_to", "moves_down_to"), strict=True):
        to = pairs["template"].map(lambda name, move=move: _target(seen, str(name), move))
        could = to.notna().to_numpy()
        moved = (pairs["into"] == to).to_numpy()[could]
        n, count = int(could.sum()), int(moved.sum())
        if stay := _nobody_moves((*path, key), use[could], moved):
            learned.append(stay)
            continue
        if count < _LEAST_EVENTS or n - count < _LEAST_EVENTS:
            why = f"{count} of {n} renewals that might have moved did, which tells no limit"
            learned.append(unknown((*path, key), why, n=n, unit="renewals"))
            continue
        at, low, high, wrong = _threshold(use[could], moved if key == "up_above" else ~moved)
        note = f"{wrong} of them lie on the other side" if wrong else ""
        how = "the use that parts who moves from who does not"
        number = Number("", at, math.nan, low, high)
        value = significant(at)
        learned.append(
            Learned((*path, key), value, "estimated", (number,), n, "renewals", how, note)
        )
        found.append(at)
    if len(found) == 2 and found[1] > found[0]:
        why = "who moves up and who down is not parted by use"
        return [unknown((*path, key), why) for key in keys]
    return learned


def _nobody_moves(path: Path, use: Floats, moved: Flags) -> Learned | None:
    """Return a limit that nobody passes, where hardly any of those do who pass the default's.

    So it is where customers are not asked to move at all, as no use lies beyond what is held.
    """
    default = float(Renewal.model_fields[path[-1]].default)
    goes_up = path[-1] == "up_above"
    would = use >= default if goes_up else use < default
    n, count = int(would.sum()), int((would & moved).sum())
    if n < _LEAST_EVENTS or count > n * _HARDLY_ANY:
        return None
    value = significant(math.ceil(float(use.max()) * 10 + 1) / 10) if goes_up else 0
    unit = f"renewals with a use {'from' if goes_up else 'below'} {default:g}"
    how = f"a limit beyond all use that was seen: {count} of them moved"
    return Learned(path, value, "estimated", (Number("", float(value)),), n, unit, how)


def _target(seen: Seen, name: str, move: str) -> str | None:
    template = seen.model.templates.get(name)
    return None if template is None else getattr(template, move)


def _threshold(use: Floats, above: Flags) -> tuple[float, float, float, int]:
    """Return the use from which on `above` holds, what it lies between, and how many it belies."""
    order = np.argsort(use, kind="stable")
    values, is_above = use[order], above[order]
    # Wrong at each place between two neighbours: those above below it, those below from it on.
    below = np.concatenate([[0], np.cumsum(is_above)])
    beyond = np.concatenate([np.cumsum((~is_above)[::-1])[::-1], [0]])
    wrong = below + beyond
    apart = np.concatenate([[True], values[1:] > values[:-1], [True]])
    best = int(np.where(apart, wrong, len(use) + 1).argmin())
    low = float(values[best - 1]) if best else float(values[0])
    high = float(values[best]) if best < len(values) else float(values[-1])
    return (low + high) / 2, low, high, int(wrong[best])


def _come_back(seen: Seen, renewing: Sequence[Learned]) -> float:
    """Return which share of those who lapse come back within the grace."""
    for each in renewing:
        if each.path[-1] == "returns" and each.value is not None:
            part, mean = (number.value for number in each.numbers)
            return part * -math.expm1(-seen.grace / mean)
    return 0.0


def _after_cancellation(
    path: Path, seen: Seen, contracts: pd.DataFrame, come_back: float
) -> Learned:
    """Learn how many times as readily customers renew what they have cancelled.

    Those who come back within the grace as after any lapse are taken away.
    """
    if not seen.has("entitlements.predecessor_id"):
        return unknown(path, "what a contract renews is not known")
    over = contracts[contracts["ends_at"].between(seen.begins, seen.stop - seen.grace - 1)]
    after = contracts[["predecessor_id", "created"]].dropna().astype("int64")
    booked = after.groupby("predecessor_id")["created"].min()
    lag = over["entitlement_id"].map(booked) - over["ends_at"]
    renewed = (lag <= seen.grace).to_numpy()
    gone = (over["ended_by"] == "cancellation").to_numpy()
    n, others = int(gone.sum()), int((~gone).sum())
    of_others = _beside(float(renewed[~gone].mean()) if others else 0.0, come_back)
    if n < _LEAST or of_others <= 0:
        why = f"{n} cancellations with time to come back are too few"
        return unknown(path, why, n=n, unit="cancellations")
    seen_of_gone, error = clustered_share(renewed[gone], over["customer_id"][gone])
    error = max(error, 1 / n) / (1 - come_back) / of_others
    ratio = min(_beside(seen_of_gone, come_back) / of_others, 1.0)
    if ratio <= _TOLD * error:
        why = f"{seen_of_gone:.3g} of those who cancel renew, no more than come back anyway"
        return unknown(path, why, n=n, unit="cancellations")
    note = f"of {others} that ran to their end {of_others:.3g} were renewed"
    number = share(ratio, error) if ratio < 1 else Number("", ratio, error)
    how = "share renewed against that of others, errors by customer"
    value = significant(ratio)
    return Learned(path, value, "estimated", (number,), n, "cancellations", how, note)


def _beside(renewed: float, come_back: float) -> float:
    """Return which share renewed, of whom the others came back with a chance of their own."""
    return (renewed - come_back) / (1 - come_back)


def _contacts(path: Path, seen: Seen, segment: str) -> Learned:
    ids = seen.customers.loc[seen.customers["segment"] == segment, "customer_id"]
    own = seen.cases.loc[seen.cases["customer_id"].isin(ids), ["customer_id", "contact"]].dropna()
    n = len(own)
    if not n:
        return unknown(path, "no case says who wrote")
    most = min(int(own.groupby("customer_id")["contact"].nunique().max()), 1000)
    number = Number("", float(most))
    return Learned(path, most, "estimated", (number,), n, "cases", "the most of any customer")
