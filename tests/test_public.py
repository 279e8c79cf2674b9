"""What the package shows to the outside: its public names, and the examples in its docstrings."""

import doctest
import importlib
import pkgutil
from importlib import resources

import pytest
from matplotlib import pyplot
from public_surface import SURFACE, surface
from session_state import session_state, what_changed

import entitlement_sim

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(entitlement_sim.__path__, "entitlement_sim.")
    if not module.name.endswith("__main__")
)


def test_the_public_names_are_these() -> None:
    assert sorted(entitlement_sim.__all__) == [
        "Audit",
        "DocumentError",
        "ExportError",
        "Fitted",
        "Forecast",
        "Found",
        "OfferingDesigner",
        "Run",
        "RunError",
        "Scenario",
        "Sweep",
        "ceiling",
        "compare",
        "explain",
        "fit",
        "forecast",
        "list_runs",
        "merge",
        "open_run",
        "play",
        "read_exports",
        "replicate",
        "rule_impact",
        "scorecard",
        "search",
        "simulate",
        "simulate_shard",
        "summarise",
        "sums",
        "sweep",
        "verify",
        "what_if",
    ]


def test_the_public_names_and_signatures_are_those_that_are_held_fast() -> None:
    # A change that is meant: python tests/public_surface.py, and a line in CHANGELOG.md.
    assert surface().splitlines() == SURFACE.read_text(encoding="utf-8").splitlines()


def test_the_package_says_that_it_is_typed() -> None:
    assert resources.files(entitlement_sim).joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", entitlement_sim.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(entitlement_sim, name).__doc__


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = entitlement_sim.simulat


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_give_what_they_say_and_leave_the_session_alone(name: str) -> None:
    module = importlib.import_module(name)
    pyplot.switch_backend("agg")
    before = session_state()
    results = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0
    pyplot.close("all")  # what an example drew is its own
    assert what_changed(before, session_state()) == {}
