"""A query sees the frames of whoever asks, by the names of their variables."""

import duckdb
import pandas as pd
import pytest

from entitlement_sim import Scenario, open_run, simulate

MODULE_FRAME = pd.DataFrame({"customer_id": [1, 2], "name": ["Aster", "Birch"]})
JOINED = "SELECT name FROM customers JOIN {} USING (customer_id) ORDER BY customer_id"
NAMES = ["Aster", "Birch"]


@pytest.fixture(scope="module", params=["on disk", "in memory"])
def run(request, tmp_path_factory):
    scenario = Scenario.load("reference", ["segments.everyone.customers=3"])
    if request.param == "in memory":
        with simulate(scenario) as made:
            yield made
        return
    folder = tmp_path_factory.mktemp("frames")
    simulate(scenario, out=folder, name="three").close()
    with open_run(folder / "three") as opened:
        yield opened


def test_a_frame_of_the_module_is_seen(run):
    assert run.sql(JOINED.format("MODULE_FRAME"))["name"].tolist() == NAMES


def test_a_frame_of_the_function_that_asks_is_seen(run):
    own = MODULE_FRAME.copy()
    assert run.sql(JOINED.format("own"))["name"].tolist() == NAMES
    assert len(own) == 2


def test_a_frame_of_a_function_further_out_is_seen(run):
    further_out = MODULE_FRAME.copy()

    def ask():
        return run.sql(JOINED.format("further_out"))

    assert ask()["name"].tolist() == NAMES
    assert len(further_out) == 2


def test_a_frame_of_a_notebook_cell_is_seen(run):
    session = {"run": run, "frame": MODULE_FRAME}
    exec(f"answer = run.sql({JOINED.format('frame')!r})", session)
    assert session["answer"]["name"].tolist() == NAMES


def test_a_table_of_the_run_wins_over_a_variable_of_its_name(run):
    customers = pd.DataFrame({"customer_id": range(99)})
    assert run.sql("SELECT count(*) AS n FROM customers")["n"].item() == 3
    assert len(customers) == 99


def test_a_file_is_seen_by_its_path(run, tmp_path):
    MODULE_FRAME.to_csv(tmp_path / "names.csv", index=False)
    assert run.sql(JOINED.format(f"'{tmp_path}/names.csv'"))["name"].tolist() == NAMES


def test_a_sealed_run_sees_neither(tmp_path):
    own = MODULE_FRAME.copy()
    scenario = Scenario.load("reference", ["segments.everyone.customers=3"])
    simulate(scenario, out=tmp_path, name="three").close()
    own.to_csv(tmp_path / "names.csv", index=False)
    with open_run(tmp_path / "three", sealed=True) as run:
        with pytest.raises(duckdb.CatalogException, match="own"):
            run.sql(JOINED.format("own"))
        with pytest.raises(duckdb.Error):
            run.sql(JOINED.format(f"'{tmp_path}/names.csv'"))
