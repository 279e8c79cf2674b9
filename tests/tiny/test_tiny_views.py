"""Every view of runs in which hardly anything happens, or everything in the same way."""

import math

import pytest
from parts import those_of
from reckoned import reckon_opened
from tiny_runs import TINY

from entitlement_sim import open_run
from entitlement_sim.store.summary import summarise
from entitlement_sim.store.verify import verify

#: What has not been used lasts for ever.
MEANT = {("time_to_exhaustion", "projected_days")}


#: Those of the ordinary suite: nothing, the least, and each end of what can happen.
FEW = ("nobody", "one case", "all refused", "everybody renews", "one day")
RUNS = those_of(FEW, TINY)


@pytest.mark.parametrize("name", RUNS)
def test_every_view_has_an_answer_whose_numbers_have_an_end(name, tiny):
    with open_run(tiny(name)) as run:
        reckon_opened(run.connection)
        for view in run.tables():
            answer = run.connection.execute(f'FROM "{view}"')
            columns = [column[0] for column in answer.description]
            for row in answer.fetchall():
                for column, value in zip(columns, row, strict=True):
                    is_endless = isinstance(value, float) and not math.isfinite(value)
                    assert not is_endless or (view, column) in MEANT, (view, column)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_holds_and_shows_itself(name, tiny):
    with open_run(tiny(name)) as run:
        assert verify(run).holds
        assert run._repr_html_().startswith("<table")
        assert str(summarise(run)).splitlines()[-1].startswith("renewed of due, ")
