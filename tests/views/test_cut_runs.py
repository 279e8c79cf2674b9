"""What views say of contracts that are older than the run: the same as the whole run does.

A run is cut at a day, as a window is published, and every view must give the rows that the whole
run gives for the window. Rows may be flagged instead where their contract began, or their month is
partial, before the cut.
"""

import datetime as dt
import itertools
import pickle
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from cut_runs import cut
from plain import rows_of
from reckoned import forget, reckon, views_in_order
from shared import made_once

from entitlement_sim import Scenario, simulate

FEW = {"small": 24, "midsize": 12, "enterprise": 4}
SEGMENTS = tuple(FEW)


def of_all(key, value):
    """The same value of a key for every segment."""
    return {f"segments.{name}.{key}": value for name in SEGMENTS}


#: A life from before the first day; then the whole run itself has but what touches it.
PAST = {f"segments.{name}.joins": {} for name in SEGMENTS} | {
    "history": {"years": 3, "growth": 0.05}
}
RUNS = {
    "demo": {},
    "past": PAST,
    "drafts": of_all("left_in_draft.share", 0.3)
    | of_all("left_in_draft.days", 40)
    | of_all("cancellation.per_year", 0.5)
    | of_all("renewal.after_cancellation", 0.5),
    "edge": of_all("do_not_decrement", 0.2)
    | of_all("amendments.per_year", 1.0)
    | of_all("resolve_hours", {"exponential": 600})
    | of_all("reopened", 0.3)
    | of_all("turned_away", 0.5)
    | of_all("picks", "soonest_ending")
    | of_all("renewal.dates", "contiguous")
    | of_all("renewal.late.share", 0.6)
    | {
        "rules.gate_literal_below_zero": True,
        "rules.renew_copies_remaining": True,
        "templates.Pack 10.total_terms": 0,
        "templates.Pack 10.channels": {},
        "templates.Hours 150.total_terms": 0,
        "templates.Pack 30.price": 0,
        "templates.Hours 40.term": {"days": 31},
        "templates.Analytics add-on.term": {"days": 1},
    },
}
CUTS = {"first of a month": "2024-07-01", "middle of a month": "2024-07-17"}


@dataclass(frozen=True)
class Stance:
    """How a view stands to a cut.

    Attributes
    ----------
    within : str
        Which rows of the whole run belong to the window.
    flagged : str
        Which rows of the cut run may differ, because they say that they do.
    may_be : str
        What must be so of each flagged row: its contract or its month began before the cut.
    also_before : bool
        Whether the cut run has rows from before the window, too, of what is published.
    may_differ : tuple of str
        Columns that speak of the window itself.
    sums : str
        What a row sums over the whole run, so that no row of the whole run is one of the window.
    """

    within: str = "TRUE"
    flagged: str = "FALSE"
    may_be: str = "FALSE"
    also_before: bool = False
    may_differ: tuple[str, ...] = ()
    sums: str = ""


WHOLE = "entitlement_id IN (FROM whole_ones)"
PUBLISHED = "entitlement_id IN (SELECT entitlement_id FROM published)"
COVERED = "entitlement_id IN (SELECT entitlement_id FROM covered_periods WHERE last_day >= opens)"
IN_FORCE = (
    "entitlement_id IN (SELECT entitlement_id FROM entitlement_facts "
    "WHERE was_in_force AND effective_end >= opens)"
)
#: Months of which the cut run, or the whole run, shows only a part are flagged.
PARTIAL = (
    "month < opens AND last_day(month) >= opens "
    "OR last_day(month) > (SELECT as_of FROM metric_parameters)"
)
MONTHLY = {
    "within": f"month >= opens AND NOT ({PARTIAL})", "flagged": "is_partial", "may_be": PARTIAL,
}  # fmt: skip

#: So are such quarters.
QUARTER_PARTIAL = PARTIAL.replace("month", "quarter").replace(
    "last_day(quarter)", "(quarter + INTERVAL 3 MONTH)::DATE - 1"
)

#: So are those in which cases were due that were opened before.
SLA_PARTIAL = f"{PARTIAL} OR month <= (SELECT max(sla_due_at) FROM cases WHERE created_at < opens)"

#: What was held in force from the first day on, by the whole run's own rows.
PORTFOLIO = """
SELECT utilisation.*, restrict
FROM utilisation JOIN entitlement_facts USING (entitlement_id)
WHERE in_portfolio AND utilisation.effective_end >= '{first_day}'
"""
RECKONED = {
    "burn_down_by_template": """
        SELECT segment, template_id, template, allocation, hundredth / 100 AS elapsed_share,
               share_left, count(*) AS n
        FROM (
            SELECT entitlement_id, segment, template_id, template, allocation,
                   round(elapsed_share * 100)::INTEGER AS hundredth,
                   arg_max(share_left, day) AS share_left
            FROM burn_down WHERE day >= '{first_day}' GROUP BY ALL
        )
        WHERE share_left IS NOT NULL GROUP BY ALL
    """,
    "covered_customers": """
        SELECT customer_id, greatest(first_day, '{first_day}') AS first_day, last_day,
               (last_day - greatest(first_day, '{first_day}') + 1)::INTEGER AS covered_days
        FROM covered_customers WHERE last_day >= '{first_day}'
    """,
    "covered_periods": """
        SELECT entitlement_id, customer_id, greatest(first_day, '{first_day}') AS first_day,
               last_day,
               (last_day - greatest(first_day, '{first_day}') + 1)::INTEGER AS covered_days
        FROM covered_periods WHERE last_day >= '{first_day}'
    """,
    "dry_days": """
        WITH days AS (
            SELECT entitlement_id, unnest(
                generate_series(greatest(first_day, '{first_day}'), last_day, INTERVAL 1 DAY)
            )::DATE AS day
            FROM covered_periods WHERE last_day >= '{first_day}'
        ),
        closing AS (
            SELECT entitlement_id, happened_at::DATE AS day, arg_max(balance, entry) AS balance
            FROM ledger GROUP BY ALL
        )
        SELECT entitlement_id, customer_id, segment, template_id, template, allocation, state,
               is_unlimited,
               count(*) FILTER (balance <= 0 AND NOT is_unlimited) AS dry_days,
               count(*) AS covered_days,
               count(*) FILTER (balance <= 0 AND NOT is_unlimited) / count(*) AS dry_share
        FROM days ASOF LEFT JOIN closing USING (entitlement_id, day)
        JOIN entitlement_facts USING (entitlement_id)
        GROUP BY ALL
    """,
    "entitlement_facts": """
        SELECT * REPLACE (was_in_force AND effective_end >= '{first_day}' AS was_in_force)
        FROM entitlement_facts
    """,
    "expiry_by_month": """
        SELECT month_of(end_date) AS month, segment, template_id, template, allocation,
               count(*) FILTER (NOT gone) AS n,
               count(*) FILTER (NOT gone AND end_date <= as_of) AS ended,
               count(*) FILTER (NOT gone AND end_date > as_of) AS running,
               count(*) FILTER (gone) AS cancelled,
               coalesce(sum(price) FILTER (NOT gone), 0)::DECIMAL(38, 2) AS price,
               coalesce(sum(annual_value) FILTER (NOT gone), 0)::DECIMAL(38, 2) AS annual_value,
               coalesce(sum(annual_value) FILTER (gone), 0)::DECIMAL(38, 2) AS cancelled_value
        FROM (
            SELECT *, ended_by IS NOT DISTINCT FROM 'cancellation' AS gone
            FROM entitlement_facts
            WHERE covered_from <= end_date AND effective_end >= '{first_day}'
        )
        CROSS JOIN metric_parameters
        GROUP BY ALL
    """.replace("month_of(end_date)", "date_trunc('month', end_date)::DATE"),
    "over_consumption": """
        SELECT template_id, template, allocation, restrict, count(*) AS n,
               count(*) FILTER (used > allotment) AS over_n,
               count(*) FILTER (used > allotment) / count(*) AS over_share,
               sum(greatest(used - allotment, 0))::DECIMAL(38, 2) AS over_units,
               sum(allotment)::DECIMAL(38, 2) AS allotment,
               sum(
                   floor(greatest(used - allotment, 0) * price * 100 / allotment + 0.5)
                   ::DECIMAL(30, 0) * 0.01::DECIMAL(2, 2)
               )::DECIMAL(38, 2) AS over_value
        FROM (PORTFOLIO) GROUP BY ALL
    """.replace("PORTFOLIO", PORTFOLIO),
    "utilisation": """
        SELECT * REPLACE (in_portfolio AND effective_end >= '{first_day}' AS in_portfolio)
        FROM utilisation
    """,
    "utilisation_by_template": """
        SELECT template_id, templates.template, templates.allocation, count(entitlement_id) AS n,
               coalesce(sum(used), 0)::DECIMAL(38, 2) AS used,
               coalesce(sum(allotment), 0)::DECIMAL(38, 2) AS allotment,
               sum(used) / nullif(sum(allotment), 0) AS pooled,
               sum(utilisation::DECIMAL(38, 9)) / nullif(count(entitlement_id), 0)
                   AS mean_of_ratios,
               coalesce(sum(annual_value * utilisation::DECIMAL(38, 9)), 0)::DECIMAL(38, 2)
                   AS value_used,
               coalesce(sum(annual_value), 0)::DECIMAL(38, 2) AS annual_value,
               sum(annual_value * utilisation::DECIMAL(38, 9)) / nullif(sum(annual_value), 0)
                   AS value_weighted
        FROM templates LEFT JOIN (PORTFOLIO) USING (template_id)
        GROUP BY ALL
    """.replace("PORTFOLIO", PORTFOLIO),
}

CATALOGUE = {
    "arrived_cases": Stance("created_at >= opens"),
    "blocked_demand": Stance(sums="cases"),
    "blocked_demand_by_month": Stance(**MONTHLY),
    "work_by_month": Stance(**MONTHLY),
    "balance_totals": Stance(
        f"balance_id IN (SELECT balance_id FROM balances WHERE {WHOLE})", also_before=True
    ),
    "breakage": Stance(**MONTHLY),
    "breakage_by_entitlement": Stance("effective_end >= opens"),
    "breakage_by_period": Stance("last_day >= opens"),
    "breakage_revenue": Stance(**MONTHLY),
    "breakage_of_balances": Stance(sums="breakage_by_period"),
    "breakage_of_balances_by_month": Stance(sums="breakage_by_period"),
    "burn_down": Stance("day >= opens"),
    "burn_down_by_period": Stance("first_day >= opens"),
    "burn_down_by_template": Stance(),
    "case_events": Stance("case_id IN (FROM published_cases)", also_before=True),
    "cohorts": Stance(sums="renewals"),
    "consumption_by_day": Stance("day >= opens"),
    "consumption_rate": Stance(COVERED),
    "contact_rate": Stance(**MONTHLY),
    "contract_liability": Stance(**MONTHLY),
    "cost_to_serve": Stance(**MONTHLY),
    "coverage_gaps": Stance("end_date >= opens"),
    "coverage_gaps_by_month": Stance(**MONTHLY),
    "covered_customers": Stance(),
    "covered_periods": Stance(),
    "daily": Stance("day >= opens"),
    "deferred": Stance(sums="contract_liability"),
    "demand_by_account": Stance(**MONTHLY),
    "discount_leakage": Stance(**MONTHLY),
    "dry_days": Stance(),
    "entitled_share": Stance(**MONTHLY),
    "entitlement_channels": Stance(PUBLISHED, also_before=True),
    "entitlement_facts": Stance(WHOLE, also_before=True),
    "expected_breakage": Stance(**MONTHLY),
    "expiring": Stance(),
    "expiry_by_month": Stance(),
    "expiry_wall": Stance(),
    "in_force_by_month": Stance(
        f"month > opens AND NOT ({PARTIAL})",
        flagged="is_partial",
        may_be=f"{PARTIAL} OR month <= opens",
    ),
    "leakage": Stance(**MONTHLY),
    "ledger_totals": Stance(WHOLE, also_before=True),
    "margin_by_customer": Stance(sums="margin_by_template"),
    "margin_by_month": Stance(**MONTHLY),
    "margin_by_month_and_segment": Stance(**MONTHLY),
    "margin_by_segment": Stance(sums="margin_by_template"),
    "margin_by_template": Stance(**MONTHLY),
    "metric_parameters": Stance(may_differ=("run_begins", "estimates_from")),
    "money_parameters": Stance(),
    "origin_mix": Stance(**MONTHLY),
    "overage": Stance(**MONTHLY),
    "overage_by_period": Stance("closed_on >= opens"),
    "over_consumption": Stance(),
    "pacing": Stance(),
    "realised_unit_price": Stance(sums="breakage_by_entitlement"),
    "remaining_obligation": Stance(),
    "renewal_chains": Stance(PUBLISHED, also_before=True, may_differ=("renewed_before",)),
    "renewal_moves": Stance(sums="renewals"),
    "renewal_rates": Stance(**MONTHLY),
    "renewal_rates_by_month": Stance(**MONTHLY),
    "renewals": Stance("end_date >= opens", may_differ=("renewed_before",)),
    "retention": Stance("from_day >= opens"),
    "retention_by_customer": Stance("from_day >= opens"),
    "retention_without_rises": Stance("from_day >= opens"),
    "revenue_by_entitlement": Stance(**MONTHLY),
    "sla_compliance_by_customer": Stance(
        f"month >= opens AND NOT ({SLA_PARTIAL})",
        flagged="is_partial",
        may_be=SLA_PARTIAL,
    ),
    "sla_compliance_by_severity": Stance(
        f"month >= opens AND NOT ({SLA_PARTIAL})",
        flagged="is_partial",
        may_be=SLA_PARTIAL,
    ),
    "sla_compliance": Stance(
        f"month >= opens AND NOT ({SLA_PARTIAL})",
        flagged="is_partial",
        may_be=SLA_PARTIAL,
    ),
    "state_periods": Stance(PUBLISHED, also_before=True),
    "successors": Stance(
        "successor_id IN (SELECT entitlement_id FROM published)", also_before=True
    ),
    "terms_at_closes": Stance("number > 12 * year(opens) + month(opens)", also_before=True),
    "first_exhaustion": Stance(IN_FORCE, may_differ=("entered_days",)),
    "time_to_exhaustion": Stance(IN_FORCE, may_differ=("entered_days",)),
    "utilisation": Stance(WHOLE, also_before=True),
    "utilisation_by_channel": Stance(WHOLE, also_before=True),
    "utilisation_by_quarter": Stance(
        f"quarter >= opens AND NOT ({QUARTER_PARTIAL})",
        flagged="is_partial",
        may_be=QUARTER_PARTIAL,
    ),
    "utilisation_by_template": Stance(),
}


def test_every_view_says_how_it_stands_to_a_cut():
    assert sorted(views_in_order()) == sorted(CATALOGUE)


@contextmanager
def reckoned_once(run):
    """Put every view's rows in the place of the view, for some questions."""
    reckon(run.connection)
    yield
    forget(run.connection)


@contextmanager
def first_day_moved(run, first_day):
    """Let the file say that the run began later, and leave everything else in it."""
    [(start, days)] = run.connection.sql("SELECT start_date, days FROM run").fetchall()
    move = "UPDATE run SET start_date = ?, days = ?"
    run.connection.execute(move, [first_day, days - (first_day - start).days])
    yield
    run.connection.execute(move, [start, days])


def rows(run, columns, source, first_day, where="TRUE"):
    """Rows of a view or query that fulfil a condition, as text."""
    query = (
        f"SELECT {columns} FROM (FROM {source}) "
        f"CROSS JOIN (SELECT DATE '{first_day}' AS opens) WHERE {where}"
    )
    return [repr(row) for row in rows_of(run, query)]


def of_the_window(run, view, first_day):
    """Rows of a view, with older ones only where the view is to have them."""
    stance = CATALOGUE[view]
    return rows(run, "*", view, first_day, stance.within if stance.also_before else "TRUE")


class Cut:
    """A run, cut at a day: what its views and those of the whole run say.

    Attributes
    ----------
    moved : dict of list
        Rows of each view in the cut run, and in the whole file with its first day moved.
    compared : dict of list
        Rows of each view in the cut run that are not flagged, and those of the whole run for the
        same; without the columns that may differ.
    baseless : dict of list
        Flagged rows that have no reason to be.
    """

    def __init__(self, whole, scenario, first_day):
        with cut(whole, first_day, scenario) as part:
            for run in (whole, part):  # few that ended are enough for an estimate of so few
                run.connection.execute("SET VARIABLE least_ended = 3")
            with reckoned_once(part):
                with first_day_moved(whole, first_day), reckoned_once(whole):
                    self.moved = {
                        view: [of_the_window(run, view, first_day) for run in (part, whole)]
                        for view in CATALOGUE
                    }
                # What ended before the window is in no estimate of the cut run.
                whole.connection.execute(f"SET VARIABLE estimates_from = DATE '{first_day}'")
                self.compared, self.baseless = {}, {}
                with reckoned_once(whole):
                    for view, stance in CATALOGUE.items():
                        if not stance.sums:
                            self._compare(view, stance, whole, part, first_day)

    def _compare(self, view, stance, whole, part, first_day):
        skipped = {"is_partial", "is_left_truncated", *stance.may_differ}
        names = part.connection.sql(f"FROM {view}").columns
        columns = ", ".join(name for name in names if name not in skipped)
        source = f"({RECKONED[view].format(first_day=first_day)})" if view in RECKONED else view
        window = stance.within if stance.also_before else "TRUE"
        self.compared[view] = [
            rows(part, columns, view, first_day, f"NOT ({stance.flagged}) AND ({window})"),
            rows(whole, columns, source, first_day, stance.within),
        ]
        self.baseless[view] = rows(
            part, columns, view, first_day, f"({stance.flagged}) AND NOT ({stance.may_be})"
        )


#: Cuts for ``soak``; the ordinary suite has one of each run, the demo's on the first of a month.
APART = [(name, "middle of a month" if name == "demo" else "first of a month") for name in RUNS]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(each, id=", ".join(each), marks=[pytest.mark.soak] if each in APART else [])
        for each in itertools.product(RUNS, CUTS)
    ],
)
def cut_run(request, tmp_path_factory):
    name, day = request.param

    def make(folder):
        few = {f"segments.{segment}.customers": count for segment, count in FEW.items()}
        scenario = Scenario.load("demo", few | RUNS[name])
        with simulate(scenario, seed=11) as whole:
            told = Cut(whole, scenario, dt.date.fromisoformat(CUTS[day]))
        (folder / "told.pickle").write_bytes(pickle.dumps(told))

    made = made_once(tmp_path_factory, f"cut-{name}-{day.replace(' ', '-')}", make)
    return pickle.loads((made / "told.pickle").read_bytes())


def told_apart(told, expected):
    """What the one list of rows has and the other lacks, the first few of each."""
    return [
        [f"{kind} {row}" for row in sorted((Counter(some) - Counter(others)).elements())[:4]]
        for kind, some, others in (("lacks", expected, told), ("adds", told, expected))
    ]


ALIKE = [[], []]


@pytest.mark.parametrize("view", [view for view in CATALOGUE if not CATALOGUE[view].sums])
def test_a_view_of_a_cut_run_says_of_the_window_what_the_whole_run_says(cut_run, view):
    assert told_apart(*cut_run.compared[view]) == ALIKE


@pytest.mark.parametrize("view", [view for view in CATALOGUE if not CATALOGUE[view].sums])
def test_only_what_the_cut_goes_through_is_flagged(cut_run, view):
    assert cut_run.baseless[view] == []


@pytest.mark.parametrize("view", CATALOGUE)
def test_what_a_window_leaves_out_is_missed_by_no_view(cut_run, view):
    assert told_apart(*cut_run.moved[view]) == ALIKE
