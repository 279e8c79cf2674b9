"""Laws that hold in every run, whatever its scenario: each query finds the rows that break one."""

from collections.abc import Iterator

import pytest
from busy_scenarios import busy

from entitlement_sim import simulate
from entitlement_sim.store.run import Run

#: Runs: seed, overrides, time at which the state job runs.
RUNS = {
    "as recommended": (1, (), "00:00"),
    "a late state job": (2, ("rules.job_time=07:15",), "07:15"),
    "other readings": (
        3,
        (
            "rules.gate_literal_below_zero=true",
            "rules.gate_on_reactivate=true",
            "rules.exclude_billed_minutes=true",
            "rules.renew_copies_remaining=true",
            "rules.default_failure_blocks=true",
            "rules.empty_default_is_skipped=true",
        ),
        "00:00",
    ),
}


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    seed, overrides, job_time = RUNS[request.param]
    with simulate(busy(*overrides), seed=seed) as done:
        # What is changed on top of a base changes nothing of its past.
        done.connection.execute(
            "CREATE TEMP VIEW clocked AS SELECT cases.*, CASE WHEN created_at >= start_date "
            f"THEN INTERVAL '{job_time}:00' ELSE INTERVAL '0' MINUTE END AS job FROM cases, run"
        )
        yield done


#: Rows that must not be there, by the law that they would break.
BROKEN_BY = {
    # ------------------------------------------------------------------ balances
    "the ledger adds up to what remains": """
        SELECT entitlement_id FROM entitlements LEFT JOIN ledger USING (entitlement_id)
        GROUP BY entitlement_id, remaining_terms
        HAVING coalesce(sum(amount), 0) <> remaining_terms
    """,
    "the ledger adds up to what remains on each channel": """
        SELECT entitlement_id, origin
        FROM entitlement_channels FULL JOIN (
            SELECT entitlement_id, origin, sum(origin_amount) AS moved FROM ledger
            WHERE origin IS NOT NULL GROUP BY ALL
        ) USING (entitlement_id, origin)
        WHERE moved IS DISTINCT FROM remaining_terms
    """,
    "balances run along with their amounts": """
        SELECT entitlement_id, entry FROM ledger
        WINDOW w AS (PARTITION BY entitlement_id ORDER BY entry)
        QUALIFY sum(amount) OVER w <> balance OR row_number() OVER w <> entry
            OR lag(rowid) OVER w > rowid OR lag(happened_at) OVER w > happened_at
    """,
    "balances of channels run along with their amounts": """
        SELECT entitlement_id, entry FROM ledger WHERE origin IS NOT NULL
        WINDOW w AS (PARTITION BY entitlement_id, origin ORDER BY entry)
        QUALIFY sum(origin_amount) OVER w <> origin_balance
    """,
    "allotments and adjustments make the total": """
        SELECT entitlement_id FROM entitlements JOIN ledger USING (entitlement_id), run
        WHERE NOT (rule_switches->>'renew_copies_remaining')::BOOLEAN
        GROUP BY entitlement_id, total_terms
        HAVING sum(amount) FILTER (reason IN ('allot', 'adjust')) <> total_terms
            AND NOT bool_or(reason = 'brought_forward')
    """,
    "reasons have their signs": """
        SELECT entitlement_id, entry FROM ledger
        WHERE CASE reason
            WHEN 'consume' THEN amount >= 0 OR case_id IS NULL
            WHEN 'restore' THEN amount <= 0 OR case_id IS NULL
            WHEN 'refused' THEN amount <> 0 OR coalesce(origin_amount, 0) <> 0
            ELSE case_id IS NOT NULL END
    """,
    "a case and its channel move alike": """
        SELECT ledger.entitlement_id, entry FROM ledger JOIN cases USING (case_id)
        WHERE ledger.origin IS NOT NULL
            AND (ledger.origin <> cases.origin OR ledger.origin_amount <> ledger.amount)
    """,
    # --------------------------------------------------------------------- cases
    "a case holds what its state and entitlement say": """
        SELECT case_id FROM cases JOIN entitlements AS e USING (entitlement_id)
        LEFT JOIN (
            SELECT case_id, -sum(amount) AS held FROM ledger GROUP BY case_id
        ) USING (case_id)
        WHERE entitlement_id NOT IN (
            SELECT entitlement_id FROM ledger WHERE reason = 'brought_forward'
        ) AND coalesce(held, 0) <> CASE
            WHEN NOT decrement THEN 0
            WHEN e.decrease_on = 'creation' THEN (cases.state <> 'cancelled')::INTEGER
            WHEN cases.state <> 'resolved' THEN 0
            WHEN e.allocation = 'cases' THEN 1
            ELSE round(billable_minutes::DECIMAL(18, 6) / 60, 2) END
    """,
    "a case moves the entitlement that covers it and no other": """
        SELECT ledger.case_id FROM ledger JOIN cases USING (case_id)
        WHERE reason <> 'refused' AND ledger.entitlement_id IS DISTINCT FROM cases.entitlement_id
    """,
    "a case is covered if and only if it has an entitlement of its customer": """
        SELECT case_id FROM cases LEFT JOIN entitlements AS e USING (entitlement_id)
        WHERE outcome IS NULL OR (outcome = 'covered') <> (e.entitlement_id IS NOT NULL)
            OR e.customer_id <> cases.customer_id
    """,
    "only what was turned away has no state, and nothing happens to it": """
        SELECT case_id FROM cases
        WHERE (outcome = 'turned_away') <> (state IS NULL)
            OR state IS NULL AND (resolved_at IS NOT NULL OR cancelled_at IS NOT NULL
                OR billable_minutes IS NOT NULL OR reopened > 0 OR sla_met IS NOT NULL)
    """,
    "times fit the state": """
        SELECT case_id FROM cases
        WHERE state IS NOT NULL AND ((state = 'resolved') <> (resolved_at IS NOT NULL)
            OR (state = 'cancelled') <> (cancelled_at IS NOT NULL)
            OR (state = 'resolved') <> (billable_minutes IS NOT NULL)
            OR resolved_at <= created_at OR cancelled_at <= created_at)
    """,
    "a case that is refused for its terms leaves a row, and such a row names its case": """
        SELECT case_id FROM cases, run
        WHERE created_at >= start_date
            AND refusal IN ('InvalidEntitlementAssociationToCase', 'CannotCreateCase')
        EXCEPT
        SELECT case_id FROM ledger JOIN cases USING (case_id)
        WHERE reason = 'refused' AND rule = 'G1' AND happened_at = created_at AND amount = 0
    """,
    "cases are reopened as often as they were reactivated": """
        SELECT case_id FROM cases LEFT JOIN reactivations USING (case_id)
        GROUP BY case_id, reopened HAVING count(happened_at) <> reopened
    """,
    "nothing happens before the past or after the run": """
        SELECT case_id FROM cases, run
        WHERE created_at < history_start OR greatest(created_at, resolved_at, cancelled_at)
            >= start_date + days
        UNION ALL
        SELECT entitlement_id FROM ledger, run
        WHERE happened_at < history_start OR happened_at >= start_date + days
        UNION ALL
        SELECT entitlement_id FROM transitions, run
        WHERE on_date < history_start OR on_date >= start_date + days
    """,
    "no case comes before its customer": """
        SELECT case_id FROM cases JOIN customers USING (customer_id) WHERE created_at < joined_on
    """,
    "no entitlement comes before its customer": """
        SELECT entitlement_id FROM entitlements JOIN customers USING (customer_id)
        WHERE created_on < joined_on
    """,
    "cases of a customer stand in the order of their creation": """
        SELECT case_id FROM cases
        QUALIFY lag(created_at) OVER (PARTITION BY customer_id ORDER BY case_id) > created_at
    """,
    "SLAs are promised to covered cases only, and after their creation": """
        SELECT case_id FROM cases
        WHERE sla_due_at IS NULL AND (sla_met IS NOT NULL OR response_due_at IS NOT NULL)
            OR sla_due_at IS NOT NULL AND outcome <> 'covered'
            OR sla_due_at <= created_at OR response_due_at > sla_due_at
            OR sla_met AND resolved_at > sla_due_at AND reopened = 0
            OR NOT sla_met AND resolved_at <= sla_due_at AND reopened = 0
                AND coalesce(responded_at <= response_due_at, response_due_at IS NULL)
    """,
    # ---------------------------------------------------------------------- gate
    "a case attaches to an active entitlement only": """
        SELECT case_id FROM (
            SELECT case_id, last(to_state ORDER BY transitions.rowid) AS then_in
            FROM clocked JOIN transitions USING (entitlement_id)
            WHERE on_date <= (created_at - job)::DATE
            GROUP BY case_id
        ) RIGHT JOIN cases USING (case_id)
        WHERE entitlement_id IS NOT NULL AND then_in IS DISTINCT FROM 'active'
    """,
    "nothing is charged to an entitlement outside of its dates when the case attaches": """
        SELECT case_id FROM clocked JOIN entitlements USING (entitlement_id)
        WHERE (created_at - job)::DATE NOT BETWEEN start_date AND end_date
    """,
    "a restricting entitlement without terms takes no case": """
        SELECT cases.case_id FROM cases JOIN entitlements AS e USING (entitlement_id)
        ASOF JOIN ledger ON ledger.entitlement_id = e.entitlement_id
            AND cases.created_at > ledger.happened_at, run
        WHERE e.restrict AND decrement
            AND NOT (rule_switches->>'gate_literal_below_zero')::BOOLEAN
            AND balance <= 0
            AND NOT EXISTS (  -- of the same minute, something may have been given back before
                SELECT 1 FROM ledger AS same WHERE same.entitlement_id = e.entitlement_id
                AND same.happened_at = cases.created_at AND same.amount > 0)
    """,
    "on creation, a restricting entitlement never falls below zero by a new case": """
        SELECT ledger.case_id FROM ledger JOIN entitlements USING (entitlement_id), run
        WHERE rule = 'T1' AND reason = 'consume' AND restrict AND decrease_on = 'creation'
            AND least(balance, origin_balance)
                < -(rule_switches->>'gate_literal_below_zero')::BOOLEAN::INTEGER
    """,
    "products and contacts fit": """
        SELECT case_id FROM cases JOIN entitlements USING (entitlement_id)
        JOIN templates USING (template_id)
        WHERE contact >= contacts
            OR template_id IN (SELECT template_id FROM template_products)
                AND (template_id, product_id) NOT IN (
                    SELECT (template_id, product_id) FROM template_products)
    """,
    # ----------------------------------------------------------------- lifecycle
    "transitions form a chain from nothing to the state": """
        SELECT entitlement_id FROM transitions
        WINDOW w AS (PARTITION BY entitlement_id ORDER BY rowid)
        QUALIFY lag(to_state) OVER w IS DISTINCT FROM from_state OR lag(on_date) OVER w > on_date
        UNION ALL
        SELECT entitlement_id FROM entitlements LEFT JOIN transitions USING (entitlement_id)
        GROUP BY entitlement_id, state, created_on
        HAVING last(to_state ORDER BY transitions.rowid) IS DISTINCT FROM state
            OR min(on_date) <> created_on
    """,
    "only lawful transitions happen": """
        SELECT entitlement_id FROM transitions
        WHERE (from_state, to_state, trigger) NOT IN (
            (NULL, 'draft', 'created'), ('draft', 'active', 'activated'),
            ('draft', 'waiting', 'activated'), ('draft', 'expired', 'activated'),
            ('waiting', 'active', 'started'), ('active', 'expired', 'expired'),
            ('active', 'draft', 'deactivated'), ('waiting', 'draft', 'deactivated'),
            ('active', 'cancelled', 'cancelled'), ('waiting', 'cancelled', 'cancelled'))
    """,
    "states agree with dates at the end of the run": """
        SELECT entitlement_id FROM entitlements, (SELECT start_date + days - 1 AS today FROM run)
        WHERE CASE state
            WHEN 'active' THEN today::DATE NOT BETWEEN start_date AND end_date
            WHEN 'waiting' THEN today >= start_date
            WHEN 'expired' THEN today <= end_date OR ended_by <> 'expiry' OR ended_on <= end_date
            WHEN 'cancelled' THEN ended_by <> 'cancellation' OR ended_on IS NULL
            ELSE ended_on IS NOT NULL END
            OR start_date > end_date OR (ended_on IS NULL) <> (ended_by IS NULL)
    """,
    "entitlements start and expire on their very days": """
        SELECT entitlement_id FROM transitions JOIN entitlements USING (entitlement_id)
        WHERE trigger = 'started' AND on_date <> start_date
            OR trigger = 'expired' AND on_date <> end_date + 1
            OR to_state IN ('expired', 'cancelled') AND on_date <> ended_on
    """,
    "a customer has at most one default, which has been active": """
        SELECT customer_id FROM entitlements WHERE is_default
        GROUP BY customer_id HAVING count(*) > 1
        UNION ALL
        SELECT entitlement_id FROM entitlements
        WHERE is_default AND activated_on IS NULL
    """,
    "a customer with an active entitlement has an active default": """
        SELECT customer_id FROM entitlements WHERE state = 'active'
        GROUP BY customer_id HAVING NOT bool_or(is_default)
    """,
    "a successor is its customer's, comes after the end and does not overlap": """
        SELECT new.entitlement_id FROM entitlements AS new
        JOIN entitlements AS old ON old.entitlement_id = new.predecessor_id
        WHERE new.customer_id <> old.customer_id
            OR new.renewal_number <> old.renewal_number + 1
            OR old.ended_on IS NULL OR new.created_on < old.ended_on
            OR new.start_date < old.ended_on
            OR new.activated_on < old.ended_on OR new.entitlement_id <= old.entitlement_id
    """,
    "an entitlement is renewed at most once": """
        SELECT predecessor_id FROM entitlements WHERE predecessor_id IS NOT NULL
        GROUP BY predecessor_id HAVING count(*) > 1
    """,
    "channels hold at most the total, and one row each": """
        SELECT entitlement_id FROM entitlement_channels AS row
        JOIN entitlements AS e USING (entitlement_id) WHERE row.total_terms > e.total_terms
        UNION ALL
        SELECT entitlement_id FROM entitlement_channels
        GROUP BY entitlement_id, origin HAVING count(*) > 1
    """,
    "what remains exceeds the total by no one's doing": """
        SELECT entitlement_id FROM entitlements, run WHERE remaining_terms > total_terms
            AND NOT (rule_switches->>'renew_copies_remaining')::BOOLEAN
    """,
    "totals in cases are whole": """
        SELECT entitlement_id FROM entitlements, run
        WHERE allocation = 'cases' AND (total_terms % 1 <> 0 OR remaining_terms % 1 <> 0
            AND NOT (rule_switches->>'renew_copies_remaining')::BOOLEAN)
    """,
    # ----------------------------------------------------------------- numbering
    "rows are numbered through": """
        SELECT entitlement_id FROM entitlements WHERE entitlement_id <> rowid + 1
        UNION ALL SELECT case_id FROM cases WHERE case_id <> rowid + 1
        UNION ALL SELECT customer_id FROM customers WHERE customer_id <> rowid + 1
    """,
}


@pytest.mark.parametrize("law", BROKEN_BY)
def test_law(run: Run, law: str) -> None:
    assert run.connection.sql(BROKEN_BY[law]).fetchall()[:5] == []


#: What must be there often enough for the laws to mean something.
HAPPENS = {
    "refused cases": "ledger WHERE reason = 'refused' AND rule = 'G1'",
    "terms given back on cancelling": "ledger WHERE rule = 'T2' AND reason = 'restore'",
    "terms given back on reopening": "ledger WHERE rule = 'T3'",
    "hours": "ledger WHERE rule = 'T4'",
    "amendments": "ledger WHERE reason = 'adjust'",
    "channels that pay": "ledger WHERE reason = 'consume' AND origin IS NOT NULL",
    "balances below zero": "entitlements WHERE remaining_terms < 0",
    "waiting entitlements": "transitions WHERE to_state = 'waiting'",
    "cancelled entitlements": "entitlements WHERE state = 'cancelled'",
    "renewals": "entitlements WHERE renewal_number > 1",
    "moves to another template": "entitlements AS new JOIN entitlements AS old "
    "ON old.entitlement_id = new.predecessor_id WHERE new.template_id <> old.template_id",
    "several entitlements at a time": "(SELECT customer_id FROM entitlements "
    "WHERE state = 'active' GROUP BY customer_id HAVING count(*) > 1)",
    "charges after the end": "ledger JOIN entitlements AS e USING (entitlement_id) "
    "WHERE reason = 'consume' AND happened_at::DATE >= ended_on",
    "missed SLAs": "cases WHERE NOT sla_met",
    "cases turned away": "cases WHERE outcome = 'turned_away'",
    "unmarked cases": "cases WHERE NOT decrement AND outcome = 'covered'",
    "terms brought forward": "ledger WHERE reason = 'brought_forward'",
    "cases from before the first day": "cases, run WHERE created_at < start_date",
}


@pytest.mark.parametrize("what", HAPPENS)
def test_it_happens(run: Run, what: str) -> None:
    [(count,)] = run.connection.sql(f"SELECT count(*) FROM {HAPPENS[what]}").fetchall()
    assert count >= 10
