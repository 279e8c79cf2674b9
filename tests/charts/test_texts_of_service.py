"""What the chart of service levels says, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import charts


def decided(*rows):
    """A frame of the view sla_compliance_by_customer, one case a customer: so many of a month."""
    frame = pd.concat(
        [
            pd.DataFrame(
                {
                    "month": pd.Timestamp(month),
                    "sla": sla,
                    "n": [1] * n + [0] * undecided,
                    "met": [1] * met + [0] * (n - met + undecided),
                    "undecided": [0] * n + [1] * undecided,
                }
            )
            for month, sla, n, met, undecided in rows
        ],
        ignore_index=True,
    )
    frame["customer_id"] = frame.index
    return frame.assign(template="pack", segment="small", is_beyond=False)


def test_service_levels_are_told_from_the_worst_kept_on_mature_months_alone():
    frame = decided(
        ("2024-01-01", "silver", 4, 4, 0),
        ("2024-01-01", "gold", 8, 7, 0),
        ("2024-02-01", "gold", 2, 2, 1),
    )
    assert texts(charts.sla_compliance(frame)) == Texts(
        "Service levels are kept: gold in 87.5% and silver in 100% of the decided cases",
        "12 decided cases; band: 95% limits, 12 customers drawn anew; hollow on grey: some cases "
        "are undecided",
        "gold: 87.5% (7 of 8), interval 11.6% to 99.7%. silver: 100% (4 of 4), interval 39.8% to "
        "100%.",
    )


def test_where_no_month_is_mature_all_decided_cases_are_told():
    assert texts(charts.sla_compliance(decided(("2024-02-01", "gold", 2, 2, 1)))) == Texts(
        "Service levels are kept: gold in 100% of the decided cases",
        "2 decided cases; band: 95% limits, 2 customers drawn anew; hollow on grey: some cases are "
        "undecided",
        "gold: 100% (2 of 2), interval 15.8% to 100%.",
    )


@pytest.mark.parametrize(("undecided", "is_drawn"), [(2, True), (3, False)])
def test_a_month_less_than_half_of_which_is_decided_is_left_out(undecided, is_drawn):
    frame = decided(("2024-01-01", "gold", 4, 3, 0), ("2024-02-01", "gold", 2, 2, undecided))
    ax = charts.sla_compliance(frame)
    [hollow] = [line for line in ax.lines if line.get_label() == "gold, few"]
    assert len(hollow.get_xdata()) == 1 + is_drawn
    assert (
        texts(ax).line.endswith("left out: 1 month less than half of which is decided") != is_drawn
    )


def test_months_after_the_run_are_not_drawn():
    frame = decided(("2024-01-01", "gold", 4, 3, 0), ("2024-02-01", "gold", 9, 9, 0))
    frame["is_beyond"] = frame["month"] > "2024-01-31"
    assert texts(charts.sla_compliance(frame)).line.startswith("4 decided cases; ")


@pytest.mark.parametrize(("n", "few"), [(19, 1), (20, 0)])
def test_fewer_than_twenty_cases_stand_in_grey(n, few):
    ax = charts.sla_compliance(decided(("2024-01-01", "gold", n, n - 1, 0)))
    [grey] = [line for line in ax.lines if line.get_label() == "gold, few"]
    assert len(grey.get_xdata()) == few


def test_one_case_that_missed_its_service_level_has_no_limits():
    assert texts(charts.sla_compliance(decided(("2024-02-01", "gold", 1, 0, 0)))) == Texts(
        "Service levels are kept: gold in 0% of the decided cases",
        "1 decided case; band: 95% limits, 1 customer drawn anew",
        "gold: 0% (0 of 1), interval \N{EN DASH}.",
    )
