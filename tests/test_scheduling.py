"""Work that is shared out comes to what it comes to alone, whoever dies meanwhile."""

import os
import signal
import threading
import time

import pandas as pd
import pytest

from entitlement_sim import Scenario, simulate, sums, sweep, verify
from entitlement_sim.scheduling import (
    SchedulerError,
    Workers,
    check_scheduler,
    chunks,
    count_tasks,
    workers_of,
)

FEW = Scenario.load("reference", ["segments.everyone.customers=30", "calendar.days=200"])
EIGHT = {"eight": {"templates.ten-cases.total_terms": 8}}


@pytest.fixture(scope="module")
def workers():
    """Two processes."""
    with workers_of("local", count=2) as two:
        yield two


@pytest.fixture
def address(workers: Workers) -> str:
    return workers._client.scheduler.address


@pytest.fixture
def many_tasks(monkeypatch) -> None:
    """Cut little work into many tasks, as much work is."""
    monkeypatch.setattr("entitlement_sim.scheduling.LEAST_SECONDS", 1e-9)


def slow_square(number: int) -> int:
    time.sleep(0.2)
    return number**2


def fails(number: int) -> int:
    raise ValueError(f"no {number}")


def dies(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_the_order_of_the_tasks(workers):
    tasks = [(number,) for number in (3, 1, 2, 5, 4)]
    assert list(workers.map(slow_square, tasks)) == [9, 1, 4, 25, 16]


def test_what_a_task_raises_is_raised(workers):
    with pytest.raises(ValueError, match="no 7"):
        list(workers.map(fails, [(7,)]))


def test_sums_by_workers_are_those_of_one_process(address, many_tasks):
    alone = sums(FEW, EIGHT, 5, seed=3)
    shared = sums(FEW, EIGHT, 5, seed=3, scheduler=address)
    pd.testing.assert_frame_equal(shared, alone)


def test_sums_by_customer_are_those_of_one_process(address, many_tasks):
    alone = sums(FEW, EIGHT, 3, seed=3, by=["customer"], hundredths=True)
    shared = sums(FEW, EIGHT, 3, seed=3, by=["customer"], hundredths=True, scheduler=address)
    pd.testing.assert_frame_equal(shared, alone)


def test_a_sweep_by_workers_is_that_of_one_process(address, many_tasks, tmp_path):
    designs = [{"templates.ten-cases.total_terms": [8, 12]}]
    alone = sweep(FEW, designs, 5, seed=3).frame()
    reported = []
    shared = sweep(
        FEW, designs, 5, seed=3, scheduler=address, out=tmp_path / "parts",
        progress=lambda *done: reported.append(done),
    ).frame()  # fmt: skip
    pd.testing.assert_frame_equal(shared, alone)
    assert reported[-1] == (15, 15)
    taken_up = sweep(FEW, designs, 5, seed=3, out=tmp_path / "parts").frame()
    pd.testing.assert_frame_equal(taken_up, alone)


@pytest.mark.parametrize("form", ["duckdb", "parquet"])
def test_a_run_by_workers_is_that_of_one_process(address, many_tasks, tmp_path, form):
    reported = []
    with (
        simulate(FEW, seed=3) as alone,
        simulate(
            FEW, seed=3, out=tmp_path, scheduler=address, format=form,
            progress=lambda *done: reported.append(done),
        ) as shared,
    ):  # fmt: skip
        assert shared.manifest.content_hash == alone.manifest.content_hash
        assert verify(shared).holds
    assert reported[-1] == (30, 30)
    assert [place.name for place in tmp_path.iterdir()] == ["reference-3"]


def test_a_worker_that_is_killed_changes_nothing(address, workers, many_tasks, tmp_path):
    alone = sums(FEW, replications=12, seed=3)
    killing = threading.Thread(target=kill_one, args=(workers,))
    killing.start()
    whole = simulate(FEW, seed=3).manifest.content_hash
    with simulate(FEW, seed=3, out=tmp_path, scheduler=address) as shared:
        assert shared.manifest.content_hash == whole
    again = sums(FEW, replications=12, seed=3, scheduler=address)
    killing.join()
    pd.testing.assert_frame_equal(again, alone)


def test_tasks_of_a_worker_that_is_killed_are_done_by_another(workers):
    found = workers.map(slow_square, [(number,) for number in range(12)])
    results = [next(found)]
    kill_one(workers)
    assert [*results, *found] == [number**2 for number in range(12)]


def kill_one(workers: Workers) -> None:
    """End a worker as if its machine had failed."""
    pids = workers._client.run(os.getpid)
    os.kill(next(iter(pids.values())), signal.SIGKILL)


def test_a_task_of_which_every_worker_dies_ends_in_a_line(workers):
    with pytest.raises(SchedulerError, match="several workers of local died one after the other"):
        list(workers.map(dies, [(1,)]))


@pytest.mark.parametrize("scheduler", ["", "remote", "10.0.0.4", "threads"])
def test_what_is_no_scheduler_is_refused(scheduler):
    with pytest.raises(SchedulerError, match="name local, or the address of one of Dask"):
        check_scheduler(scheduler)


def test_without_dask_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr("entitlement_sim.scheduling.find_spec", lambda _: None)
    with pytest.raises(SchedulerError, match=r"pip install 'entitlement-sim\[cluster\]'"):
        check_scheduler("local")


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("entitlement_sim.scheduling._PATIENCE", 1)
    with pytest.raises(SchedulerError) as refusal, workers_of("tcp://127.0.0.1:9"):
        pass
    assert str(refusal.value).startswith("no worker of the scheduler tcp://127.0.0.1:9 answers")


def test_workers_of_another_version_are_refused(address, monkeypatch):
    monkeypatch.setattr("entitlement_sim.__version__", "9.9.9")
    with pytest.raises(SchedulerError, match="install the same one"), workers_of(address):
        pass


def test_a_run_that_is_there_is_not_begun(address, tmp_path):
    simulate(FEW, seed=3, out=tmp_path).close()
    with pytest.raises(Exception, match="exists already"):
        simulate(FEW, seed=3, out=tmp_path, scheduler=address)


def test_a_shared_run_needs_a_folder():
    with pytest.raises(ValueError, match="need a folder that all workers reach"):
        simulate(FEW, scheduler="local")


@pytest.mark.parametrize("count", [1, 7, 500])
@pytest.mark.parametrize("seconds", [1e-6, 0.3, 40.0])
def test_chunks_are_all_items_in_order(count, seconds):
    cut = chunks(range(count), seconds, 2)
    assert [item for chunk in cut for item in chunk] == list(range(count))
    assert len(cut) <= 16


def test_no_task_but_one_takes_less_than_a_second():
    for seconds in (0.01, 0.2, 0.9, 1.5):
        cut = chunks(range(100), seconds, 4)
        assert all(len(chunk) * seconds >= 1.0 for chunk in cut[:-1])
    assert count_tasks(1.9, 8) == 1
    assert count_tasks(100.0, 64) == 50
