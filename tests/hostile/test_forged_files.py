"""What came in a run's file is data: no view, macro, type or comment in it is ever run or shown."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import nbformat
import pandas as pd
import pytest
from in_process import outputs_of
from reckoned import reckon_opened

from entitlement_sim import open_run
from entitlement_sim.cli import answer
from entitlement_sim.reports.errors import ReportError
from entitlement_sim.reports.finding import SEALED
from entitlement_sim.reports.report import report_html
from entitlement_sim.store.errors import DamagedRun, RunError
from entitlement_sim.store.explain import explain
from entitlement_sim.store.verify import verify
from entitlement_sim.store.views import made_views, view_files

Forge = Callable[..., Path]

SECRET = "the-secret-of-the-reader"
VIEWS = [name for text in view_files().values() for name in made_views(text)]

#: Built-in functions that views of the package call, stored in the file as macros that say lies.
MACROS = [
    "CREATE MACRO year(day) AS 1999",
    "CREATE MACRO month(day) AS 13",
    "CREATE MACRO date_trunc(part, day) AS DATE '1999-01-01'",
    "CREATE MACRO last_day(day) AS DATE '1999-01-31'",
    "CREATE MACRO sum(amount) AS 4242",
    "CREATE MACRO count(amount) AS 4242",
    "CREATE MACRO greatest(a, b) AS a",
    "CREATE MACRO least(a, b) AS a",
    "CREATE MACRO round(a) AS 4242",
    "CREATE MACRO enum_range(a) AS ['4242']",
    "CREATE MACRO enum_code(a) AS 0",
    "CREATE MACRO epoch_us(a) AS 0",
    "CREATE MACRO generate_series(a, b, c) AS TABLE SELECT DATE '1999-01-01' AS x",
    "CREATE MACRO duckdb_tables() AS TABLE SELECT 'cases' AS table_name",
    "CREATE MACRO is_use(reason) AS TRUE",
]
#: What else a file may hold that has the name of something of the package's own.
OTHERS = [
    "DROP TYPE origin",
    "CREATE TYPE origin AS ENUM ('4242')",
    "DROP TYPE case_event",
    "CREATE TYPE case_event AS ENUM ('4242')",
    "CREATE SCHEMA main2",
    "CREATE TABLE main2.cases AS SELECT 4242 AS case_id",
    "CREATE SCHEMA opened_run",
    "CREATE TABLE opened_run.cases AS SELECT 4242 AS case_id",
    "CREATE SCHEMA memory",
    "CREATE TABLE memory.cases AS SELECT 4242 AS case_id",
    "CREATE TABLE further (x INTEGER DEFAULT 4242)",
    "COMMENT ON TABLE cases IS 'forged-comment'",
    "COMMENT ON COLUMN cases.origin IS 'forged-comment'",
]


def forged_views(secret: Path) -> list[str]:
    """Views of the package's names that read a file of the reader's."""
    return [
        f"CREATE OR REPLACE VIEW {name} AS SELECT content AS x FROM read_text('{secret}')"
        for name in VIEWS
    ]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    place = tmp_path / "secret.txt"
    place.write_text(SECRET)
    return place


def answers_of(folder: Path) -> dict[str, object]:
    """What a run answers: every view, its explanations, its words."""
    with open_run(folder) as run:
        answers: dict[str, object] = {
            "explained": [str(explain(run, number)) for number in (1, 2, 3)]
        }
        answers["shown"] = repr(run)
        answers["verified"] = str(verify(run))
        answers["tables"] = run.tables()
        answers["origin"] = run.sql("SELECT 'web'::origin AS origin")["origin"].tolist()
        answers["described"] = run.connection.execute("DESCRIBE cases").fetchall()
        answers["comments"] = run.connection.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'memory'"
        ).fetchall()
        reckon_opened(run.connection)
        for name in VIEWS:
            rows = run.connection.execute(f"FROM {name}").fetchall()
            answers[name] = sorted(rows, key=repr)
    return answers


def test_views_macros_and_types_of_a_file_change_no_answer(
    whole: Path, forged: Forge, secret: Path
) -> None:
    place = forged(*forged_views(secret), *OTHERS, *MACROS)
    expected, found = answers_of(whole), answers_of(place)
    for name, value in expected.items():
        assert found[name] == value, name


def test_a_notebook_shows_of_a_forged_file_what_it_shows_of_the_run(
    whole: Path, forged: Forge, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every view has been compared above: a short notebook shows that notebooks ask no others.
    place = forged(*forged_views(secret), *OTHERS, *MACROS)
    monkeypatch.setenv(SEALED, "1")
    shown, forged_shown = (
        outputs_of("00_start_here", run_path=str(folder)) for folder in (whole, place)
    )
    assert forged_shown == shown
    assert len(shown) > 3
    assert not any(word in "".join(shown) for word in (SECRET, "4242", "forged-comment"))


@pytest.mark.soak
@pytest.mark.parametrize("notebook", ["00_start_here", "summary"])
def test_a_page_on_a_forged_file_is_that_on_the_run_as_it_was_stored(
    whole: Path, forged: Forge, secret: Path, notebook: str
) -> None:
    place = forged(*forged_views(secret), *OTHERS, *MACROS)
    with open_run(whole) as run, open_run(place) as sent:
        page, forged_page = (report_html(one, [notebook]) for one in (run, sent))
    assert forged_page == page
    assert not any(word in forged_page for word in (SECRET, "4242", "forged-comment"))


def test_every_command_says_of_a_forged_file_what_it_says_of_the_run(
    whole: Path, forged: Forge, secret: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = forged(*forged_views(secret), *OTHERS, *MACROS)
    said = {}
    for folder in (whole, place):
        for command in (["verify"], ["explain", "1"], ["query", "FROM blocked_demand"]):
            assert answer([command[0], str(folder), *command[1:]]) == 0
        said[folder] = capsys.readouterr()
    assert said[place] == said[whole]
    assert said[place].err == ""


def replaced(table: str, columns: str = "*") -> list[str]:
    """Put a view in the place of a table."""
    return [
        *(f"DROP VIEW {name}" for name in reversed(VIEWS)),
        f"ALTER TABLE {table} RENAME TO was_{table}",
        f"CREATE VIEW {table} AS SELECT {columns} FROM was_{table}",
    ]


REFUSED = {
    "a view in place of a table": (replaced("cases"), "it has no table cases"),
    "a view in place of table run": (replaced("run"), "it has no table run"),
    "a view in place of the segments": (replaced("segments"), "it has no table segments"),
    "a table of another schema": (
        [
            *(f"DROP VIEW {name}" for name in reversed(VIEWS)),
            "CREATE SCHEMA main2",
            "CREATE TABLE main2.cases AS FROM cases",
            "DROP TABLE cases",
        ],
        "it has no table cases",
    ),
    "a column more": (
        ["ALTER TABLE cases ADD COLUMN rowid2 INTEGER"],
        "its table cases has other columns than that of a run",
    ),
    "a column that computes": (
        [
            "CREATE MACRO lie(x) AS 4242",
            "ALTER TABLE products RENAME TO was_products",
            "CREATE TABLE products (product_id INTEGER, product VARCHAR AS (lie(product_id)))",
        ],
        "its table products has other columns than that of a run",
    ),
    "a default": (
        ["ALTER TABLE products ALTER COLUMN product SET DEFAULT 'forged'"],
        "its table products has other columns than that of a run",
    ),
    "a column of another type": (
        ["ALTER TABLE products ALTER COLUMN product_id TYPE VARCHAR"],
        "its table products has other columns than that of a run",
    ),
    "an enumeration with other words": (
        [
            "CREATE OR REPLACE TABLE template_channels AS SELECT template_id, "
            "'4242'::ENUM('4242') AS origin, total_terms FROM template_channels"
        ],
        "its table template_channels has other columns than that of a run",
    ),
    "segments that are no enumeration": (
        ["CREATE OR REPLACE TABLE segments (segment VARCHAR, customers INTEGER)"],
        "Binder Error",
    ),
}


@pytest.mark.parametrize(("statements", "said"), REFUSED.values(), ids=REFUSED)
def test_a_table_that_is_none_of_the_format_is_damage(
    forged: Forge, statements: list[str], said: str
) -> None:
    place = forged(*statements)
    with pytest.raises(DamagedRun) as refusal:
        open_run(place)
    assert str(refusal.value).startswith(f"the run is damaged: {place / 'run.duckdb'}: {said}")
    assert answer(["verify", str(place)]) == 1
    assert answer(["explain", str(place), "1"]) == 2


def test_a_file_of_another_kind_is_no_run(whole: Path, tmp_path: Path) -> None:
    place = tmp_path / "sent"
    shutil.copytree(whole, place)
    (place / "run.duckdb").write_bytes(b"SQLite format 3\0" + bytes(8176))
    with pytest.raises(DamagedRun, match="not a valid DuckDB database file"):
        open_run(place)


# --------------------------------------------------------------------- sealed, and not sealed


@pytest.mark.parametrize(
    "query",
    [
        "FROM read_text('{secret}')",
        "FROM '{secret}'",
        "COPY (SELECT 1) TO '{secret}'",
        "ATTACH '{secret}' AS other",
        "INSTALL httpfs",
        "SET threads = 1",
        "SET enable_external_access = true",
    ],
)
def test_a_sealed_run_reads_and_sets_nothing_else(whole: Path, secret: Path, query: str) -> None:
    with (
        open_run(whole, sealed=True) as run,
        pytest.raises(duckdb.Error, match=r"disabled|locked|not exist"),
    ):
        run.sql(query.format(secret=secret))


def test_a_sealed_run_answers_all_that_an_open_one_does(whole: Path) -> None:
    with open_run(whole) as run, open_run(whole, sealed=True) as sealed:
        for opened in (sealed, run):
            reckon_opened(opened.connection)
        for name in VIEWS:
            [[found]], [[expected]] = (
                opened.connection.execute(f"SELECT count(*) FROM {name}").fetchall()
                for opened in (sealed, run)
            )
            assert found == expected, name


def test_a_sealed_run_may_use_the_disk_where_memory_is_short(whole: Path, tmp_path: Path) -> None:
    code = (
        "import duckdb; from entitlement_sim import open_run; connect = duckdb.connect\n"
        "duckdb.connect = lambda: connect(config={'memory_limit': '100MB', 'threads': 1})\n"
        f"run = open_run({str(whole)!r}, sealed=True)\n"
        "print(len(run.connection.execute('SELECT range, hash(range) AS place, repeat(chr(120), 20)"
        " || range FROM range(5000000) ORDER BY place LIMIT 1 OFFSET 4999990').fetchall()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "1", "")


def test_an_open_run_joins_frames_and_files(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("customer_id,name\n1,Ada\n")
    names = pd.DataFrame({"customer_id": [1], "name": ["Ada"]})
    with open_run(whole) as run:
        for source in ("names", f"'{tmp_path / 'names.csv'}'"):
            found = run.sql(f"SELECT name FROM customers JOIN {source} USING (customer_id)")
            assert found["name"].tolist() == ["Ada"]
    assert len(names) == 1


def test_a_table_that_a_reader_makes_is_read_by_no_view_of_the_package(whole: Path) -> None:
    with open_run(whole) as run:
        before = run.connection.execute("FROM daily").fetchall()
        run.connection.execute("CREATE TEMP VIEW ledger AS SELECT 1 AS x")
        assert run.connection.execute("FROM daily").fetchall() == before


def test_a_file_that_another_program_writes_is_said_to_be_held(whole: Path, tmp_path: Path) -> None:
    place = tmp_path / "sent"
    shutil.copytree(whole, place)
    code = (
        f"import duckdb; held = duckdb.connect({str(place / 'run.duckdb')!r})\n"
        "print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunError) as refusal:
            open_run(place)
        other.communicate("\n")
    assert str(refusal.value).startswith(
        f"{place / 'run.duckdb'} cannot be read as a run: IO Error"
    )
    assert str(refusal.value).endswith("; close it there, or open it there read-only")
    assert not isinstance(refusal.value, DamagedRun)


# --------------------------------------------------------------- what is told, and what is refused


@pytest.fixture
def edited(whole: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make a copy of the run with other facts in its manifest."""

    def edit(**changes: object) -> Path:
        place = tmp_path / "edited" / whole.name
        shutil.copytree(whole, place)
        manifest = place / "manifest.json"
        values = json.loads(manifest.read_text(encoding="utf-8"))
        manifest.write_text(json.dumps(values | changes), encoding="utf-8")
        return place

    return edit


def test_a_report_on_a_run_whose_facts_were_edited_is_refused(
    edited: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = edited(seed=4242)
    page = tmp_path / "page.html"
    assert answer(["report", str(place), "--out", str(page)]) == 2
    assert capsys.readouterr().err == (
        f"entitlement-sim: the run is damaged: {place / 'run.duckdb'}: seed in table run is not "
        "that of the manifest\n"
    )
    assert not page.exists()


def test_a_comparison_with_a_run_whose_facts_were_edited_is_refused(
    whole: Path, edited: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = edited(created_at="2001-01-01T00:00:00+00:00")
    page = str(tmp_path / "page.html")
    assert answer(["compare", str(whole), str(place), "--page", page]) == 2
    assert "the facts of the manifest are not those that were stored" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["runs"], ["verify"], ["explain", "1"], ["report"]])
@pytest.mark.parametrize(
    "changes",
    [
        {"scenario": "\x1b[2J\r\nforged\u2028"},
        {"package_version": "\x1b]0;forged\x07", "format_version": 99},
        {"source": "\x1b[2J\n"},
        {"\x1b[2J\n": 1},
    ],
)
def test_no_control_reaches_the_terminal(
    edited: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    changes: dict[str, object],
) -> None:
    monkeypatch.chdir(tmp_path)
    place = edited(**changes)
    where = place.parent if command == ["runs"] else place
    answer([command[0], str(where), *command[1:]])
    said = capsys.readouterr()
    assert said.out + said.err
    assert all(sign.isprintable() for sign in (said.out + said.err).replace("\n", ""))
    assert "\nforged" not in said.out + said.err


def test_names_with_controls_are_explained_as_they_are_escaped(
    forged: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    place = forged("UPDATE templates SET template = chr(27) || '[2J' || chr(10) || template")
    assert answer(["explain", str(place), "1"]) == 0
    assert r"  \x1b[2J\nten-cases: 10.00 cases" in capsys.readouterr().out


def test_a_query_that_meets_damage_says_so_and_a_mistake_is_the_reader_s_own(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "sent"
    shutil.copytree(whole, place)
    assert answer(["query", str(place), "SELECT nothing FROM cases"]) == 2
    assert "Binder Error" in capsys.readouterr().err
    data = bytearray((place / "run.duckdb").read_bytes())
    # Blocks of rows lie behind the headers; which is which, only their checksums tell.
    for begin in range(12_288, len(data), 262_144):
        damaged = data.copy()
        damaged[begin + 20_000] ^= 1
        (place / "run.duckdb").write_bytes(damaged)
        assert answer(["query", str(place), "SELECT bit_xor(hash(cases)) FROM cases"]) in (0, 2)
        said = capsys.readouterr().err
        assert said == "" or said.startswith("entitlement-sim: the run is damaged: ")


# --------------------------------------------------------------------- notebooks of a report

OWN_CELL = """
import pandas as pd
from entitlement_sim.reports import find_run
run = find_run(run_path)
names = pd.DataFrame({"customer_id": [1], "name": ["Ada"]})
print(run.sql("SELECT count(*) AS n FROM customers JOIN names USING (customer_id)")["n"].item())
print(run.sql("SELECT content FROM read_text('SECRET')")["content"].item())
"""


@pytest.mark.parametrize("is_shipped", [True, False])
def test_a_shipped_notebook_is_sealed_and_one_of_the_reader_s_own_is_not(
    whole: Path, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_shipped: bool
) -> None:
    cells = [
        nbformat.v4.new_markdown_cell("# Own", id="a"),
        nbformat.v4.new_code_cell('run_path = ""', id="b", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(OWN_CELL.replace("SECRET", str(secret)), id="c"),
    ]
    place = tmp_path / "own.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), place)
    if is_shipped:
        monkeypatch.setattr("entitlement_sim.reports.report.shipped_notebooks", lambda: [place])
    with open_run(whole) as run:
        if is_shipped:
            with pytest.raises(ReportError, match="Table with name names does not exist"):
                report_html(run, [str(place)])
        else:
            assert SECRET in report_html(run, [str(place)])
