"""Scenarios as Python and notebooks meet them."""

import datetime as dt
import re
import subprocess
import sys
from decimal import Decimal

import pytest
import yaml
from broken_scenarios import GOOD

from entitlement_sim.documents import DocumentError
from entitlement_sim.scenario import Scenario

SMALL = {
    "scenario": "small",
    "calendar": {"start": dt.date(2024, 1, 1), "days": 30},
    "templates": {"Pack": {"total_terms": Decimal("10"), "price": Decimal("99.50")}},
    "segments": {
        "all": {"customers": 5, "cases": {"per_year": 12}, "holds": ({"template": "Pack"},)}
    },
}


def test_a_scenario_is_made_from_plain_data():
    scenario = Scenario.from_dict(SMALL)
    assert scenario.model.calendar.start == dt.date(2024, 1, 1)
    assert scenario.model.templates["Pack"].price == Decimal("99.50")
    assert Scenario.parse(scenario.text).hash == scenario.hash


def test_plain_data_is_written_in_its_own_order_and_letters():
    text = Scenario.from_dict({**SMALL, "description": "Größe 大"}).text
    assert re.findall("^[a-z]+", text, re.MULTILINE) == [*SMALL, "description"]
    assert "description: Größe 大" in text.splitlines()


def test_a_scenario_is_made_from_the_model_of_another():
    model = Scenario.parse(GOOD).model
    assert Scenario.from_dict(dict(model)).model == model


def test_plain_data_takes_overrides():
    assert (
        Scenario.from_dict(SMALL, {"segments.all.customers": 7}).model.segments["all"].customers
        == 7
    )


def test_mistakes_in_plain_data_are_named_by_their_path():
    with pytest.raises(DocumentError, match=r"<dict>:\d+:\d+: calendar\.days: must be at least 1"):
        Scenario.from_dict({**SMALL, "calendar": {"start": "2024-01-01", "days": 0}})


def test_what_yaml_cannot_hold_is_named():
    with pytest.raises(DocumentError, match=r"<dict>:1:1: cannot be written as YAML"):
        Scenario.from_dict({**SMALL, "seed": object()})


def test_a_scenario_does_not_change():
    scenario = Scenario.from_dict(SMALL)
    with pytest.raises(AttributeError):
        scenario.text = ""  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        scenario.model.seed = 5


def test_amounts_are_exact_to_the_hundredth():
    amounts = {"a": 10, "b": 2.5, "c": "0.10", "d": 0.1}
    templates = {name: {"allocation": "hours", "total_terms": of} for name, of in amounts.items()}
    text = yaml.safe_dump(
        {**yaml.safe_load(Scenario.from_dict(SMALL).text), "templates": templates}
    )
    text = text.replace("template: Pack", "template: a")
    read = Scenario.parse(text).model.templates
    assert [str(one.total_terms) for one in read.values()] == ["10.00", "2.50", "0.10", "0.10"]


def test_its_name_in_a_prompt_says_what_it_is():
    scenario = Scenario.parse(GOOD, overrides="calendar.days=10")
    assert (
        repr(scenario)
        == "<Scenario trial: 100 customers, 10 days from 1 Jan 2024, calendar.days=10>"
    )


def test_in_a_notebook_it_shows_its_segments():
    page = Scenario.parse(GOOD.replace("  offices:", "  <b>offices</b>:"))._repr_html_()
    cells = re.findall(r"<t[hd](?: [^>]*)?>([^<]*)<", page)
    assert cells[4:8] == [
        "&lt;b&gt;offices&lt;/b&gt;",
        "100",
        "12",
        "Pack (70.0%), Retainer (100%)",
    ]


def test_reading_scenarios_loads_none_of_the_heavy_libraries():
    heavy = "{'numpy', 'pandas', 'numba', 'duckdb', 'matplotlib', 'pyarrow'}"
    code = f"import sys, entitlement_sim.scenario; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
