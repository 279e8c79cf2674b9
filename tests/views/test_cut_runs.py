"""What views say of contracts that are older than the run: the same as the whole run does.

A run is cut at a day, as a window is published, and every view must give the rows that the whole
run gives for the window. Rows may be flagged instead where their contract began, or their month is
partial, before the cut.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import pytest
from cut_runs import cut
from plain import rows_of

from entitlement_sim import Scenario, simulate
from entitlement_sim.store.views import made_views, view_files

FEW = {"small": 40, "midsize": 24, "enterprise": 8}
SEGMENTS = tuple(FEW)


def of_all(key, value):
    """The same value of a key for every segment."""
    return {f"segments.{name}.{key}": value for name in SEGMENTS}


RUNS = {
    "demo": {},
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
    columns : str
        What is compared.
    key : str
        Which columns tell a row; needed where rows may be flagged.
    reckoned : str
        Query to the whole run that gives what the cut run must say, where a row of the view is a
        sum over more than the window.
    """

    within: str = "TRUE"
    flagged: str = "FALSE"
    may_be: str = "FALSE"
    also_before: bool = False
    columns: str = "*"
    key: str = ""
    reckoned: str = ""
    may_differ: tuple[str, ...] = ()


WHOLE = "entitlement_id IN (FROM whole_ones)"
PUBLISHED = "entitlement_id IN (SELECT entitlement_id FROM published)"
IN_FORCE = f"{WHOLE} AND covered_from <= covered_to AND covered_to >= first_day"
OF_MONTH = "month >= date_trunc('month', first_day)"
PARTIAL = "month = date_trunc('month', first_day) AND first_day > month"
MONTHLY = {"within": OF_MONTH, "flagged": "is_partial", "may_be": PARTIAL}

CATALOGUE = {
    "blocked_demand": Stance(),
    "breakage": Stance(**MONTHLY, key="month, template_id, ended_by"),
    "breakage_by_entitlement": Stance("effective_end >= first_day"),
    "breakage_revenue": Stance(**MONTHLY, key="month, template_id"),
    "burn_down": Stance("day >= first_day"),
    "burn_down_by_template": Stance(),
    "case_events": Stance(
        "case_id IN (FROM published_cases)", also_before=True
    ),
    "cohorts": Stance(),
    "consumption_by_day": Stance("day >= first_day"),
    "consumption_rate": Stance(IN_FORCE),
    "contact_rate": Stance(**MONTHLY, key="month, segment"),
    "coverage_gaps": Stance("end_date >= first_day"),
    "coverage_gaps_by_month": Stance(**MONTHLY, key="month, segment"),
    "covered_customers": Stance(),
    "covered_periods": Stance(),
    "daily": Stance("day >= first_day"),
    "dry_days": Stance(IN_FORCE),
    "entitled_share": Stance(**MONTHLY, key="month, segment"),
    "entitlement_channels": Stance(PUBLISHED, also_before=True),
    "entitlement_facts": Stance(WHOLE),
    "expected_breakage": Stance(**MONTHLY, key="month, template_id"),
    "expiring": Stance(),
    "expiry_by_month": Stance(**MONTHLY, key="month, segment, template_id"),
    "expiry_wall": Stance(),
    "metric_parameters": Stance(),
    "origin_mix": Stance(**MONTHLY, key="month, segment, origin"),
    "over_consumption": Stance(),
    "pacing": Stance(WHOLE),
    "renewal_chains": Stance(PUBLISHED),
    "renewal_moves": Stance(),
    "renewal_rates": Stance(**MONTHLY, key="month, segment, template_id"),
    "renewal_rates_by_month": Stance(**MONTHLY, key="month"),
    "renewals": Stance("end_date >= first_day"),
    "retention": Stance("from_day >= first_day"),
    "revenue_by_entitlement": Stance(**MONTHLY, key="entitlement_id, month"),
    "sla_compliance": Stance(**MONTHLY, key="month, segment, template_id"),
    "state_periods": Stance(PUBLISHED, also_before=True),
    "successors": Stance(),
    "time_to_exhaustion": Stance(IN_FORCE),
    "utilisation": Stance(WHOLE),
    "utilisation_by_channel": Stance(WHOLE),
    "utilisation_by_template": Stance(),
}


def test_every_view_says_how_it_stands_to_a_cut():
    views = [view for text in view_files().values() for view in made_views(text)]
    assert sorted(views) == sorted(CATALOGUE)


@pytest.fixture(scope="module", params=RUNS)
def whole(request):
    few = {f"segments.{name}.customers": count for name, count in FEW.items()}
    scenario = Scenario.load("demo", few | RUNS[request.param])
    with simulate(scenario, seed=11) as run:
        yield run, scenario


@pytest.fixture(scope="module", params=CUTS)
def both(request, whole):
    run, scenario = whole
    first_day = CUTS[request.param]
    with cut(run, dt.date.fromisoformat(first_day), scenario) as part:
        yield run, part


def rows(run, columns, source, first_day, where="TRUE"):
    """Rows of a view or query that fulfil a condition."""
    query = (
        f"SELECT {columns} FROM (FROM {source}) "
        f"CROSS JOIN (SELECT DATE '{first_day}' AS first_day) WHERE {where}"
    )
    return [repr(row) for row in rows_of(run, query)]


def differences(whole, part, view):
    """What a cut run says otherwise than the whole run, as text; empty where there is nothing."""
    stance = CATALOGUE[view]
    first_day = part.manifest.start_date
    names = [name for name in part.connection.sql(f"FROM {view}").columns]
    skipped = {"is_partial", "is_left_truncated", *stance.may_differ}
    columns = ", ".join(name for name in names if name not in skipped)
    expected = rows(
        whole, columns, f"({stance.reckoned})" if stance.reckoned else view, first_day,
        stance.within,
    )  # fmt: skip
    before = stance.within if stance.also_before else "TRUE"
    told = rows(part, columns, view, first_day, f"NOT ({stance.flagged}) AND ({before})")
    if stance.flagged != "FALSE":
        unfit = rows(
            part, columns, view, first_day, f"({stance.flagged}) AND NOT ({stance.may_be})"
        )
        if unfit:
            return f"flagged without a reason: {unfit[:3]}"
        named = f"({stance.flagged})"
        flagged = set(rows(part, stance.key, view, first_day, named))
        keys = rows(
            whole, stance.key, f"({stance.reckoned})" if stance.reckoned else view, first_day,
            stance.within,
        )  # fmt: skip
        expected = [row for row, key in zip(expected, keys, strict=True) if key not in flagged]
    missing = sorted((Counter(expected) - Counter(told)).elements())
    new = sorted((Counter(told) - Counter(expected)).elements())
    if not missing and not new:
        return ""
    return "\n".join(
        [f"{len(expected)} rows, {columns}:"]
        + [f"{len(rows)} {kind}: {row}" for kind, rows in (("missing", missing), ("new", new))
           for row in rows[:4]]
    )


@pytest.mark.parametrize("view", CATALOGUE)
def test_a_view_of_a_cut_run_is_the_window_of_that_of_the_whole(both, view):
    assert differences(*both, view) == ""
