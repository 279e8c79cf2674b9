"""Parameters of notebooks, as they are written and as they are set."""

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest

from entitlement_sim import Run
from entitlement_sim.reports.errors import ReportError
from entitlement_sim.reports.execution import read_notebook
from entitlement_sim.reports.parameters import defaults, split_settings, typed, written
from entitlement_sim.reports.report import report_html
from entitlement_sim.reports.shipped import find_notebook


def notebook_of(folder: Path, *sources: str, tagged: int = 1) -> str:
    """Write a notebook of code cells, of which the first ones are tagged as parameters."""
    cells = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources)]
    for cell in cells[:tagged]:
        cell.metadata["tags"] = ["parameters"]
    file = folder / "own.ipynb"
    file.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return str(file)


def test_defaults_are_the_plain_values_of_the_cell(tmp_path: Path) -> None:
    name = notebook_of(
        tmp_path, '# the run\nrun_path = ""\nseed: int | None = None\nshares = [0.5]'
    )
    assert defaults(read_notebook(Path(name)), "own") == {
        "run_path": "",
        "seed": None,
        "shares": [0.5],
    }


@pytest.mark.parametrize("source", ["a = b = 1", "a = f()", "print(1)", "a.b = 1", "a ="])
def test_anything_else_in_the_cell_is_an_error(source: str, tmp_path: Path) -> None:
    notebook = read_notebook(Path(notebook_of(tmp_path, source)))
    with pytest.raises(ReportError, match="notebook own: its parameters must be plain assignments"):
        defaults(notebook, "own")


@pytest.mark.parametrize("tagged", [0, 2])
def test_a_notebook_has_one_such_cell(tagged: int, tmp_path: Path) -> None:
    notebook = read_notebook(Path(notebook_of(tmp_path, "a = 1", "b = 2", tagged=tagged)))
    with pytest.raises(ReportError, match=f"notebook own has {tagged} cells with the tag"):
        defaults(notebook, "own")


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("60", 90, 60),
        ("0.3", 0.5, 0.3),
        ("1", 0.5, 1.0),
        ("yes", False, True),
        ("7", "", "7"),
        ("Pack 10", "", "Pack 10"),
        ("7", None, 7),
        ("[1, 2]", [], [1, 2]),
    ],
)
def test_a_setting_is_read_as_what_its_default_is(text: str, default: Any, value: Any) -> None:
    read = typed("name", text, default)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "default", "takes"),
    [
        ("soon", 90, "a whole number, such as 90"),
        ("1.5", 90, "a whole number"),
        ("true", 90, "a whole number"),
        ("much", 0.5, "a number"),
        ("true", 0.5, "a number"),
        ("no", 0.0, "a number"),
        ("2", True, "true or false"),
        ("[", [], "a list"),
    ],
)
def test_a_setting_of_another_kind_is_an_error(text: str, default: Any, takes: str) -> None:
    with pytest.raises(ReportError, match=rf"name takes {takes}"):
        typed("name", text, default)


def test_settings_are_names_and_values() -> None:
    assert split_settings(["a=1", "b = x=y"]) == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize(
    ("texts", "message"),
    [(["a"], "'a' is no setting"), (["=1"], "is no setting"), (["a=1", "a=2"], "'a' is set twice")],
)
def test_settings_that_cannot_be_read_are_errors(texts: list[str], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        split_settings(texts)


PLAIN = "takes a plain value, such as 7, 2.5, true, [a, b] or a text; write a day as a text in"


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-01",
        "2025-01-01 10:00:00",
        "[1, 2025-01-01]",
        ".nan",
        "-.inf",
        "1.0e+400",
        "{a: .nan}",
        "9" * 5000,
        "0b" + "1" * 30000,
        "&a [*a]",
        "[" * 3000,
        "!!timestamp x",
        "!!bool x",
        "\udcff",
    ],
    ids=lambda text: ascii(text[:20])[1:-1],
)
def test_a_value_that_no_literal_says_is_an_error(text: str) -> None:
    with pytest.raises(ReportError) as caught:
        typed("entitlement_id", text, None)
    message = str(caught.value)
    assert message.startswith(f"entitlement_id={text[:40]}")
    assert f": entitlement_id {PLAIN}" in message
    assert len(message) < 250


@pytest.mark.parametrize("text", ["9" * 5000, ".inf", "2025-01-01", "\udcff"])
def test_a_value_that_no_literal_says_is_of_no_other_kind_either(text: str) -> None:
    with pytest.raises(ReportError, match="takes a whole number, such as 90"):
        typed("window_days", text, 90)


@pytest.mark.parametrize("text", [".nan", ".inf"])
def test_a_number_without_end_is_an_error_where_a_number_is_taken(text: str) -> None:
    with pytest.raises(ReportError, match="takes a plain value"):
        typed("share", text, 0.5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("-2.5", -2.5),
        ("", None),
        ("'2025-01-01'", "2025-01-01"),
        ("a: b: c", "a: b: c"),
        ("{a: [1, yes]}", {"a": [1, True]}),
        ("{[a]: b}", "{[a]: b}"),
    ],
)
def test_where_nothing_is_the_default_any_plain_value_is_taken(text: str, value: object) -> None:
    assert typed("seed", text, None) == value
    assert ast.literal_eval(written({"seed": value}).removeprefix("seed = ")) == value


def test_a_default_without_end_is_an_error(plain_run: Run, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="must be plain assignments such as seed = 7: x has no"):
        report_html(plain_run, [notebook_of(tmp_path, 'run_path = ""\nx = 1e999')])


def test_an_unknown_parameter_is_named_with_the_nearest_known_one(plain_run: Run) -> None:
    with pytest.raises(ReportError, match=r"unknown parameter 'windowdays'.*'window_days'"):
        report_html(plain_run, settings={"windowdays": "60"})


def test_the_run_is_not_set_as_a_parameter(plain_run: Run) -> None:
    with pytest.raises(ReportError, match="unknown parameter 'run_path'"):
        report_html(plain_run, settings={"run_path": "elsewhere"})


def test_a_setting_reaches_the_notebook_and_the_foot(plain_run: Run, tmp_path: Path) -> None:
    name = notebook_of(tmp_path, 'run_path = ""\nfactor = 1', "print(f'six times {factor * 6}')")
    html = report_html(plain_run, [name], {"factor": "7"})
    assert "six times 42" in html
    assert "with factor = 7 by" in html


def test_a_notebook_that_takes_no_run_is_an_error(plain_run: Run, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="notebook own has no parameter 'run_path'"):
        report_html(plain_run, [notebook_of(tmp_path, "seed = 1")])


def test_a_cell_that_fails_is_named_with_its_error(plain_run: Run, tmp_path: Path) -> None:
    name = notebook_of(tmp_path, 'run_path = ""', "fine = 1", "fine / 0", "never = 1")
    message = r"notebook own: cell 3 \(fine / 0\) failed: ZeroDivisionError: division by zero"
    with pytest.raises(ReportError, match=message):
        report_html(plain_run, [name])


def test_what_runs_or_fetches_is_left_out_of_a_page(plain_run: Run, tmp_path: Path) -> None:
    shown = (
        "from IPython.display import HTML, Javascript, display\n"
        "display(Javascript('steal()'))\n"
        'display(HTML(\'<p onclick="steal()">kept <script>steal()</script>'
        '<img src="//far.example/x.png" alt="a far picture"></p>\'))\n'
        "object()"
    )
    html = report_html(plain_run, [notebook_of(tmp_path, 'run_path = ""', shown)])
    without_code = html.partition("<details")[0]
    assert "kept" in without_code
    assert "[a far picture]" in without_code
    assert "steal" not in without_code
    assert "far.example" not in without_code
    assert " at 0x" not in html


@pytest.mark.parametrize(
    ("name", "found"),
    [("summary", "summary"), ("04_renewals.ipynb", "04_renewals"), ("renewals", "04_renewals")],
)
def test_shipped_notebooks_are_found_by_name(name: str, found: str) -> None:
    assert find_notebook(name).stem == found


def test_an_unknown_notebook_is_named_with_the_nearest_one() -> None:
    with pytest.raises(ReportError, match="there is no notebook 'sumary'; did you mean 'summary'"):
        find_notebook("sumary")


def test_a_file_that_holds_no_notebook_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "own.ipynb").write_text("{}")
    with pytest.raises(ReportError, match="is no notebook"):
        read_notebook(tmp_path / "own.ipynb")
