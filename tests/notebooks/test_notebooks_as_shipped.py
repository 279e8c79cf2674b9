"""What notebooks look like before anybody has run them."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from entitlement_sim.reports.execution import read_notebook
from entitlement_sim.reports.parameters import defaults
from entitlement_sim.reports.shipped import find_notebook, shipped_notebooks

NAMES = [
    "00_start_here",
    "01_lifecycle",
    "02_consumption",
    "03_expiry",
    "04_renewals",
    "05_breakage_and_revenue",
    "06_channels_and_products",
    "07_explain_a_balance",
    "08_what_if",
    "09_how_far_to_trust",
    "10_offering_designer",
    "11_your_own_book",
    "12_audit",
    "13_search",
    "14_scale",
    "15_fit_and_scorecard",
    "16_forecast_and_backtest",
    "comparison",
    "summary",
]


def test_these_notebooks_are_shipped_in_this_order() -> None:
    assert [file.stem for file in shipped_notebooks()] == NAMES


def test_they_are_found_within_the_package() -> None:
    within = Path(__file__).parents[2] / "entitlement_sim" / "notebooks"
    assert sorted(file.stem for file in within.glob("*.ipynb")) == NAMES


def test_the_first_one_tells_what_the_others_answer() -> None:
    text = read_notebook(find_notebook("00_start_here")).cells[0].source
    assert all(name in text for name in NAMES if name not in ("00_start_here", "comparison"))


@pytest.mark.parametrize("name", NAMES)
def test_is_a_valid_notebook_for_the_kernel_python3(name: str) -> None:
    notebook = nbformat.reads(find_notebook(name).read_text(encoding="utf-8"), as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", NAMES)
def test_stores_no_output_and_no_sign_of_execution(name: str) -> None:
    for cell in json.loads(find_notebook(name).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.parametrize("name", NAMES)
def test_its_cells_have_ids_of_their_own(name: str) -> None:
    ids = [cell.id for cell in read_notebook(find_notebook(name)).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+-\d\d", one) for one in ids)


@pytest.mark.parametrize("name", NAMES)
def test_asks_for_a_run_in_its_parameters_and_needs_none_to_be_given(name: str) -> None:
    known = defaults(read_notebook(find_notebook(name)), name)
    assert known["run_path"] == ""
    if name == "comparison":
        assert known["other_path"] == ""
    elif name in ("11_your_own_book", "12_audit"):
        assert known["exports"] == ""
    else:
        assert (known["scenario"], known["seed"]) == ("", None)


@pytest.mark.parametrize("name", NAMES)
def test_begins_with_a_title_and_says_in_short_what_it_found(name: str) -> None:
    texts = [
        cell.source
        for cell in read_notebook(find_notebook(name)).cells
        if cell.cell_type == "markdown"
    ]
    assert texts[0].startswith("# ")
    assert any(text.startswith("## In short") for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_its_code_is_read_without_scrolling(name: str) -> None:
    for cell in read_notebook(find_notebook(name)).cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
            assert len(cell.source.splitlines()) <= 40
            assert max(map(len, cell.source.splitlines())) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_what_it_displays_with_is_imported(name: str) -> None:
    cells = read_notebook(find_notebook(name)).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert ("display(" in code) == ("from IPython.display import display" in code)
