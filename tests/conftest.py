"""What holds for all tests."""

import datetime as dt
import re
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

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


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile large kernels before the first test, each of two workers about half of them.

    They would otherwise meet the same one at the same time, and compile it twice.
    """
    worker = getattr(session.config, "workerinput", {}).get("workerid")
    if worker not in ("gw0", "gw1"):
        return
    from entitlement_sim import Scenario, simulate, sums
    from entitlement_sim.replay.by_engine import replay

    scenario = Scenario.from_dict(SMALLEST)
    if worker == "gw0":
        simulate(scenario, threads=1).close()
        replay(scenario.model, [])
    else:
        sums(scenario, threads=1)
