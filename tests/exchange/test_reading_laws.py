"""Whatever a file holds: no row is lost, nothing ends in a traceback, nothing half is left."""

import random
import zipfile
from collections.abc import Callable

import pandas as pd
import pytest
from exports import mapping_text, workbook, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entitlement_sim.exchange import ExportError, read_book

CELL = st.one_of(
    st.sampled_from(["a", "b", "", "?", "-", "2024-01-01", "31.12.2024", "1,5", "9.671", "Phone"]),
    st.text(
        st.characters(
            exclude_categories=["Cs"], exclude_characters="\r\0\x01\x02\x03\x04\x05\x06\x07"
        ),
        max_size=6,
    ),
)
HEADS = ("incidentid", "customerid", "createdon", "caseorigincode", "title")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(CELL, min_size=4, max_size=6), max_size=8), st.sampled_from(",;\t"))
def test_every_row_of_a_file_is_kept_or_rejected(tmp_path_factory, rows, separator):
    def quoted(cells):
        return separator.join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"

    folder = tmp_path_factory.mktemp("law")
    file = write(folder, "x.csv", quoted(HEADS) + "".join(map(quoted, rows)))
    book = read_book(file, date_order="day-first")
    # As in a spreadsheet, a row of nothing but empty cells is none.
    count = sum(len(row) != len(HEADS) or any(row) for row in rows)
    source = book.sources.iloc[0]
    assert (source["rows"], source["kept"]) == (count, len(book.tables["incident"]))
    assert source["rejected"] == len(book.rejected) == count - source["kept"]
    assert book.tables["incident"]["incidentid"].is_unique


def _exports(folder) -> list[bytes]:
    """Whole exports of each form."""
    heads = ["incidentid", "customerid", "createdon", "caseorigincode"]
    rows = [[f"i{n}", "c", f"2024-01-{n + 1:02} 10:00", "Phone"] for n in range(25)]
    text = "\n".join(",".join(row) for row in [heads, *rows]) + "\n"
    said = mapping_text("incident", dict(zip(heads, heads, strict=True)))
    made = [write(folder, "a.csv", text), write(folder, "b.csv", text, "utf-16")]
    made.append(workbook(folder / "c.xlsx", heads, [list(row) for row in rows], said=said))
    pd.DataFrame(rows, columns=heads).to_parquet(folder / "d.parquet")
    made.append(folder / "d.parquet")
    json = '{"value": [{"incidentid": "x", "_customerid_value": "c", "createdon": "2024-01-01"}]}'
    made.append(write(folder, "e.json", json))
    return [file.read_bytes() for file in made]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _scratch(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 30)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _swap(content: bytes, chance: random.Random) -> bytes:
    old, new = chance.choice(
        [(b",", b";"), (b"2024", b"20"), (b"-", b"/"), (b"customerid", b"kunde"), (b"\n", b'"\n')]
    )
    return content.replace(old, new)


def _double(content: bytes, chance: random.Random) -> bytes:
    return content + content[chance.randrange(len(content)) :]


def _other_encoding(content: bytes, chance: random.Random) -> bytes:
    return content.decode("latin-1").encode(chance.choice(["utf-16", "utf-8", "utf-32"]))


def _rezip(content: bytes, chance: random.Random) -> bytes:
    """A zip in which one file is scratched, so that its check sums are right."""
    import io

    if not content.startswith(b"PK"):
        return _scratch(content, chance)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        broken = chance.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            new.writestr(
                name, chance.choice([_cut, _scratch])(data, chance) if name == broken else data
            )
    return out.getvalue()


WAYS: list[Callable[[bytes, random.Random], bytes]] = [
    _cut, _scratch, _swap, _double, _other_encoding, _rezip,
]  # fmt: skip


def test_200_broken_files_are_read_or_refused_in_a_line(tmp_path):
    chance = random.Random(11)
    whole = _exports(tmp_path)
    refused: list[str] = []
    for number in range(200):
        content = chance.choice(WAYS)(chance.choice(whole), chance)
        file = tmp_path / f"broken-{number}.dat"
        file.write_bytes(content)
        try:
            book = read_book(file)
        except ExportError as error:
            refused.append(str(error))
        else:
            assert (book.sources["rows"] == book.sources["kept"] + book.sources["rejected"]).all()
            assert book.sources["rejected"].sum() == len(book.rejected)
            assert book.sources["kept"].sum() == sum(map(len, book.tables.values()))
    assert 20 < len(refused) < 190
    assert all(line.startswith(str(tmp_path)) and "\n" not in line for line in refused)


def test_no_file_of_a_folder_is_read_into_a_book_where_one_is_broken(tmp_path):
    _exports(tmp_path)
    write(tmp_path, "z.parquet", "PAR1")
    with pytest.raises(ExportError, match=r"z\.parquet"):
        read_book(tmp_path)
