"""From a run to a scenario: what is learned of a drawn portfolio, and what is said plainly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entitlement_sim import Run, Scenario, fit, simulate
from entitlement_sim.fitting import COLUMNS, Fitted, identify

PLAIN = """
scenario: plain
calendar:
  start: 2024-01-01
  days: 730
  weekdays: [1.2, 1, 1, 1, 0.8, 0.2, 0.1]
  holidays: [{ date: 2024-12-25, factor: 0.2 }]
products: [Mail, Storage]
templates:
  Pack: { total_terms: 10, term: { months: 3 }, price: 100 }
segments:
  small:
    customers: 120
    holds: [{ template: Pack }]
    cases: { per_year: 12, shape: 0.8 }
    origins: { phone: 60, email: 40 }
    products: { Mail: 70, Storage: 30 }
    resolve_hours: { lognormal: { median: 20, sigma: 1 } }
    cancelled: 0.1
    cancellation: { per_year: 0.1 }
    renewal:
      inclination: { beta_geometric: { alpha: 0.5, beta: 3 } }
      late: { share: 0.3, days: { exponential: 5 } }
"""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with simulate(Scenario.parse(PLAIN), seed=3) as simulated:
        yield simulated


@pytest.fixture(scope="module")
def fitted(run: Run) -> Fitted:
    return fit(run)


TRUTH = {
    ("segments.small.cases.per_year", ""): 12,
    ("segments.small.cases.shape", ""): 0.8,
    ("segments.small.origins", "phone"): 0.6,
    ("segments.small.products", "Mail"): 0.7,
    ("segments.small.resolve_hours", "median 1"): 20,
    ("segments.small.resolve_hours", "sigma 1"): 1,
    ("segments.small.cancelled", ""): 0.1,
    ("segments.small.cancellation", ""): 0.1,
    ("segments.small.renewal.late", "share"): 0.3,
    ("segments.small.renewal.late", "mean days"): 5,
    ("calendar.weekdays", "mon"): 1.2,
    ("calendar.weekdays", "sat"): 0.2,
}


def test_what_was_drawn_lies_within_the_errors(fitted: Fitted) -> None:
    numbers = fitted.frame().set_index(["key", "part"])
    for key, truth in TRUTH.items():
        number = numbers.loc[key]
        assert abs(number["value"] - truth) < 4 * number["standard_error"], key


def test_the_scenario_is_one_that_runs(fitted: Fitted) -> None:
    model = fitted.scenario.model
    assert model.scenario == "plain-3-fitted"
    assert model.templates["Pack"].price == 100
    with simulate(fitted.scenario.with_(["calendar.days=90"])) as twin:
        assert twin.manifest.rows["customers"] == 120


def test_every_estimate_has_its_comment(fitted: Fitted) -> None:
    lines = fitted.text.splitlines()
    place = next(place for place, line in enumerate(lines) if "per_year: 1" in line)
    above = lines[place - 1]
    assert above.strip().startswith("# ")
    assert "n = 120 customers; negative binomial with exposure, errors by customer." in above
    assert "not identifiable from this book: default kept" in fitted.text


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("cases.origin", "origins"),
        ("cases.product_id", "products"),
        ("cases.resolved_at", "resolve_hours"),
        ("cases.billable_minutes", "billable_minutes"),
        ("entitlements.predecessor_id", "renewal.inclination"),
    ],
)
def test_a_column_that_is_not_there_tells_nothing(run: Run, column: str, key: str) -> None:
    frame = fit(run, without=[column]).frame().set_index("key")
    assert frame.loc[f"segments.small.{key}", "status"] == "default"


def test_a_fit_looks_at_rows_and_not_at_what_a_run_was_made_with(run: Run) -> None:
    said = fit(run).text
    assert "beta: 3\n" not in said
    other = run.scenario
    assert other.model.segments["small"].cases.shape == 0.8
    assert "shape: 0.8\n" not in said


def test_a_column_by_another_name_is_refused(run: Run) -> None:
    with pytest.raises(ValueError, match=r"unknown column 'cases.orign'; did you mean 'cases.or"):
        fit(run, without=["cases.orign"])
    assert "cases.origin" in COLUMNS


def test_it_is_written_whole(fitted: Fitted, tmp_path: Path) -> None:
    place = fitted.write(tmp_path / "mine.yaml")
    assert Scenario.load(place).hash == fitted.scenario.hash


def test_a_page_says_what_was_learned_and_what_not(fitted: Fitted, tmp_path: Path) -> None:
    page = fitted.page(tmp_path / "fitted.html").read_text(encoding="utf-8")
    assert "What was estimated" in page
    assert "What this book does not tell" in page


def test_a_twin_says_what_is_told_and_what_a_column_is_worth(fitted: Fitted) -> None:
    steps: list[tuple[int, int]] = []
    answer = identify(
        fitted, columns=["cases.origin"], progress=lambda done, all_: steps.append((done, all_))
    )
    assert answer.fitted is fitted
    assert steps == [(1, 3), (2, 3), (3, 3)]
    told = answer.frame().set_index(["key", "part"])["told"]
    assert told["segments.small.origins", "phone"] == "well"
    assert told["segments.small.renewal.inclination", "beta"] in ("roughly", "hardly")
    assert told["segments.small.cases.follow_ups", ""] == "not at all"
    narrowed = answer.by_column()
    assert set(narrowed["column"]) == {"cases.origin"}
    assert set(narrowed["key"]) == {"segments.small.origins"}
    assert narrowed["standard_error_without"].isna().all()
    made_with = answer.frame().set_index(["key", "part"])["made_with"]
    assert made_with["segments.small.origins", "phone"] == pytest.approx(0.6, abs=0.05)
    assert made_with.loc[["calendar.growth"]].isna().all()  # it has its default


def test_of_customers_who_never_hold_anything_all_days_are_exposure() -> None:
    without = PLAIN.replace("holds: [{ template: Pack }]", "holds: []")
    scenario = Scenario.parse(without, overrides=["calendar.days=400"])
    with simulate(scenario, seed=3) as run:
        numbers = fit(run).frame().set_index(["key", "part"])
    number = numbers.loc["segments.small.cases.per_year", ""]
    assert abs(number["value"] - 12) < 3 * number["standard_error"]
