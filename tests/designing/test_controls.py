"""Controls are made from an offering's own fields, with the bounds of the schema."""

import re
from typing import Any

import pytest

from entitlement_sim import Scenario
from entitlement_sim.designing.controls import Control, controls_of
from entitlement_sim.scenario.shipped import shipped_scenarios


def by_label(base: Scenario, template: str) -> dict[str, Control]:
    return {control.label: control for control in controls_of(base, template)}


def test_each_field_that_is_a_number_a_choice_or_a_switch_has_one(base: Scenario) -> None:
    assert {label: one.kind for label, one in by_label(base, "Pack").items()} == {
        "total_terms": "number",
        "decrease_on": "choice",
        "restrict": "switch",
        "term.days": "number",
        "channels.phone": "number",
        "channels.email": "number",
        "price": "number",
        "prorate": "choice",
        "refund": "choice",
        "moves_up_to": "choice",
        "moves_down_to": "choice",
        "hour_costs": "number",
        "case_costs.phone": "number",
        "uncovered.case": "number",
        "uncovered.hour": "number",
        "turned_away_costs": "number",
    }


def test_hours_decrease_on_resolution_alone_and_a_price_by_the_month_is_its_amount(
    base: Scenario,
) -> None:
    labels = by_label(base, "Hours")
    assert "decrease_on" not in labels
    assert labels["price.amount"].value == 90
    assert (labels["total_terms"].value, labels["total_terms"].step) == (7.5, 0.5)


def test_bounds_are_those_of_the_schema(base: Scenario) -> None:
    days = by_label(base, "Pack")["term.days"]
    assert (days.least, days.most) == (1, 36_525)
    with pytest.raises(ValueError, match=re.escape("must lie between 1 and 36525")):
        days.taken(0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "8", None])
def test_a_number_takes_numbers_alone(base: Scenario, value: Any) -> None:
    with pytest.raises(ValueError, match="total_terms"):
        by_label(base, "Pack")["total_terms"].taken(value)


def test_a_choice_says_which_name_is_nearest(base: Scenario) -> None:
    with pytest.raises(ValueError, match="did you mean 'creation'"):
        by_label(base, "Pack")["decrease_on"].taken("creatoin")


def test_an_unknown_offering_is_answered_with_the_nearest_one(base: Scenario) -> None:
    with pytest.raises(ValueError, match="did you mean 'Pack'"):
        controls_of(base, "Pak")


@pytest.mark.parametrize("name", [str(name) for name in shipped_scenarios()])
def test_what_stands_today_is_a_stop_of_every_slider(name: str) -> None:
    scenario = Scenario.load(name)
    for template in scenario.model.templates:
        for control in controls_of(scenario, template):
            if control.kind == "number":
                steps = (control.value - control.low) / control.step
                assert steps == pytest.approx(round(steps), abs=1e-6), control
                assert control.least <= control.low <= control.value <= control.high, control
            assert control.value in control.stops(5), control
            assert control.stops(5) == [control.taken(one) for one in control.stops(5)]


def test_every_control_leads_somewhere(base: Scenario) -> None:
    for template in base.model.templates:
        for control in controls_of(base, template):
            if control.value is not None:
                assert base.with_({control.path: control.value}).model == base.model
