"""What a run does after a fault of DuckDB that leaves its database unusable."""

import shutil

import duckdb
import pytest
from store_rows import COLUMNS, facts, random_block

from entitlement_sim.store.run import open_run
from entitlement_sim.store.writer import write_run


class Invalidated:
    """Answers like a connection whose database DuckDB has given up."""

    def __init__(self) -> None:
        self.is_closed = False

    def execute(self, query, params=None):
        raise duckdb.FatalException(
            "FATAL Error: Failed: database has been invalidated because of a previous fatal "
            "error. The database must be restarted prior to being used again."
        )

    def close(self):
        self.is_closed = True


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    block = random_block([20] * len(COLUMNS), seed=1)
    with write_run([block], facts(), out=tmp_path_factory.mktemp("stored")) as run:
        return run.path


@pytest.fixture
def run(stored, tmp_path):
    with open_run(shutil.copytree(stored, tmp_path / stored.name)) as run:
        yield run


def test_a_query_after_an_invalidated_database_opens_the_run_anew(run):
    run.connection.close()
    run.connection = broken = Invalidated()
    assert run.sql("SELECT count(*) AS n FROM cases")["n"].item() == 20
    assert broken.is_closed
    assert run.sql("SELECT $n AS n", {"n": 3})["n"].item() == 3


def test_a_table_is_read_after_an_invalidated_database(run):
    run.connection.close()
    run.connection = Invalidated()
    assert len(run.table("cases")) == 20


def test_a_run_in_memory_cannot_be_opened_anew_and_says_why():
    with write_run([], facts()) as run:
        run.connection.close()
        run.connection = Invalidated()
        with pytest.raises(duckdb.FatalException, match="database has been invalidated"):
            run.sql("FROM cases")


def test_the_fault_itself_is_told_and_not_tried_again(run):
    class Faulty(Invalidated):
        def execute(self, query, params=None):
            raise duckdb.InternalException("INTERNAL Error: a dictionary changed identity")

    run.connection.close()
    run.connection = faulty = Faulty()
    with pytest.raises(duckdb.InternalException, match="changed identity"):
        run.sql("FROM cases")
    assert run.connection is faulty


def test_a_query_that_does_not_fit_leaves_the_connection_alone(run):
    connection = run.connection
    with pytest.raises(duckdb.Error, match="nowhere"):
        run.sql("FROM nowhere")
    assert run.connection is connection


def test_a_folder_that_is_gone_meanwhile_is_named(run):
    run.connection.close()
    run.connection = Invalidated()
    (run.path / "run.duckdb").unlink()
    with pytest.raises(Exception, match=r"the run is damaged: .*does not exist"):
        run.sql("FROM cases")
