"""What the chart of service levels says, whole, with values on every edge."""

import pandas as pd
from chart_texts import Texts, texts

from entitlement_sim import charts


def decided(*rows):
    """A frame of the view sla_compliance."""
    frame = pd.DataFrame(rows, columns=["month", "sla", "n", "met", "is_mature"])
    return frame.astype({"month": "datetime64[us]"}).assign(template="pack", segment="small")


def test_service_levels_are_told_from_the_worst_kept_on_mature_months_alone():
    frame = decided(
        ("2024-01-01", "silver", 4, 4, True),
        ("2024-01-01", "gold", 8, 7, True),
        ("2024-02-01", "gold", 2, 2, False),
    )
    assert texts(charts.sla_compliance(frame)) == Texts(
        "Service levels are kept: gold in 87.5% of cases and silver in 100% of cases",
        "12 decided cases; band: 95% Wilson interval; hollow on grey: some cases are undecided",
        "gold: 87.5% (7 of 8). silver: 100% (4 of 4).",
    )


def test_where_no_month_is_mature_all_decided_cases_are_told():
    assert texts(charts.sla_compliance(decided(("2024-02-01", "gold", 2, 2, False)))) == Texts(
        "Service levels are kept: gold in 100% of cases",
        "2 decided cases; band: 95% Wilson interval; hollow on grey: some cases are undecided",
        "gold: 100% (2 of 2).",
    )


def test_one_case_that_missed_its_service_level():
    assert texts(charts.sla_compliance(decided(("2024-02-01", "gold", 1, 0, True)))) == Texts(
        "Service levels are kept: gold in 0% of cases",
        "1 decided case; band: 95% Wilson interval",
        "gold: 0% (0 of 1).",
    )
