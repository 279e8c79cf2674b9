"""A run writes its amounts in the currency that its scenario names."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from entitlement_sim import Run, Scenario, simulate
from entitlement_sim.store.explain import explain

SMALL = {"segments.offices.customers": 2, "calendar.days": 5}


@pytest.fixture
def run() -> Iterator[Run]:
    with simulate(Scenario.load("incident-based", SMALL | {"currency": "CHF"})) as run:
        yield run


def of_text(run: Run, text: str) -> str | None:
    manifest = replace(run.manifest, scenario_yaml=text)
    return Run(run.connection, manifest, run.name).currency


def test_a_run_has_the_currency_of_its_scenario(run: Run) -> None:
    assert run.currency == "CHF"


def test_a_price_that_is_explained_has_it(run: Run) -> None:
    [(entitlement_id,)] = run.connection.sql(
        "SELECT min(entitlement_id) FROM entitlements WHERE template_id = 1"
    ).fetchall()
    assert "price CHF 450.00" in str(explain(run, entitlement_id))


@pytest.mark.parametrize(
    "text",
    ["scenario: old", "currency: euro", "currency: 12", "- a list", "a: [", "currency: '<b>'", ""],
)
def test_a_text_that_names_none_gives_none(run: Run, text: str) -> None:
    assert of_text(run, text) is None


def test_a_currency_changes_no_row_and_the_hash_of_the_scenario(run: Run) -> None:
    named = Scenario.load("incident-based", SMALL | {"currency": "CHF"})
    other = named.with_({"currency": "USD"})
    with simulate(other) as dollars:
        assert dollars.manifest.content_hash == run.manifest.content_hash
    assert other.hash != named.hash
