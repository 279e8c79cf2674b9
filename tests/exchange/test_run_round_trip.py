"""A run that leaves as an export and is imported says the same, as far as the form holds it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from returned import FORMS, SAME, as_far_as_it_holds

from entitlement_sim import Run, RunError, Scenario, open_run, simulate
from entitlement_sim.exchange import read_book
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving import book_of

SCENARIO = Scenario.load("reference", overrides=["segments.everyone.customers=12", "currency=EUR"])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("leaving")
    simulate(SCENARIO, seed=7, out=folder, name="left").close()
    with open_run(folder / "left") as opened:
        yield opened


@pytest.mark.parametrize("form", FORMS)
def test_an_export_comes_back_with_the_same_terms_cases_and_movements(
    run: Run, form: str, tmp_path: Path
) -> None:
    run.export(tmp_path / "out", form=form, culture="de-DE")
    zone = run.scenario.model.calendar.zone
    with enter(read_book(tmp_path / "out", zone=zone, date_order="day-first")) as imported:
        for question, query in SAME.items():
            query = as_far_as_it_holds(form, question, query)
            theirs, ours = run.sql(query), imported.sql(query)
            assert theirs.equals(ours), question
        assert imported.currency == "EUR"
        assert run.sql("SELECT count(*) FROM entitlements").equals(
            imported.sql(
                "SELECT count(*) FROM entitlements WHERE recorded_remaining = remaining_terms"
            )
        )


def test_what_was_imported_leaves_with_the_ids_and_names_that_it_came_with(run: Run) -> None:
    book = book_of(run)
    with enter(book) as imported:
        returned = book_of(imported)
    for table in ("entitlement", "entitlementtemplate", "product"):
        columns = list(book.tables[table].columns[:2])
        assert returned.tables[table][columns].equals(book.tables[table][columns]), table
    columns = ["incidentid", "customerid", "entitlementid", "customername"]
    assert returned.tables["incident"][columns].equals(book.tables["incident"][columns])


def test_what_was_imported_says_the_same_after_it_left_and_was_imported_once_more(run: Run) -> None:
    with enter(book_of(run)) as imported, enter(book_of(imported)) as again:
        for question, query in SAME.items():
            assert again.sql(query).equals(imported.sql(query)), question


def test_a_copy_of_a_run_is_the_run(run: Run, tmp_path: Path) -> None:
    place = run.export(tmp_path / "copy", form="duckdb")
    with open_run(place) as copied:
        assert copied.manifest.content_hash == run.manifest.content_hash


def test_an_export_of_records_is_replaced_only_when_that_is_said(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "out"
    run.export(place, form="parquet")
    with pytest.raises(RunError, match="exists already"):
        run.export(place, form="csv")
    run.export(place, form="csv", overwrite=True)
    assert {file.suffix for file in place.glob("[!.]*")} == {".csv"}
    (place / "own.txt").write_text("mine")
    with pytest.raises(RunError, match=r"is no export of this package.*own\.txt"):
        run.export(place, form="csv", overwrite=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"form": "exel"}, "did you mean 'excel'"),
        ({"form": "csv", "culture": "de"}, "unknown culture 'de'"),
        ({"culture": "de-DE"}, "name their form"),
        ({"form": "csv", "names": ["cases"]}, "leave out form"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, arguments: dict, message: str
) -> None:
    with pytest.raises(RunError, match=message):
        run.export(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()
