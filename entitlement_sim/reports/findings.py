"""What a reader should know of a run first: findings with their base, their change, what to do."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..inference import (
    LEAST_UNITS,
    Change,
    Estimate,
    Portfolio,
    change_at_fixed_mix,
    portfolio_of,
    ratio,
    ratios,
)
from ..inference.estimates import given
from ..store.views import expanded
from ..telling import (
    counted,
    day,
    entitlements_of,
    limits,
    money,
    number,
    percent,
    points,
    rounded,
    verbatim,
)

if TYPE_CHECKING:
    import pandas as pd

    from ..store.run import Run

#: Length of the periods that are compared: whole years, so that seasons do not count as change.
YEAR: Final = 365

#: Cases that asked a restricting entitlement for terms that it sells, and whether these were used
#: up; as in the view ``blocked_demand``: of several that refuse a case, the first made counts.
ASKED: Final = """
WITH refused AS (
    SELECT case_id, min(entitlement_id) AS entitlement_id, any_value(origin) AS origin,
           any_value(created_at) AS created_at
    FROM arrivals_refused()
    GROUP BY case_id
),
asked AS (
    SELECT entitlement_id, created_at, TRUE AS is_used_up
    FROM refused
    WHERE NOT EXISTS (
        FROM terms_never_sold(entitlements) AS never_sold
        WHERE never_sold.entitlement_id = refused.entitlement_id
            AND coalesce(never_sold.origin = refused.origin, never_sold.origin IS NULL)
    )
    UNION ALL
    SELECT entitlement_id, created_at, FALSE
    FROM arrived_cases
    WHERE outcome = 'covered' AND case_id NOT IN (SELECT case_id FROM refused)
)
SELECT customer_id, segment::VARCHAR AS segment, template, created_at::DATE AS day, is_used_up,
       1 AS asked
FROM asked JOIN entitlement_facts USING (entitlement_id)
WHERE restrict
"""

#: How many per cent more of its terms than of its time a contract must have used to be named.
_POINTS_AHEAD: Final = 20


@dataclass(frozen=True)
class Finding:
    """One thing to know, and what follows from it.

    Attributes
    ----------
    title : str
    text : str
        The number with its base, and its change with the limits of it.
    to_do : str
        What can be done about it, and where to begin.
    """

    title: str
    text: str
    to_do: str

    def __str__(self) -> str:
        return f"**{self.title}.** {self.text} *What to do:* {self.to_do}"


def findings(run: "Run", window_days: int = 90) -> list[Finding]:
    """Return what stands out in a run; nothing of what did not happen in it.

    Parameters
    ----------
    run : Run
    window_days : int, default 90
        How far ahead to look at what ends.

    Returns
    -------
    list of Finding
        Of renewals, terms used up, terms unused, what ends next and what was used early; at most
        five.
    """
    known = run.sql("SELECT as_of, run_begins, base FROM metric_parameters").iloc[0]
    reader = _Reader(
        run, known["as_of"].date(), known["run_begins"].date(), str(known["base"]), window_days
    )
    return list(reader.findings())


def unit_of_limits(run: "Run") -> str:
    """Say what the limits of the findings are, in a sentence."""
    shocks = portfolio_of(run).shocks
    last = f", {given(shocks)}" if shocks else ""
    return f"In brackets: 95% limits if customers were drawn anew within their segments{last}."


def change_in_words(change: Change, than: str) -> str:
    """Say what moved at a fixed mix, or that nothing can be told.

    Parameters
    ----------
    change : Change
    than : str
        What it is held against, as "the year before".
    """
    moved = change.change
    if not moved.low <= moved.high:
        return f"There is nothing comparable in {than}."
    between = limits(moved.low, moved.high, _points)
    if moved.excludes(0):
        word = "more" if moved.value > 0 else "less"
        size = points(100 * abs(moved.value)).removeprefix("+")
        return f"At the same mix that is {size} points {word} than in {than} ({between})."
    return f"Against {than}, at the same mix, no change can be told ({between} points)."


def _points(value: float) -> str:
    return points(100 * value)


@dataclass(frozen=True)
class _Reader:
    """A run with what all findings need."""

    run: "Run"
    as_of: dt.date
    begins: dt.date
    base: str
    window_days: int

    def findings(self) -> Iterator[Finding]:
        portfolio = portfolio_of(self.run)
        finders = (
            self._renewals, self._used_up, self._unused, self._ending, self._used_early
        )  # fmt: skip
        for find in finders:
            found = find(portfolio)
            if found is not None:
                yield found

    def _money(self, value: Any) -> str:
        return money(value, self.run.currency)

    def _in_years(self, rows: "pd.DataFrame", column: str, last: dt.date) -> "pd.DataFrame":
        """Return the rows of two years up to a day, with `is_later`: of the second one."""
        import pandas as pd

        end = pd.Timestamp(last)
        middle, start = (end - pd.Timedelta(days=years * YEAR) for years in (1, 2))
        two_years = rows[(rows[column] > start) & (rows[column] <= end)]
        return two_years.assign(is_later=two_years[column] > middle)

    def _changed(
        self,
        rows: "pd.DataFrame",
        of: tuple[str, str],
        cells: list[str],
        portfolio: Portfolio,
        last: dt.date,
    ) -> str:
        if last - dt.timedelta(days=2 * YEAR - 1) < self.begins:
            return "The run has no whole year before that one."
        change = change_at_fixed_mix(rows, *of, "is_later", cells, portfolio=portfolio)
        return change_in_words(change, "the year before")

    def _renewals(self, portfolio: Portfolio) -> Finding | None:
        rows = self.run.sql("""
            SELECT customer_id, segment::VARCHAR AS segment, template,
                   least(renewal_number, 2) AS renewal, end_date, is_renewed, 1 AS due,
                   coalesce(annual_value, 0)::DOUBLE AS value
            FROM renewals WHERE is_mature AND in_base
        """)
        grace = int(str(self.run.sql("SELECT grace_days FROM metric_parameters").iat[0, 0]))
        last = self.as_of - dt.timedelta(days=grace)
        rows = self._in_years(rows, "end_date", last)
        later = rows[rows["is_later"]]
        if later.empty:
            return None
        rate = ratio(later, "is_renewed", "due", portfolio=portfolio)
        by = ratios(later, "is_renewed", "due", ["template", "segment"], portfolio=portfolio)
        lost = later[~later["is_renewed"]].groupby(["template", "segment"])["value"].sum()
        by["lost"] = [lost.get((row.template, row.segment), 0.0) for row in by.itertuples()]
        most = by[by["n"] >= LEAST_UNITS].sort_values("lost", ascending=False, kind="stable")
        changed = self._changed(
            rows, ("is_renewed", "due"), ["renewal", "template", "segment"], portfolio, last
        )
        to_do = "no offering has enough dues to begin with; look at them one by one."
        for worst in most.head(1).itertuples():
            to_do = (
                f"begin with *{verbatim(worst.template)}* in the segment "
                f"{verbatim(worst.segment)}, where {percent(worst.value)} of "
                f"{number(worst.n)} were renewed, and {self._money(worst.lost)} a year was not."
            )
        return Finding(
            f"{percent(rate.value)} renew",
            f"Of the {entitlements_of(self.base, len(later))} that fell due in the year to "
            f"{day(last)} (the grace of later ones is not over), {_between(rate)} were renewed. "
            f"{changed}",
            to_do,
        )

    def _used_up(self, portfolio: Portfolio) -> Finding | None:
        rows = self.run.sql(expanded(ASKED))
        rows = self._in_years(rows, "day", self.as_of)
        later = rows[rows["is_later"]]
        if later.empty:
            return None
        share = ratio(later, "is_used_up", "asked", portfolio=portfolio)
        if not share.value:
            return None
        changed = self._changed(
            rows, ("is_used_up", "asked"), ["template", "segment"], portfolio, self.as_of
        )
        by = ratios(later, "is_used_up", "asked", ["template"], portfolio=portfolio)
        by = by[by["n"] >= LEAST_UNITS].sort_values("value", ascending=False, kind="stable")
        to_do = "offer more terms to those who met it."
        for worst in by.head(1).itertuples():
            to_do = (
                f"offer more terms before they are gone, first to holders of "
                f"*{verbatim(worst.template)}*, where it is {percent(worst.value)} of "
                f"{rounded(worst.n)} cases."
            )
        return Finding(
            f"{percent(share.value)} ask in vain",
            f"Of the {counted(len(later), 'case')} of the last {YEAR} days that asked an "
            f"entitlement with terms on their channel, {_between(share)} found them used up. "
            f"{changed}",
            to_do,
        )

    def _unused(self, portfolio: Portfolio) -> Finding | None:
        rows = self.run.sql("""
            SELECT customer_id, segment::VARCHAR AS segment, template, effective_end AS day,
                   breakage_value::DOUBLE AS unused, (price + top_up_price)::DOUBLE AS price
            FROM breakage_by_entitlement WHERE ended_by = 'expiry' AND price + top_up_price > 0
        """)
        last = self.as_of - dt.timedelta(days=1)
        rows = self._in_years(rows, "day", last)
        later = rows[rows["is_later"]]
        if later.empty:
            return None
        share = ratio(later, "unused", "price", portfolio=portfolio)
        changed = self._changed(rows, ("unused", "price"), ["template", "segment"], portfolio, last)
        most = later.groupby("template")["unused"].sum().sort_values(ascending=False, kind="stable")
        name = str(most.index[0])
        holders = later[later["template"] == name]
        return Finding(
            f"{percent(share.value)} of what was paid lapses",
            f"Of {self._money(later['price'].sum())} for {counted(len(later), 'entitlement')} that "
            f"expired in the last {YEAR} days, {self._money(later['unused'].sum())} was left "
            f"unused: {_between(share)}. {changed}",
            f"see whether *{verbatim(name)}* is too large for its holders: "
            f"{self._money(most.iloc[0])} of it, "
            f"{percent(most.iloc[0], holders['price'].sum())} of its price, lapsed.",
        )

    def _ending(self, portfolio: Portfolio) -> Finding | None:
        rows = self.run.sql(
            """
            SELECT customer_id, template, share_left, annual_value::DOUBLE AS value
            FROM expiring WHERE days_left <= $days AND in_base AND NOT is_renewed
            """,
            {"days": self.window_days},
        )
        whole = self.run.sql("""
            SELECT coalesce(sum(annual_value), 0)::DOUBLE AS value FROM entitlement_facts
            WHERE state = 'active' AND in_base
        """)["value"].item()
        if rows.empty:
            return None
        before = self.run.sql(
            """
            SELECT coalesce(sum(annual_value), 0)::DOUBLE AS value FROM renewals
            WHERE in_base AND end_date BETWEEN $last::DATE - ($days::INTEGER - 1) AND $last
            """,
            {"days": self.window_days, "last": self.as_of},
        )["value"].item()
        full = rows[rows["share_left"] > 0.5]
        ahead = counted(self.window_days, "day")
        return Finding(
            f"{self._money(rows['value'].sum())} a year ends within {ahead}",
            f"That is {entitlements_of(self.base, len(rows))} of "
            f"{counted(rows['customer_id'].nunique(), 'customer')} that nobody has renewed yet, "
            f"{percent(rows['value'].sum(), whole)} of the annual value in force; in the {ahead} "
            f"before, {self._money(before)} fell due.",
            f"call the holders of the {number(len(full))} with more than half of their terms left "
            f"({self._money(full['value'].sum())}) before they end.",
        )

    def _used_early(self, portfolio: Portfolio) -> Finding | None:
        rows = self.run.sql(
            """
            SELECT customer_id, template, annual_value::DOUBLE AS value, end_date - as_of AS to_go,
                   remaining <= 0 AS is_empty,
                   remaining > 0 AND is_use_known
                       AND 100 * (used * term_days - allotment * elapsed_days)
                           >= $points::INTEGER * allotment * term_days AS is_ahead
            FROM entitlement_facts CROSS JOIN metric_parameters
            WHERE state = 'active' AND in_base AND restrict AND allotment > 0
                AND promised_terms IS NULL AND NOT is_open_ended AND end_date > as_of
            """,
            {"points": _POINTS_AHEAD},
        )
        empty, early = rows[rows["is_empty"]], rows[rows["is_ahead"]]
        both = rows[rows["is_empty"] | rows["is_ahead"]]
        if both.empty:
            return None
        said = [
            f"At the close of {day(self.as_of)}, of {entitlements_of(self.base, len(rows))} in "
            f"force that {'refuses' if len(rows) == 1 else 'refuse'} what goes beyond the terms, "
            f"{_with_nothing_left(empty['to_go'])}, and {_ahead_of_time(len(early))}."
        ]
        worth = both["value"].sum()
        if worth > 0:
            said.append(
                f"Together that is {self._money(worth)} a year, "
                f"{percent(worth, rows['value'].sum())} of what all of them cost a year."
            )
        holders = both.groupby("template")["customer_id"].nunique()
        name = str(holders.sort_values(ascending=False, kind="stable").index[0])
        customers = counted(both["customer_id"].nunique(), "customer")
        return Finding(
            f"{counted(len(empty), 'entitlement')} {_has(len(empty))} nothing left"
            if len(empty)
            else f"{counted(len(early), 'entitlement')} {_has(len(early))} used terms early",
            " ".join(said),
            f"offer a larger one, or more terms, to the {customers} behind these, first to the "
            f"{number(holders[name])} with *{verbatim(name)}*; "
            "`entitlement-sim forecast RUN --until DATE` says who else will run dry, when and why.",
        )


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _with_nothing_left(days: "pd.Series[int]") -> str:
    """Say how many had nothing left, of the days that each has to go."""
    if not len(days):
        return "none had used all of its terms"
    to_go = counted(round(float(days.median())), "day")
    if len(days) == 1:
        return f"1 had nothing left, with {to_go} to go"
    return f"{number(len(days))} had nothing left, half of them with {to_go} or more to go"


def _ahead_of_time(count: int) -> str:
    """Say how many have something left, but have used more of it than has passed of their term."""
    if count == 0:
        return "no other was far ahead of time"
    at_least = f"{number(_POINTS_AHEAD)} points or more"
    return (
        f"{number(count)} with some left {'was' if count == 1 else 'were'} {at_least} ahead of "
        f"time, such as 50% of the terms used after {number(50 - _POINTS_AHEAD)}% of the term"
    )


def _between(share: Estimate) -> str:
    """Write a share with its limits and the number of customers that were drawn anew for them."""
    customers = counted(share.customers, "customer")
    return f"{percent(share.value)} ({limits(share.low, share.high, percent)}, {customers})"
