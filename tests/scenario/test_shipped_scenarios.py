"""The scenarios that come with the package."""

import os
from pathlib import Path

import pytest

import entitlement_sim
from entitlement_sim.scenario import Scenario, shipped_scenarios

NAMES = [
    "calendar-year",
    "demo",
    "incident-based",
    "reference",
    "service-specific",
    "time-based",
    "warranty",
]


def test_every_promised_scenario_is_shipped():
    assert set(NAMES) <= set(shipped_scenarios())


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_loads_by_its_name_in_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    scenario = Scenario.load(name)
    assert scenario.name == name
    assert scenario.model.description


def test_a_file_goes_before_a_shipped_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    text = shipped_scenarios()["reference"].read_text(encoding="utf-8")
    Path("demo").write_text(text, encoding="utf-8")
    assert Scenario.load("demo").name == "reference"


def test_a_folder_of_the_same_name_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    assert Scenario.load("demo").name == "demo"


def test_shipped_scenarios_lie_inside_the_package_so_that_wheels_carry_them():
    package = Path(entitlement_sim.__file__).parent
    for file in shipped_scenarios().values():
        assert os.path.commonpath([file, package]) == str(package)


def test_the_demo_has_every_kind_of_thing_in_it():
    model = Scenario.load("demo").model
    segments = model.segments.values()
    assert sum(segment.customers for segment in segments) >= 3000
    assert (model.calendar.days, len(segments)) == (1096, 3)
    assert {template.allocation for template in model.templates.values()} == {"cases", "hours"}
    assert {template.restrict for template in model.templates.values()} == {True, False}
    assert {segment.renewal.dates for segment in segments} == {"product", "contiguous"}
    for segment in segments:
        assert len(segment.holds) >= 3
        assert any(holding.lead_days.most for holding in segment.holds)
        assert segment.left_in_draft.share
        assert segment.cancellation.per_year
        assert segment.renewal.late.share
        assert segment.renewal.returns.share
    assert any(segment.amendments.per_year for segment in segments)
    assert any(template.moves_up_to for template in model.templates.values())
    assert any(template.moves_down_to for template in model.templates.values())
    assert any(template.contacts for template in model.templates.values())
    assert any(0 in template.channels.values() for template in model.templates.values())
    assert model.bursts
    assert model.calendar.season.amplitude
    assert model.calendar.growth


def test_customers_of_the_demo_buy_more_than_one_entitlement_on_the_average():
    segments = Scenario.load("demo").model.segments
    bought = {
        name: sum(holding.share for holding in segment.holds) for name, segment in segments.items()
    }
    # Small customers have a pack, few of them something beside it; all others usually have several.
    assert all(count > (1 if name == "small" else 1.5) for name, count in bought.items()), bought
    customers = {name: segment.customers for name, segment in segments.items()}
    everything = sum(bought[name] * customers[name] for name in segments)
    assert everything > 1.25 * sum(customers.values())


def test_the_reference_is_the_workload_of_the_benchmark():
    model = Scenario.load("reference").model
    (template,) = model.templates.values()
    (segment,) = model.segments.values()
    assert (segment.customers, model.calendar.days) == (100_000, 1095)
    assert (template.total_terms, template.restrict, template.decrease_on) == (10, True, "creation")
    assert (template.term.days, template.channels, template.products) == (365, {}, [])
    assert (segment.cases.per_year, segment.cases.shape) == (12, None)
    assert segment.resolve_hours.exponential == 72
    assert (segment.renewal.inclination.constant, segment.renewal.dates) == (0.8, "product")
    frills = [
        segment.reopened, segment.cancelled, segment.do_not_decrement, segment.turned_away,
        segment.left_in_draft.share, segment.cancellation.per_year, segment.amendments.per_year,
        segment.renewal.late.share, segment.renewal.returns.share,
        segment.renewal.moved_by.utilisation, segment.renewal.moved_by.refusals,
        model.calendar.day_spread, model.calendar.growth, model.calendar.season.amplitude,
    ]  # fmt: skip
    assert not any(frills)
    assert not model.bursts
    assert set(model.calendar.weekdays) == set(model.calendar.hours) == {1.0}
