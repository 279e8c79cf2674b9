"""Damage to runs, tried at random: whatever changes what is read of a run is noticed, in words.

Prints how many inputs were tried and what became of them::

    python tests/hostile/damaged_runs.py 300

Every input is a copy of one small run with one damage: bits, bytes, blocks, cuts and swapped pages
of its file, with and without a checksum that was computed anew; mutated manifests; facts and rows
that were edited; views, macros and types that were forged. ``verify``, ``explain`` and ``runs``
meet it. What passes ``verify`` must read as the run did before.
"""

import contextlib
import copy
import faulthandler
import io
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from entitlement_sim import Scenario, open_run, simulate
from entitlement_sim.cli import answer
from entitlement_sim.store.manifest import read_manifest
from entitlement_sim.store.schema import RUN_COLUMNS, TABLES
from entitlement_sim.store.views import creation_order, made_views, view_files

SEED = 20260
#: Seconds after which an input counts as a hang; the process ends with what it was doing.
PATIENCE = 300
OVERRIDES = ["segments.everyone.customers=4", "calendar.days=400"]

#: Bytes of DuckDB's headers, and of a block with its checksum in front.
_HEADERS, _BLOCK = 3 * 4096, 256 * 1024

FILES = {topic: text for topic, text in view_files().items() if topic != "macros"}
#: Each after those that it rests on.
VIEWS = [name for topic in creation_order(FILES) for name in made_views(FILES[topic])]

Damage = Callable[[random.Random, Path], str]


@dataclass
class Figures:
    """What became of the inputs.

    Attributes
    ----------
    tried, noticed : int
    without_effect : int
        Passed, and what is read is as before: unused bytes, blanks, views of other tools.
    tracebacks, accepted : list of str
        Inputs that ended in an exception, or passed although something reads otherwise.
    by_kind : dict of str to int
    """

    tried: int = 0
    noticed: int = 0
    without_effect: int = 0
    tracebacks: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    by_kind: dict[str, int] = field(default_factory=dict)


def try_damages(inputs: int, seed: int = SEED) -> Figures:
    """Try so many damages, each kind as often as any other."""
    figures = Figures()
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="damaged-runs-") as folder:
        wholes = {form: Path(folder) / form / "run" for form in ("duckdb", "parquet")}
        expected = {}
        for form, whole in wholes.items():
            scenario = Scenario.load("reference", OVERRIDES)
            simulate(scenario, out=whole.parent, name="run", format=form).close()
            expected[form] = contents(whole)
        answers = views_of(wholes["duckdb"])  # what is forged is forged in these
        for number in range(inputs):
            damage = DAMAGES[number % len(DAMAGES)]
            form = "parquet" if damage in OF_PARQUET else "duckdb"
            place = Path(folder) / "damaged" / "run"
            shutil.copytree(wholes[form], place)
            told = f"input {number}: {damage.__name__}: {damage(draw, place)}"
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            _meet(figures, place, told, damage, (expected[form], answers))
            faulthandler.cancel_dump_traceback_later()
            shutil.rmtree(place.parent)
    return figures


def _meet(
    figures: Figures, place: Path, told: str, damage: Damage, expected: tuple[Any, Any]
) -> None:
    figures.tried += 1
    try:
        status, said = command("verify", str(place))
        command("explain", str(place), "1")
        listed, list_said = command("runs", str(place.parent))
    except Exception as error:
        figures.tracebacks.append(f"{told}: {type(error).__name__}: {error}")
        return
    quiet = all(sign.isprintable() or sign == "\n" for sign in said + list_said)
    if listed != 0 or not quiet or "Traceback" in said:
        figures.accepted.append(f"{told}: {listed} {said!r} {list_said!r}")
    elif status in (1, 2):
        figures.noticed += 1
        _count(figures, damage, "noticed")
    elif contents(place) == expected[0] and (
        damage is not forge_others or views_of(place) == expected[1]
    ):
        figures.without_effect += 1
        _count(figures, damage, "without effect")
    else:
        figures.accepted.append(told)


def _count(figures: Figures, damage: Damage, outcome: str) -> None:
    kind = f"{damage.__name__}: {outcome}"
    figures.by_kind[kind] = figures.by_kind.get(kind, 0) + 1


def command(*arguments: str) -> tuple[int, str]:
    """Run a command in this process; return its exit code and all that it says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = answer(arguments)
    return status, said.getvalue()


def contents(folder: Path) -> Any:
    """Return all that is stored in a run."""
    with open_run(folder) as run:
        rows = {table: run.connection.execute(f"FROM {table}").fetchall() for table in TABLES}
    return rows, read_manifest(folder)


def views_of(folder: Path) -> Any:
    """Return what the views of a run answer, each reckoned once and not for others again."""
    answers = {}
    with open_run(folder) as run:
        run.connection.execute("CREATE SCHEMA memory.reckoned")
        for name in VIEWS:
            run.connection.execute(
                f"CREATE TABLE memory.reckoned.{name} AS FROM memory.main.{name}; "
                f"CREATE OR REPLACE VIEW memory.main.{name} AS FROM memory.reckoned.{name}"
            )
            rows = run.connection.execute(f"FROM {name}").fetchall()
            answers[name] = sorted(map(repr, rows))
    return answers


# ------------------------------------------------------------------------------ the file itself


def _rewrite(place: Path, change: Callable[[bytearray], str]) -> str:
    file = place / "run.duckdb"
    data = bytearray(file.read_bytes())
    told = change(data)
    file.write_bytes(data)
    return told


def flip_bit(draw: random.Random, place: Path) -> str:
    """Turn one bit of the file."""

    def change(data: bytearray) -> str:
        at, bit = draw.randrange(len(data)), draw.randrange(8)
        data[at] ^= 1 << bit
        return f"bit {bit} of byte {at}"

    return _rewrite(place, change)


def flip_header(draw: random.Random, place: Path) -> str:
    """Turn one bit of a header."""

    def change(data: bytearray) -> str:
        at, bit = draw.randrange(_HEADERS), draw.randrange(8)
        data[at] ^= 1 << bit
        return f"bit {bit} of byte {at}"

    return _rewrite(place, change)


def change_bytes(draw: random.Random, place: Path) -> str:
    """Overwrite up to 512 bytes at random."""

    def change(data: bytearray) -> str:
        size = draw.choice([1, 8, 512])
        at = draw.randrange(len(data) - size)
        data[at : at + size] = draw.randbytes(size)
        return f"{size} bytes from {at}"

    return _rewrite(place, change)


def zero_block(draw: random.Random, place: Path) -> str:
    """Lose a block of the disk."""

    def change(data: bytearray) -> str:
        at = 4096 * draw.randrange(len(data) // 4096)
        data[at : at + 4096] = bytes(4096)
        return f"4096 bytes from {at}"

    return _rewrite(place, change)


def cut(draw: random.Random, place: Path) -> str:
    """Lose the end of the file."""

    def change(data: bytearray) -> str:
        size = draw.randrange(len(data))
        del data[size:]
        return f"after {size} bytes"

    return _rewrite(place, change)


def swap_pages(draw: random.Random, place: Path) -> str:
    """Let two blocks change places, each with its checksum."""

    def change(data: bytearray) -> str:
        blocks = (len(data) - _HEADERS) // _BLOCK
        first, second = draw.sample(range(blocks), 2)
        one, other = block_slice(first), block_slice(second)
        data[one], data[other] = data[other], data[one]
        return f"blocks {first} and {second}"

    return _rewrite(place, change)


def change_with_checksum(draw: random.Random, place: Path) -> str:
    """Overwrite bytes of a block and compute its checksum anew."""

    def change(data: bytearray) -> str:
        block = block_slice(draw.randrange((len(data) - _HEADERS) // _BLOCK))
        used = np.flatnonzero(np.frombuffer(data[block], np.uint8)[8:]) + 8
        at = block.start + int(draw.choice(used)) if used.size else block.start + 8
        data[at] ^= 1 << draw.randrange(8)
        data[block.start : block.start + 8] = checksum_of(data[block.start + 8 : block.stop])
        return f"byte {at} with its checksum"

    return _rewrite(place, change)


def block_slice(block: int) -> slice:
    begin = _HEADERS + block * _BLOCK
    return slice(begin, begin + _BLOCK)


def checksum_of(payload: bytearray) -> bytes:
    """Return what DuckDB writes before a block."""
    words = np.frombuffer(payload, np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    return int(np.bitwise_xor.reduce(words, initial=5381)).to_bytes(8, "little")


# --------------------------------------------------------------------------------- the manifest

_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, 0.5, -0.0, "", "7", "x" * 64,
    "f" * 64, "\x1b[2J\n", "\u202e", "2024-01-01", [], {}, [[]], {"a": None}, {"cases": -1},
]  # fmt: skip
_TEXTS = ["NaN", "Infinity", "1e999", "-0", "9" * 5000, "[" * 20_000, '"\\ud800"', "01", "'a'"]


def change_value(draw: random.Random, place: Path) -> str:
    """Give a value of the manifest another one, of any kind."""
    file = place / "manifest.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    path, holder = draw.choice(list(_places(values)))
    other = copy.deepcopy(draw.choice(_VALUES))
    holder[path] = other
    file.write_text(json.dumps(values), encoding="utf-8")
    return f"{path} = {str(other)[:40]!r}"


def change_text(draw: random.Random, place: Path) -> str:
    """Write something in the place of a value that JSON may not have."""
    file = place / "manifest.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    path, holder = draw.choice(list(_places(values)))
    holder[path] = "#here#"
    text = draw.choice(_TEXTS)
    file.write_text(json.dumps(values).replace('"#here#"', text), encoding="utf-8")
    return f"{path} = {text[:40]}"


def change_keys(draw: random.Random, place: Path) -> str:
    """Take a key away, write it twice, or add one."""
    file = place / "manifest.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    path, holder = draw.choice(list(_places(values)))
    how = draw.choice(["removed", "renamed", "added", "twice"])
    if how == "removed":
        del holder[path]
    elif how == "renamed":
        holder[draw.choice(["\x1b[2J", "", "Seed"])] = holder.pop(path)
    elif how == "added":
        holder[draw.choice(["\x1b[2J", "", "more"])] = draw.choice(_VALUES)
    text = json.dumps(values)
    if how == "twice":
        text = f'{text[:-1]}, "{draw.choice(list(values))}": {json.dumps(draw.choice(_VALUES))}}}'
    file.write_text(text, encoding="utf-8")
    return f"{path} {how}"


def change_manifest_bytes(draw: random.Random, place: Path) -> str:
    """Damage the manifest's bytes, or write it in another encoding."""
    file = place / "manifest.json"
    data = bytearray(file.read_bytes())
    how = draw.choice(["bit", "cut", "byte gone", "utf-8-sig", "utf-16", "blank"])
    at = draw.randrange(len(data))
    if how == "bit":
        data[at] ^= 1 << draw.randrange(8)
    elif how == "cut":
        del data[at:]
    elif how == "byte gone":
        del data[at]
    elif how == "blank":
        data += b" \n"
    else:
        data = bytearray(data.decode().encode(how))
    file.write_bytes(data)
    return f"{how} at {at}"


def _places(values: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in values.items():
        yield key, values
        if isinstance(value, dict):
            yield from _places(value)


# -------------------------------------------------------------------------------- facts and rows


def _change_file(place: Path, *statements: str) -> str:
    with duckdb.connect(place / "run.duckdb") as connection:
        for statement in statements:
            connection.execute(statement)
    return "; ".join(statements)[:200]


def forge_fact(draw: random.Random, place: Path) -> str:
    """Change a fact in table run, and half the time in the manifest as well."""
    column, kind = draw.choice(list(RUN_COLUMNS.items()))
    value: Any = {
        "VARCHAR": "forged", "UBIGINT": 4242, "INTEGER": 4242, "DATE": "2001-02-03",
        "source": "imported", "JSON": '{"forged": "4242"}',
    }[kind]  # fmt: skip
    told = _change_file(place, f"UPDATE run SET {column} = '{value}'")
    if draw.random() < 0.5:
        file = place / "manifest.json"
        values = json.loads(file.read_text(encoding="utf-8"))
        values[column] = json.loads(value) if kind == "JSON" else value
        if column.endswith("hash"):
            values[column] = "f" * 64
        file.write_text(json.dumps(values), encoding="utf-8")
        told += ", and the manifest"
    return told


def forge_row(draw: random.Random, place: Path) -> str:
    """Change, add, remove or swap rows of a table."""
    with duckdb.connect(place / "run.duckdb", read_only=True) as connection:
        sizes = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in TABLES
        }
        table = draw.choice([name for name, size in sizes.items() if size])
        [(column, kind)] = draw.sample(
            connection.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table]
            ).fetchall(),
            1,
        )
    row = draw.randrange(sizes[table])
    numbers = ("INTEGER", "BIGINT", "UBIGINT", "DECIMAL(18,2)", "DOUBLE")
    statement = draw.choice(
        [
            f"UPDATE {table} SET {column} = NULL WHERE rowid = {row} AND {column} IS NOT NULL",
            f"DELETE FROM {table} WHERE rowid = {row}",
            f"INSERT INTO {table} FROM {table} WHERE rowid = {row}",
            f"UPDATE {table} SET {column} = {column} + 1 WHERE rowid = {row}"
            if kind in numbers
            else f"INSERT INTO {table} ({column}) VALUES (NULL)",
        ]
    )
    return _change_file(place, statement)


_OTHERS = [
    "CREATE MACRO year(day) AS 1999",
    "CREATE MACRO date_trunc(part, day) AS DATE '1999-01-01'",
    "CREATE MACRO sum(amount) AS 4242",
    "CREATE MACRO count(amount) AS 4242",
    "CREATE MACRO enum_code(word) AS 0",
    "CREATE MACRO duckdb_tables() AS TABLE SELECT 'cases' AS table_name",
    "DROP TYPE origin; CREATE TYPE origin AS ENUM ('4242')",
    "CREATE SCHEMA main2; CREATE TABLE main2.cases AS SELECT 4242 AS case_id",
    "CREATE SCHEMA opened_run; CREATE TABLE opened_run.cases AS SELECT 4242 AS case_id",
    "CREATE SCHEMA memory; CREATE TABLE memory.cases AS SELECT 4242 AS case_id",
    "COMMENT ON TABLE cases IS 'forged'",
    *(
        f"CREATE OR REPLACE VIEW {name} AS SELECT content AS x FROM read_text('/dev/null')"
        for name in VIEWS
    ),
]


def forge_others(draw: random.Random, place: Path) -> str:
    """Add views, macros, types, schemas and comments that have names of the package's own."""
    return _change_file(place, *draw.sample(_OTHERS, 3))


def forge_table(draw: random.Random, place: Path) -> str:
    """Put a view in the place of a table, or give it other columns."""
    table = draw.choice(TABLES)
    drops = [f"DROP VIEW {name}" for name in reversed(VIEWS)]
    how = draw.choice(["view", "column", "gone"])
    if how == "view":
        changes = [
            f"ALTER TABLE {table} RENAME TO was_{table}",
            f"CREATE VIEW {table} AS FROM was_{table}",
        ]
    elif how == "column":
        changes = [f"ALTER TABLE {table} ADD COLUMN more INTEGER"]
    else:
        changes = [f"DROP TABLE {table}"]
    _change_file(place, *drops, *changes)
    return f"{table}: {how}"


# --------------------------------------------------------------------------- files of Parquet


def _some_file(draw: random.Random, place: Path) -> Path:
    return draw.choice(sorted(place.glob("*.parquet")))


def change_parquet(draw: random.Random, place: Path) -> str:
    """Turn a bit, or overwrite some bytes, of one of the files."""
    file = _some_file(draw, place)
    data = bytearray(file.read_bytes())
    size = draw.choice([0, 1, 8, 64])
    at = draw.randrange(len(data) - size)
    if size:
        data[at : at + size] = draw.randbytes(size)
    else:
        data[at] ^= 1 << draw.randrange(8)
    file.write_bytes(data)
    return f"{size} bytes from {at} of {file.name}"


def change_footer(draw: random.Random, place: Path) -> str:
    """Turn a bit of what a file says of its columns and of their bounds."""
    file = _some_file(draw, place)
    data = bytearray(file.read_bytes())
    length = int.from_bytes(data[-8:-4], "little")
    at = len(data) - 8 - draw.randrange(length)
    data[at] ^= 1 << draw.randrange(8)
    file.write_bytes(data)
    return f"byte {at} of {file.name}"


def cut_parquet(draw: random.Random, place: Path) -> str:
    """Lose one of the files, or its end."""
    file = _some_file(draw, place)
    if draw.random() < 0.3:
        file.unlink()
        return f"{file.name} is gone"
    data = file.read_bytes()
    size = draw.randrange(len(data))
    file.write_bytes(data[:size])
    return f"{file.name} after {size} bytes"


def swap_files(draw: random.Random, place: Path) -> str:
    """Let two files change places."""
    first, second = draw.sample(sorted(place.glob("*.parquet")), 2)
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    return f"{first.name} and {second.name}"


#: What is done to runs that are stored as Parquet.
OF_PARQUET: list[Damage] = [change_parquet, change_footer, cut_parquet, swap_files]

DAMAGES: list[Damage] = [
    flip_bit, flip_header, change_bytes, zero_block, cut, swap_pages, change_with_checksum,
    change_value, change_text, change_keys, change_manifest_bytes,
    forge_fact, forge_row, forge_others, forge_table, *OF_PARQUET,
]  # fmt: skip


if __name__ == "__main__":
    found = try_damages(int(sys.argv[1]), *map(int, sys.argv[2:]))
    print(json.dumps(asdict(found), indent=2))
