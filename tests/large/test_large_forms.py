"""A book as large as the demo says the same in every form (pytest -m large).

A migration zip and a workbook have no place for cases that were opened again, for totals that were
changed while a contract ran, and for drafts that were activated late: they are asked for a demo
without.
"""

from functools import cache
from pathlib import Path

import pytest
from returned import FORMS, SAME, as_far_as_it_holds

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.exchange import read_exports

pytestmark = pytest.mark.large

#: Forms that hold what became of a case and of a total, step by step.
WITH_STEPS = ("csv", "parquet", "dataverse-json")

WITHOUT_STEPS = {
    f"segments.{segment}.{field}": 0
    for segment in ("small", "midsize", "enterprise")
    for field in ("reopened", "cancelled_reactivated", "amendments.per_year", "left_in_draft.share")
}


class Runs:
    """The demo with its past and without, with all steps and without; each made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.run = cache(self._run)
        self.from_csv = cache(self._from_csv)

    def of(self, form: str, *, has_past: bool) -> Run:
        """Return the run that a form can hold."""
        return self.run(form in WITH_STEPS, has_past)

    def _run(self, has_steps: bool, has_past: bool) -> Run:
        changes = {} if has_steps else dict(WITHOUT_STEPS)
        if not has_past:
            changes["history"] = None
        demo = Scenario.parse(Scenario.load("demo", changes).text)
        name = f"{'steps' if has_steps else 'plain'}-{'past' if has_past else 'start'}"
        return simulate(demo, out=self._folder, name=name)

    def _from_csv(self, has_steps: bool) -> Run:
        place = self._folder / f"csv-{has_steps}"
        place.mkdir()
        return returned(self.run(has_steps, True), "csv", place)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Where runs are made once they are asked for."""
    return Runs(tmp_path_factory.mktemp("leaving"))


def returned(run: Run, form: str, place: Path) -> Run:
    """Export a run and import it again."""
    run.export(place / "out", form=form)
    zone = run.scenario.model.calendar.zone
    return read_exports(place / "out", out=place, name="imported", zone=zone)


@pytest.mark.parametrize("form", FORMS)
def test_a_book_from_its_start_comes_back_as_the_run(runs: Runs, form: str, tmp_path: Path) -> None:
    run = runs.of(form, has_past=False)
    with returned(run, form, tmp_path) as imported:
        for question, query in SAME.items():
            query = as_far_as_it_holds(form, question, query)
            assert imported.sql(query).equals(run.sql(query)), question


@pytest.mark.parametrize("form", [form for form in FORMS if form != "csv"])
def test_a_book_with_a_past_is_the_same_from_every_form(
    runs: Runs, form: str, tmp_path: Path
) -> None:
    # What contracts used before its first day no form holds, so that it is held against CSV.
    from_csv = runs.from_csv(form in WITH_STEPS)
    with returned(runs.of(form, has_past=True), form, tmp_path) as imported:
        for question, query in SAME.items():
            query = as_far_as_it_holds(form, question, query)
            assert imported.sql(query).equals(from_csv.sql(query)), question
