"""The command report: where the page goes, and what is said when it cannot be made."""

import os
import re
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

from entitlement_sim import open_run
from entitlement_sim.cli import answer


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def quick(tmp_path: Path) -> str:
    """A notebook that takes a moment."""
    cells = [
        nbformat.v4.new_code_cell('run_path = ""', id="a", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_markdown_cell("# Quick\n\n## One\n\ntext", id="b"),
    ]
    file = tmp_path / "quick.ipynb"
    file.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return str(file)


def test_the_page_has_the_name_of_the_run_and_its_place_is_printed(
    here: Path, runs: Path, quick: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(["report", str(runs / "small"), "--notebook", quick]) == 0
    assert capsys.readouterr() == ("small.html\n", "")
    assert "<h1>Quick</h1>" in (here / "small.html").read_text(encoding="utf-8")


def test_the_page_goes_where_it_is_wanted(here: Path, runs: Path, quick: str) -> None:
    out = here / "reports" / "monday.html"
    assert answer(["report", str(runs / "small"), "--notebook", quick, "--out", str(out)]) == 0
    assert out.is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--notebook", "sumary"], "there is no notebook 'sumary'; did you mean 'summary'?"),
        (["--set", "window=60"], "unknown parameter 'window'; did you mean 'window_days'?"),
        (["--set", "window_days=soon"], "window_days takes a whole number, such as 90"),
        (["--set", "window_days"], "'window_days' is no setting; write one like window_days=60"),
        (["--set", "money=60"], "unknown parameter 'money'"),
        (["--out", "report.txt"], "report.txt is no name of a page; let it end in .html"),
        (["--out", "."], ". is a folder; name a file in it, such as report.html"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    arguments: list[str],
    message: str,
    here: Path,
    runs: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert answer(["report", str(runs / "small"), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("entitlement-sim: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(here.iterdir()) == []


@pytest.fixture
def priced(here: Path) -> str:
    """A notebook that says what an hour costs, and what support did."""
    says = (
        "from entitlement_sim.reports import find_run, say\n"
        "run = find_run(run_path)\n"
        "[cost] = run.sql('SELECT sum(cost_to_serve)::DOUBLE AS cost FROM cost_to_serve')['cost']\n"
        "say(f'{run.money.hour_costs} an hour: {cost:.2f}')"
    )
    cells = [
        nbformat.v4.new_code_cell('run_path = ""', id="a", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_markdown_cell("# Priced", id="b"),
        nbformat.v4.new_code_cell(says, id="c"),
    ]
    file = here / "priced.ipynb"
    file.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return str(file)


def test_a_page_is_reckoned_with_other_money_and_says_so(
    here: Path, runs: Path, priced: str
) -> None:
    money = ["--set", "money.hour_costs=61.50", "--set", "money.case_costs={}"]
    assert answer(["report", str(runs / "small"), "--notebook", priced, *money]) == 0
    with open_run(runs / "small") as run:
        [(minutes,)] = run.connection.sql("SELECT sum(minutes) FROM cost_to_serve").fetchall()
        own = run.money
    page = (here / "small.html").read_text(encoding="utf-8")
    [cost] = re.findall(r"61\.50 an hour: ([\d.]+)", page)
    assert float(cost) == pytest.approx(float(minutes) * 61.5 / 60, rel=1e-4)
    assert "it is reckoned with money.hour_costs=61.50 and money.case_costs={}." in page
    assert own is not None
    assert own.hour_costs != Decimal("61.50")  # the run has its own, as before


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("money.hour_cost=60", "unknown key 'hour_cost'; did you mean 'hour_costs'?"),
        ("money.hour_costs=dear", "must be a number such as 10 or 2.50, not the text 'dear'"),
        ("money.currency=USD", "a run has one currency"),
    ],
)
def test_money_that_is_none_is_one_line_and_writes_nothing(
    setting: str, message: str, here: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(["report", str(runs / "small"), "--set", setting]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"--set {setting}:1:")
    assert message in err
    assert err.count("\n") == 1
    assert list(here.iterdir()) == []


def test_a_page_with_the_money_of_the_scenario_says_nothing_of_it(
    here: Path, runs: Path, quick: str
) -> None:
    assert answer(["report", str(runs / "small"), "--notebook", quick]) == 0
    assert "reckoned with" not in (here / "small.html").read_text(encoding="utf-8")


def test_a_notebook_that_opens_its_run_itself_takes_no_other_money(
    here: Path, runs: Path, quick: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--notebook", quick, "--set", "money.hour_costs=60"]
    assert answer(["report", str(runs / "small"), *asked]) == 2
    assert capsys.readouterr().err == (
        "entitlement-sim: notebook quick does not open its run with find_run, so it cannot be "
        "reckoned with money.hour_costs=60\n"
    )
    assert not (here / "small.html").exists()


def test_without_chromium_a_line_says_what_to_install(
    here: Path, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr("entitlement_sim.reports.pdf.shutil.which", lambda name: None)
    assert answer(["report", str(runs / "small"), "--pdf"]) == 2
    err = capsys.readouterr().err
    assert "a PDF needs Chromium or Chrome; install it (" in err
    assert err.count("\n") == 1
    assert list(here.iterdir()) == []


def test_a_browser_named_in_the_environment_must_be_there(
    here: Path, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    assert answer(["report", str(runs / "small"), "--pdf"]) == 2
    assert "CHROMIUM=/no/such/browser is no program; install it (" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_an_interrupt_ends_the_kernel_and_leaves_no_page(here: Path, runs: Path) -> None:
    sleeper = "import os, pathlib, time\npathlib.Path('kernel').write_text(str(os.getpid()))\n"
    cells = [
        nbformat.v4.new_code_cell('run_path = ""', id="a", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(sleeper + "time.sleep(300)", id="b"),
    ]
    (here / "slow.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    command = [sys.executable, "-m", "entitlement_sim", "report", str(runs / "small")]
    process = subprocess.Popen(
        [*command, "--notebook", "slow.ipynb"], cwd=here, stderr=subprocess.PIPE, text=True
    )
    try:
        kernel = wait_for(here / "kernel")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert err == "entitlement-sim: interrupted; nothing half done is left behind\n"
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)
    assert not (here / "small.html").exists()


def wait_for(file: Path) -> int:
    """The number that a file holds, once there is one."""
    for _ in range(600):
        if file.is_file() and (text := file.read_text()):
            return int(text)
        time.sleep(0.1)
    raise AssertionError(f"{file} did not appear")
