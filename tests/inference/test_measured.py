"""What was measured of intervals, as it comes with the package; and that it can be made again."""

from pathlib import Path

import pandas as pd
import pytest

from entitlement_sim.comparison.measures import METRICS
from entitlement_sim.inference import measured
from tests.measured.portfolios import CHANGES, LARGE, NOTHING, SETTINGS, scenario_of
from tests.measured.running import CHANGED_IN, OF_MONEY, OF_SUMS, SIMULATED, make
from tests.measured.writing import limit_of

TABLES = measured()

#: The demo at full size, without its level and with one.
WITHOUT_LEVEL, WITH_LEVEL = LARGE


def metrics_of(table: pd.DataFrame, setting: str) -> list[str]:
    """Keys of the metrics that a table has of a setting, each of which it has once."""
    keys: list[str] = table[table["setting"] == setting]["metric"].tolist()
    return sorted(keys)


def test_all_metrics_of_a_comparison_were_measured_whatever_customers_share() -> None:
    alarms = TABLES.false_alarms
    assert set(alarms["setting"]) == {*SETTINGS, *LARGE}
    for setting in SETTINGS:
        assert metrics_of(alarms, setting) == sorted(metric.key for metric in METRICS)


@pytest.mark.parametrize("setting", SETTINGS)
def test_money_was_measured_in_200_pairs_of_small_portfolios(setting: str) -> None:
    assert {metric.key for metric in OF_MONEY} <= set(metrics_of(TABLES.false_alarms, setting))
    assert set(TABLES.false_alarms["pairs"]) == {200}


def test_changes_of_money_were_measured_in_100_pairs() -> None:
    for setting in CHANGED_IN:
        of_setting = TABLES.changes[TABLES.changes["setting"] == setting]
        of_money = of_setting[of_setting["metric"].isin([metric.key for metric in OF_MONEY])]
        assert set(of_money["change"]) == set(CHANGES)
        assert set(of_money["pairs"]) == {100}


def test_the_page_says_of_which_metrics_false_alarms_were_measured() -> None:
    page = (Path(__file__).parents[2] / "docs" / "false-alarms.md").read_text(encoding="utf-8")
    text = " ".join(page.split())
    assert f"False alarms are measured of all {len(METRICS)} metrics of a comparison" in text
    assert TABLES.about["portfolio_of_money"] in text


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
    assert TABLES.about["scenario_hash_of_money"] == scenario_of("all three", has_overage=True).hash
    assert TABLES.about["scenario_hashes_at_full_size"] == {
        setting: scenario_of(setting).hash for setting in LARGE
    }


@pytest.mark.soak
def test_runs_are_made_and_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    missing = make(0.0, tmp_path, [NOTHING])
    assert missing == SIMULATED[NOTHING]
    assert make(1.0, tmp_path, [NOTHING]) < missing
    assert len(OF_SUMS) == 12
