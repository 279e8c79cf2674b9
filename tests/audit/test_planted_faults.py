"""Faults whose places are known: the audit finds them, and nothing else."""

import dataclasses

import pandas as pd
import pytest

from entitlement_sim import Scenario, simulate
from entitlement_sim.audit import Audit
from entitlement_sim.audit.faults import plant
from entitlement_sim.audit.key import AnswerKey, KeyFileError, read_key
from entitlement_sim.audit.kinds import Kind
from entitlement_sim.audit.planting import PLANTERS
from entitlement_sim.audit.score import score
from entitlement_sim.cli import answer as give
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.entering import enter
from entitlement_sim.exchange.leaving import book_of
from entitlement_sim.store.errors import RunError

SIZES = ["segments.small.customers=120", "segments.midsize.customers=60",
         "segments.enterprise.customers=20"]  # fmt: skip
#: Few enough that each kind has its places in so small a book.
EACH = 2


def book_of_sizes(sizes: list[str]) -> Book:
    with simulate(Scenario.load("demo", sizes)) as run:
        return book_of(run)


@pytest.fixture(scope="module")
def clean() -> Book:
    return book_of_sizes(SIZES)


@pytest.fixture(scope="module")
def planted(clean: Book) -> tuple[Book, AnswerKey]:
    return plant(clean, 1, each=EACH)


def without(book: Book, *tables: str, **replaced: pd.DataFrame) -> Book:
    kept = {name: rows for name, rows in book.tables.items() if name not in tables}
    return dataclasses.replace(book, tables=kept | replaced)


def without_minutes(book: Book) -> Book:
    resolutions = book.tables["incidentresolution"].drop(columns="timespent")
    return without(book, "activitypointer", incidentresolution=resolutions)


def with_cases_since(book: Book, day: str) -> Book:
    cases = book.tables["incident"]
    return without(book, incident=cases[cases["createdon"] >= pd.Timestamp(day)])


def test_on_the_clean_twin_nothing_parts(clean: Book) -> None:
    answer = Audit(enter(clean))
    assert not answer.parts
    assert answer.counts["explained by a switch"] == 0


def test_every_kind_is_planted(planted: tuple[Book, AnswerKey]) -> None:
    assert {fault.kind for fault in planted[1].faults} == set(PLANTERS)
    assert len(PLANTERS) >= 15


def test_no_entitlement_has_two_faults(planted: tuple[Book, AnswerKey]) -> None:
    kinds: dict[str, set[Kind]] = {}
    for fault in planted[1].faults:
        kinds.setdefault(fault.entitlement, set()).add(fault.kind)
    assert {len(kinds_of_one) for kinds_of_one in kinds.values()} == {1}


def test_every_fault_is_found_with_kind_event_and_amount_and_nothing_else(
    planted: tuple[Book, AnswerKey],
) -> None:
    book, key = planted
    scored = score(Audit(enter(book)), key)
    assert [row for row in scored.rows if not row.has_event] == []
    assert scored.is_perfect


def test_without_the_log_nothing_is_claimed_and_each_kind_is_a_candidate(
    planted: tuple[Book, AnswerKey],
) -> None:
    book, key = planted
    answer = Audit(enter(without(book, "audit")))
    assert not answer.parts
    scored = score(answer, key)
    assert [row.fault for row in scored.rows if not row.has_kind and not row.is_candidate] == []


@pytest.mark.parametrize("day", ["2023-09-01", "2025-01-01"])
def test_with_older_cases_withheld_the_clean_twin_has_no_violation(clean: Book, day: str) -> None:
    assert not Audit(enter(with_cases_since(clean, day))).parts


def test_with_minutes_withheld_the_clean_twin_has_no_violation(clean: Book) -> None:
    assert not Audit(enter(without_minutes(clean))).parts


def test_with_a_tenth_of_the_cases_withheld_the_clean_twin_has_no_violation(clean: Book) -> None:
    cases = clean.tables["incident"].iloc[lambda rows: rows.reset_index().index % 10 > 0]
    log = clean.tables["audit"]
    is_theirs = (log["table"] != "incident") | log["recordid"].isin(cases["incidentid"])
    assert not Audit(enter(without(clean, incident=cases, audit=log[is_theirs]))).parts


def test_the_same_seed_plants_the_same(clean: Book, planted: tuple[Book, AnswerKey]) -> None:
    assert plant(clean, 1, each=EACH)[1].digest() == planted[1].digest()


def test_a_key_comes_back_as_it_was_written(planted: tuple[Book, AnswerKey], tmp_path) -> None:  # type: ignore[no-untyped-def]
    planted[1].write(tmp_path / "key.json")
    assert read_key(tmp_path / "key.json") == planted[1]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1, "faults": 3}'])
def test_another_file_is_no_key(text: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "key.json"
    place.write_text(text)
    with pytest.raises(KeyFileError, match="is no answer key"):
        read_key(place)


def test_a_simulated_run_has_nothing_to_audit() -> None:
    with (
        simulate(Scenario.load("reference", ["segments.everyone.customers=2"])) as run,
        pytest.raises(RunError, match="was simulated"),
    ):
        Audit(run)


def test_the_command_exits_with_1_where_something_parts(
    clean: Book,
    planted: tuple[Book, AnswerKey],
    tmp_path,  # type: ignore[no-untyped-def]
    capsys: pytest.CaptureFixture[str],
) -> None:
    enter(clean, out=tmp_path, name="clean").close()
    enter(planted[0], out=tmp_path, name="planted").close()
    planted[1].write(tmp_path / "key.json")
    page = tmp_path / "page.html"
    assert give(["audit", str(tmp_path / "clean")]) == 0
    assert give(["audit", str(tmp_path / "planted"), "--page", str(page)]) == 1
    assert "part from them" in capsys.readouterr().out
    assert "wrong channel" in page.read_text(encoding="utf-8")
    key = str(tmp_path / "key.json")
    assert give(["audit", str(tmp_path / "planted"), "--score", key]) == 0
    assert "Everything was found as the key has it; 0 false alarms." in capsys.readouterr().out


@pytest.mark.soak
def test_ten_faults_of_every_kind_are_found_for_any_seed() -> None:
    book = book_of_sizes([text.replace("20", "200") for text in SIZES])
    for seed in range(3):
        faulty, key = plant(book, seed)
        assert {fault.kind for fault in key.faults} == set(PLANTERS)
        assert score(Audit(enter(faulty)), key).is_perfect
