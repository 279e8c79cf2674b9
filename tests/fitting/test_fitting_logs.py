"""A log of cases alone: nobody says when its customers joined, nor who never wrote."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from entitlement_sim import fit, read_exports, simulate
from entitlement_sim.fitting import Fitted

CUSTOMERS, PER_YEAR, SHAPE = 600, 3.0, 0.5
BEGINS, DAYS = dt.datetime(2024, 1, 1), 366


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fitted]:
    """What is learned of a year of cases of customers, many of whom write nothing."""
    rng = np.random.default_rng(11)
    counts = rng.poisson(rng.gamma(SHAPE, PER_YEAR / SHAPE, CUSTOMERS))
    who = np.repeat(np.arange(CUSTOMERS), counts)
    came = np.sort(rng.integers(0, DAYS * 1440, len(who)))
    rng.shuffle(who)
    at = [BEGINS + dt.timedelta(minutes=int(minute)) for minute in came]
    log = pd.DataFrame(
        {
            "incidentid": [f"case-{place}" for place in range(len(who))],
            "title": "Case",
            "customerid": [f"account-{customer}" for customer in who],
            "createdon": [f"{moment:%Y-%m-%d %H:%M}" for moment in at],
            "statecode": "Active",
        }
    )
    place: Path = tmp_path_factory.mktemp("log")
    log.to_csv(place / "incident.csv", index=False)
    with read_exports(place, as_of=BEGINS.date() + dt.timedelta(days=DAYS - 1)) as run:
        assert (counts == 0).sum() > 100
        yield fit(run)


def test_rates_are_those_of_all_who_might_have_written(fitted: Fitted) -> None:
    numbers = fitted.frame().set_index(["key", "part"])
    for key, truth in (("per_year", PER_YEAR), ("shape", SHAPE)):
        number = numbers.loc[f"segments.customers.cases.{key}", ""]
        assert abs(number["value"] - truth) < 3 * number["standard_error"]
        assert number["standard_error"] < truth / 3
        assert number["how"].endswith("zero-truncated")


def test_customers_are_those_too_who_never_wrote(fitted: Fitted) -> None:
    number = fitted.frame().set_index("key").loc["segments.customers.customers"]
    assert number["low"] < CUSTOMERS < number["high"]
    assert number["n"] < CUSTOMERS - 100
    with simulate(fitted.scenario, seed=1) as twin:
        cases = twin.manifest.rows["cases"]
    assert 0.8 < cases / fitted.run.manifest.rows["cases"] < 1.25


def test_when_they_joined_is_said_not_to_be_known(fitted: Fitted) -> None:
    joins = fitted.frame().set_index("key").loc["segments.customers.joins"]
    assert joins["status"] == "default"
    assert joins["note"] == "of cases alone it is not known when customers joined"
