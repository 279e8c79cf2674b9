"""What a user might write, with every public name; what is wrong is marked."""

import datetime as dt
from pathlib import Path

import pandas as pd

import entitlement_sim as es
from entitlement_sim import (
    Audit,
    DocumentError,
    ExportError,
    Fitted,
    Forecast,
    Found,
    OfferingDesigner,
    Run,
    RunError,
    Scenario,
    Sweep,
    ceiling,
    compare,
    explain,
    fit,
    forecast,
    list_runs,
    merge,
    open_run,
    play,
    read_exports,
    replicate,
    rule_impact,
    scorecard,
    search,
    simulate,
    simulate_shard,
    summarise,
    sums,
    sweep,
    verify,
    what_if,
)


def right(place: Path) -> None:
    """Use every public name as it is meant."""
    scenario: Scenario = Scenario.load("demo", ["calendar.days=90"])
    try:
        run: Run = simulate(scenario, seed=7, out=place)
        opened: Run = open_run("demo", sealed=True)
        imported: Run = read_exports(place, as_of=dt.date(2024, 6, 30))
    except (RunError, ExportError, DocumentError) as error:
        print(str(error))
        return
    shard: Path = simulate_shard(scenario, "1/2", out=place, format="parquet")
    merged: Run = merge([shard, place / "other"], out=place)
    frame: pd.DataFrame = merged.sql("FROM daily")
    names: list[str] = [entry.name for entry in list_runs(place)]
    first: str = names[0].upper()
    added: pd.DataFrame = sums("demo", {"twelve": {"templates.Pack 10.total_terms": 12}}, 2)
    metrics: pd.DataFrame = replicate(scenario, 3, metrics=["cases"])
    moved: pd.DataFrame = compare(run, {"templates.Pack 10.total_terms": 12}).metrics()
    eight = what_if("demo", {"eight": {"templates.Pack 10.total_terms": 8}}, until={"margin": 5e3})
    asked: str = eight.in_short()[0] + eight.break_evens().to_csv()
    revised = what_if("demo", {"a": {"seed": 2}}, applies="all", from_=dt.date(2024, 7, 1))
    met: pd.DataFrame = revised.met_book()
    learned: Fitted = fit("runs/demo", without=["cases.origin"], covariates=["utilisation"])
    learned.scenario.with_(["calendar.days=90"])
    learned.frame()["standard_error"].max()
    es.fitting.identify(run, columns=list(es.fitting.COLUMNS)).by_column()
    ahead: Forecast = forecast(run, dt.date(2026, 12, 31), replications=10)
    ahead.at_risk.to_csv(ahead.page(place / ahead.frame("book")["quantity"].iloc[0]))
    are_wider: bool = ahead.is_drawn and ahead.levels[0].sd > ahead.level.sd
    tested: es.forecasting.Backtest = es.forecasting.backtest(run, [dt.date(2025, 6, 30)])
    tested.scores().to_csv(place / str((tested.brier, are_wider)))
    trial: Sweep = sweep("demo", [{"templates.Pack 10.total_terms": [10, 12]}], 3)
    tried: pd.DataFrame = trial.frame()
    found: Found = search("demo", {"templates.Pack 10.total_terms": (10, 12)}, "-refused")
    best: dict[str, object] | None = found.winner
    designer: OfferingDesigner = OfferingDesigner("demo", "Pack 10", replications=5)
    generation: int = designer.move("total_terms", 12)
    designed: pd.DataFrame = designer.answer().frame()
    card: pd.DataFrame = scorecard(run, opened)
    shares: pd.DataFrame = ceiling(run, offering="Pack 10", by="origin").frame()
    groups: list[es.attribution.Group] = es.attribution.ceiling(run, by="severity").groups
    readings: pd.DataFrame = rule_impact(run).balances("gate_on_reactivate")
    drawn: str = es.charts.alt_text(rule_impact(run).chart()) + es.charts.alt_text(
        es.charts.ceiling(shares, "origin")
    )
    broken: int = len(es.inference.check_expectations(scenario, 5).broken)
    why = explain(run, 1, dt.date(2024, 6, 30))
    total = summarise(run).renewals.numerator + 1
    whole: bool = verify(run).holds
    parts: bool = Audit(imported).parts
    passed: bool = play(Path("story.yaml")).passed
    alt: str = es.charts.alt_text(es.charts.pacing(run, template="Pack 10", since="2024-01"))
    value: float = es.inference.ratio(frame, "used", "allotted").value
    version: str = es.__version__
    print(
        first,
        added,
        metrics,
        moved,
        asked,
        met,
        tried,
        best,
        generation,
        designed,
        drawn,
        card,
        broken,
        shares,
        groups,
        readings,
        why.states,
        total,
        whole,
        parts,
        passed,
        alt,
        value,
    )
    print(version, es.audit, es.metrics, es.replay, es.reports, es.scenario, es.targets, es.telling)


def wrong(run: Run, scenario: Scenario, frame: pd.DataFrame) -> None:
    """Use them as they are not meant."""
    simulate(scenario, 7)  # wrong: the seed is named
    simulate(scenario, seed="7")  # wrong: a number
    Scenario.load(1)  # wrong: a file or a name
    open_run(None)  # wrong: a path
    run.sql(3)  # wrong: a text
    print(run.closed)  # wrong: no such attribute
    number: int = summarise(run).rows()  # wrong: a list
    verify("demo")  # wrong: an opened run
    explain(run, "1")  # wrong: a number
    list_runs(3)  # wrong: a folder
    simulate_shard(scenario, 3, out="runs")  # wrong: a text
    merge("parts", format="csv")  # wrong: no such format
    sums(scenario, by=["product"])  # wrong: no such grouping
    replicate(scenario)  # wrong: how many
    compare(run)  # wrong: two of them
    what_if(run, "eight")  # wrong: alternatives by name
    what_if(run, {}, applies="some")  # wrong: no such way
    sweep(scenario, 3)  # wrong: a file or mappings
    search(scenario, {})  # wrong: of what
    OfferingDesigner(scenario, 3)  # wrong: a name
    scorecard(run, against="another")  # wrong: no such word
    play(3)  # wrong: a story
    read_exports(place=3)  # wrong: no such parameter
    Audit("demo")  # wrong: a run
    text: str = es.charts.pacing(run)  # wrong: axes
    es.charts.pacing(run, templat="Pack 10")  # wrong: no such parameter
    es.inference.ratio(frame, "used")  # wrong: of what
    raise RunError(number, text) from DocumentError("all")  # wrong: problems
