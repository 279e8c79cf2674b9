"""A small run for all reports, and pages made of it once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shared import made_once
from store_rows import COLUMNS, facts, random_block

from entitlement_sim import Run, Scenario, compare, open_run, simulate
from entitlement_sim.comparison.page import page_of
from entitlement_sim.reports.report import report_html
from entitlement_sim.store.writer import write_run

SMALL = {
    "history.years": 2,
    "segments.small.customers": 100,
    "segments.midsize.customers": 40,
    "segments.enterprise.customers": 10,
}


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs: small, and dearer with one price and one rule switch changed."""

    def make(folder: Path) -> None:
        base = Scenario.load("demo", SMALL)
        simulate(base, out=folder, name="small").close()
        changes = {'templates."Pack 10".price': 1800, "rules.gate_on_reactivate": True}
        simulate(base.with_(changes), out=folder, name="dearer").close()

    return made_once(tmp_path_factory, "folder_of_runs", make)


@pytest.fixture(scope="session")
def plain_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A stored run of the scenario tiny with seed 7, for reports that look at none of its rows."""
    block = random_block([5] * len(COLUMNS), seed=1)
    with write_run([block], facts(), out=tmp_path_factory.mktemp("plain"), name="plain") as run:
        yield run


@pytest.fixture(scope="session")
def small(runs: Path) -> Iterator[Run]:
    with open_run(runs / "small") as run:
        yield run


@pytest.fixture(scope="session")
def dearer(runs: Path) -> Iterator[Run]:
    with open_run(runs / "dearer") as run:
        yield run


@pytest.fixture(scope="session")
def summary(small: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The default report."""

    def make(folder: Path) -> None:
        (folder / "page.html").write_text(report_html(small), encoding="utf-8", newline="")

    place = made_once(tmp_path_factory, "report_of_small", make)
    return (place / "page.html").read_bytes().decode()


@pytest.fixture(scope="session")
def comparison(small: Run, dearer: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page that compares two runs."""

    def make(folder: Path) -> None:
        page = page_of(compare(small, dearer))
        (folder / "page.html").write_text(page, encoding="utf-8", newline="")

    place = made_once(tmp_path_factory, "comparison_of_small", make)
    return (place / "page.html").read_bytes().decode()
