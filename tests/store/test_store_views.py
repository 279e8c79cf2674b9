"""The views of a run, by hand and against plain pandas on a simulated run."""

import numpy as np
import pandas as pd
import pytest
from store_rows import facts, table_of

from entitlement_sim import Scenario, simulate
from entitlement_sim.store.views import view_files
from entitlement_sim.store.writer import write_run


@pytest.fixture(scope="module")
def portfolio():
    """A small mixed portfolio with everything that a scenario can switch on."""
    few = {f"segments.{name}.customers": 25 for name in Scenario.load("demo").model.segments}
    changes = few | {"calendar.days": 500, "calendar.holidays": []}
    with simulate(Scenario.load("demo", changes), seed=3) as run:
        yield run


def entitlement(number, template, **more):
    return {"entitlement_id": number, "customer_id": 1, "template_id": template} | more


def moved(number, day, from_state, to_state, trigger):
    return {
        "entitlement_id": number,
        "on_date": day,
        "from_state": from_state,
        "to_state": to_state,
        "trigger": trigger,
    }


def booked(number, at, amount, reason, case=None):
    return {
        "entitlement_id": number,
        "happened_at": at,
        "amount": amount,
        "reason": reason,
        "case_id": case,
    }


def case(number, at, outcome, entitlement=None, **more):
    return {
        "case_id": number,
        "created_at": at,
        "outcome": outcome,
        "entitlement_id": entitlement,
    } | more


@pytest.fixture
def by_hand():
    """1: pack, waits, active from the 2nd, amended on the 5th, cancelled on the 8th; 2: hours,
    active since before the run, expires on the 4th; 3: hours, renews 2 on the 6th, in draft.
    """
    block = {
        "entitlements": table_of(
            "entitlements",
            entitlement(1, 1, created_on="2024-01-01"),
            entitlement(2, 2, created_on="2023-12-01"),
            entitlement(3, 2, created_on="2024-01-06", predecessor_id=2),
        ),
        "transitions": table_of(
            "transitions",
            moved(1, "2024-01-01", None, "draft", "created"),
            moved(1, "2024-01-01", "draft", "waiting", "activated"),
            moved(1, "2024-01-02", "waiting", "active", "started"),
            moved(1, "2024-01-05", "active", "draft", "deactivated"),
            moved(1, "2024-01-05", "draft", "active", "activated"),
            moved(1, "2024-01-08", "active", "cancelled", "cancelled"),
            moved(2, "2023-12-01", None, "draft", "created"),
            moved(2, "2023-12-01", "draft", "active", "activated"),
            moved(2, "2024-01-04", "active", "expired", "expired"),
            moved(3, "2024-01-06", None, "draft", "created"),
        ),
        "ledger": table_of(
            "ledger",
            booked(1, "2024-01-01 00:00", 10, "allot"),
            booked(1, "2024-01-02 09:00", -1, "consume", 1),
            booked(1, "2024-01-03 09:00", 0, "refused", 2),
            booked(1, "2024-01-05 00:00", 5, "adjust"),
            booked(1, "2024-01-05 08:00", 1, "restore", 1),
            booked(1, "2024-01-09 08:00", -1, "consume", 1),
            booked(2, "2023-12-01 00:00", "2.5", "allot"),
            booked(2, "2023-12-20 12:00", "-0.5", "consume"),
            booked(2, "2024-01-03 12:00", "-0.25", "consume", 3),
            booked(2, "2024-01-04 12:00", "-0.75", "consume", 4),
            booked(3, "2024-01-06 00:00", "2.5", "allot"),
            booked(3, "2024-01-07 00:00", 0, "refused"),
        ),
        "cases": table_of(
            "cases",
            case(1, "2024-01-02 09:00", "covered", 1, resolved_at="2024-01-09 08:00"),
            case(
                2, "2024-01-03 09:00", "turned_away",
                refusal="InvalidEntitlementAssociationToCase",
            ),
            case(
                3, "2024-01-03 10:00", "covered", 2,
                resolved_at="2024-01-03 12:00", billable_minutes=15,
            ),
            case(
                4, "2024-01-03 10:30", "covered", 2,
                resolved_at="2024-01-07 12:00", billable_minutes=45,
            ),
            case(5, "2024-01-03 11:00", "uncovered", cancelled_at="2024-01-03 11:30"),
        ),
        "reactivations": table_of(
            "reactivations",
            {
                "case_id": 4, "happened_at": "2024-01-05 07:00", "from_state": "resolved",
                "ended_at": "2024-01-04 12:00", "billable_minutes": 30,
            },
            {
                "case_id": 1, "happened_at": "2024-01-06 07:00", "from_state": "cancelled",
                "ended_at": "2024-01-05 08:00",
            },
        ),
    }  # fmt: skip
    with write_run([block], facts()) as run:
        yield run


def daily_of(run, template, column):
    frame = run.table("daily")
    match = frame["template"].isna() if template is None else frame["template"] == template
    return frame.loc[match, column].tolist()


@pytest.mark.parametrize(
    ("template", "column", "first_to_tenth"),
    [
        ("pack", "waiting", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("pack", "active", [0, 1, 1, 1, 1, 1, 1, 0, 0, 0]),
        ("hours", "active", [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
        ("pack", "remaining", [0, 9, 9, 9, 15, 15, 15, 0, 0, 0]),
        ("hours", "remaining", [2, 2, 1.75, 0, 0, 0, 0, 0, 0, 0]),
        ("pack", "used", [0, 1, 0, 0, -1, 0, 0, 0, 1, 0]),
        ("hours", "used", [0, 0, 0.25, 0.75, 0, 0, 0, 0, 0, 0]),
        ("pack", "opened", [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("hours", "covered", [0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
        (None, "opened", [0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
        (None, "uncovered", [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        (None, "turned_away", [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        ("hours", "resolved", [0, 0, 1, 1, 0, 0, 1, 0, 0, 0]),
        ("pack", "resolved", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
        ("hours", "expired", [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("pack", "cancelled", [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
        ("hours", "renewed", [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
    ],
)
def test_daily_counts_what_a_person_counts(by_hand, template, column, first_to_tenth):
    assert daily_of(by_hand, template, column) == first_to_tenth


def test_daily_has_every_day_of_every_template_even_where_nothing_happens():
    with write_run([], facts()) as run:
        frame = run.table("daily")
    assert len(frame) == 10 * 3
    assert (frame.drop(columns=["day", "template"]) == 0).all(axis=None)


def test_case_events_tell_each_case_s_story_in_order(by_hand):
    query = "FROM case_events ORDER BY case_id, happened_at, event"
    told = {}
    for number, at, event, minutes in by_hand.connection.sql(query).fetchall():
        told.setdefault(number, []).append((f"{at:%d %H:%M}", event, minutes))
    assert told == {
        1: [
            ("02 09:00", "created", None),
            ("02 09:00", "attached", None),
            ("05 08:00", "cancelled", None),
            ("06 07:00", "reactivated", None),
            ("09 08:00", "resolved", None),
        ],
        2: [("03 09:00", "created", None), ("03 09:00", "refused", None)],
        3: [
            ("03 10:00", "created", None),
            ("03 10:00", "attached", None),
            ("03 12:00", "resolved", 15),
        ],
        4: [
            ("03 10:30", "created", None),
            ("03 10:30", "attached", None),
            ("04 12:00", "resolved", 30),
            ("05 07:00", "reactivated", None),
            ("07 12:00", "resolved", 45),
        ],
        5: [("03 11:00", "created", None), ("03 11:30", "cancelled", None)],
    }


def test_state_periods_leave_out_what_no_day_closed_with(by_hand):
    rows = by_hand.connection.sql(
        "SELECT state, day(begins), day(ends) FROM state_periods WHERE entitlement_id = 1"
    ).fetchall()
    assert rows == [
        ("waiting", 1, 2),
        ("active", 2, 5),
        ("active", 5, 8),
        ("cancelled", 8, None),
    ]


# ------------------------------------------------------------------- against plain pandas


def test_daily_stocks_agree_with_each_entitlement_s_last_state_and_balance(portfolio):
    """For days picked through the run, look at each entitlement by itself."""
    daily = portfolio.table("daily").dropna(subset="template")
    templates = portfolio.table("templates").set_index("template_id")["template"]
    held = portfolio.table("entitlements").set_index("entitlement_id")
    transitions = portfolio.table("transitions")
    ledger = portfolio.table("ledger")
    days = sorted(daily["day"].unique())
    for day in days[:: len(days) // 12]:
        state = transitions[transitions["on_date"] <= day].groupby("entitlement_id").last()
        until = ledger[ledger["happened_at"] < day + pd.Timedelta(days=1)]
        frame = pd.DataFrame(
            {
                "template": held["template_id"].map(templates),
                "state": state["to_state"].astype(str),
                "balance": until.groupby("entitlement_id")["amount"].sum(),
            }
        )
        active = frame[frame["state"] == "active"].groupby("template")
        waiting = frame[frame["state"] == "waiting"].groupby("template")
        shown = daily[daily["day"] == day].set_index("template")
        for name, row in shown.iterrows():
            assert row["active"] == active.size().get(name, 0)
            assert row["waiting"] == waiting.size().get(name, 0)
            assert row["remaining"] == pytest.approx(active["balance"].sum().get(name, 0.0))


def test_daily_flows_agree_with_counting_the_tables(portfolio):
    daily = portfolio.table("daily").fillna({"template": "none"}).set_index(["day", "template"])
    templates = portfolio.table("templates").set_index("template_id")["template"]
    entitlements = portfolio.table("entitlements").set_index("entitlement_id")
    template_of = entitlements["template_id"].map(templates)
    cases = portfolio.table("cases")
    reactivations = portfolio.table("reactivations").merge(cases, on="case_id")
    ledger = portfolio.table("ledger")
    transitions = portfolio.table("transitions")

    def count(numbers, times, amount=1.0):
        keyed = pd.DataFrame(
            {
                "day": times.dt.floor("D").astype("datetime64[us]").to_numpy(),
                "template": numbers.map(template_of).fillna("none").to_numpy(),
                "amount": amount,
            }
        )
        totals = keyed.groupby(["day", "template"])["amount"].sum()
        return totals.reindex(daily.index, fill_value=0.0).to_numpy()

    def assert_equal(column, expected):
        assert expected.any(), f"nothing to compare for {column}"
        np.testing.assert_allclose(daily[column].to_numpy(dtype=float), expected, atol=1e-6)

    assert_equal("opened", count(cases["entitlement_id"], cases["created_at"]))
    for outcome in ("covered", "uncovered", "turned_away"):
        part = cases[cases["outcome"] == outcome]
        assert_equal(outcome, count(part["entitlement_id"], part["created_at"]))
    resolved = cases.dropna(subset="resolved_at")
    undone = reactivations[reactivations["from_state"] == "resolved"]
    assert_equal(
        "resolved",
        count(resolved["entitlement_id"], resolved["resolved_at"])
        + count(undone["entitlement_id"], undone["ended_at"]),
    )
    use = ledger[ledger["reason"].isin(["consume", "restore"])]
    used = count(use["entitlement_id"], use["happened_at"], -use["amount"].to_numpy())
    assert_equal("used", used)
    for state in ("expired", "cancelled"):
        part = transitions[transitions["to_state"] == state]
        assert_equal(state, count(part["entitlement_id"], part["on_date"]))
    renewals = entitlements.dropna(subset="predecessor_id").reset_index()
    assert_equal("renewed", count(renewals["entitlement_id"], renewals["created_on"]))


def test_case_events_agree_with_the_cases(portfolio):
    counts = portfolio.sql("SELECT event, count(*) AS n FROM case_events GROUP BY event")
    counts = counts.set_index("event")["n"].to_dict()
    cases = portfolio.table("cases")
    back = portfolio.table("reactivations")["from_state"].value_counts()
    assert counts == {
        "created": len(cases),
        "attached": int(cases["entitlement_id"].notna().sum()),
        "refused": int(cases["refusal"].notna().sum()),
        "resolved": int(cases["resolved_at"].notna().sum() + back["resolved"]),
        "cancelled": int(cases["cancelled_at"].notna().sum() + back["cancelled"]),
        "reactivated": int(back.sum()),
    }


# ------------------------------------------------------------------------ files of views


def test_every_view_of_the_package_says_what_it_is():
    with write_run([], facts()) as run:
        views = run.connection.sql(
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
    assert {"daily", "case_events", "state_periods"} <= {name for name, _ in views}
    assert [name for name, comment in views if not comment] == []


def test_a_view_may_rest_on_one_of_a_later_file(monkeypatch):
    files = {
        "a": "-- reads: second_one\nCREATE VIEW first_one AS FROM second_one;",
        "b": "CREATE VIEW second_one AS SELECT 1 AS x;",
    }
    files |= view_files()
    monkeypatch.setattr("entitlement_sim.store.views.view_files", lambda: files)
    with write_run([], facts()) as run:
        assert run.connection.sql("FROM first_one").fetchall() == [(1,)]


def test_a_view_on_nothing_stops_the_run(monkeypatch):
    files = {"macros": "", "a": "CREATE VIEW lost AS FROM nowhere;"}
    monkeypatch.setattr("entitlement_sim.store.views.view_files", lambda: files)
    with pytest.raises(Exception, match="nowhere"):
        write_run([], facts())
