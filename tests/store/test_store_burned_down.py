"""What is reckoned of burn-downs in arrays is what the views say of every entitlement."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.store.burned_down import PARTS, BurnedDown, burned_down
from entitlement_sim.store.views import expanded
from tests.engine.random_offerings import at_random, offerings

SHARES = """
SELECT round(elapsed_share * 100)::INTEGER AS hundredth, share_left, sum(n)::BIGINT AS n
FROM left_by_hundredth($template_id::INTEGER, $first::DATE, $last::DATE) AS shares
GROUP BY ALL ORDER BY ALL
"""
MEMBERS = """
SELECT count(DISTINCT entitlement_id) AS n
FROM burn_down
WHERE share_left IS NOT NULL AND template_id = $template_id
    AND day >= coalesce($first::DATE, day) AND day <= coalesce($last::DATE, day)
"""
PERIODS = """
SELECT period, count(*) AS n, avg(begins_share) AS begins, avg(ends_share) AS ends,
       sum(greatest(opening, 0)) AS opening, sum(greatest(-opening, 0)) AS owed,
       sum(allotment - topped_up) AS granted, sum(topped_up) AS topped_up, sum(used) AS used,
       sum(settled) AS settled, sum(lapsed) AS lapsed, sum(greatest(carried, 0)) AS carried,
       sum(greatest(-carried, 0)) AS carried_debt, sum(greatest(remaining, 0)) AS remaining,
       sum(greatest(-remaining, 0)) AS remaining_debt
FROM terms_by_period($template_id::INTEGER, $first::DATE, $last::DATE) AS periods
GROUP BY period ORDER BY period
"""


def of_run(run: Run, asked: tuple[Any, ...]) -> BurnedDown:
    def ask(query: str, picked: Mapping[str, Any]) -> Mapping[str, Any]:
        return run.connection.execute(query, picked).fetchnumpy()

    template_id, first, last = asked
    return burned_down(ask, template_id, None, first, last)


def check(run: Run, template_id: int, first: dt.date | None, last: dt.date | None) -> None:
    """Hold what is reckoned in arrays against the views."""
    burned = of_run(run, (template_id, first, last))
    picked = {"template_id": template_id, "first": first, "last": last}
    shares = run.sql(expanded(SHARES), picked)
    quantiles = shares.groupby("hundredth")[["share_left", "n"]].apply(
        lambda of: pd.Series(
            np.quantile(np.repeat(of["share_left"], of["n"]), np.array([*PARTS.values()]) / 100),
            index=[*PARTS],
        )
    )
    parts = pd.DataFrame(burned.parts)
    assert parts["hundredth"].tolist() == quantiles.index.tolist()
    if len(parts):
        np.testing.assert_allclose(parts[[*PARTS]], quantiles, rtol=1e-12, atol=1e-12)
    assert burned.members == run.sql(MEMBERS, picked)["n"].iloc[0]
    periods = pd.DataFrame(burned.periods)
    if len(periods):
        expected = run.sql(expanded(PERIODS), picked)
        sums = periods[expected.columns[4:]] / 100
        assert (
            periods[["period", "n"]].to_numpy().tolist()
            == expected[["period", "n"]].to_numpy().tolist()
        )
        np.testing.assert_allclose(sums, expected[expected.columns[4:]].astype(float))
        means = ["begins", "ends"]
        np.testing.assert_allclose(periods[means], expected[means])


@at_random(8)
@given(offerings(), st.none() | st.integers(0, 90), st.none() | st.integers(0, 120))
def test_terms_of_any_offering_burn_down_as_the_views_say(
    data: dict[str, Any], first: int | None, length: int | None
) -> None:
    start = data["calendar"]["start"]
    since = None if first is None else start + dt.timedelta(days=first)
    until = None if length is None else start + dt.timedelta(days=(first or 0) + length)
    with simulate(Scenario.from_dict(data)) as run:
        for template_id in run.table("templates")["template_id"].tolist():
            check(run, template_id, since, until)


@pytest.mark.parametrize("count", [1, 7])
def test_it_is_the_same_however_many_entitlements_are_looked_at_together(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    template = {
        "allocation": "hours",
        "term": {"months": 12},
        "allowance": {"terms": 6, "every": "month", "carry": {"at_most": 3, "for": 2}},
    }
    held = {"customers": 9, "cases": {"per_year": 40}, "holds": [{"template": "Six"}]}
    data = {"scenario": "six", "templates": {"Six": template}, "segments": {"all": held}}
    data["calendar"] = {"start": "2026-01-01", "days": 400}
    with simulate(Scenario.from_dict(data)) as run:
        whole = of_run(run, (1, None, None))
        monkeypatch.setattr("entitlement_sim.store.burned_down._AT_A_TIME", count)
        some = of_run(run, (1, None, None))
    assert whole.members == some.members == 9
    pd.testing.assert_frame_equal(pd.DataFrame(whole.parts), pd.DataFrame(some.parts))
    pd.testing.assert_frame_equal(pd.DataFrame(whole.periods), pd.DataFrame(some.periods))
