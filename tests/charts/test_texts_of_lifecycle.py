"""What charts of states and of one entitlement's life say, whole, with values on every edge."""

from datetime import datetime

import pandas as pd
import pytest
from chart_texts import Texts, texts
from hand_made import HandMade

from entitlement_sim import charts


def changes(*ways):
    """A frame of the table transitions."""
    frame = pd.DataFrame(ways, columns=["from_state", "to_state"])
    return frame.assign(entitlement_id=range(len(ways)), on_date=pd.Timestamp("2024-01-01"))


def test_the_flow_tells_where_everybody_is_and_every_way():
    frame = changes(
        *[(None, "draft")] * 4,
        ("draft", "waiting"),
        ("waiting", "active"),
        *[("draft", "active")] * 3,
        ("active", "draft"),
        ("active", "expired"),
        ("active", "cancelled"),
    )
    assert texts(charts.lifecycle_flow(frame)) == Texts(
        "Of 4 entitlements, 1 has expired, 1 was cancelled, 1 is active",
        "Entitlements that went each way; in the boxes, where they are at the end",
        "At the end: 1 active, 1 draft, 1 has expired, 1 was cancelled. 1 time one went back to "
        "draft to be amended. active to cancelled: 1. active to draft: 1. active to expired: 1. "
        "draft to active: 3. draft to waiting: 1. made to draft: 4. waiting to active: 1.",
    )


def test_the_flow_of_one_draft():
    assert texts(charts.lifecycle_flow(changes((None, "draft")))) == Texts(
        "Of 1 entitlement, 0 are active",
        "Entitlements that went each way; in the boxes, where they are at the end",
        "At the end: 1 draft. made to draft: 1.",
    )


def test_the_flow_of_several_that_have_ended():
    frame = changes(
        *[(None, "draft")] * 4,
        *[("draft", "active")] * 4,
        *[("active", "expired")] * 2,
        *[("active", "cancelled")] * 2,
    )
    assert texts(charts.lifecycle_flow(frame)).title == (
        "Of 4 entitlements, 2 have expired, 2 were cancelled, 0 are active"
    )


@pytest.fixture
def made():
    """Sixty days from 1 January 2024."""
    return HandMade(days=60)


def life(made, entitlement):
    with made.run() as run:
        return charts.entitlement_life(run, entitlement)


def test_an_entitlement_runs_dry_on_the_day_of_the_case_that_took_its_last_term(made):
    pack = made.holds(1, 30, total=3)
    for day in (5, 10, 29):
        made.moves(pack, day, -1, time="10:00", case=made.case(day, entitlement=pack))
    made.refuses(pack, made.case(30, outcome="turned_away"))
    assert texts(life(made, pack)) == Texts(
        "Entitlement 1 ran dry on 30 Jan 2024, 1 day before its end; 1 case was refused",
        "pack, 3 cases, customer 1 (small), decreasing on creation, restricting",
        "Its term is 2 Jan 2024 to 31 Jan 2024; at the end it is expired with a balance of 0 "
        "cases. Cases: 3 covered, 1 refused and 0 given back. States: draft on 2 Jan 2024, active "
        "on 2 Jan 2024, expired on 1 Feb 2024.",
    )


def test_an_entitlement_that_runs_dry_on_its_last_day_does_so_no_day_before_its_end(made):
    pack = made.holds(1, 30, total=1)
    made.uses(pack, 30)
    assert texts(life(made, pack)) == Texts(
        "Entitlement 1 ran dry on 31 Jan 2024",
        "pack, 1 case, customer 1 (small), decreasing on creation, restricting",
        "Its term is 2 Jan 2024 to 31 Jan 2024; at the end it is expired with a balance of 0 "
        "cases. Cases: 0 covered, 0 refused and 0 given back. States: draft on 2 Jan 2024, active "
        "on 2 Jan 2024, expired on 1 Feb 2024.",
    )


def test_an_amendment_to_nothing_is_no_running_dry(made):
    pack = made.holds(1, 30, total=3)
    made.moves(pack, 10, -3, reason="adjust")
    ax = life(made, pack)
    assert texts(ax).title == "Entitlement 1 ended with 0 cases of 3 unused"
    assert "adjust -3" in [text.get_text() for text in ax.texts]


def test_an_entitlement_without_terms_from_the_start_cannot_run_dry(made):
    pack = made.holds(1, 30, total=0)
    made.moves(pack, 10, -1)
    assert texts(life(made, pack)).title == "Entitlement 1 ended with -1 cases of 0 unused"


def test_what_is_left_is_told_in_the_singular_where_it_is_one(made):
    pack = made.holds(1, 90, total=2)
    made.uses(pack, 5)
    assert texts(life(made, pack)) == Texts(
        "Entitlement 1 has 1 case of 2 left on 29 Feb 2024",
        "pack, 2 cases, customer 1 (small), decreasing on creation, restricting",
        "Its term is 2 Jan 2024 to 31 Mar 2024; at the end it is active with a balance of 1 case. "
        "Cases: 0 covered, 0 refused and 0 given back. States: draft on 2 Jan 2024, active on "
        "2 Jan 2024.",
    )


def test_a_cancelled_entitlement_has_ended_with_everything_unused(made):
    pack = made.holds(1, 99, total=4, cancelled=20)
    assert texts(life(made, pack)) == Texts(
        "Entitlement 1 ended with 4 cases of 4 unused",
        "pack, 4 cases, customer 1 (small), decreasing on creation, restricting",
        "Its term is 2 Jan 2024 to 9 Apr 2024; at the end it is cancelled with a balance of 4 "
        "cases. Cases: 0 covered, 0 refused and 0 given back. States: draft on 2 Jan 2024, active "
        "on 2 Jan 2024, cancelled on 21 Jan 2024.",
    )


def test_cover_without_a_number_tells_its_cases(made):
    cover = made.holds(1, 30, total=0, template="cover", restrict=False)
    made.case(5, entitlement=cover)
    assert texts(life(made, cover)) == Texts(
        "Entitlement 1 covered 1 case, without a number to them",
        "cover, without a number of cases, customer 1 (small), decreasing on creation, not "
        "restricting",
        "Its term is 2 Jan 2024 to 31 Jan 2024; at the end it is expired with a balance of 0 "
        "cases. Cases: 1 covered, 0 refused and 0 given back. States: draft on 2 Jan 2024, active "
        "on 2 Jan 2024, expired on 1 Feb 2024.",
    )


def marked_ends(ax):
    return [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"]


def test_the_end_of_a_term_is_drawn_when_its_last_day_is_over(made):
    assert marked_ends(life(made, made.holds(1, 30))) == [datetime(2024, 2, 1)]


def test_the_end_of_a_term_after_the_run_is_not_drawn(made):
    assert marked_ends(life(made, made.holds(1, 90))) == []


def drawn_rows(ax):
    """Rows of marks from the highest to the lowest: their names, and how many stand in each."""
    marked = [line for line in ax.lines if line.get_linestyle() == "None" and len(line.get_xdata())]
    highest_first = sorted(marked, key=lambda line: -line.get_ydata()[0])
    return [(line.get_label(), len(line.get_xdata())) for line in highest_first]


def test_the_cases_of_each_account_stand_in_a_row_of_their_own(made):
    pool = made.holds(1, 30, total=9)
    for day, account in ((3, 1), (5, 2), (7, 2), (9, 3)):
        number = made.case(day, entitlement=pool, account=account)
        made.moves(pool, day, -1, time="10:00", case=number)
    ax = life(made, pool)
    assert drawn_rows(ax) == [("account 1", 1), ("account 2", 2), ("account 3", 1)]
    assert "Covered: 1 of account 1, 2 of account 2 and 1 of account 3." in charts.alt_text(ax)


def test_one_account_alone_has_no_row_of_its_own(made):
    pool = made.holds(1, 30, total=9)
    made.case(3, entitlement=pool, account=1)
    made.case(4, entitlement=pool, account=1)
    ax = life(made, pool)
    assert drawn_rows(ax) == [("covered", 2)]
    assert "account" not in charts.alt_text(ax)


def test_cases_without_an_account_have_a_row_beside_those_that_have_one(made):
    pool = made.holds(1, 30, total=9)
    made.case(3, entitlement=pool)
    made.case(4, entitlement=pool, account=2)
    assert drawn_rows(life(made, pool)) == [("no account", 1), ("account 2", 1)]


@pytest.mark.parametrize(
    ("accounts", "rows"),
    [
        (5, [f"account {account}" for account in range(1, 6)]),
        (6, [*(f"account {account}" for account in (1, 2, 3, 6)), "2 other accounts"]),
    ],
)
def test_of_many_accounts_the_busiest_have_rows_of_their_own(made, accounts, rows):
    pool = made.holds(1, 30, total=9)
    for account in range(1, accounts + 1):
        made.case(3, entitlement=pool, account=account)
    made.case(4, entitlement=pool, account=accounts)
    assert [name for name, _ in drawn_rows(life(made, pool))] == rows
