"""What holds for all tests."""

import datetime as dt
import signal

import pytest
from hypothesis import settings

# No test asserts a time: on a busy machine an example may take as long as it likes.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")

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
