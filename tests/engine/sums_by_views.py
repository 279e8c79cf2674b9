"""What the views say of a stored run, and what a frame of sums says of the same."""

from typing import Any

import pandas as pd

from entitlement_sim.store.run import Run

#: What a row of the query is about, and the measures that its numbers must equal. Amounts in
#: hundredths. A month is NULL for what lies after the run, as in the frame.
QUERIES: dict[str, tuple[str, list[str], list[str]]] = {
    "sales": (
        """SELECT segment, template, date_trunc('month', activated_on) AS month, count(*)
           FROM entitlements JOIN templates USING (template_id) JOIN customers USING (customer_id)
           WHERE activated_on >= (SELECT start_date FROM run) GROUP BY ALL""",
        ["segment", "template", "month"],
        ["sold"],
    ),
    "bookings by template": (
        """SELECT template, month, sum(billed) * 100
           FROM contract_liability WHERE method = 'stand_ready' GROUP BY ALL""",
        ["template", "month"],
        ["bookings"],
    ),
    "bookings by segment": (
        "SELECT segment, bookings * 100 FROM margin_by_segment",
        ["segment"],
        ["bookings"],
    ),
    "movements": (
        """SELECT segment, template, date_trunc('month', happened_at) AS month,
               sum(amount) FILTER (reason IN ('allot', 'adjust', 'topup')) * 100,
               -sum(amount) FILTER (reason IN ('consume', 'restore')) * 100
           FROM ledger JOIN entitlements USING (entitlement_id) JOIN templates USING (template_id)
           JOIN customers USING (customer_id)
           WHERE happened_at >= (SELECT start_date FROM run) GROUP BY ALL""",
        ["segment", "template", "month"],
        ["allotted", "used"],
    ),
    "blocked demand": (
        """SELECT template, sum(n), sum(blocked), sum(turned_away),
               sum(asked_what_is_sold) FILTER (restrict), sum(used_up) FILTER (restrict)
           FROM blocked_demand GROUP BY ALL""",
        ["template"],
        ["arrivals", "blocked", "blocked_turned_away", "asked_what_is_sold", "used_up"],
    ),
    "covered cases": (
        """SELECT segment, template, date_trunc('month', created_at) AS month, count(*)
           FROM cases JOIN entitlements USING (entitlement_id) JOIN templates USING (template_id)
           JOIN customers ON customers.customer_id = cases.customer_id
           WHERE created_at >= (SELECT start_date FROM run) GROUP BY ALL""",
        ["segment", "template", "month"],
        ["covered"],
    ),
    "cases without cover": (
        """SELECT segment, date_trunc('month', created_at) AS month,
               count(*) FILTER (outcome = 'uncovered'), count(*) FILTER (outcome = 'turned_away')
           FROM cases JOIN customers USING (customer_id)
           WHERE created_at >= (SELECT start_date FROM run) GROUP BY ALL""",
        ["segment", "month"],
        ["uncovered", "turned_away"],
    ),
    "cases worked": (
        """SELECT segment, coalesce(template, 'nan'), month, sum(minutes)::BIGINT,
               coalesce(sum(cases) FILTER (origin = 'phone'), 0)::BIGINT,
               coalesce(sum(cases) FILTER (origin = 'email'), 0)::BIGINT,
               coalesce(sum(cases) FILTER (origin = 'web'), 0)::BIGINT,
               coalesce(sum(cases) FILTER (origin = 'facebook'), 0)::BIGINT,
               coalesce(sum(cases) FILTER (origin = 'twitter'), 0)::BIGINT,
               coalesce(sum(cases) FILTER (origin = 'iot'), 0)::BIGINT
           FROM cost_to_serve GROUP BY ALL""",
        ["segment", "template", "month"],
        [
            "minutes",
            "worked_phone",
            "worked_email",
            "worked_web",
            "worked_facebook",
            "worked_twitter",
            "worked_iot",
        ],
    ),
    "straight line": (
        """SELECT segment, template, (sum(stand_ready) * 100)::BIGINT
           FROM revenue_by_entitlement GROUP BY ALL""",
        ["segment", "template"],
        ["straight_line"],
    ),
    "overage": (
        """SELECT segment, template, month, (sum(amount) * 100)::BIGINT
           FROM overage_by_period GROUP BY ALL""",
        ["segment", "template", "month"],
        ["overage_value"],
    ),
    "dry days": (
        """SELECT segment, template, sum(covered_days), sum(dry_days)
           FROM dry_days GROUP BY ALL""",
        ["segment", "template"],
        ["covered_days", "dry_days"],
    ),
    "covered days by month": (
        """SELECT date_trunc('month', day) AS month, count(*)
           FROM (SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY)) AS day
                 FROM covered_periods) GROUP BY ALL""",
        ["month"],
        ["covered_days"],
    ),
    # What was left by what ended in some way: by entitlement, or by balance where it has several.
    "breakage": (
        """SELECT segment, template, month,
               sum(n) FILTER (expired), sum(allotment) FILTER (expired) * 100,
               sum(breakage) FILTER (expired) * 100, sum(breakage_value) FILTER (expired) * 100,
               sum(n) FILTER (cancelled), sum(allotment) FILTER (cancelled) * 100,
               sum(breakage) FILTER (cancelled) * 100, sum(breakage_value) FILTER (cancelled) * 100
           FROM (
               SELECT *, ended_by = 'expiry' AS expired, ended_by = 'cancellation' AS cancelled
               FROM (
                   SELECT segment, template, month, 1 AS n, allotment, breakage, breakage_value,
                       ended_by
                   FROM breakage_by_entitlement
                   ANTI JOIN breakage_by_period USING (entitlement_id)
                   UNION ALL
                   SELECT segment, template, month, (kind <> 'carried')::INTEGER, allotment,
                       breakage, breakage_value, ended_by
                   FROM breakage_by_period
               )
           ) GROUP BY ALL""",
        ["segment", "template", "month"],
        [
            "ended",
            "ended_allotment",
            "breakage",
            "breakage_value",
            "cancelled",
            "cancelled_allotment",
            "cancelled_breakage",
            "cancelled_breakage_value",
        ],
    ),
    "expiry": (
        """SELECT segment, template, CASE WHEN month <= as_of THEN month END AS month, sum(n),
               sum(annual_value) * 100
           FROM (SELECT segment, template, date_trunc('month', end_date) AS month, as_of,
                     count(*) AS n, sum(annual_value) AS annual_value,
                     end_date > as_of AS is_later
                 FROM entitlement_facts CROSS JOIN metric_parameters
                 WHERE covered_from <= end_date AND effective_end >= run_begins
                     AND ended_by IS DISTINCT FROM 'cancellation' AND NOT is_open_ended
                 GROUP BY ALL)
           WHERE NOT is_later GROUP BY ALL""",
        ["segment", "template", "month"],
        ["ends", "ends_value"],
    ),
    "expiry in all": (
        "SELECT segment, template, sum(n), sum(annual_value) * 100 FROM expiry_by_month "
        "GROUP BY ALL",
        ["segment", "template"],
        ["ends", "ends_value"],
    ),
    "renewals": (
        """SELECT segment, template, month, sum(due), sum(n), sum(renewed), sum(on_time),
               sum(win_backs)
           FROM renewal_rates GROUP BY ALL""",
        ["segment", "template", "month"],
        ["due", "due_mature", "renewed", "on_time", "win_backs"],
    ),
    "utilisation": (
        "SELECT template, n, used * 100, allotment * 100 FROM utilisation_by_template",
        ["template"],
        ["in_portfolio", "closing_used", "closing_allotment"],
    ),
    "over-consumption": (
        "SELECT template, sum(over_n), sum(over_units) * 100, sum(over_value) * 100 "
        "FROM over_consumption GROUP BY ALL",
        ["template"],
        ["over", "over_units", "over_value"],
    ),
}


def asked(run: Run, query: str, keys: int) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """Rows of a query by what they are about, without those that hold nothing."""
    rows = run.connection.sql(query).fetchall()
    numbers = {
        tuple(str(key)[:10] for key in row[:keys]): tuple(int(cell or 0) for cell in row[keys:])
        for row in rows
    }
    return {key: row for key, row in numbers.items() if any(row)}


def added(
    frame: pd.DataFrame, keys: list[str], measures: list[str]
) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """The same of a frame of sums; what lies after the run is no month of it."""
    if "month" in keys:
        frame = frame[frame["month"].notna()]
    grouped = frame.groupby(keys, observed=True, dropna=False)[measures].sum()
    return {
        tuple(str(key)[:10] for key in (keys_of if len(keys) > 1 else [keys_of])): tuple(
            int(cell) for cell in row
        )
        for keys_of, row in zip(grouped.index, grouped.to_numpy(), strict=True)
        if row.any()
    }
