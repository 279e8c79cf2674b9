"""How terms of a template burn down: what is left after each hundredth, what became of each period.

These are the views ``burn_down``, with a row an entitlement and hundredth and not one a day, and
``burn_down_by_period``, in arrays: of millions of movements, what is left after each of them and
which of these are the last of their hundredth takes a database many times as long.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .views import expanded

#: Which part of all entitlements has no more left, by name: per cent, from the fastest on.
PARTS: Final = {"p10": 10, "p25": 25, "p50": 50, "p75": 75, "p90": 90}

#: Terms of periods that are added up, in hundredths: what is above and what is below 0 apart.
SUMS: Final = (
    "opening", "owed", "granted", "topped_up", "used", "settled", "lapsed", "carried",
    "carried_debt", "remaining", "remaining_debt",
)  # fmt: skip

#: Entitlements whose movements are looked at together.
_AT_A_TIME: Final = 25_000
#: Hundredths of a term, none over and all of it over among them.
_HUNDREDTHS: Final = 101
#: No terms are left of none that were put in.
_NO_SHARE: Final = np.inf
#: More than any number of days since 1970: entitlement and day make one number.
_DAYS: Final = 1 << 32

_HELD: Final = """
SELECT entitlement_id, start_date - DATE '1970-01-01' AS start, term_days,
       seen_from - start_date + 1 AS seen_from, seen_to - start_date + 1 AS seen_to,
       greatest(run_begins, $first::DATE) - start_date + 1 AS shown_from
FROM terms_covered($template_id::INTEGER, NULL, $last::DATE) AS covered
CROSS JOIN metric_parameters
WHERE $segment::VARCHAR IS NULL OR segment::VARCHAR = $segment
ORDER BY entitlement_id
"""

_HUNDREDTHS_OF_DAYS: Final = """
SELECT hundredth_of(day, $term_days) AS hundredth
FROM range(1, $term_days + 1) AS _(day) ORDER BY day
"""

# A period of an allowance begins with what it finds, grants and gets carried over.
_MOVES: Final = """
SELECT entitlement_id, entry, happened_at::DATE - DATE '1970-01-01' AS day, balance_id,
       (amount * 100)::BIGINT AS amount_100, (balance * 100)::BIGINT AS balance_100,
       opens_period(reason, rule) AS opens,
       CASE WHEN comes_with_period(reason, rule, amount) THEN 1 WHEN rolls_over(reason) THEN 2
            WHEN tops_up(reason) THEN 3 WHEN puts_in(reason) THEN 4
            WHEN is_use(reason) OR is_brought_forward(reason) THEN 5
            WHEN is_settled(reason) THEN 6 WHEN lapses(reason) THEN 7 ELSE 0 END AS kind
FROM ledger SEMI JOIN (
    SELECT entitlement_id FROM entitlements
    WHERE template_id = $template_id AND entitlement_id BETWEEN $lowest AND $highest
) USING (entitlement_id)
WHERE amount <> 0 AND entitlement_id BETWEEN $lowest AND $highest
"""
_KINDS: Final = 8
_COMES_WITH_PERIOD, _ROLLS_OVER, _TOPS_UP, _PUTS_IN, _IS_USE, _IS_SETTLED, _LAPSES = range(1, 8)
#: Of movements of each kind, whether a period begins with them.
_IS_BEGUN_WITH: Final = np.isin(np.arange(_KINDS), (_COMES_WITH_PERIOD, _TOPS_UP, _PUTS_IN))

_HAS_SEVERAL: Final = """
SELECT count(*) > 0 AS has_several
FROM balances SEMI JOIN (
    SELECT entitlement_id FROM entitlements WHERE template_id = $template_id
) USING (entitlement_id)
WHERE is_one_of_several(kind)
"""

_BALANCES: Final = """
SELECT balance_id, entitlement_id, is_base(kind) AS is_base, kind <> 'topup' AS opens_period,
       starts - DATE '1970-01-01' AS starts, ends - DATE '1970-01-01' AS ends
FROM balances SEMI JOIN (
    SELECT entitlement_id FROM entitlements
    WHERE template_id = $template_id AND entitlement_id BETWEEN $lowest AND $highest
) USING (entitlement_id)
WHERE kind <> 'channel' AND entitlement_id BETWEEN $lowest AND $highest
"""

#: Reading the macros of the views takes longer than a small query.
_in_full = cache(expanded)

Columns = Mapping[str, NDArray[Any]]
#: Answers a query with its parameters.
Ask = Callable[[str, Mapping[str, Any]], Columns]


class BurnedDown(NamedTuple):
    """How terms of a template burn down.

    Attributes
    ----------
    members : int
        How many entitlements had a share of terms left at the close of any day that is shown.
    parts : dict of str to array
        By `hundredth` of the term: what the entitlements at each of :data:`PARTS` have left of
        what was put in, between neighbours as ``quantile_cont`` does.
    periods : dict of str to array
        By number of the `period`, where balances are several: how many entitlements have it (`n`),
        the mean shares of the term at which it `begins` and `ends`, and the hundredths of terms in
        :data:`SUMS`.
    """

    members: int
    parts: dict[str, NDArray[Any]]
    periods: dict[str, NDArray[Any]]


def burned_down(
    ask: Ask, template_id: int, segment: str | None, first: date | None, last: date | None
) -> BurnedDown:
    """Return how a template's terms burn down on the days from `first` to `last`.

    Parameters
    ----------
    ask : callable
        Answers queries over the tables and views of the run.
    template_id : int
    segment : str, optional
        Only of its customers.
    first, last : date, optional
        Without them all days of the run.
    """
    picked = {"template_id": template_id, "segment": segment, "first": first, "last": last}
    held = _integers(ask(_in_full(_HELD), picked))
    has_several = bool(ask(_in_full(_HAS_SEVERAL), {"template_id": template_id})["has_several"][0])
    days = _days(ask, held["term_days"])
    count = len(held["entitlement_id"])
    shares = np.full((_HUNDREDTHS, count), np.nan)
    members = 0
    until = _DAYS // 2 if last is None else (last - date(1970, 1, 1)).days
    periods: list[dict[str, NDArray[Any]]] = []
    for begin in range(0, count, _AT_A_TIME):
        some = slice(begin, begin + _AT_A_TIME)
        chosen = {name: column[some] for name, column in held.items()}
        moves = _moves_of(ask, template_id, chosen)
        if not len(moves["day"]):
            continue
        share = _shares(moves)
        seen = chosen | _shown(chosen)
        members += _count_members(moves, seen, share)
        _fill(shares[:, some], moves, seen, share, days.of(some))
        if has_several:
            balances = _balances_of(ask, template_id, chosen)
            periods.append(_periods(moves, balances, chosen, until))
    return BurnedDown(members, _parts_of(shares), _added_up(periods))


def _integers(columns: Columns) -> dict[str, NDArray[np.int64]]:
    return {
        name: np.asarray(column).astype(np.int64, copy=False) for name, column in columns.items()
    }


class _Days(NamedTuple):
    """The hundredths that days of terms close."""

    hundredths: NDArray[np.int64]
    """Those of all days of one length after the other."""
    begins: NDArray[np.int64]
    """Where those of each entitlement begin."""
    is_short: NDArray[np.bool_]
    """Whose terms have fewer days than hundredths, so that some of these are closed by none."""

    def of(self, some: slice) -> "_Days":
        """Return them for some of the entitlements."""
        return _Days(self.hundredths, self.begins[some], self.is_short[some])


def _days(ask: Ask, term_days: NDArray[Any]) -> _Days:
    lengths, which = np.unique(term_days, return_inverse=True)
    hundredths = [
        _integers(ask(_in_full(_HUNDREDTHS_OF_DAYS), {"term_days": int(length)}))["hundredth"]
        for length in lengths
    ]
    begins = np.cumsum([0, *lengths])[:-1].astype(np.int64)
    return _Days(
        np.concatenate([*hundredths, np.zeros(0, np.int64)]),
        begins[which],
        term_days < _HUNDREDTHS - 1,
    )


def _shown(held: Columns) -> dict[str, NDArray[np.int64]]:
    """Return the first and the last days that are shown; of what is not, none before the last."""
    first = np.maximum(held["seen_from"], held["shown_from"])
    return {
        "seen_from": first,
        "seen_to": np.where(first <= held["seen_to"], held["seen_to"], -_DAYS),
    }


def _between(template_id: int, held: Columns) -> dict[str, int]:
    ids = held["entitlement_id"]
    return {"template_id": template_id, "lowest": int(ids[0]), "highest": int(ids[-1])}


def _places(held: Columns, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of entitlements in `held`; -1 of others."""
    held_ids = held["entitlement_id"]
    places = np.full(int(held_ids[-1] - held_ids[0]) + 1, -1, np.int64)
    places[held_ids - held_ids[0]] = np.arange(len(held_ids))
    found: NDArray[np.int64] = places[ids - held_ids[0]]
    return found


def _moves_of(ask: Ask, template_id: int, held: Columns) -> dict[str, NDArray[Any]]:
    """Return the movements of some entitlements as they happened, one entitlement after another.

    `entitlement` has their places in `held`.
    """
    moves = _integers(ask(_in_full(_MOVES), _between(template_id, held)))
    moves["entitlement"] = _places(held, moves.pop("entitlement_id"))
    key = moves["entitlement"] << 32 | moves.pop("entry")
    order = np.flatnonzero(moves["entitlement"] >= 0)
    order = order[np.argsort(key[order], kind="stable")]
    return {name: column[order] for name, column in moves.items()}


def _balances_of(ask: Ask, template_id: int, held: Columns) -> dict[str, NDArray[Any]]:
    """Return the balances of some entitlements, in the order of their numbers."""
    balances = _integers(ask(_in_full(_BALANCES), _between(template_id, held)))
    balances["entitlement"] = _places(held, balances.pop("entitlement_id"))
    order = np.flatnonzero(balances["entitlement"] >= 0)
    order = order[np.argsort(balances["balance_id"][order], kind="stable")]
    return {name: column[order] for name, column in balances.items()}


def _shares(moves: Columns) -> NDArray[np.float64]:
    """Return what is left after each movement of what its period has begun with so far."""
    opens = moves["opens"].astype(np.bool_)
    puts_in = _IS_BEGUN_WITH[moves["kind"]]
    # A period of an allowance begins with what it finds, grants and gets carried over.
    with_it = np.where(opens, moves["balance_100"], np.where(puts_in, moves["amount_100"], 0))
    begins = opens | (np.diff(moves["entitlement"], prepend=-1) != 0)
    so_far = np.cumsum(with_it)
    before = np.where(begins, so_far - with_it, 0)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))
    allotment = so_far - before[first]
    share = np.full(len(allotment), _NO_SHARE)
    # As a database divides decimals, to the bit.
    np.divide(moves["balance_100"] / 100.0, allotment / 100.0, out=share, where=allotment > 0)
    return share


def _count_members(moves: Columns, held: Columns, share: NDArray[np.float64]) -> int:
    """Count those that had a share of terms left at the close of a day that is shown."""
    of, day = moves["entitlement"], _days_of_term(moves, held)
    is_last = np.append(of[1:] != of[:-1], True)
    until = np.where(is_last, np.iinfo(np.int64).max, np.append(day[1:], 0))
    is_shown = (day <= held["seen_to"][of]) & (until > np.maximum(day, held["seen_from"][of]))
    return int(np.count_nonzero(np.diff(of[is_shown & (share < _NO_SHARE)], prepend=-1)))


def _days_of_term(moves: Columns, held: Columns) -> NDArray[np.int64]:
    """Return the days of the term on which movements happened, the first being 1."""
    days: NDArray[np.int64] = moves["day"] - held["start"][moves["entitlement"]] + 1
    return days


def _fill(
    shares: NDArray[np.float64],
    moves: Columns,
    held: Columns,
    share: NDArray[np.float64],
    days: _Days,
) -> None:
    """Write down what entitlements had left after each hundredth; NaN where none is shown."""
    of, day = moves["entitlement"], _days_of_term(moves, held)
    shown = np.flatnonzero(day <= held["seen_to"][of])
    of, day, share = of[shown], np.maximum(day[shown], held["seen_from"][of[shown]]), share[shown]
    hundredth = days.hundredths[days.begins[of] + day - 1]
    is_last = np.append((np.diff(of) != 0) | (np.diff(hundredth) != 0), True)[: len(of)]
    shares[hundredth[is_last], of[is_last]] = share[is_last]
    last = days.hundredths[days.begins + np.maximum(held["seen_to"], 1) - 1]
    for place in range(1, _HUNDREDTHS):
        np.copyto(shares[place], shares[place - 1], where=np.isnan(shares[place]))
        shares[place, last < place] = np.nan
    for entitlement in np.flatnonzero(days.is_short):
        begins = days.begins[entitlement]
        closed = days.hundredths[begins : begins + held["term_days"][entitlement]]
        shares[np.setdiff1d(np.arange(_HUNDREDTHS), closed), entitlement] = np.nan


def _rows_of(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where numbers stand among others, which have all of them, in their order."""
    rows = np.zeros(int(ids[-1] - ids[0]) + 1, np.int64)
    rows[ids - ids[0]] = np.arange(len(ids))
    found: NDArray[np.int64] = rows[wanted - ids[0]]
    return found


def _parts_of(shares: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Return what is left at each part of the entitlements after each hundredth."""
    hundredths, parts = [], []
    for hundredth, left in enumerate(shares):
        known = left[left < _NO_SHARE]
        if not len(known):
            continue
        end = len(known) - 1
        places = [(end * part // 100, -(-end * part // 100)) for part in PARTS.values()]
        known.partition(sorted({place for both in places for place in both}))
        hundredths.append(hundredth)
        parts.append(
            [
                known[below] + (known[above] - known[below]) * (end * part % 100 / 100)
                for (below, above), part in zip(places, PARTS.values(), strict=True)
            ]
        )
    table = np.array(parts, np.float64).reshape(-1, len(PARTS))
    return {"hundredth": np.array(hundredths, np.int64)} | dict(zip(PARTS, table.T, strict=True))


def _periods(
    moves: Columns, balances: Columns, held: Columns, until: int
) -> dict[str, NDArray[Any]]:
    """Return what periods of some entitlements began with and what became of it, added up.

    As the macro ``terms_by_period`` reckons them, whose remarks say which movement belongs where.
    """
    key_of = balances["entitlement"] * _DAYS + balances["starts"]
    opening = np.flatnonzero((balances["opens_period"] == 1) & (balances["starts"] <= until))
    opening = opening[np.argsort(key_of[opening], kind="stable")]
    if not len(opening):
        return {}
    is_new = np.diff(key_of[opening], prepend=-1) != 0
    at = np.flatnonzero(is_new)
    keys = key_of[opening][at]
    of, first_day = keys // _DAYS, keys % _DAYS
    is_first = np.diff(of, prepend=-1) != 0
    number = (
        np.arange(len(of)) - np.maximum.accumulate(np.where(is_first, np.arange(len(of)), 0)) + 1
    )
    is_followed = np.append(~is_first[1:], False)
    last_day = np.minimum.reduceat(balances["ends"][opening], at)
    last_day = np.where(
        is_followed, np.minimum(last_day, np.append(first_day[1:], 0) - 1), last_day
    )

    period_of = np.minimum(np.searchsorted(keys, key_of), len(keys) - 1)
    begins_it = keys[period_of] == key_of
    is_within = begins_it & (balances["ends"] <= last_day[period_of])
    row = np.flatnonzero(moves["day"] <= until)
    balance = _rows_of(balances["balance_id"], moves["balance_id"][row])
    is_base = balances["is_base"][balance] == 1
    is_whole = is_base | is_within[balance] & (moves["day"][row] >= balances["starts"][balance])
    period = period_of[balance]
    apart = np.flatnonzero(~(is_whole & begins_it[balance]))
    entitlement = moves["entitlement"][row[apart]]
    day = np.minimum(moves["day"][row[apart]], balances["ends"][balance[apart]])
    day = np.maximum(day, held["start"][entitlement])
    day = np.where(is_whole[apart], balances["starts"][balance[apart]], day)
    before_it = np.searchsorted(keys, entitlement * _DAYS + day, side="right") - 1
    is_placed = (before_it >= 0) & (of[np.maximum(before_it, 0)] == entitlement)
    period[apart] = np.where(is_placed, before_it, -1)
    row, period = row[period >= 0], period[period >= 0]
    totals = np.bincount(
        period * _KINDS + moves["kind"][row], moves["amount_100"][row], len(keys) * _KINDS
    )
    total = totals.astype(np.int64).reshape(-1, _KINDS).T
    net, carried_in = total.sum(0), total[_COMES_WITH_PERIOD]
    so_far = np.cumsum(net)
    before = np.where(is_first, so_far - net, 0)
    stays = so_far - before[np.maximum.accumulate(np.where(is_first, np.arange(len(of)), 0))]
    has_moved = np.bincount(period, minlength=len(keys)) > 0
    opens_with = np.where(has_moved, carried_in + stays - net, 0)
    carried = np.where(has_moved, -total[_ROLLS_OVER] + np.where(is_followed, stays, 0), 0)
    remaining = np.where(is_followed, 0, stays)
    amounts = {
        "opening": np.maximum(opens_with, 0), "owed": np.maximum(-opens_with, 0),
        "granted": total[_PUTS_IN], "topped_up": total[_TOPS_UP], "used": -total[_IS_USE],
        "settled": total[_IS_SETTLED], "lapsed": -total[_LAPSES],
        "carried": np.maximum(carried, 0), "carried_debt": np.maximum(-carried, 0),
        "remaining": np.maximum(remaining, 0), "remaining_debt": np.maximum(-remaining, 0),
    }  # fmt: skip
    start, term_days = held["start"][of], held["term_days"][of]
    shown = np.flatnonzero(
        (first_day >= start + held["shown_from"][of] - 1)
        & (last_day >= start + held["seen_from"][of] - 1)
    )
    shares = {
        "begins": (first_day - start) / term_days, "ends": (last_day - start + 1) / term_days
    }  # fmt: skip
    return {
        "n": np.bincount(number[shown]),
        **{name: np.bincount(number[shown], share[shown]) for name, share in shares.items()},
        **{
            name: np.bincount(number[shown], amount[shown]).astype(np.int64)
            for name, amount in amounts.items()
        },
    }


def _added_up(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return what periods of all entitlements come to, by their number."""
    length = max((len(part["n"]) for part in parts if part), default=0)
    names = ("n", "begins", "ends", *SUMS)
    sums = {
        name: sum(
            (np.pad(part[name], (0, length - len(part[name]))) for part in parts if part),
            np.zeros(length, np.float64 if name in ("begins", "ends") else np.int64),
        )
        for name in names
    }
    numbers = np.flatnonzero(sums["n"])
    periods = {name: column[numbers] for name, column in sums.items()}
    for name in ("begins", "ends"):
        periods[name] = periods[name] / periods["n"]
    return {"period": numbers, **periods}
