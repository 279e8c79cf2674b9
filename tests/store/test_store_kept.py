"""What a run's file keeps of a view is what its ledger comes to, or is not read."""

import shutil

import duckdb
import pandas as pd
import pytest
from store_rows import facts, split, table_of

from entitlement_sim import Scenario, open_run, scorecard, simulate
from entitlement_sim.store.kept import COLUMNS, SCHEMA
from entitlement_sim.store.publish import DATABASE
from entitlement_sim.store.verify import verify
from entitlement_sim.store.views import expanded
from entitlement_sim.store.writer import write_run

FEW = {
    "segments.small.customers": 16,
    "segments.midsize.customers": 8,
    "segments.enterprise.customers": 3,
    "segments.enterprise.amendments.per_year": 2,
}
#: What is kept of entitlements with several balances, which the demo does not sell.
OF_BLOCKS = {"balance_totals", "breakage_of_balances", "breakage_of_balances_by_month"}
KEPT = f"{SCHEMA}.terms_at_closes"
RECKONED = expanded("FROM terms_so_far() AS terms ORDER BY ALL")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The folder of a run of the demo with a past."""
    folder = tmp_path_factory.mktemp("kept")
    simulate(Scenario.load("demo", FEW), seed=5, out=folder, name="run").close()
    return folder / "run"


@pytest.fixture
def copied(stored, tmp_path):
    """The same run, which may be changed."""
    return shutil.copytree(stored, tmp_path / "run")


def change(folder, statement):
    with duckdb.connect(folder / DATABASE) as connection:
        connection.execute(statement)


def definition(run, view):
    query = (
        "SELECT sql FROM duckdb_views() WHERE view_name = ? AND database_name = current_database()"
    )
    [(sql,)] = run.connection.execute(query, [view]).fetchall()
    return sql


def is_read(run, view="terms_at_closes"):
    """Whether a view reads what is kept."""
    return f"opened_run.{SCHEMA}.{view}" in definition(run, view)


def test_what_is_kept_is_what_the_ledger_comes_to(stored):
    with open_run(stored) as run:
        kept = run.connection.sql("FROM terms_at_closes ORDER BY ALL")
        assert is_read(run)
        assert kept.fetchall() == run.connection.sql(RECKONED).fetchall()
        assert [str(kind) for kind in kept.types] == [
            str(kind) for kind in run.connection.sql(RECKONED).types
        ]
        assert any(later is not None for _, _, later, *_ in kept.fetchall())


@pytest.mark.parametrize("view", sorted(COLUMNS.keys() - OF_BLOCKS))
def test_a_view_has_the_rows_and_types_that_it_has_where_nothing_is_kept(copied, stored, view):
    change(copied, "DROP SCHEMA derived CASCADE")
    with open_run(stored) as run, open_run(copied) as without:
        assert is_read(run, view)
        assert not is_read(without, view)
        kept, reckoned = (of.connection.sql(f"FROM {view}") for of in (run, without))
        assert kept.columns == reckoned.columns == list(COLUMNS[view])
        assert list(map(str, kept.types)) == list(map(str, reckoned.types))
        rows = kept.fetchall()
        assert sorted(rows, key=repr) == sorted(reckoned.fetchall(), key=repr)
        assert len(rows) > 50


@pytest.mark.parametrize(
    "view",
    ["contract_liability", "breakage_revenue", "entitlement_facts", "renewals", "blocked_demand"],
)
def test_rows_are_the_same_where_nothing_is_kept(copied, stored, view):
    change(copied, "DROP SCHEMA derived CASCADE")
    with open_run(stored) as run, open_run(copied) as without:
        assert not is_read(without)
        rows = sorted(run.connection.sql(f"FROM {view}").fetchall(), key=repr)
        assert rows == sorted(without.connection.sql(f"FROM {view}").fetchall(), key=repr)
        assert len(rows) > 20


def test_a_scorecard_is_the_same_where_its_counts_are_not_kept(copied, stored):
    change(copied, "DROP TABLE derived.scorecard_counts")
    with open_run(stored) as run, open_run(copied) as without:
        pd.testing.assert_frame_equal(scorecard(run), scorecard(without))


def test_a_scorecard_reads_the_counts_that_are_kept(copied):
    change(copied, "DELETE FROM derived.scorecard_counts")
    with open_run(copied) as run:
        card = scorecard(run).set_index("row")
    assert card.loc["same_day", "why"] == "no case came in"


def test_counts_that_this_version_does_not_write_are_reckoned(copied, stored):
    change(copied, "ALTER TABLE derived.scorecard_counts RENAME n TO number")
    with open_run(stored) as run, open_run(copied) as without:
        pd.testing.assert_frame_equal(scorecard(run), scorecard(without))
        assert verify(without).holds


def test_counts_are_the_same_however_many_rows_are_looked_at_together(stored, monkeypatch):
    monkeypatch.setattr("entitlement_sim.store.case_counts._AT_A_TIME", 100)
    monkeypatch.setattr("entitlement_sim.store.scorecard_counts._AT_A_TIME", 10)
    with open_run(stored) as run:
        assert verify(run).holds


@pytest.mark.parametrize("view", COLUMNS)
def test_a_view_that_reads_what_is_kept_says_what_it_holds(stored, copied, view):
    change(copied, "DROP SCHEMA derived CASCADE")
    with open_run(stored) as run, open_run(copied) as without:
        words = [str(of_run.describe(view)) for of_run in (run, without)]
        assert words[0] == words[1]
        assert len(words[0].splitlines()) > len(COLUMNS[view])


def test_what_is_kept_is_no_table_of_the_run(stored, copied):
    change(copied, "DROP SCHEMA derived CASCADE")
    with open_run(stored) as run, open_run(copied) as without:
        assert str(run.tables()) == str(without.tables())
        assert verify(without).holds


@pytest.mark.parametrize(
    ("statement", "amiss"),
    [
        (f"UPDATE {KEPT} SET used_100 = used_100 + 1 WHERE rowid = 3", "2 rows"),
        (f"DELETE FROM {KEPT} WHERE rowid = 3", "1 row"),
        (f"INSERT INTO {KEPT} FROM {KEPT} LIMIT 1", "1 row"),
    ],
)
def test_verifying_finds_terms_that_do_not_follow_from_the_ledger(copied, statement, amiss):
    change(copied, statement)
    with open_run(copied) as run:
        told = verify(run)
    assert not told.holds
    assert str(told).splitlines()[1:] == [
        f"terms_at_closes does not follow from the ledger: {amiss} amiss"
    ]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE derived.ledger_totals SET used_by_end = used_by_end + 1 WHERE rowid = 3",
            "ledger_totals does not follow from the ledger: 2 rows amiss",
        ),
        (
            "DELETE FROM derived.ledger_totals WHERE rowid = 3",
            "ledger_totals does not follow from the ledger: 1 row amiss",
        ),
        (
            "UPDATE derived.blocked_demand_by_month SET origin = 'a word' WHERE rowid = 3",
            "blocked_demand_by_month does not follow from the cases and the ledger: 2 rows amiss",
        ),
        (
            "UPDATE derived.scorecard_counts SET n = n + 1 WHERE rowid = 3",
            "scorecard_counts does not follow from the rows: 2 rows amiss",
        ),
        (
            "UPDATE derived.scorecard_counts SET segment = 'a word' WHERE rowid = 3",
            "scorecard_counts does not follow from the rows: 2 rows amiss",
        ),
        (
            "DELETE FROM derived.scorecard_counts WHERE rowid = 3",
            "scorecard_counts does not follow from the rows: 1 row amiss",
        ),
        (
            "UPDATE derived.work_by_month SET minutes = minutes + 1 WHERE rowid = 3",
            "work_by_month does not follow from the cases: 2 rows amiss",
        ),
    ],
)
def test_verifying_finds_sums_that_do_not_follow_from_the_rows(copied, statement, told):
    change(copied, statement)
    with open_run(copied) as run:
        run.connection.sql("FROM blocked_demand_by_month").fetchall()
        assert str(verify(run)).splitlines()[1:] == [told]


@pytest.mark.parametrize(
    "statement",
    [
        f"ALTER TABLE {KEPT} ALTER used_100 TYPE INTEGER",
        f"ALTER TABLE {KEPT} ADD COLUMN more INTEGER",
        f"DROP TABLE {KEPT}; CREATE VIEW {KEPT} AS FROM read_text('/etc/hostname')",
    ],
)
def test_what_this_version_does_not_write_is_not_read(copied, statement):
    change(copied, statement)
    with open_run(copied) as run:
        assert not is_read(run)
        assert verify(run).holds


def test_a_run_in_memory_keeps_nothing():
    with write_run([], facts()) as run:
        kept = run.connection.sql("FROM duckdb_tables() WHERE schema_name = 'derived'")
        assert kept.fetchall() == []


# ------------------------------------------------------------------------- as rows come


def moves(*rows):
    """Movements: entitlement, moment, terms, reason."""
    names = ("entitlement_id", "happened_at", "amount", "reason")
    return {"ledger": table_of("ledger", *(dict(zip(names, row, strict=True)) for row in rows))}


#: Two entitlements whose movements come as they happened; the run begins on 2024-01-01.
MOVES = moves(
    (1, "2023-05-31T23:59", 10, "allot"),
    (2, "2023-12-31T23:59", 4, "allot"),
    (1, "2023-12-31T23:59", -3, "brought_forward"),
    (1, "2024-01-01T00:00", -1, "consume"),
    (2, "2024-01-05T09:00", 0, "refused"),
    (2, "2024-01-31T23:59", -4, "consume"),
    (1, "2024-02-01T00:00", -1.25, "consume"),
    (2, "2024-02-03T00:00", 2, "topup"),
    (1, "2024-02-29T12:00", 1.25, "restore"),
)
#: Entitlement, close, next close, hundredths used, allotted and lapsed.
AT_CLOSES = [
    (1, 12 * 2023 + 12, 12 * 2024 + 1, 300, 1000, 0),
    (1, 12 * 2024 + 1, 12 * 2024 + 2, 400, 1000, 0),
    (1, 12 * 2024 + 2, None, 400, 1000, 0),
    (2, 12 * 2023 + 12, 12 * 2024 + 1, 0, 400, 0),
    (2, 12 * 2024 + 1, 12 * 2024 + 2, 400, 400, 0),
    (2, 12 * 2024 + 2, None, 400, 600, 0),
]


def written(folder, *blocks):
    return write_run(blocks, facts(), out=folder, name="run")


def test_terms_are_summed_up_to_each_close_at_which_they_have_moved(tmp_path):
    with written(tmp_path, MOVES) as run:
        assert is_read(run)
        assert run.connection.sql("FROM terms_at_closes ORDER BY ALL").fetchall() == AT_CLOSES
        assert run.connection.sql(RECKONED).fetchall() == AT_CLOSES


def test_nothing_is_kept_where_movements_of_an_entitlement_come_apart(tmp_path, monkeypatch):
    monkeypatch.setattr("entitlement_sim.store.writer.GATHERED_ROWS", 1)
    with written(tmp_path, *split(MOVES, [0.5])) as run:
        assert not is_read(run)
        assert run.connection.sql("FROM terms_at_closes ORDER BY ALL").fetchall() == AT_CLOSES


def test_terms_are_the_same_where_movements_do_not_come_as_they_happened(tmp_path):
    backwards = {name: array[::-1].copy() for name, array in MOVES["ledger"].items()}
    with written(tmp_path, {"ledger": backwards}) as run:
        assert is_read(run)
        assert run.connection.sql("FROM terms_at_closes ORDER BY ALL").fetchall() == AT_CLOSES


def test_what_closes_a_block_counts_by_the_close_before(tmp_path):
    closing = moves(
        (1, "2024-01-01T00:00", 10, "allot"),
        (1, "2024-01-20T00:00", -12, "consume"),
        (1, "2024-02-01T00:00", 2, "overage"),
        (1, "2024-02-01T00:00", 8, "allot"),
        (1, "2024-02-01T09:00", -1, "consume"),
        (1, "2024-02-01T10:00", 4, "restore"),
        (1, "2024-02-01T10:00", -4, "expire"),
        (1, "2024-02-10T10:00", -2, "rollover_out"),
        (1, "2024-02-10T10:00", 2, "rollover_in"),
    )
    with written(tmp_path, closing) as run:
        assert is_read(run)
        kept = run.connection.sql("FROM terms_at_closes ORDER BY ALL").fetchall()
        assert kept == run.connection.sql(RECKONED).fetchall()
        january, february = 12 * 2024 + 1, 12 * 2024 + 2
        assert kept == [
            (1, january, february, 1000, 1000, 400),
            (1, february, None, 700, 1800, 400),
        ]


def test_entitlements_that_come_one_after_the_other_are_kept_together(tmp_path, monkeypatch):
    monkeypatch.setattr("entitlement_sim.store.writer.GATHERED_ROWS", 1)
    ids = MOVES["ledger"]["entitlement_id"]
    blocks = [
        {"ledger": {name: array[ids == number] for name, array in MOVES["ledger"].items()}}
        for number in (1, 2)
    ]
    with written(tmp_path, *blocks) as run:
        assert is_read(run)
        assert run.connection.sql("FROM terms_at_closes ORDER BY ALL").fetchall() == AT_CLOSES


def test_nothing_is_kept_of_amounts_too_large_to_sum(tmp_path):
    large = (1, "2024-01-01T00:00", 9 * 10**12, "allot")
    with written(tmp_path / "eleven", moves(*[large] * 11)) as run:
        assert is_read(run)
        assert run.connection.sql(RECKONED).fetchall() == [(1, 24289, None, 0, 99 * 10**14, 0)]
    with written(tmp_path / "twelve", moves(*[large] * 12)) as run:
        assert not is_read(run)


def test_a_run_without_movements_keeps_none(tmp_path):
    with written(tmp_path) as run:
        assert is_read(run)
        assert run.connection.sql("FROM terms_at_closes").fetchall() == []
        assert verify(run).holds
