"""What the chart of what is in force says, whole, with values on every edge."""

import pandas as pd
import pytest
from chart_texts import Texts, texts

from entitlement_sim import charts


def months(*flows, opening=0, template="pack", value=1_000.0, paid=True):
    """A frame of the view in_force_by_month: sold, renewed, expired and cancelled from 2022 on.

    Each entitlement is worth `value` a year.
    """
    rows = []
    for place, (sold, renewed, expired, cancelled) in enumerate(flows):
        closing = opening + sold + renewed - expired - cancelled
        month = pd.Timestamp("2022-01-01") + pd.DateOffset(months=place)
        rows.append((month, opening, sold, renewed, expired, cancelled, closing))
        opening = closing
    columns = ["month", "opening", "sold", "renewed", "expired", "cancelled", "closing"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        opening_value=frame["opening"] * value,
        closing_value=frame["closing"] * value,
        template=template,
        segment="small",
        is_paying=paid,
        in_base=paid,
    )


def test_what_is_in_force_with_what_came_and_went_and_its_value():
    frame = months((30, 0, 0, 0), (12, 5, 8, 1), (0, 20, 22, 3), opening=1_000, value=120.0)
    ax = charts.in_force_by_month(frame, segment="small", template="pack")
    assert texts(ax) == Texts(
        "At the end of Mar 2022 1,033 paid entitlements of small and pack are in force, +33 since "
        "the beginning",
        "Jan 2022 to Mar 2022: 1,000 at the beginning, 42 sold, 25 renewed, 30 expired, "
        "4 cancelled",
        "Annual value 120k at the beginning, 124k at the end.",
    )


@pytest.mark.parametrize(
    ("flows", "opening", "title"),
    [
        ((0, 0, 1, 1), 3, "1 paid entitlement is in force, -2 since the beginning"),
        ((0, 0, 2, 0), 2, "0 paid entitlements are in force, -2 since the beginning"),
        ((1, 1, 1, 1), 2, "2 paid entitlements are in force, 0 since the beginning"),
        ((1, 0, 0, 0), 1, "2 paid entitlements are in force, +1 since the beginning"),
    ],
)
def test_one_none_and_no_change(flows, opening, title):
    ax = charts.in_force_by_month(months(flows, opening=opening))
    assert texts(ax).title == f"At the end of Jan 2022 {title}"


def test_templates_of_a_month_are_added_up():
    frame = pd.concat([months((3, 0, 0, 0)), months((0, 2, 1, 0), opening=5, template="hours")])
    assert texts(charts.in_force_by_month(frame)) == Texts(
        "At the end of Jan 2022 9 paid entitlements are in force, +4 since the beginning",
        "Jan 2022: 5 at the beginning, 3 sold, 2 renewed, 1 expired, 0 cancelled",
        "Annual value 5k at the beginning, 9k at the end.",
    )


def test_free_ones_are_left_out_unless_nothing_else_is_drawn():
    free = months((4, 0, 0, 0), template="gift", value=0.0, paid=False)
    frame = pd.concat([months((3, 0, 0, 0)), free])
    assert "3 paid entitlements are" in texts(charts.in_force_by_month(frame)).title
    alone = charts.in_force_by_month(frame, template="gift")
    assert "4 entitlements of gift are in force" in texts(alone).title


def test_the_bars_of_a_month_lie_between_what_came_and_what_went():
    ax = charts.in_force_by_month(months((12, 5, 8, 1), opening=10))
    [flows] = ax.child_axes or [each for each in ax.figure.axes if each is not ax]
    bars = {bars.get_label(): bars[0] for bars in flows.containers}
    ends = {name: (bar.get_y(), bar.get_y() + bar.get_height()) for name, bar in bars.items()}
    assert ends == {"renewed": (0, 5), "sold": (5, 17), "expired": (0, -8), "cancelled": (-8, -9)}


def test_nothing_in_force_is_said():
    ax = charts.in_force_by_month(months((0, 0, 0, 0)))
    assert "Nothing to show: nothing was in force on any day." in charts.alt_text(ax)
