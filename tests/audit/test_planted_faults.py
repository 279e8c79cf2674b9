"""Faults whose places are known: the audit finds them, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from audited_books import EACH, book_of_customers
from test_withheld import (
    with_cases_since,
    with_log_of_balances_alone,
    without,
    without_minutes,
)

from entitlement_sim import Scenario, open_run, simulate
from entitlement_sim.audit import Audit
from entitlement_sim.audit.deciding import Class
from entitlement_sim.audit.faults import plant
from entitlement_sim.audit.key import AnswerKey, KeyFileError, read_key
from entitlement_sim.audit.kinds import Kind
from entitlement_sim.audit.planting import PLANTERS
from entitlement_sim.audit.score import score
from entitlement_sim.cli import answer as give
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.entering import enter
from entitlement_sim.store.errors import RunError

#: Customers of a book with places for ten faults of every kind.
MANY = (120, 60, 200)

#: What may be left out of a book with faults.
WITHHELD_FROM_FAULTS: dict[str, Callable[[Book], Book]] = {
    "everything": lambda book: book,
    "no log": lambda book: without(book, "audit"),
    "only the log of balances": with_log_of_balances_alone,
    "no minutes": without_minutes,
    "no cases of the first year": lambda book: with_cases_since(book, "2023-09-01"),
}


@pytest.fixture(scope="module")
def runs(
    clean: Book, planted: tuple[Book, AnswerKey], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a run of either book, and the key."""
    folder = tmp_path_factory.mktemp("runs")
    enter(clean, out=folder, name="clean").close()
    enter(planted[0], out=folder, name="planted").close()
    planted[1].write(folder / "key.json")
    return folder


def test_on_the_clean_twin_nothing_parts(runs: Path) -> None:
    answer = Audit(open_run(runs / "clean"))
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
    runs: Path, planted: tuple[Book, AnswerKey]
) -> None:
    scored = score(Audit(open_run(runs / "planted")), planted[1])
    assert [row for row in scored.rows if not row.has_event] == []
    assert scored.is_perfect


def test_the_same_seed_plants_the_same(clean: Book) -> None:
    assert plant(clean, 1, each=EACH)[1].digest() == plant(clean, 1, each=EACH)[1].digest()


def test_a_key_comes_back_as_it_was_written(runs: Path, planted: tuple[Book, AnswerKey]) -> None:
    assert read_key(runs / "key.json") == planted[1]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1, "faults": 3}'])
def test_another_file_is_no_key(text: str, tmp_path: Path) -> None:
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
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert give(["audit", str(runs / "clean")]) == 0
    assert give(["audit", str(runs / "planted"), "--page", str(page)]) == 1
    assert "part from them" in capsys.readouterr().out
    assert "wrong channel" in page.read_text(encoding="utf-8")


def test_the_command_scores_an_answer(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = str(runs / "key.json")
    assert give(["audit", str(runs / "planted"), "--score", key]) == 0
    assert "Everything was found as the key has it; 0 false alarms." in capsys.readouterr().out


@pytest.fixture(scope="module")
def many() -> Book:
    """A book with places for ten faults of every kind."""
    return book_of_customers(*MANY)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 7])
def test_ten_faults_of_every_kind_are_found_for_any_seed(many: Book, seed: int) -> None:
    faulty, key = plant(many, seed)
    assert {fault.kind for fault in key.faults} == set(PLANTERS)
    assert score(Audit(enter(faulty)), key).is_perfect


@pytest.mark.soak
@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("part", WITHHELD_FROM_FAULTS)
def test_of_a_part_of_the_history_nothing_wrong_is_claimed(
    many: Book, part: str, seed: int
) -> None:
    faulty, key = plant(many, seed)
    answer = Audit(enter(WITHHELD_FROM_FAULTS[part](faulty)))
    scored = score(answer, key)
    assert scored.false_alarms == []
    assert [row.fault for row in scored.rows if row.is_decided and not row.has_kind] == []
    assert [row.fault for row in scored.rows if row.is_found and not row.is_decided
            and not row.is_candidate] == []  # fmt: skip
    assert all(f.decided_by for f in answer.findings if f.verdict == Class.UNDECIDED)
