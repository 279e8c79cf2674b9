"""What was measured of intervals, as it comes with the package; and that it can be made again."""

from pathlib import Path

import pytest

from entitlement_sim.comparison.measures import METRICS
from entitlement_sim.inference import measured
from tests.measured.portfolios import CHANGES, LARGE, NOTHING, SETTINGS, scenario_of
from tests.measured.running import CHANGED_IN, OF_SUMS, SIMULATED, make
from tests.measured.writing import limit_of

TABLES = measured()

#: The demo at full size, without its level and with one.
WITHOUT_LEVEL, WITH_LEVEL = LARGE


#: What a scenario's costs make of cases, minutes and prices: those are measured, and the portfolio
#: that is measured has no overage. The page says so.
OF_COSTS = {"overage", "uncovered_revenue", "cost_to_serve", "margin"}


def test_all_metrics_of_a_comparison_were_measured_where_there_is_a_limit() -> None:
    alarms = TABLES.false_alarms
    assert set(alarms["setting"]) == {*SETTINGS, *LARGE}
    for setting in SIMULATED:
        assert set(alarms[alarms["setting"] == setting]["metric"]) == {
            metric.key for metric in METRICS if metric.key not in OF_COSTS
        }


@pytest.mark.parametrize("setting", SIMULATED)
def test_one_pair_calls_chance_an_effect_no_oftener_than_it_may(setting: str) -> None:
    assert called_too_often(setting) == []


def test_of_large_runs_days_and_incidents_that_all_share_show_in_one_metric_alone() -> None:
    assert called_too_often(WITHOUT_LEVEL) == ["unused_cases"]
    page = (Path(__file__).parents[2] / "docs" / "false-alarms.md").read_text(encoding="utf-8")
    assert "days and incidents are shared" in " ".join(page.split())


def called_too_often(setting: str) -> list[str]:
    of_setting = TABLES.false_alarms[TABLES.false_alarms["setting"] == setting]
    too_many = of_setting[of_setting["alarms"] > of_setting["pairs"].map(limit_of)]
    names: list[str] = too_many["metric"].tolist()
    return names


@pytest.mark.parametrize("setting", [*SETTINGS, *LARGE])
def test_replications_never_do(setting: str) -> None:
    of_setting = TABLES.false_alarms[TABLES.false_alarms["setting"] == setting]
    limit = of_setting["replicated"].map(limit_of)
    assert of_setting[of_setting["replicated_alarms"] > limit]["metric"].tolist() == []


def test_under_a_level_one_pair_of_large_runs_is_too_sure_of_sums() -> None:
    spread = TABLES.spread.set_index(["setting", "metric"])["ratio"]
    alarms = TABLES.false_alarms.set_index(["setting", "metric"]).loc[(WITH_LEVEL, "cases")]
    assert spread[(WITH_LEVEL, "cases")] < 0.8 < spread[(WITHOUT_LEVEL, "cases")]
    assert alarms["alarms"] > limit_of(alarms["pairs"])


def test_every_change_was_measured() -> None:
    changes = TABLES.changes.groupby("setting")["change"].unique()
    assert set(changes.index) == set(CHANGED_IN)
    assert all(set(own) == set(CHANGES) for own in changes)


def test_the_limit_is_20_of_200() -> None:
    assert [limit_of(pairs) for pairs in (200, 40)] == [20, 7]


def test_what_it_was_measured_on_is_what_would_be_measured() -> None:
    assert TABLES.about["scenario_hash"] == scenario_of("all three").hash
    assert TABLES.about["scenario_hashes_at_full_size"] == {
        setting: scenario_of(setting).hash for setting in LARGE
    }


@pytest.mark.soak
def test_runs_are_made_and_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    missing = make(0.0, tmp_path, [NOTHING])
    assert missing == SIMULATED[NOTHING]
    assert make(1.0, tmp_path, [NOTHING]) < missing
    assert len(OF_SUMS) == 12
