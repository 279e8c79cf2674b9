"""Widgets bind to the designer and hold no state of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitlement_sim import OfferingDesigner, Scenario
from entitlement_sim.designing.widgets import DesignerWidgets

TERMS = 'templates."Pack".total_terms'


@pytest.fixture
def panel(designer: OfferingDesigner, tmp_path: Path) -> Iterator[DesignerWidgets]:
    panel = designer.widgets(str(tmp_path / "offering.yaml"))
    assert panel.redrawing.wait(60)
    yield panel
    assert panel.redrawing.wait(60)


def test_every_control_has_an_input_that_shows_what_stands_today(
    designer: OfferingDesigner, panel: DesignerWidgets
) -> None:
    assert {path: one.value for path, one in panel.inputs.items()} == {
        one.path: "" if one.value is None else one.value for one in designer.controls
    }


def test_a_choice_can_be_none_and_a_name(
    designer: OfferingDesigner, panel: DesignerWidgets
) -> None:
    dropdown = panel.inputs['templates."Pack".moves_up_to']
    assert dropdown.label == "none"
    dropdown.value = "Hours"
    assert designer.settings == {'templates."Pack".moves_up_to': "Hours"}
    dropdown.value = ""
    assert designer.settings == {}
    assert panel.redrawing.wait(60)


def test_moving_a_slider_moves_the_designer_and_the_figures(
    designer: OfferingDesigner, panel: DesignerWidgets
) -> None:
    before = panel.figures.value
    panel.inputs[TERMS].value = 8
    assert panel.redrawing.wait(60)
    assert designer.settings == {TERMS: 8}
    assert panel.figures.value != before
    assert "refused for want of terms" in panel.figures.value


def test_back_to_today_is_one_move(designer: OfferingDesigner, panel: DesignerWidgets) -> None:
    at_rest = panel.figures.value
    panel.inputs[TERMS].value = 8
    generation = designer.generation
    panel.reset.click()
    assert panel.redrawing.wait(60)
    assert (designer.generation, designer.settings) == (generation + 1, {})
    assert panel.inputs[TERMS].value == 10
    assert panel.figures.value == at_rest


def test_the_button_writes_the_offering(
    designer: OfferingDesigner, panel: DesignerWidgets, tmp_path: Path
) -> None:
    panel.inputs[TERMS].value = 8
    panel.write.click()
    written = Scenario.load(tmp_path / "offering.yaml")
    assert written.model == designer.scenario().model
    assert written.model.templates["Pack"].total_terms == 8


def test_what_does_not_go_together_is_said_beside_the_figures(
    designer: OfferingDesigner, panel: DesignerWidgets
) -> None:
    designer.move("channels.phone", 2.5)
    panel.redrawing.ask()
    assert panel.redrawing.wait(60)
    assert 'role="alert"' in panel.said.value
    assert "whole number" in panel.said.value
