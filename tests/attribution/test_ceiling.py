"""Which cases used up what was sold, and that taking them out moves the day as stated."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_history import history_of, simulated

from entitlement_sim import Run, RunError, Scenario, ceiling, charts, read_exports, simulate
from entitlement_sim.attribution.alone import contracts_alone
from entitlement_sim.attribution.causes import causes_of
from entitlement_sim.replay.by_engine import Playing, replay
from entitlement_sim.replay.tables import HistoryTables
from entitlement_sim.rules.words import Reason
from entitlement_sim.scenario.library import offering

#: Packs with a channel of their own, hours, follow-ups and incidents, for one default at a time.
SCENARIO = """
scenario: dry
calendar: { start: 2024-01-01, days: 500 }
products: [A, B, C]
templates:
  Pack:
    { total_terms: 6, decrease_on: creation, restrict: true, channels: { phone: 4 },
      term: { months: 12 } }
  Hours: { allocation: hours, total_terms: 3, term: { days: 200 } }
segments:
  packs:
    customers: 25
    holds: [{ template: Pack }]
    cases: { per_year: 8, shape: 0.8, follow_ups: { mean: 0.3 } }
    origins: { phone: 3, email: 2, web: 1 }
    products: { A: 3, B: 2, C: 1 }
    contacts: 3
    cancelled: 0.1
    reopened: 0.1
    amendments: { per_year: 0.3 }
    renewal: { inclination: { constant: 0.6 } }
  hours:
    customers: 15
    holds: [{ template: Hours }]
    cases: { per_year: 8 }
    products: { A: 1, C: 1 }
    renewal: { inclination: { constant: 0.6 } }
bursts: [{ product: B, per_year: 6, hits: 0.5, cases: 1.5 }]
"""


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate(Scenario.parse(SCENARIO), seed=5)


def dry_on(block: dict[str, dict[str, np.ndarray]], entitlement: int) -> int | None:
    """Day on which a contract of a played history first has nothing left."""
    ledger = block["ledger"]
    own = (ledger["entitlement_id"] == entitlement) & (ledger["balance"] <= 0)
    own &= ledger["reason"] == Reason.CONSUME
    return int(ledger["happened_at"][own].min() // 1440) if own.any() else None


def test_days_without_terms_are_those_that_closed_with_nothing_left(run: Run) -> None:
    said = ceiling(run).contracts.set_index("entitlement_id")["dry_days"]
    view = run.sql("SELECT entitlement_id, dry_days FROM dry_days").set_index("entitlement_id")
    assert said.to_dict() == view["dry_days"].loc[said.index].to_dict()


@pytest.mark.parametrize("by", ["product", "origin", "severity"])
def test_shares_add_up_to_one(run: Run, by: str) -> None:
    answer = ceiling(run, by=by)
    assert sum(group.share for group in answer.groups) == 1
    assert sum(group.days for group in answer.groups) == answer.contracts["dry_days"].sum() > 100


def test_what_several_contracts_come_to_is_what_each_comes_to(run: Run) -> None:
    answer = ceiling(run, offering="Pack", by="product")
    single: dict[str, object] = {}
    for number in answer.contracts["entitlement_id"]:
        for group in ceiling(run, entitlement=int(number), by="product").groups:
            single[group.value] = single.get(group.value, 0) + group.days
    assert {group.value: group.days for group in answer.groups} == single


def test_the_whole_life_of_a_customer_without_a_group_moves_the_day_as_stated(run: Run) -> None:
    """All that the customers did is played, not each contract alone; cases are taken out of it."""
    scenario = Scenario.parse(SCENARIO)
    block = simulated(scenario, 5)
    history = history_of(scenario.model, block)
    answers = [ceiling(run, entitlement=int(number), by="product")
               for number in ceiling(run).contracts["entitlement_id"]]  # fmt: skip
    names = {name: place for place, name in enumerate(scenario.model.products)}
    assert len(answers) > 20
    for product in names:
        about = history.cases["product"] == names[product]
        kept = np.flatnonzero(~about)
        number = pd.Series(np.arange(len(kept)), index=kept)
        events = history.events[history.events["case"].isin(kept)]
        without = HistoryTables(
            **{**vars(history),
               "cases": history.cases.iloc[kept].reset_index(drop=True),
               "events": events.assign(case=number.reindex(events["case"]).to_numpy())},
        )  # fmt: skip
        played = replay(scenario.model, without).block()
        for answer in answers:
            [group] = [one for one in answer.groups if one.value == product] or [None]
            [contract] = answer.contracts.to_dict("records")
            day = dry_on(played, contract["entitlement_id"])
            last = (contract["last_day"] - pd.Timestamp(0)).days
            if group is not None and group.without is None:
                assert day is None or day > last
            elif group is not None:
                assert day == (pd.Timestamp(group.without) - pd.Timestamp(0)).days


def test_contracts_alone_have_their_ledgers(run: Run) -> None:
    numbers = run.sql("SELECT entitlement_id FROM first_exhaustion ORDER BY 1")["entitlement_id"]
    alone = contracts_alone(run, numbers.to_numpy(np.int64))
    playing = Playing(alone.model, alone.history, tables=("ledger",))
    columns = ["entry", "happened_at", "amount", "balance"]
    played = pd.concat(
        pd.DataFrame({name: block["ledger"][name] for name in ["entitlement_id", *columns]})
        for block in playing
    )
    of_run = run.sql(
        "SELECT entitlement_id, entry, (epoch(happened_at) // 60)::BIGINT AS happened_at, "
        "(amount * 100)::BIGINT AS amount, (balance * 100)::BIGINT AS balance FROM ledger "
        "ORDER BY entitlement_id, entry"
    )
    played["entitlement_id"] = alone.entitlements[
        playing.entitlement_rows[played["entitlement_id"]]
    ]
    played = played.sort_values(["entitlement_id", "entry"])
    np.testing.assert_array_equal(played.to_numpy(np.int64), of_run.to_numpy(np.int64))


def test_what_brought_a_case_is_what_goes_when_it_is_not_in_the_scenario(run: Run) -> None:
    cases = run.sql("SELECT case_id, customer_id, created_at FROM cases")
    causes = causes_of(run, cases["case_id"].to_numpy())
    assert set(causes) == {"base", "follow-up", "burst"}
    with simulate(Scenario.parse(SCENARIO, overrides=["bursts=[]"]), seed=5) as calm:
        others = calm.sql("SELECT customer_id, created_at FROM cases")
    kept = cases[causes != "burst"][["customer_id", "created_at"]]
    assert kept.reset_index(drop=True).equals(others)


def test_of_many_values_those_with_few_terms_are_one_group() -> None:
    names = [f"P{number:02}" for number in range(14)]
    products = {name: 20 - place for place, name in enumerate(names)}
    scenario = Scenario.parse(
        SCENARIO,
        overrides=[
            f"products={names}", f"segments.packs.products={products}", "bursts=[]",
            f"segments.hours.products={products}", "segments.packs.cases.per_year=12",
        ],
    )  # fmt: skip
    with simulate(scenario, seed=1) as many:
        answer = ceiling(many, offering="Pack")
    assert len(answer.groups) == 10
    assert "all others" in [group.value for group in answer.groups]
    assert sum(group.share for group in answer.groups) == 1


def test_a_single_contract_is_told_with_its_days(run: Run) -> None:
    number = int(ceiling(run, offering="Pack").contracts["entitlement_id"][0])
    lines = str(ceiling(run, entitlement=number, by="contact")).splitlines()
    assert lines[0].split()[:4] == ["contact", "cases", "terms", "share"]
    text = " ".join(lines)
    assert "The contract first had nothing left on" in text
    assert "Without cases of contact" in text


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"by": "produkt"}, ValueError, "unknown attribute 'produkt'; did you mean 'product'?"),
        ({"offering": "Pak"}, ValueError, "unknown offering 'Pak'; did you mean 'Pack'?"),
        ({"entitlement": 99_999}, ValueError, "has no entitlement 99999"),
        ({"entitlement": 1, "offering": "Pack"}, ValueError, "not both"),
        ({"by": "contact"}, ValueError, "contacts are those of one contract: name it"),
    ],
)
def test_what_cannot_be_asked_is_said(run: Run, asked: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        ceiling(run, **asked)


def test_a_contract_that_did_not_run_dry_has_nothing_to_share_out(run: Run) -> None:
    [number] = run.sql("SELECT min(entitlement_id) AS n FROM first_exhaustion WHERE NOT observed")[
        "n"
    ]
    with pytest.raises(RunError, match="did not run dry"):
        ceiling(run, entitlement=int(number))


def test_nothing_that_ran_dry_is_no_answer() -> None:
    with (
        simulate(Scenario.parse(SCENARIO, overrides=["calendar.days=2"])) as short,
        pytest.raises(RunError, match="ran dry in"),
    ):
        ceiling(short)


def test_a_book_that_was_imported_is_played_by_its_history(tmp_path: Path) -> None:
    changes = ["segments.packs.customers=6", "segments.hours.customers=4"]
    with simulate(Scenario.parse(SCENARIO, overrides=changes), seed=5) as small:
        small.export(tmp_path / "export", form="csv")
        simulated_answer = ceiling(small)
    with read_exports(tmp_path / "export") as book:
        answer = ceiling(book)
        assert len(answer.contracts) == len(simulated_answer.contracts) > 3
        assert sum(group.share for group in answer.groups) == 1
        assert "No live system records refused cases" in str(answer)
        with pytest.raises(RunError, match="no live system records what brought a case"):
            ceiling(book, by="cause")


@pytest.mark.parametrize(
    "name", ["incident-five-pack", "monthly-retainer", "included-and-supplemental", "pooled-hours"]
)
def test_offerings_with_periods_and_top_ups_run_dry_alone_as_in_their_run(name: str) -> None:
    sold = offering(name).scenario
    few = {f"segments.'{segment}'.customers": 15 for segment in sold.model.segments}
    with simulate(sold.with_(few), seed=3) as small:
        answer = ceiling(small, by="origin")
        [dry] = small.sql(
            "SELECT count(*) AS n FROM (SELECT DISTINCT entitlement_id FROM ledger "
            "WHERE reason = 'consume' AND balance <= 0)"
        )["n"]
    assert "that cannot be played by themselves" not in answer.left_out
    assert len(answer.contracts) + sum(answer.left_out.values()) == dry
    assert sum(group.share for group in answer.groups) == 1


def test_shares_are_drawn_by_the_answer_itself(run: Run) -> None:
    answer = ceiling(run, offering="Pack", by="origin")
    text = charts.alt_text(answer.chart())
    assert f"of {len(answer.contracts)} contracts; they add to 100%" in text
