"""What the charts of states draw: flows of all entitlements, and the life of one."""

import datetime as dt

import matplotlib.dates as dates
import numpy as np
import pandas as pd
import pytest

from entitlement_sim import RunError, Scenario, charts, simulate
from entitlement_sim.store.explain import explain


def flows(run):
    view = run.sql(
        "SELECT coalesce(from_state::VARCHAR, 'made') AS start, to_state::VARCHAR AS goal "
        "FROM transitions WHERE on_date >= (SELECT start_date FROM run)"
    )
    return view.value_counts(["start", "goal"]).to_dict()


def test_every_way_has_an_arrow_with_its_number(portfolio):
    ax = charts.lifecycle_flow(portfolio)
    expected = flows(portfolio)
    arrows = {one.get_label() for one in ax.patches if " to " in one.get_label()}
    assert arrows == {f"{start} to {goal}" for start, goal in expected}
    texts = [one.get_text().removesuffix(" back") for one in ax.texts]
    assert all(f"{count:,}" in texts for count in expected.values())


def test_a_way_that_one_in_two_thousand_goes_is_named_below_and_has_no_arrow():
    many = [(None, "draft")] * 2000 + [("draft", "active")] * 1999 + [("draft", "expired")]
    ways = pd.DataFrame(many, columns=["from_state", "to_state"])
    ways = ways.assign(entitlement_id=range(len(ways)), on_date=pd.Timestamp("2024-01-01"))
    ax = charts.lifecycle_flow(ways)
    assert "draft to expired" not in {one.get_label() for one in ax.patches}
    assert "; not drawn: draft to expired 1" in charts.alt_text(ax)


def test_what_went_before_a_day_is_there_on_it(portfolio):
    ax = charts.lifecycle_flow(portfolio, since="2024", until="2024")
    counts = portfolio.sql(
        "SELECT count(*) FILTER (year(on_date) = 2024 AND from_state IS NULL) AS made, "
        "(SELECT count(*) FROM state_periods WHERE begins < '2024-01-01' AND (ends IS NULL OR "
        "ends >= '2024-01-01') AND state NOT IN ('expired', 'cancelled')) AS before "
        "FROM transitions"
    ).iloc[0]
    assert f"made to draft: {counts['made']:,}." in charts.alt_text(ax)
    assert f"{counts['before']:,} were there before 1 Jan 2024." in charts.alt_text(ax)
    assert "only from 1 Jan 2024 to 31 Dec 2024" in charts.alt_text(ax)


def test_wider_arrows_are_more_entitlements(portfolio):
    ax = charts.lifecycle_flow(portfolio)
    arrows = {one.get_label(): one.get_arrowstyle().tail_width for one in ax.patches[:-5]}
    expected = flows(portfolio)
    order = sorted(expected, key=expected.get)
    assert [arrows[f"{start} to {goal}"] for start, goal in order] == sorted(arrows.values())


def test_boxes_tell_the_states_at_the_end(portfolio):
    ax = charts.lifecycle_flow(portfolio)
    states = portfolio.sql(
        "SELECT state::VARCHAR AS state FROM entitlements "
        "WHERE coalesce(ended_on >= (SELECT start_date FROM run), TRUE)"
    )["state"]
    texts = [one.get_text() for one in ax.texts]
    for state, count in states.value_counts().items():
        assert f"{count:,} now" == texts[texts.index(state) + 1]


def test_a_frame_with_ways_of_its_own_is_drawn():
    ways = pd.DataFrame(
        {
            "from_state": [None, "draft", "draft", "waiting"],
            "to_state": ["draft", "cancelled", "waiting", "cancelled"],
            "entitlement_id": [1, 1, 2, 2],
            "on_date": pd.Timestamp("2024-01-01"),
        }
    )
    ax = charts.lifecycle_flow(ways)
    ax.figure.canvas.draw()
    assert "draft to cancelled: 1" in charts.alt_text(ax)


def busy(run, reasons=("refused", "restore", "consume")):
    """An entitlement with movements of all these reasons."""
    asked = " AND ".join(f"count(*) FILTER (reason::VARCHAR = '{one}') > 0" for one in reasons)
    return int(
        run.sql(
            f"SELECT entitlement_id FROM ledger GROUP BY ALL HAVING {asked} ORDER BY ALL LIMIT 1"
        )["entitlement_id"].iloc[0]
    )


def line(ax, label):
    [found] = [one for one in ax.lines if one.get_label() == label]
    return found


def test_the_balance_steps_as_the_ledger_does(portfolio):
    number = busy(portfolio)
    steps = line(charts.entitlement_life(portfolio, number), "balance")
    movements = explain(portfolio, number).movements
    assert steps.get_drawstyle() == "steps-post"
    assert steps.get_ydata()[:-1].tolist() == [float(one.balance) for one in movements]
    assert list(steps.get_xdata()[:-1]) == [one.happened_at for one in movements]


def test_every_case_has_its_mark(portfolio):
    number = busy(portfolio)
    ax = charts.entitlement_life(portfolio, number)
    life = explain(portfolio, number)
    refused = [one.happened_at for one in life.refusals if one.case_id is not None]
    back = [one.happened_at for one in life.movements if one.reason == "restore"]
    covered = portfolio.sql(
        "SELECT created_at FROM cases WHERE entitlement_id = ? ORDER BY ALL", [number]
    )["created_at"]
    assert list(line(ax, "refused").get_xdata()) == refused
    assert list(line(ax, "given back").get_xdata()) == back
    assert [pd.Timestamp(one) for one in line(ax, "covered").get_xdata()] == list(covered)
    alt = charts.alt_text(ax)
    assert f"{len(covered)} covered, {len(refused)} refused and {len(back)} given back" in alt


def test_a_thin_line_leads_from_each_case_to_its_step(portfolio):
    number = busy(portfolio)
    ax = charts.entitlement_life(portfolio, number)
    taken = [one for one in explain(portfolio, number).movements if one.reason == "consume"]
    joins = [one for one in ax.lines if one.get_label() == "case to step"]
    assert 0 < len(joins) <= len(taken)
    steps = {(one.happened_at, float(one.balance)) for one in taken}
    assert all((one.get_xdata()[1], one.get_ydata()[1]) in steps for one in joins)


def test_the_three_kinds_of_cases_stand_in_rows_of_their_own(portfolio):
    ax = charts.entitlement_life(portfolio, busy(portfolio))
    names = [one.get_text().split(" ", 1)[-1] for one in ax.get_yticklabels()]
    assert {"covered", "refused", "given back", "state"} <= set(names)
    rows = [line(ax, name).get_ydata()[0] for name in ("covered", "refused", "given back")]
    assert len({line(ax, name).get_marker() for name in ("covered", "refused")}) == 2
    assert len(set(rows)) == 3
    assert max(rows) < min(line(ax, "balance").get_ydata())


@pytest.fixture(scope="module")
def retainer():
    """One customer with six cases a month, of which some roll over, and top-ups."""
    monthly = {"terms": 6, "every": "month", "carry": {"at_most": 4, "burns": "last"}}
    data = {
        "scenario": "retainer",
        "calendar": {"start": dt.date(2026, 1, 1), "days": 200},
        "templates": {
            "Retainer": {"decrease_on": "creation", "restrict": True, "allowance": monthly},
            "More": {"total_terms": 3, "adds_to": ["Retainer"]},
        },
        "segments": {
            "all": {
                "customers": 1,
                "cases": {"per_year": 75},
                "holds": [{"template": "Retainer"}],
                "buys_more": {"when": "empty", "share": 1, "template": "More"},
            }
        },
    }
    with simulate(Scenario.from_dict(data), seed=1) as run:
        yield run


def test_several_blocks_are_stacked_up_to_the_balance(retainer):
    ax = charts.entitlement_life(retainer, 1)
    blocks = [one for one in ax.collections if one.get_label() not in ("active", "draft")]
    assert [one.get_label() for one in blocks] == ["carried over", "allowance", "top-up"]
    balances = [float(one.balance) for one in explain(retainer, 1).movements]
    tops = np.max([one.get_paths()[0].vertices[:, 1].max() for one in blocks])
    assert tops == max(balances)
    assert "Its balance is made up of carried over, allowance and top-up." in charts.alt_text(ax)
    assert [one.get_text() for one in ax.get_legend().get_texts()] == [
        one.get_label() for one in blocks
    ]


def test_a_balance_of_one_block_is_not_stacked(portfolio):
    ax = charts.entitlement_life(portfolio, busy(portfolio))
    assert ax.get_legend() is None
    assert "made up" not in charts.alt_text(ax)


def test_the_band_shows_each_state_for_its_days(portfolio):
    number = busy(portfolio)
    ax = charts.entitlement_life(portfolio, number)
    life = explain(portfolio, number)
    band = {one.get_label(): one for one in ax.collections}
    active = next(one for one in life.states if one.to_state == "active")
    begin = band["active"].get_paths()[0].get_extents().x0
    assert dates.num2date(begin).date() >= active.on
    assert set(band) <= {one.to_state for one in life.states}


def test_the_title_says_when_it_ran_dry(portfolio):
    view = portfolio.sql(
        "SELECT entitlement_id, ran_dry_on FROM time_to_exhaustion WHERE observed "
        "ORDER BY entitlement_id LIMIT 1"
    )
    number, dry = int(view["entitlement_id"].iloc[0]), view["ran_dry_on"].iloc[0]
    title = charts.entitlement_life(portfolio, number).get_title(loc="left").replace("\n", " ")
    assert f"Entitlement {number} ran dry on {dry.day} {dry:%b %Y}" in title


def test_what_is_left_is_told_where_it_did_not_run_dry(portfolio):
    number = int(
        portfolio.sql(
            "SELECT entitlement_id FROM time_to_exhaustion JOIN entitlement_facts "
            "USING (entitlement_id) WHERE NOT observed AND entitlement_facts.ended_by = 'expiry' "
            "ORDER BY ALL LIMIT 1"
        )["entitlement_id"].iloc[0]
    )
    assert "unused" in charts.entitlement_life(portfolio, number).get_title(loc="left")


def test_cover_without_a_number_is_not_called_dry(portfolio):
    number = int(
        portfolio.sql(
            "SELECT entitlement_id FROM entitlement_facts WHERE is_unlimited AND used > 0 "
            "ORDER BY ALL LIMIT 1"
        )["entitlement_id"].iloc[0]
    )
    title = charts.entitlement_life(portfolio, number).get_title(loc="left")
    assert "without a number" in title
    assert "dry" not in title


@pytest.mark.parametrize("run", ["portfolio", "tiny"])
def test_every_life_can_be_drawn(run, request):
    source = request.getfixturevalue(run)
    numbers = source.sql("SELECT entitlement_id FROM entitlements ORDER BY ALL")["entitlement_id"]
    for number in numbers[:: max(1, len(numbers) // 12)]:
        ax = charts.entitlement_life(source, int(number))
        ax.figure.canvas.draw()
        assert f"Entitlement {number} " in charts.alt_text(ax)
        low, high = ax.get_ylim()
        assert np.isfinite([low, high]).all()
        ax.figure.clear()


def test_an_unknown_entitlement_is_refused(portfolio):
    with pytest.raises(RunError, match="has no entitlement 987654321; they go from"):
        charts.entitlement_life(portfolio, 987654321)
