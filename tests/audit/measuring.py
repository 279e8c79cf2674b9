"""Measure audits anew, and write the tables of docs/audit.md.

``python tests/audit/measuring.py [withheld] [faults] [readings]`` measures these parts, or all.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from audited_books import book_of_customers
from test_other_readings import KEPT, READINGS
from test_planted_faults import MANY, WITHHELD_FROM_FAULTS
from test_withheld import WITHHELD, WITHHELD_APART

from entitlement_sim.audit import Audit
from entitlement_sim.audit.deciding import Class
from entitlement_sim.audit.faults import plant
from entitlement_sim.audit.score import score
from entitlement_sim.exchange.book import Book
from entitlement_sim.exchange.entering import enter
from entitlement_sim.telling import number

PAGE: Final = Path(__file__).parents[2] / "docs" / "audit.md"
SEED: Final = 7

Row = tuple[object, ...]


def size_of(book: Book) -> str:
    """Say how large a book is."""
    entitlements, cases = book.tables["entitlement"], book.tables["incident"]
    return f"{number(len(entitlements))} entitlements, {number(len(cases))} cases"


def withheld() -> Iterator[Row]:
    """Yield what is said of a book without a fault of which parts were not exported."""
    clean = book_of_customers(40, 20, 6)
    yield "withheld", "balances", "agree", "cannot be decided", "said to part"
    for name, withhold in ({"nothing": lambda book: book} | WITHHELD | WITHHELD_APART).items():
        with enter(withhold(clean)) as run:
            counts = Audit(run).counts
            undecided = counts[Class.UNDECIDED] + counts[Class.FAULT]
            balances = sum(counts.values())
            yield name, balances, counts[Class.AGREES], undecided, counts[Class.PARTS]


def faults() -> Iterator[Row]:
    """Yield what is said of a book with ten faults of every kind."""
    book, key = plant(book_of_customers(*MANY), SEED)
    yield (
        "exported", "balances with a fault", "found", "decided", "kind and event right",
        "kind among the candidates", "said to part without a fault",
    )  # fmt: skip
    for name, withhold in WITHHELD_FROM_FAULTS.items():
        with enter(withhold(book)) as run:
            scored = score(Audit(run), key)
            decided = [row for row in scored.rows if row.is_decided]
            yield (
                name,
                len(scored.rows),
                sum(row.is_found for row in scored.rows),
                len(decided),
                sum(row.has_kind and row.has_event for row in decided),
                sum(row.is_candidate for row in scored.rows if not row.is_decided),
                len(scored.false_alarms),
            )


def readings() -> Iterator[Row]:
    """Yield what is said of books that keep to another reading."""
    yield "reading", "book", "moved", "explained by it", "said to part", "why none moves"
    for name, value in READINGS.items():
        book = KEPT[name]() if name in KEPT else book_of_customers(40, 20, 6, **{name: value})
        with enter(book) as run:
            answer = Audit(run)
            [turned] = [turned for turned in answer.switching if turned.switch == name]
            explained = [finding for finding in answer.findings if finding.switch == name]
            yield (
                f"`{name}`", size_of(book), turned.moved, len(explained),
                answer.counts[Class.PARTS], turned.why_none_moved,
            )  # fmt: skip


PARTS: Final[dict[str, Callable[[], Iterator[Row]]]] = {
    "withheld": withheld,
    "faults": faults,
    "readings": readings,
}


def table(rows: Iterable[Row]) -> str:
    """Return rows as a table of Markdown, the first of them as its heads."""
    heads, *lines = [
        [number(cell) if isinstance(cell, int) else str(cell) for cell in row] for row in rows
    ]
    ruled = [heads, ["---"] * len(heads), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled)


def main(names: list[str]) -> None:
    """Measure parts and write their tables between their marks."""
    for name in names or PARTS:
        marks = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        made = f"{marks[0]}{table(PARTS[name]())}{marks[1]}"
        pattern = re.compile(re.escape(marks[0]) + ".*?" + re.escape(marks[1]), re.DOTALL)
        page, count = pattern.subn(lambda _, made=made: made, PAGE.read_text(encoding="utf-8"))
        assert count == 1, name
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
