"""A run in a few numbers."""

from dataclasses import dataclass
from decimal import Decimal

from ..parameters import takes
from ..telling import Table, exact, number, share_of, tally
from .run import NOT_OVER_BEFORE_RUN, RUN, Run
from .working_time import minutes_that_fill_the_working_time


@dataclass(frozen=True)
class Terms:
    """Terms of the entitlements of one allocation; ``allotted = used + left + unused`` always.

    Drafts are among them; those that ended before the run are not.

    Attributes
    ----------
    allocation : {"cases", "hours"}
    allotted : Decimal
        Everything that was put on entitlements, changes of totals included.
    used : Decimal
        Taken by cases, less what they gave back; of contracts that ended before the run, and are
        in it for what renewed them, what was brought forward.
    left : Decimal
        On entitlements that have not ended.
    unused : Decimal
        On entitlements that have expired or were cancelled. Where more was used than allotted,
        this and `left` count it as less than nothing.
    """

    allocation: str
    allotted: Decimal
    used: Decimal
    left: Decimal
    unused: Decimal


@dataclass(frozen=True)
class Ratio:
    """A share with what it is a share of; `value` is None where that is nothing."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The share, from 0 to 1."""
        return self.numerator / self.denominator if self.denominator else None

    def __str__(self) -> str:
        return share_of(self.numerator, self.denominator)


@dataclass(frozen=True)
class Opening:
    """Customers who held an active contract at the close of the first day of a run with a past.

    Attributes
    ----------
    expected : int
        What the scenario says of its segments, together.
    realised : int
    """

    expected: int
    realised: int

    def __str__(self) -> str:
        return f"{number(self.realised)}, expected {number(self.expected)}"


@dataclass(frozen=True)
class Summary:
    """What happened in a run.

    Attributes
    ----------
    entitlements : dict of str to int
        Number by state at the end of the run.
    cases : dict of str to int
        Number by outcome, of those that were created from the first day on.
    terms : tuple of Terms
        One for each allocation that occurs.
    customers : dict of str to int
        Customers with an active entitlement, as they come up: those who pay for one, and those
        whose own are all free.
    base : {"paying", "all"}
        What `renewals` counts: paid entitlements or, where nothing has a price, all.
    renewals : Ratio
        Renewed of due, as the view `renewal_rates_by_month` has it: due are the entitlements whose
        last day is over (cancelled ones are not due) and whose own grace is over, renewed are those
        renewed within it.
    opening : Opening or None
        Customers in force on the first day, where the run has a past.
    minutes_cut : Ratio or None
        Cases whose billable minutes fill the working time between opening and resolution, of those
        resolved once; None where the scenario cuts no minutes to it.
    """

    entitlements: dict[str, int]
    cases: dict[str, int]
    terms: tuple[Terms, ...]
    customers: dict[str, int]
    base: str
    renewals: Ratio
    opening: Opening | None = None
    minutes_cut: Ratio | None = None

    def rows(self) -> list[tuple[str, str]]:
        """Return headings and texts, as they are shown."""
        opening = [] if self.opening is None else [("customers at the start", str(self.opening))]
        rows = [
            *opening,
            ("entitlements", tally(self.entitlements)),
            ("customers with an active one", tally(self.customers)),
            ("cases", tally(self.cases)),
            *((f"terms ({terms.allocation})", _terms(terms)) for terms in self.terms),
            (f"renewed of {self.due}", str(self.renewals)),
        ]
        if self.minutes_cut is not None:
            rows.append(("minutes cut to the working time", str(self.minutes_cut)))
        return rows

    @property
    def due(self) -> str:
        """What `renewals` is a share of, in words."""
        return f"due{', paid' if self.base == 'paying' else ''}, grace over"

    def __str__(self) -> str:
        return Table([], self.rows()).text()

    def _repr_html_(self) -> str:
        return Table([], self.rows()).html()


@takes(run=RUN)
def summarise(run: Run) -> Summary:
    """Return a run in a few numbers."""
    [(base,)] = run.connection.sql("SELECT base FROM metric_parameters").fetchall()
    return Summary(
        entitlements=run.count_entitlements(),
        cases=run.count_cases(),
        terms=_terms_by_allocation(run),
        customers=_customers(run, base),
        base=base,
        renewals=_renewals(run),
        opening=_opening(run),
        minutes_cut=_minutes_cut(run),
    )


def _opening(run: Run) -> Opening | None:
    if run.manifest.history_start is None:
        return None
    [(expected, realised)] = run.connection.sql(
        """
        SELECT (SELECT sum(customers) FROM segments)::BIGINT, count(DISTINCT customer_id)
        FROM covered_periods CROSS JOIN metric_parameters
        WHERE first_day = run_begins
        """
    ).fetchall()
    return Opening(expected, realised)


def _terms_by_allocation(run: Run) -> tuple[Terms, ...]:
    rows = run.connection.sql(
        f"""
        WITH moved AS (
            SELECT entitlement_id, -sum(amount) FILTER (
                reason IN ('consume', 'restore', 'brought_forward')
            ) AS used
            FROM ledger GROUP BY entitlement_id
        )
        SELECT allocation::VARCHAR, sum(coalesce(used, 0) + remaining_terms)::DECIMAL(38, 2),
               sum(coalesce(used, 0))::DECIMAL(38, 2),
               coalesce(sum(remaining_terms) FILTER (ended_by IS NULL), 0)::DECIMAL(38, 2),
               coalesce(sum(remaining_terms) FILTER (ended_by IS NOT NULL), 0)::DECIMAL(38, 2)
        FROM entitlements LEFT JOIN moved USING (entitlement_id)
        WHERE {NOT_OVER_BEFORE_RUN}
        GROUP BY allocation ORDER BY allocation
        """
    ).fetchall()
    return tuple(Terms(*row) for row in rows)


def _customers(run: Run, base: str) -> dict[str, int]:
    [(paying, free)] = run.connection.sql(
        """
        SELECT count(*) FILTER (pays), count(*) FILTER (NOT pays)
        FROM (
            SELECT bool_or(is_paying) AS pays
            FROM entitlement_facts WHERE state = 'active'
            GROUP BY customer_id
        )
        """
    ).fetchall()
    others = "with free ones only" if base == "paying" else "where nothing has a price"
    counts = {"paying": paying, others: free}
    return {name: count for name, count in counts.items() if count}


def _renewals(run: Run) -> Ratio:
    [(renewed, due)] = run.connection.sql(
        """
        SELECT coalesce(sum(renewed), 0)::BIGINT, coalesce(sum(n), 0)::BIGINT
        FROM renewal_rates_by_month
        """
    ).fetchall()
    return Ratio(renewed, due)


def _minutes_cut(run: Run) -> Ratio | None:
    counts = minutes_that_fill_the_working_time(run)
    return None if counts is None else Ratio(*counts)


def _terms(terms: Terms) -> str:
    return (
        f"{exact(terms.allotted)} allotted: {exact(terms.used)} used, {exact(terms.left)} left, "
        f"{exact(terms.unused)} unused at the end"
    )
