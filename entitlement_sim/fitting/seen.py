"""What a run shows of its customers: the rows that a scenario is fitted to.

Nothing here looks at what a simulated run was made with: of its scenario only that is taken which
the records of a business hold anyway, such as offerings, products and opening hours.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..rules.days import day_number
from ..scenario.models import ScenarioModel

if TYPE_CHECKING:
    from ..store.manifest import Manifest
    from ..store.run import Run

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Minutes of a day.
DAY: Final = 1440

#: Columns of a run that can be left out of account, and what then stands in their place.
COLUMNS: Final = {
    "cases.origin": "which way a case came",
    "cases.product_id": "what a case is about",
    "cases.resolved_at": "when a case was resolved or cancelled",
    "cases.billable_minutes": "minutes worked on a case",
    "cases.time": "the time of the day at which a case came",
    "entitlements.predecessor_id": "what a contract renews",
    "customers.silent": "customers who never wrote",
}

_CUSTOMERS: Final = """
SELECT customer_id, segment::VARCHAR AS segment, (joined_on - DATE '1970-01-01') AS joined
FROM customers ORDER BY customer_id
"""

_COVERED: Final = """
SELECT customer_id, (first_day - DATE '1970-01-01') AS first_day,
       (last_day - DATE '1970-01-01') AS last_day
FROM covered_customers ORDER BY customer_id, first_day
"""

_CASES: Final = """
WITH came_back AS (
    SELECT case_id, min(ended_at) AS ended_at,
           epoch(arg_min(happened_at, ended_at))::BIGINT // 60 AS happened_at,
           arg_min(billable_minutes, ended_at) AS minutes,
           arg_min(from_state::VARCHAR, ended_at) AS state
    FROM reactivations GROUP BY case_id
)
SELECT customer_id, epoch(created_at)::BIGINT // 60 AS created,
       epoch(coalesce(came_back.ended_at, resolved_at, cancelled_at))::BIGINT // 60 AS ended,
       coalesce(came_back.state, cases.state::VARCHAR) AS first_state,
       outcome::VARCHAR AS outcome, origin::VARCHAR AS origin, product,
       CASE WHEN came_back.case_id IS NULL THEN billable_minutes ELSE came_back.minutes END
           AS minutes,
       reopened, decrement, severity, contact, came_back.happened_at AS came_back,
       epoch(responded_at)::BIGINT // 60 AS responded, response_due_at IS NOT NULL AS is_promised
FROM arrived_cases AS cases
LEFT JOIN came_back USING (case_id)
LEFT JOIN products USING (product_id)
ORDER BY customer_id, created, case_id
"""

#: Of cases that took a contract, all that their customer, or its account, held then.
_HELD: Final = """
WITH held AS (
    SELECT case_id, created_at, facts.customer_id, facts.segment, facts.template, product,
           contact, facts.entitlement_id, (facts.end_date - DATE '1970-01-01') AS ends,
           entitlements.restrict AS restricts,
           coalesce(facts.entitlement_id = cases.entitlement_id, FALSE) AS is_taken
    FROM arrived_cases AS cases
    JOIN entitlement_facts AS facts
      ON facts.customer_id = cases.customer_id
     AND created_at::DATE BETWEEN facts.covered_from AND facts.covered_to
    JOIN entitlements ON entitlements.entitlement_id = facts.entitlement_id
     AND coalesce(entitlements.account = cases.account, TRUE)
    LEFT JOIN products USING (product_id)
    WINDOW of_case AS (PARTITION BY case_id)
    QUALIFY count(*) OVER of_case > 1 AND bool_or(is_taken) OVER of_case
)
SELECT held.case_id, epoch(created_at)::BIGINT // 60 AS created, customer_id,
       segment::VARCHAR AS segment, template, product, contact, held.entitlement_id, is_taken, ends,
       coalesce(balance, 0)::DOUBLE AS remaining,
       NOT restricts OR coalesce(balance, 0) > 0 AS has_terms
FROM held ASOF LEFT JOIN ledger
  ON ledger.entitlement_id = held.entitlement_id AND ledger.happened_at < held.created_at
"""

_CONTRACTS: Final = """
WITH turned AS (
    SELECT entitlement_id, on_date, trigger::VARCHAR AS trigger,
           lead(on_date) OVER amended AS next_date, lead(trigger::VARCHAR) OVER amended AS next
    FROM transitions
    WHERE trigger IN ('deactivated', 'activated')
    WINDOW amended AS (PARTITION BY entitlement_id ORDER BY on_date, trigger <> 'deactivated')
), amended AS (
    SELECT entitlement_id, min(on_date) AS amended_on,
           arg_min(CASE WHEN next = 'activated' THEN next_date END, on_date) AS resumed_on
    FROM turned WHERE trigger = 'deactivated' GROUP BY entitlement_id
)
SELECT entitlement_id, customer_id, segment::VARCHAR AS segment, template, predecessor_id,
       (created_on - DATE '1970-01-01') AS created, (start_date - DATE '1970-01-01') AS starts,
       (end_date - DATE '1970-01-01') AS ends, ended_by::VARCHAR AS ended_by,
       (covered_from - DATE '1970-01-01') AS covered_from,
       (covered_to - DATE '1970-01-01') AS covered_to, price::DOUBLE AS price,
       (activated_on - DATE '1970-01-01') AS activated, is_unlimited,
       (effective_end - DATE '1970-01-01') AS ends_at, used::DOUBLE AS used,
       total_terms::DOUBLE AS total, sold_terms::DOUBLE AS before,
       (total_terms - sold_terms)::DOUBLE AS adjusted,
       (amended_on - DATE '1970-01-01') AS amended, (resumed_on - DATE '1970-01-01') AS resumed
FROM entitlement_facts LEFT JOIN amended USING (entitlement_id) ORDER BY entitlement_id
"""

_DUE: Final = """
SELECT due.customer_id, due.segment::VARCHAR AS segment, due.template, root_id, due.renewal_number,
       is_mature, class::VARCHAR AS class,
       greatest(booked_on - due.end_date - 1, 0)::DOUBLE AS lag_days,
       coalesce(successor_start = due.end_date + 1, FALSE) AS is_contiguous,
       (due.end_date - DATE '1970-01-01') AS ends,
       coalesce(used / nullif(total_terms, 0), 0)::DOUBLE AS utilisation
FROM renewals AS due JOIN entitlement_facts USING (entitlement_id)
ORDER BY entitlement_id
"""

#: Of each column of :data:`COLUMNS`, in their order, whether there is anything in it.
_THERE: Final = """
SELECT coalesce(bool_or(origin IS NOT NULL), FALSE),
       coalesce(bool_or(product_id IS NOT NULL), FALSE),
       coalesce(bool_or(resolved_at IS NOT NULL OR cancelled_at IS NOT NULL), FALSE),
       coalesce(bool_or(billable_minutes IS NOT NULL), FALSE),
       count(DISTINCT created_at::TIME) > 1,
       EXISTS (FROM entitlements WHERE predecessor_id IS NOT NULL),
       EXISTS (FROM customers ANTI JOIN cases USING (customer_id))
FROM arrived_cases
"""


@dataclass(frozen=True, eq=False)
class Seen:
    """The rows of a run that a scenario is fitted to.

    Days and minutes are counted since 1970.

    Attributes
    ----------
    model : ScenarioModel
        Of whose offerings, products, opening hours and holidays notice is taken, and of nothing
        else.
    begins, days : int
        First day of the run, and how many there are.
    source : str
        ``simulated`` or ``imported``.
    customers : DataFrame
        ``customer_id``, ``segment``, ``joined``.
    covered : DataFrame
        Stretches of days on which a customer held something: ``customer_id``, ``first_day``,
        ``last_day``. Where no customer of a segment ever did, all days from their joining on.
    cases : DataFrame
        By customer and time: ``created``, ``ended`` (its first end; missing while it is open),
        ``first_state``, ``outcome``, ``origin``, ``product``, ``minutes``, ``reopened``,
        ``decrement``, ``severity``, ``contact``, ``came_back`` (when it first did), ``responded``,
        ``is_promised`` (whether a first response was).
    held : DataFrame
        Of cases that took a contract while their customer held several, a row for each that it
        held: ``case_id``, ``created``, ``customer_id``, ``segment``, ``template``, ``product``,
        ``contact``, ``entitlement_id``, ``is_taken``, ``ends``, ``remaining`` terms, ``has_terms``
        (whether it would not refuse for want of them).
    contracts, due : DataFrame
        Entitlements; those that fell due, with what became of them. ``lag_days`` are those until
        the renewal was booked: whoever forgets to activate it is another habit.
    without : frozenset of str
        Columns of :data:`COLUMNS` that are left out of account.
    grace : int
        Days after the end within which a renewal counts as one.
    cases_alone : frozenset of str
        Segments of a book of which nothing but cases is on record: when their customers joined is
        not known, nor who never wrote.
    """

    model: ScenarioModel
    begins: int
    days: int
    source: str
    customers: pd.DataFrame
    covered: pd.DataFrame
    cases: pd.DataFrame
    held: pd.DataFrame
    contracts: pd.DataFrame
    due: pd.DataFrame
    without: frozenset[str]
    grace: int
    cases_alone: frozenset[str] = frozenset()

    @property
    def stop(self) -> int:
        """The day after the last one."""
        return self.begins + self.days

    @cached_property
    def segments(self) -> list[str]:
        """Names of the segments that have customers, in the order of the scenario."""
        there = set(self.customers["segment"])
        return [name for name in self.model.segments if name in there]

    @cached_property
    def place_of(self) -> "pd.Series[int]":
        """Place of each customer in `customers`, by its number."""
        ids = self.customers["customer_id"]
        return pd.Series(np.arange(len(ids)), index=pd.Index(ids))

    def has(self, column: str) -> bool:
        """Whether a column of :data:`COLUMNS` is looked at."""
        return column not in self.without


def seen_in(run: "Run", without: frozenset[str] = frozenset()) -> Seen:
    """Read the rows of a run that a scenario is fitted to.

    Raises
    ------
    RunError
        The scenario of the run cannot be read.
    """
    model = run.scenario.model
    customers = run.sql(_CUSTOMERS)
    cases = run.sql(_CASES)
    contracts = run.sql(_CONTRACTS)
    grace = int(run.sql("SELECT grace_days FROM metric_parameters")["grace_days"].item())
    covered = run.sql(_COVERED)
    alone = _hold_nothing(customers, covered)
    cases_alone: frozenset[str] = frozenset()
    if run.manifest.source == "imported":
        # What is called joining is their first case there: who writes late did not join late.
        begins = day_number(run.manifest.start_date)
        customers = customers.assign(joined=customers["joined"].mask(alone, begins))
        cases_alone = frozenset(customers.loc[alone, "segment"])
    covered = _with_observed(covered, customers[alone], run.manifest)
    if "customers.silent" in without:
        wrote = set(cases["customer_id"])
        customers, covered, contracts = (
            frame[frame["customer_id"].isin(wrote)].reset_index(drop=True)
            for frame in (customers, covered, contracts)
        )
    due = run.sql(_DUE)
    return Seen(
        model,
        day_number(run.manifest.start_date),
        run.manifest.days,
        run.manifest.source,
        customers,
        covered,
        cases,
        run.sql(_HELD),
        contracts,
        due[due["customer_id"].isin(customers["customer_id"])].reset_index(drop=True),
        without,
        grace,
        cases_alone,
    )


def _hold_nothing(customers: pd.DataFrame, covered: pd.DataFrame) -> "pd.Series[bool]":
    """Return which customers are of segments that never hold anything."""
    holders = set(customers.loc[customers["customer_id"].isin(covered["customer_id"]), "segment"])
    return ~customers["segment"].isin(holders)


def _with_observed(covered: pd.DataFrame, others: pd.DataFrame, facts: "Manifest") -> pd.DataFrame:
    """Give customers who never hold anything all days from their joining on."""
    if others.empty:
        return covered
    begins = day_number(facts.start_date)
    observed = pd.DataFrame(
        {
            "customer_id": others["customer_id"],
            "first_day": others["joined"].clip(lower=begins),
            "last_day": begins + facts.days - 1,
        }
    )
    both = pd.concat([covered, observed[observed["first_day"] <= observed["last_day"]]])
    return both.sort_values(["customer_id", "first_day"], ignore_index=True)


def lacking(run: "Run") -> list[str]:
    """Return which columns of :data:`COLUMNS` a run does not have, or has nothing in."""
    facts = run.sql(_THERE).iloc[0]
    return [column for column, there in zip(COLUMNS, facts, strict=True) if not there]
