"""A book as large as the demo says the same in every form (pytest -m large)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from returned import FORMS, SAME, as_far_as_it_holds

from entitlement_sim import Run, Scenario, open_run, simulate
from entitlement_sim.exchange import read_exports

pytestmark = pytest.mark.large


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs are: the demo, and the same without what came before its first day."""
    runs = tmp_path_factory.mktemp("leaving")
    simulate(Scenario.load("demo"), out=runs, name="with-a-past").close()
    simulate(Scenario.load("demo", {"history": None}), out=runs, name="from-its-start").close()
    return runs


def returned(run: Run, form: str, place: Path) -> Run:
    """Export a run and import it again."""
    run.export(place / "out", form=form)
    zone = run.scenario.model.calendar.zone
    return read_exports(place / "out", out=place, name="imported", zone=zone)


@pytest.mark.parametrize("form", FORMS)
def test_a_book_from_its_start_comes_back_as_the_run(
    folder: Path, form: str, tmp_path: Path
) -> None:
    with (
        open_run(folder / "from-its-start") as run,
        returned(run, form, tmp_path) as imported,
    ):
        for question, query in SAME.items():
            query = as_far_as_it_holds(form, question, query)
            assert imported.sql(query).equals(run.sql(query)), question


@pytest.fixture(scope="module")
def with_a_past(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The demo, come back from CSV: what contracts used before its first day no form holds."""
    with (
        open_run(folder / "with-a-past") as run,
        returned(run, "csv", tmp_path_factory.mktemp("csv")) as imported,
    ):
        yield imported


@pytest.mark.parametrize("form", [form for form in FORMS if form != "csv"])
def test_a_book_with_a_past_is_the_same_from_every_form(
    folder: Path, with_a_past: Run, form: str, tmp_path: Path
) -> None:
    with (
        open_run(folder / "with-a-past") as run,
        returned(run, form, tmp_path) as imported,
    ):
        for question, query in SAME.items():
            query = as_far_as_it_holds(form, question, query)
            assert imported.sql(query).equals(with_a_past.sql(query)), question
