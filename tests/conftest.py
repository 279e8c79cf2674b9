"""What holds for all tests."""

import datetime as dt
import gc
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from entitlement_sim import Scenario, forecast, simulate, sums
from entitlement_sim.commands.quick_start import without_grammars

# Hundreds of processes that the tests start would each compile the package's modules anew where a
# shell forbids to keep what was compiled, and so would pytest the tests' own.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
without_grammars()

# No test asserts a time: on a busy machine an example may take as long as it likes. Laws meet all
# their examples in soak, which runs them too, and as many as find planted faults in the ordinary
# suite.
settings.register_profile("whole", deadline=None)
settings.register_profile("ordinary", settings.get_profile("whole"), max_examples=30)
settings.load_profile("ordinary")

# A shell lets what it starts in the background ignore interrupts, and so would all that the tests
# start; some of it is to be interrupted.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

#: A scenario that needs every kernel and hardly any time.
SMALLEST = {
    "scenario": "smallest",
    "calendar": {"start": dt.date(2025, 1, 1), "days": 1},
    "products": ["A"],
    "templates": {"Pack": {"total_terms": 1, "term": {"days": 1}}},
    "segments": {"all": {"customers": 1, "cases": {"per_year": 1}, "holds": []}},
}

#: Seconds that one worker waits for what another compiles.
LONGEST = 600


@pytest.fixture(autouse=True)
def _no_open_figure() -> Iterator[None]:
    """Leave no figure of a test to the next one, which may ask whether there are any."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def asks_for_soak(config: pytest.Config) -> bool:
    """Whether the long checks are to run, with others or alone."""
    return re.search(r"(?<!not )\bsoak\b", config.getoption("markexpr")) is not None


def pytest_configure(config: pytest.Config) -> None:
    if asks_for_soak(config):
        settings.load_profile("whole")


@pytest.hookimpl(tryfirst=True)  # before tests are picked by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Count laws among the long checks where these are asked for: they have more examples then."""
    if asks_for_soak(config):
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker("soak")


def _simulation(scenario: Scenario) -> None:
    simulate(scenario, threads=1).close()


def _sums(scenario: Scenario) -> None:
    sums(scenario, threads=1)


def _replaying(scenario: Scenario) -> None:
    from entitlement_sim.replay.by_engine import replay

    replay(scenario.model, [])


def _kept_lives(scenario: Scenario) -> None:
    from entitlement_sim.designing.totals import KeptTotals

    KeptTotals(scenario, seed=1, threads=1)


def _forecasts(scenario: Scenario) -> None:
    with simulate(scenario, threads=1) as run:
        forecast(run, run.manifest.last_day + dt.timedelta(days=1), replications=1)


#: What needs each of the large kernels, in the order in which workers take them: those that take
#: longest to compile first, and forecasts, which simulate, behind the simulation.
KERNELS = (_simulation, _sums, _replaying, _forecasts, _kept_lives)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile what all tests need, and let the garbage collector pass over all that is there."""
    if hasattr(session.config, "workerinput"):
        compile_beside_others(session.config)
    elif not session.config.option.collectonly and _has_large(session):
        for needing in KERNELS:
            needing(Scenario.from_dict(SMALLEST))
    gc.collect()
    gc.freeze()


def _has_large(session: pytest.Session) -> bool:
    """Whether a test is large: it may look at what a notebook says, and nothing is to compile."""
    return any(item.get_closest_marker("large") for item in session.items)


def compile_beside_others(config: pytest.Config) -> None:
    """Compile large kernels before the first test, each worker some of them, and wait for others.

    A worker that began meanwhile would sooner or later compile one that another has at hand.
    """
    own = int(config.workerinput["workerid"].removeprefix("gw"))
    workers = int(config.workerinput["workercount"])
    if own >= workers:  # in the place of one that has ended
        return
    base = Path(config.getoption("basetemp"))
    base.parent.mkdir(parents=True, exist_ok=True)
    try:
        for number, needing in enumerate(KERNELS):
            if _is_left(base.with_name(f"kernel{number}.begun")):
                needing(Scenario.from_dict(SMALLEST))
    finally:
        base.with_name(f"gw{own}.compiled").touch()
    others = [base.with_name(f"gw{other}.compiled") for other in range(workers)]
    until = time.monotonic() + LONGEST
    while not all(other.exists() for other in others) and time.monotonic() < until:
        time.sleep(0.1)


def _is_left(begun: Path) -> bool:
    """Whether no worker has begun with something, which this one then has."""
    try:
        begun.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
