"""Whatever the schema admits, the engine, the views, the charts and the notebooks survive."""

import copy
import datetime as dt
import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from charts_of_runs import charts_of
from in_process import execute_here
from limits_of_schema import BASE, Limit, Packed, driven, limits_of, packed, value_at
from matplotlib import pyplot
from parts import those_of
from reckoned import reckon, views_in_order

from entitlement_sim import Run, Scenario, charts, simulate, sums
from entitlement_sim.engine.blocks import Piece, rooms_for, simulate_blocks, simulate_piece
from entitlement_sim.engine.buffers import Buffers
from entitlement_sim.population.plan import plan
from entitlement_sim.reports.execution import execute, read_notebook
from entitlement_sim.reports.shipped import find_notebook, shipped_notebooks
from entitlement_sim.rules.words import PickKey, labels
from entitlement_sim.scenario.checks import MOST_CUSTOMERS as MOST_OF_A_RUN
from entitlement_sim.scenario.checks import check_scenario
from entitlement_sim.scenario.models import ScenarioModel
from entitlement_sim.scenario.schema import schema_text

LIMITS = limits_of(json.loads(schema_text()))
SINGLE = [limit for limit in LIMITS if limit.kind not in ("fewest", "most")]
#: A hundred million customers are not lived through: only the last ones are.
MOST_CUSTOMERS = Limit("segments.*.customers", "maximum", 100_000_000)

ENTRY = BASE["segments"]["all"]


def names(count: int) -> list[str]:
    return [f"{number:05} " + "n" * 60 for number in range(count)]


def with_(path: str, value: Any, **others: Any) -> dict[str, Any]:
    data = driven(BASE, Limit(path, "", value))
    return data | others


def _products(count: int) -> dict[str, Any]:
    return with_("products", ["A", "B", *names(count - 2)])


def _templates(count: int) -> dict[str, Any]:
    if count == 1:
        alone = {"all": ENTRY | {"holds": [], "life": {}, "buys_more": None}}
        return with_("templates", {"Pack": {"total_terms": 5}}, segments=alone)
    hours = BASE["templates"]["Hours"]
    return with_(
        "templates", BASE["templates"] | dict.fromkeys(names(count - len(BASE["templates"])), hours)
    )


def _of_template(count: int) -> dict[str, Any]:
    return driven(_products(count), Limit("templates.*.products", "", ["A", *names(count - 2)]))


def _of_top_up(count: int) -> dict[str, Any]:
    data = _templates(count + len(BASE["templates"]))
    adds_to = ["Hours", *names(count)][:count]
    top_up = BASE["templates"]["More"] | {"allocation": "hours", "adds_to": adds_to}
    return data | {"templates": {"Pool": top_up} | data["templates"]}


def _bands(count: int) -> dict[str, Any]:
    up_to = {place + 1: 0.1 for place in range(count)}
    return with_("templates.*.price", {"of_spend": {"up_to": up_to, "above": 0.1}})


def _of_segment(count: int) -> dict[str, Any]:
    weights = dict.fromkeys(["A", *names(count - 2)], 1)
    return driven(_products(count), Limit("segments.*.products", "", weights))


def _change(count: int) -> dict[str, Any]:
    return with_("segments.*.amendments", {"per_year": 100, "change": [0.5] * count})


def _mixture(path: str, count: int) -> dict[str, Any]:
    parts = [{"share": 1 / count, "median": place + 1, "sigma": 1} for place in range(count)]
    return with_(path, parts)


def _quantiles(path: str, count: int) -> dict[str, Any]:
    return with_(path, {place / (count - 1): place for place in range(count)})


def _by_product(path: str, count: int) -> dict[str, Any]:
    factors = dict.fromkeys(["A", *names(count - 2)], 2.0)
    return driven(_products(count), Limit(path, "", {"fixed": 5, "by_product": factors}))


_FIRST = dt.date(2025, 1, 1)
_OF_LIVES = ("segments.*.cases.follow_ups.hours", "segments.*.life.ends")

#: For every list and mapping whose length has a limit: a scenario with so many entries.
MANY: dict[str, Callable[[int], dict[str, Any]]] = {
    "calendar.weekdays": lambda count: with_("calendar.weekdays", [1] * count),
    "calendar.hours": lambda count: with_("calendar.hours", [1] * count),
    "calendar.holidays": lambda count: with_(
        "calendar.holidays",
        [{"date": _FIRST + dt.timedelta(days=place)} for place in range(count)],
    ),
    "calendar.business_hours.days": lambda count: with_(
        "calendar.business_hours.days", ["mon"][:count]
    ),
    "products": _products,
    "slas": lambda count: with_(
        "slas", BASE["slas"] | dict.fromkeys(names(count - 1), BASE["slas"]["gold"])
    ),
    "templates": _templates,
    "templates.*.products": _of_template,
    "templates.*.adds_to": _of_top_up,
    "templates.*.price.of_spend.up_to": _bands,
    "segments": lambda count: with_(
        "segments", {name: ENTRY | {"customers": 1} for name in names(count)}
    ),
    "segments.*.holds": lambda count: with_("segments.*.holds", [{"template": "Pack"}] * count),
    "segments.*.picks": lambda count: with_("segments.*.picks", list(labels(PickKey))[:count]),
    "segments.*.origins": lambda count: with_("segments.*.origins", {"iot": 1}),
    "segments.*.products": _of_segment,
    "segments.*.amendments.change": _change,
    "bursts": lambda count: with_(
        "bursts", [{"name": name, "product": "A", "per_year": 20} for name in names(count)]
    ),
    **{
        f"{path}.mixture": lambda count, path=path: _mixture(f"{path}.mixture", count)
        for path in (
            "segments.*.billable_minutes", "segments.*.resolve_hours", "segments.*.respond_hours",
            "segments.*.reopened_after_hours", "segments.*.renewal.late.days",
            "segments.*.renewal.returns.days", "segments.*.spend", "bursts[].size", *_OF_LIVES,
        )
    },
    **{
        f"{path}.by_product": lambda count, path=path: _by_product(path, count)
        for path in (
            "segments.*.billable_minutes", "segments.*.resolve_hours", "segments.*.respond_hours"
        )
    },
    **{
        f"{path}.quantiles": lambda count, path=path: _quantiles(f"{path}.quantiles", count)
        for path in (
            "segments.*.billable_minutes", "segments.*.resolve_hours", "segments.*.respond_hours",
            "segments.*.reopened_after_hours", "segments.*.renewal.late.days",
            "segments.*.renewal.returns.days", "segments.*.spend", "bursts[].size", *_OF_LIVES,
        )
    },
}  # fmt: skip
COUNTED = [limit for limit in LIMITS if limit.kind in ("fewest", "most")]

#: Limits that make a scenario of no customer, case, entitlement or day: alone, or others with them
#: would mean nothing.
FEWEST_ROWS = 20.0


def model_of(data: dict[str, Any]) -> ScenarioModel:
    model, problems = check_scenario(data)
    assert model is not None, problems
    return model


def scenario_of(data: dict[str, Any]) -> Scenario:
    """A scenario without its way through YAML, which takes seconds for ten thousand names."""
    model = model_of(data)
    return Scenario(model, "", "<limits>", (), model, None, "")


def cases_of(model: ScenarioModel) -> int:
    return sum(
        len(block["cases"]["case_id"]) for block in simulate_blocks(plan(model, 1), threads=1)
    )


def read_all_views(run: Run) -> None:
    reckon(run.connection)
    for view in views_in_order():
        run.connection.sql(f"FROM {view}").fetchall()


# ------------------------------------------------------------------------- every limit


def test_every_limited_list_is_driven() -> None:
    assert set(MANY) == {limit.path for limit in COUNTED}


@pytest.mark.parametrize("limit", SINGLE, ids=str)
def test_engine_at(limit: Limit) -> None:
    data = driven(BASE, limit)
    assert value_at(data, limit.path) is not None, "the limit is not driven"
    model = model_of(data)
    if limit != MOST_CUSTOMERS:
        assert cases_of(model) >= 0
        return
    last = Piece(segment=0, first=limit.value - 3, count=3)
    portfolio = plan(model, 1)
    filled = simulate_piece(portfolio, last, Buffers(rooms_for(portfolio, [last])))
    assert filled.block["customers"]["customer_id"].tolist() == [0, 1, 2]
    counts = np.bincount(filled.block["cases"]["customer_id"], minlength=3)
    assert counts.min() > 0


@pytest.mark.parametrize("limit", COUNTED, ids=str)
def test_engine_with(limit: Limit) -> None:
    model = model_of(MANY[limit.path](limit.value))
    assert cases_of(model) > 0


#: Limits of distributions change numbers in rows that views have met already: these run apart.
OF_RECORDS = [limit for limit in SINGLE if limit != MOST_CUSTOMERS and not (
    set(limit.path.replace("[]", "").split("."))
    & {"fixed", "exponential", "lognormal", "mixture", "quantiles"}
)]  # fmt: skip


@cache
def records() -> list[Packed]:
    """All of them in few scenarios, put together when the first test asks for it."""
    return packed(OF_RECORDS, fewest_rows=FEWEST_ROWS, most_rows=20_000)


def test_every_limit_of_records_stands_in_a_scenario_for_views() -> None:
    assert sorted(map(str, OF_RECORDS)) == sorted(
        str(limit) for scenario in records() for limit in scenario.limits
    )


#: The ordinary suite lets views meet every fourth of these scenarios, ``soak`` the others.
PARTS = [0, *(pytest.param(part, marks=pytest.mark.soak) for part in (1, 2, 3))]


@pytest.mark.parametrize("part", PARTS)
def test_views_at_several_limits(part: int) -> None:
    for scenario in records()[part :: len(PARTS)]:
        try:
            with simulate(Scenario.from_dict(scenario.data), threads=1) as run:
                read_all_views(run)
        except Exception as error:
            error.add_note("at " + ", ".join(map(str, scenario.limits)))
            raise


@pytest.mark.soak
@pytest.mark.parametrize("limit", SINGLE, ids=str)
def test_views_at(limit: Limit) -> None:
    if limit != MOST_CUSTOMERS:
        with simulate(Scenario.from_dict(driven(BASE, limit)), threads=1) as run:
            read_all_views(run)


@pytest.mark.large
@pytest.mark.parametrize("limit", COUNTED, ids=str)
def test_views_with(limit: Limit) -> None:
    with simulate(scenario_of(MANY[limit.path](limit.value)), threads=1) as run:
        read_all_views(run)


@pytest.mark.parametrize("count", [128, pytest.param(1000, marks=pytest.mark.soak)])
def test_segments(count: int) -> None:
    data = MANY["segments"](count)
    with simulate(scenario_of(data), threads=1) as run:
        read_all_views(run)
        found = run.sql("SELECT segment FROM customers ORDER BY customer_id")["segment"]
        assert found.tolist() == list(data["segments"])


# --------------------------------------------------------------------- the last century


def century(start: dt.date) -> dict[str, Any]:
    """A hundred years from a day on: terms short and long, service levels beyond the end."""
    data = copy.deepcopy(BASE)
    data["calendar"] |= {"start": start, "days": 36_525, "zone": "Europe/Berlin"}
    data["slas"]["gold"]["resolve_hours"] = 10_000
    data["templates"]["Pack"] |= {"term": {"days": 3000}, "moves_up_to": None}
    data["templates"]["Hours"]["term"] = {"months": 1200}
    data["segments"]["all"] |= {"cases": {"per_year": 3}, "customers": 3}
    data["segments"]["all"]["renewal"] = {
        "inclination": {"constant": 1}, "late": {"share": 0.5, "days": {"fixed": 100}},
    }  # fmt: skip
    return data


LAST = dt.date(2199, 12, 31)


def test_the_last_day_that_a_scenario_can_reach_is_lived_through() -> None:
    data = century(LAST)
    data["segments"]["all"]["cases"] = {"per_year": 60}
    with simulate(Scenario.from_dict(data), threads=1) as run:
        row = run.sql(
            "SELECT max(created_at)::DATE AS created, max(sla_due_at) AS due, "
            "max(coalesce(resolved_at, created_at))::DATE AS resolved FROM cases"
        ).iloc[0]
        ends = run.sql("SELECT max(end_date) AS last, count(*) AS n FROM entitlements").iloc[0]
    assert str(row["created"])[:10] == str(row["resolved"])[:10] == "2299-12-31"
    assert str(row["due"])[:4] == "2304"
    assert str(ends["last"])[:4] == "2399"
    assert ends["n"] > 20


def test_a_run_that_goes_on_after_2225_has_as_many_cases_as_one_that_ends_long_before() -> None:
    counts = []
    for year in (1990, 2190):
        data = copy.deepcopy(BASE)
        data["calendar"] |= {"start": dt.date(year, 1, 1), "days": 14_000, "holidays": []}
        data["segments"]["all"] |= {"cases": {"per_year": 10}, "life": {}}
        counts.append(cases_of(model_of(data)))
    assert min(counts) > 1000
    assert abs(counts[0] - counts[1]) < 5 * math.sqrt(sum(counts))


# ----------------------------------------------------------------------- a run at limits


def at_the_limits() -> dict[str, Any]:
    """A portfolio with the largest prices, totals and minutes in every constellation.

    Ten customers renew a contract of one day often enough for sums beyond 64 bits.
    """
    most = 100_000_000_000
    kinds: dict[str, dict[str, Any]] = {
        "Cases": {"total_terms": most, "term": {"days": 200}, "sla": "gold",
                  "channels": {"phone": most, "email": most}},
        "Hours": {"allocation": "hours", "total_terms": "0.01", "term": {"days": 200}},
        "Day": {"total_terms": 1, "term": {"days": 1}},
        "Pack": {"total_terms": 1, "term": {"days": 200}, "restrict": True,
                 "channels": {"phone": 1}},
        "Unlimited": {"term": {"days": 200}},
        "Pool": {"allocation": "hours", "total_terms": most, "term": {"months": 6},
                 "channels": {"phone": most}},
    }  # fmt: skip
    held = {
        "a": (["Cases"], "default"), "b": (["Hours"], "default"),
        "c": (["Day", "Unlimited"], "soonest_ending"), "d": (["Pack", "Pool"], "most_remaining"),
    }  # fmt: skip
    segment: dict[str, Any] = {
        "customers": 10, "cases": {"per_year": 60}, "resolve_hours": {"fixed": 3},
        "billable_minutes": {"fixed": 1_000_000}, "origins": {"phone": 1, "email": 1},
        "products": {"A": 1}, "cancellation": {"per_year": 0.3},
        "amendments": {"per_year": 0.5, "change": [10, -0.9]}, "reopened": 0.2,
        "turned_away": 0.3,
        "renewal": {"inclination": {"constant": 0.9}, "late": {"share": 0.3},
                    "returns": {"share": 0.5}},
    }  # fmt: skip
    return {
        "scenario": "limits",
        "calendar": {"start": dt.date(2025, 1, 1), "days": 800},
        "products": ["A"],
        "slas": {"gold": {"first_response_hours": 1, "resolve_hours": 4}},
        "templates": {name: {"price": most, **kind} for name, kind in kinds.items()},
        "segments": {
            name: segment | {"holds": [{"template": kind} for kind in holds], "picks": picks}
            for name, (holds, picks) in held.items()
        },
    }


EXTREMES = {
    "prices and totals": at_the_limits(),
    "the last century": century(LAST),
    "the first century": century(dt.date(1970, 1, 1)),
}


@pytest.fixture(
    scope="module",
    params=those_of(["prices and totals"], EXTREMES),
)
def extreme(request: pytest.FixtureRequest) -> Any:
    with simulate(Scenario.from_dict(EXTREMES[request.param]), threads=1) as run:
        yield run


def test_views_of_an_extreme_run(extreme: Run) -> None:
    read_all_views(extreme)


def test_charts_of_an_extreme_run(extreme: Run) -> None:
    for draw in charts_of(extreme):
        ax = draw()
        ax.figure.canvas.draw()
        assert len(charts.alt_text(ax)) > 40
        pyplot.close("all")


def test_sums_at_the_largest_prices_equal_the_views() -> None:
    data = at_the_limits()
    del data["segments"]["b"]  # their sums do not fit 64 bits
    scenario = Scenario.from_dict(data)
    frame = sums(scenario, by=["template"], threads=1, hundredths=True).set_index("template")
    with simulate(scenario, threads=1) as run:
        views = run.connection.sql(
            "SELECT template, (over_value * 100)::HUGEINT, (over_units * 100)::HUGEINT "
            "FROM over_consumption"
        ).fetchall()
    assert {name: (value, units) for name, value, units in views} == {
        name: (int(frame.loc[name, "over_value"]), int(frame.loc[name, "over_units"]))
        for name, _, _ in views
    }


def test_a_sum_that_does_not_fit_is_refused_instead_of_wrong() -> None:
    data = at_the_limits()
    data["segments"] = {"b": data["segments"]["b"] | {"customers": 3000}}
    with pytest.raises(Exception, match=r"a sum does not fit 64 bits: simulate, and ask the views"):
        sums(Scenario.from_dict(data), by=["template"])


def _executed(name: str, data: dict[str, Any], folder: Path, by: Callable[..., Any]) -> None:
    simulate(Scenario.from_dict(data), out=folder / "runs", name="demo", threads=1).close()
    (folder / "notebooks").mkdir()
    notebook = by(read_notebook(find_notebook(name)), name, folder / "notebooks")
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def test_the_summary_of_the_largest_prices_and_totals(tmp_path: Path) -> None:
    _executed("summary", at_the_limits(), tmp_path, execute_here)


@pytest.mark.soak
@pytest.mark.parametrize("run", list(EXTREMES))
@pytest.mark.parametrize("name", [file.stem for file in shipped_notebooks()])
def test_notebooks_of_an_extreme_run(name: str, run: str, tmp_path: Path) -> None:
    _executed(name, EXTREMES[run], tmp_path, execute)


# -------------------------------------------------------------------- by arithmetic alone


def _says(sql: str) -> Any:
    from entitlement_sim.store.views import view_files
    from entitlement_sim.store.views.macros import expand, read_macros

    statement = expand(f"SELECT {sql}", read_macros(view_files()["macros"]))
    return duckdb.sql(statement).fetchall()[0][0]


def test_totals_of_a_billion_entitlements_at_the_highest_price_fit() -> None:
    price, count, year = 10**13, 10**9, 365
    assert _says(f"total_from_hundredths({count}::HUGEINT * {price} * {year})") == (
        count * price * year // 100
    )
    assert _says(f"half_up({price}::HUGEINT * {price} * 14, 1::HUGEINT)") == 14 * price * price


def test_annual_values_of_20_000_customers_fit() -> None:
    [(total, weighted)] = duckdb.sql(
        "SELECT sum(value), sum(value * (1.5::DOUBLE)::DECIMAL(38, 9)) "
        "FROM (SELECT 36500000000000.00::DECIMAL(18, 2) AS value FROM range(20000))"
    ).fetchall()
    assert total == 20_000 * 36_500_000_000_000
    assert weighted == 30_000 * 36_500_000_000_000


@pytest.mark.parametrize(
    ("used", "ended", "unused", "revenue"),
    [
        (10**4, 10**6, 5 * 10**5, 2 * 10**4),
        (10**12, 10**23, 5 * 10**22, 2 * 10**12),  # the product has 48 digits
        (6 * 10**12, 10**23, 5 * 10**22, 10**13),
        (10**12, 10**23, 10**23, 10**13),
    ],
)
def test_revenue_by_expected_use_fits_any_portfolio(
    used: int, ended: int, unused: int, revenue: int
) -> None:
    most = 10**13
    arguments = [f"{value}::HUGEINT" for value in (most, used, most)]
    arguments += ["TRUE", f"{ended}::HUGEINT", f"{unused}::HUGEINT"]
    assert _says(f"earned_by_expected_use({', '.join(arguments)})") == revenue


@pytest.mark.parametrize(
    ("used", "allotment", "ended", "unused", "revenue"),
    [
        (10**10, 10**11, 10**6, 5 * 10**5, 2 * 10**22),
        (10**22, 10**23, 10**23, 5 * 10**22, 2 * 10**22),  # the product has 45 digits
        (10**23, 10**23, 10**23, 5 * 10**22, 10**23),
        (10**23, 10**23, 10**23, 10**23, 10**23),
    ],
)
def test_revenue_by_the_use_of_a_portfolio_fits_any_portfolio(
    used: int, allotment: int, ended: int, unused: int, revenue: int
) -> None:
    amounts = {"price": 10**23, "used": used, "allotment": allotment} | {
        "ended": ended, "unused": unused,
    }  # fmt: skip
    columns = ", ".join(f"{value}::HUGEINT AS {name}" for name, value in amounts.items())
    rows = f"(SELECT {columns} FROM range(3) AS _(number) WHERE number < 2)"
    told = _says(f"max(earned_by_all_use({', '.join(amounts)})) FROM {rows}")
    assert told == pytest.approx(revenue, rel=1e-15)


def test_minutes_days_and_keys_have_bits_for_the_last_day() -> None:
    from entitlement_sim.engine.queue import FAR, case_of, minute_of, queue_key
    from entitlement_sim.engine.tables import DTYPES

    days = (LAST - dt.date(1970, 1, 1)).days + 36_525
    last_due = days + 3700 + 1
    last_end = days + 3650 + 3650 + 36_525
    assert (last_due + 1) * 1440 < np.iinfo(DTYPES["minute"]).max
    assert last_end < np.iinfo(DTYPES["day"]).max
    key = queue_key(days * 1440, 1, 2**34 - 1)
    assert 2**62 < key < FAR == 2**63 - 1
    assert (minute_of(key), case_of(key)) == (days * 1440, 2**34 - 1)


def test_counts_of_one_customer_have_bits_for_the_most_cases() -> None:
    from entitlement_sim.engine.buffers import MOST_CASES
    from entitlement_sim.engine.tables import DTYPES
    from entitlement_sim.engine.world import RECORDS
    from entitlement_sim.population.arrivals import MOST_REOPENINGS, SCRIPT

    events = MOST_CASES * (1 + 2 * MOST_REOPENINGS)
    for record, name in ((SCRIPT, "first_event"), (RECORDS["cases"], "next_event")):
        assert events < np.iinfo(record.fields[name][0]).max
    entries = MOST_CASES * (1 + 2 * MOST_REOPENINGS) + 36_525
    assert entries < np.iinfo(DTYPES["int32"]).max
    assert MOST_CASES * 8 < 2**32  # indexes of draws of reopenings
    assert MOST_CASES < 2**34  # places in keys of events
    assert np.iinfo(RECORDS["cases"].fields["first_taking"][0]).max > 2 * MOST_CASES * (
        1 + MOST_REOPENINGS
    )


def test_amounts_of_one_entitlement_have_digits_for_the_most_hours() -> None:
    minutes = 8 * 1_000_000  # worked on a case at the most
    cases = 100_000 * 100
    used = cases * (minutes * 100 // 60)  # hundredths of an hour
    assert used < 10**16  # DECIMAL(18, 2) of entitlements and of the ledger
    assert used < 2**47  # what sums multiply bit by bit
    assert 10**11 * 100 * 365 < 10**16  # an annual value


def test_numbers_of_a_run_have_bits_for_the_most_rows() -> None:
    from entitlement_sim.engine.tables import COLUMNS

    kinds = {column.name: column.array_type for columns in COLUMNS.values() for column in columns}
    assert np.iinfo(kinds["customer_id"]).max > MOST_OF_A_RUN
    # No disk holds so many rows of 5 bytes as 63 bits can number.
    for name in ("entitlement_id", "balance_id", "case_id"):
        assert kinds[name] == "int64"


def test_segments_have_two_thousand_million_customers_together_at_the_most() -> None:
    segment = ENTRY | {"customers": 100_000_000}
    data = with_("segments", dict.fromkeys(names(21), segment))
    model, problems = check_scenario(data)
    assert model is None
    assert [problem.message for problem in problems] == [
        "have 2100000000 customers together, and 2000000000 are the most"
    ]
    assert check_scenario(with_("segments", dict.fromkeys(names(20), segment)))[0] is not None
