"""The files of the views: what they read, the words they share, and where they work."""

import re
from functools import cache

import duckdb
import pytest
from store_rows import COLUMNS, SEGMENTS, facts, random_block

from entitlement_sim.engine.tables import ENUMS
from entitlement_sim.store.schema import create_schema
from entitlement_sim.store.views import declared_reads, view_files
from entitlement_sim.store.views.macros import expand, read_macros
from entitlement_sim.store.views.qualifying import qualify
from entitlement_sim.store.writer import write_run

FILES = view_files()
MACROS = read_macros(FILES.pop("macros"))
TOPICS = sorted(FILES)
NAMES = [name for text in FILES.values() for name in re.findall(r"CREATE VIEW (\w+)", text)]

#: Comments and what is told in COMMENT ON; words cast to another enumeration are no reasons.
TOLD = re.compile(r"--[^\n]*|COMMENT ON .*?;|'\w+'::case_event", re.DOTALL)


@cache
def code_of(topic):
    return TOLD.sub("", FILES[topic])


@cache
def written_out(topic):
    """A file with what its macros say in their place."""
    return expand(FILES[topic], MACROS)


def pattern_of(macro):
    """What a view would write that spelled the macro out."""
    tokens = re.findall(r"\w+|[^\w\s]", macro.body)
    parts = [r"[\w.()* ]+?" if one in macro.parameters else re.escape(one) for one in tokens]
    return re.compile(r"\s*".join(parts))


# --------------------------------------------------------------------------- shared words


@pytest.mark.parametrize("topic", TOPICS)
def test_no_view_writes_a_reason_of_the_ledger_in_quotes(topic):
    quoted = set(re.findall(r"'(\w+)'", code_of(topic)))
    assert not quoted & set(ENUMS["reason"])


@pytest.mark.parametrize("name", MACROS)
def test_what_a_macro_says_stands_in_no_view(name):
    raw = pattern_of(MACROS[name])
    assert [topic for topic in TOPICS if raw.search(code_of(topic))] == []


@pytest.mark.parametrize("name", MACROS)
def test_every_macro_is_called(name):
    texts = [code_of(topic) for topic in TOPICS]
    texts += re.findall(r"AS\s.*?;$", view_files()["macros"], re.MULTILINE | re.DOTALL)
    assert any(f"{name}(" in text for text in texts)


def test_the_reasons_of_macros_are_reasons_of_the_ledger():
    words = {
        word
        for macro in MACROS.values()
        if macro.parameters == ("reason",)
        for word in re.findall(r"'(\w+)'", macro.body)
    }
    assert words
    assert words <= set(ENUMS["reason"])


# ------------------------------------------------------------------------- calls of macros


def test_a_call_is_replaced_by_what_the_macro_says():
    macros = read_macros("CREATE MACRO twice(x) AS 2 * x;")
    assert expand("SELECT twice(a.b), twice(1 + 2)", macros) == "SELECT (2 * a.b), (2 * (1 + 2))"


def test_calls_within_calls_are_replaced_too():
    macros = read_macros(
        "CREATE MACRO twice(x) AS 2 * x;\nCREATE MACRO four(x) AS twice(twice(x));"
    )
    assert duckdb.sql(expand("SELECT four(twice(3))", macros)).fetchall() == [(24,)]


def test_a_table_macro_takes_the_place_of_a_table():
    macros = read_macros("CREATE MACRO first(rows, n) AS TABLE\n    SELECT * FROM rows LIMIT n;")
    query = expand("FROM first((SELECT 7 AS x), 1) AS one", macros)
    assert duckdb.sql(query).fetchall() == [(7,)]


def test_names_in_quotes_in_comments_and_without_brackets_are_no_calls():
    macros = read_macros("CREATE MACRO twice(x) AS 2 * x;")
    text = "SELECT twice, 'twice(1)', \"twice\" -- twice(1)\nFROM twice_it(1)"
    assert expand(text, macros) == text


def test_a_column_with_the_name_of_a_parameter_is_left_alone():
    macros = read_macros("CREATE MACRO plus(x) AS t.x + x;")
    assert expand("plus(y)", macros) == "(t.x + y)"


def test_commas_within_brackets_part_no_arguments():
    macros = read_macros("CREATE MACRO sum_of(x, y) AS x + y;")
    assert duckdb.sql(expand("SELECT sum_of(greatest(1, 2), (3))", macros)).fetchall() == [(5,)]


@pytest.mark.parametrize("call", ["twice()", "twice(1, 2)"])
def test_too_few_or_too_many_arguments_are_refused(call):
    with pytest.raises(ValueError, match=r"twice takes 1 arguments, not [02]"):
        expand(call, read_macros("CREATE MACRO twice(x) AS 2 * x;"))


def test_a_call_without_an_end_is_refused():
    with pytest.raises(ValueError, match="a call of twice has no end"):
        expand("twice(1", read_macros("CREATE MACRO twice(x) AS 2 * x;"))


def test_a_macro_without_parameters_is_called_with_empty_brackets():
    macros = read_macros("CREATE MACRO seven() AS 7;")
    assert expand("seven()", macros) == "(7)"


# ----------------------------------------------------------------------------- what is read


@pytest.fixture(scope="module")
def whole():
    """All tables and views of a run."""
    with write_run([], facts()) as run:
        yield run.connection


@pytest.fixture(scope="module")
def columns(whole):
    """Columns of every table and view, with their types."""
    rows = whole.sql(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
    ).fetchall()
    told = {}
    for table, column, kind in rows:
        told.setdefault(table, []).append((column, kind))
    return told


@pytest.fixture(scope="module")
def tables(columns):
    """Every table and view, as an empty table of the same columns."""
    with duckdb.connect() as connection:
        types = re.findall(r"CREATE TYPE .*?;\n", create_schema({"segment": SEGMENTS}))
        connection.execute("".join(types))
        for name, told in columns.items():
            body = ", ".join(f'"{column}" {kind}' for column, kind in told)
            connection.execute(f"CREATE TABLE {name} ({body})")
        yield connection


def create(topic, reads, tables):
    """Create the views of a file where there is nothing but what it may read, as empty tables."""
    others = [row[0] for row in tables.sql("SELECT table_name FROM duckdb_tables()").fetchall()]
    tables.begin()
    try:
        tables.execute("".join(f"DROP TABLE {name};" for name in others if name not in reads))
        tables.execute(written_out(topic))
    finally:
        tables.rollback()


@pytest.mark.parametrize("topic", TOPICS)
def test_a_file_reads_no_more_than_it_declares(topic, tables):
    create(topic, declared_reads(FILES[topic]), tables)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_file_declares_no_more_than_it_reads(topic, tables):
    reads = declared_reads(FILES[topic])
    assert len(set(reads)) == len(reads) > 0
    for name in reads:
        others = [one for one in reads if one != name]
        with pytest.raises(duckdb.CatalogException, match=f"Table with name {name} does not exist"):
            create(topic, others, tables)


# ------------------------------------------------------------------------- names in full


@pytest.mark.parametrize("topic", TOPICS)
def test_no_part_of_a_view_bears_the_name_of_a_table_or_view(topic, columns):
    parts = re.findall(r"(\w+) AS (?:MATERIALIZED )?\(", code_of(topic))
    assert not set(parts) & set(columns)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_table_that_a_file_reads_is_written_in_full(topic):
    reads = declared_reads(FILES[topic])
    text = qualify(written_out(topic), {name: f"here.main.{name}" for name in reads})
    plain = re.findall(rf"(?:FROM|JOIN)\s+({'|'.join(reads)})\b(?!\.)", TOLD.sub("", text))
    assert plain == []
    assert text.count("here.main.") >= len(reads)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("FROM cases, ledger", "FROM x.cases, ledger"),
        (
            "SELECT cases.a FROM\n  cases JOIN cases AS c",
            "SELECT cases.a FROM\n  x.cases JOIN x.cases AS c",
        ),
        ("a IS NOT DISTINCT FROM cases", "a IS NOT DISTINCT FROM cases"),
        ("FROM -- FROM cases\n cases", "FROM -- FROM cases\n x.cases"),
        ("SELECT 'FROM cases' FROM other.cases", "SELECT 'FROM cases' FROM other.cases"),
        ("FROM (FROM cases)", "FROM (FROM x.cases)"),
    ],
)
def test_only_names_of_tables_are_written_in_full(text, full):
    assert qualify(text, {"cases": "x.cases"}) == full


# ------------------------------------------------------------------- however it is opened


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The file of a run with random rows."""
    folder = tmp_path_factory.mktemp("runs")
    block = random_block([40] * len(COLUMNS), seed=5)
    with write_run([block], facts(), out=folder, name="random"):
        return folder / "random" / "run.duckdb"


def counts(connection, prefix=""):
    found = {}
    for name in NAMES:
        try:
            found[name] = connection.sql(f"SELECT count(*) FROM {prefix}{name}").fetchall()
        except duckdb.OutOfRangeException:  # random amounts are larger than any real one
            found[name] = "out of range"
    return found


def test_views_read_the_same_opened_alone_and_attached_under_any_name(place):
    with duckdb.connect(place, read_only=True) as alone:
        expected = counts(alone)
    with duckdb.connect() as other:
        other.execute(f"ATTACH '{place}' AS whatever (READ_ONLY)")
        assert counts(other, "whatever.") == expected
        other.execute("USE whatever")
        assert counts(other) == expected
    assert sum(found != "out of range" for found in expected.values()) > 10


def test_a_macro_of_the_reader_changes_no_view(place):
    query = "SELECT sum(used) FROM whatever.consumption_by_day"
    with duckdb.connect() as reader:
        reader.execute(f"ATTACH '{place}' AS whatever (READ_ONLY)")
        before = reader.sql(query).fetchall()
        reader.execute("CREATE TEMP MACRO is_use(reason) AS FALSE")
        assert reader.sql(query).fetchall() == before


def test_a_run_holds_no_macros(place):
    with duckdb.connect(place, read_only=True) as connection:
        macros = connection.sql(
            "SELECT function_name FROM duckdb_functions() WHERE NOT internal"
        ).fetchall()
    assert macros == []
