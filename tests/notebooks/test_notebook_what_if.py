"""The what-if of the first notebook: at rest nothing changes, and bounds follow each other."""

import json
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from entitlement_sim.reports.shipped import find_notebook


@pytest.fixture(scope="module")
def session(runs: Path) -> dict[str, Any]:
    """What the cells of the notebook leave behind, run without any front end."""
    made: dict[str, Any] = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(runs.parent)
        patch.setattr(ipywidgets, "interact", lambda *_, **sliders: made.update(sliders=sliders))
        patch.setattr("entitlement_sim.charts.show", lambda chart: None)
        for cell in json.loads(find_notebook("00_start_here").read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code" and cell["id"] <= "00-16":
                exec("".join(cell["source"]), made)
    return made


def test_at_rest_the_sliders_change_nothing(session: dict[str, Any]) -> None:
    sliders = session["sliders"]
    assert sliders["total"].value == session["offering"].total
    assert sliders["by_phone"].value == session["by_phone_now"]
    at_rest = session["what_if"](sliders["total"].value, sliders["by_phone"].value)
    first_rows, second_rows = at_rest
    assert first_rows.equals(second_rows)
    assert first_rows["refused"].sum() > 0


def test_by_phone_is_never_more_than_on_the_whole(session: dict[str, Any]) -> None:
    total, by_phone = session["sliders"]["total"], session["sliders"]["by_phone"]
    by_phone.value = total.value = 10
    total.value = 3
    assert (by_phone.max, by_phone.value) == (3, 3)
    total.value = 12
    assert by_phone.max == 12


def test_only_cases_of_the_offering_are_counted(session: dict[str, Any]) -> None:
    rows = session["before"]
    outside = rows[~rows["holds"]]
    assert len(outside) > 0
    assert (outside[["refused", "turned_away", "covered"]] == 0).all(axis=None)


def test_the_caption_names_every_lever_and_who_is_counted(session: dict[str, Any]) -> None:
    text = session["shown"](6, 7).caption
    holders = int(session["before"]["holds"].sum())
    assert "Pack 10: 6 cases instead of 10, of these 6 by phone instead of 4" in text
    assert (
        f"{holders} of {len(session['before'])} customers hold it; change per 100 of them" in text
    )
    assert "drawn anew" in text
