"""The history of simulated customers, replayed, has every row of the simulation."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from simulated_history import history_of, simulated

from entitlement_sim import Scenario
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.rules.words import Pick, labels

#: The demo, small, with more of what is rare; of a past a history says nothing.
SMALL = (
    "history=null",
    "calendar.days=700",
    "segments.small.customers=12",
    "segments.midsize.customers=6",
    "segments.enterprise.customers=2",
    "segments.small.cancellation.per_year=0.3",
    "segments.small.cancelled=0.15",
    "segments.small.cancelled_reactivated=0.4",
    "segments.small.reopened=0.15",
    "segments.small.renewal.after_cancellation=0.6",
    "segments.midsize.amendments.per_year=1.5",
    "segments.midsize.renewal.returns.share=0.6",
    "segments.enterprise.cases.per_year=60",
)
#: What else a scenario may say, one of each line.
CHOICES = (
    *([f"rules.{name}=true"] for name in (
        "gate_literal_below_zero", "renew_marks_old_cancelled", "renew_copies_remaining",
        "exclude_billed_minutes", "default_failure_blocks", "empty_default_is_skipped",
        "minimal_dialog_bills_zero", "resolved_cases_locked", "opt_out_keeps_charge",
    )),
    [f"segments.small.picks={picks}" for picks in labels(Pick)],
    [f"segments.midsize.picks={picks}" for picks in labels(Pick)],
    ["calendar.zone=Asia/Kolkata", "calendar.zone=America/New_York", "calendar.zone=UTC"],
    ["rules.job_time=06:30", "rules.job_time=23:59"],
    ["segments.small.turned_away=0.5", "segments.small.do_not_decrement=0.3"],
    ["segments.small.renewal.dates=contiguous", "segments.small.renewal.dates=product"],
    ["segments.small.left_in_draft={share: 0.4, days: 9}"],
)  # fmt: skip


@st.composite
def overrides(draw: st.DrawFn) -> list[str]:
    chosen = draw(st.lists(st.sampled_from(CHOICES), max_size=5, unique_by=lambda line: line[0]))
    return [draw(st.sampled_from(line)) for line in chosen]


@settings(
    max_examples=12, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(overrides(), st.integers(0, 2**32))
@example([], 119)  # has an add-on that ends with its contract
def test_the_history_of_a_simulation_has_all_of_its_rows(more: list[str], seed: int) -> None:
    scenario = Scenario.load("demo", [*SMALL, *more])
    block = simulated(scenario, seed)
    played = replay(scenario.model, history_of(scenario.model, block)).block()
    for table, columns in block.items():
        for name, values in columns.items():
            np.testing.assert_array_equal(played[table][name], values, f"{table}.{name}")


@pytest.mark.parametrize("when", ["within_days: 9, when: empty", "when: refused"])
def test_the_history_of_a_simulation_has_what_was_bought_when_terms_ran_out(when: str) -> None:
    scenario = Scenario.from_dict(
        {
            "scenario": "top-ups",
            "calendar": {"start": "2026-01-01", "days": 500},
            "templates": {
                "Pack": {"total_terms": 5, "restrict": True, "decrease_on": "creation"},
                "More": {"total_terms": 2, "price": 9, "priority": 1, "adds_to": ["Pack"]},
            },
            "segments": {
                "all": {
                    "customers": 40,
                    "cases": {"per_year": 11},
                    "holds": [{"template": "Pack"}],
                    "cancelled": 0.2,
                    "renewal": {"inclination": {"constant": 0.7}},
                }
            },
        },
        [f"segments.all.buys_more={{{when}, share: 0.8, template: More}}"],
    )
    block = simulated(scenario)
    played = replay(scenario.model, history_of(scenario.model, block)).block()
    assert (block["balances"]["price"] == 900).any()
    for table, columns in block.items():
        for name, values in columns.items():
            np.testing.assert_array_equal(played[table][name], values, f"{table}.{name}")


def test_numbers_say_which_rows_a_history_has_become() -> None:
    scenario = Scenario.load("demo", SMALL)
    block = simulated(scenario)
    replayed = replay(scenario.model, history_of(scenario.model, block))
    assert replayed.entitlement_ids.tolist() == block["entitlements"]["entitlement_id"].tolist()
    assert replayed.case_ids.tolist() == block["cases"]["case_id"].tolist()


@pytest.mark.parametrize("piece", [1, 40])
def test_rows_do_not_depend_on_how_a_history_is_cut(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = Scenario.load("demo", SMALL)
    block = simulated(scenario)
    history = history_of(scenario.model, block)
    monkeypatch.setattr("entitlement_sim.replay.arrays.PIECE", piece)
    replayed = replay(scenario.model, history)
    assert len(replayed.blocks) > 10
    played = replayed.block()
    for table, columns in block.items():
        for name, values in columns.items():
            np.testing.assert_array_equal(played[table][name], values, f"{table}.{name}")
