"""The tables as a page of the documentation, and as data that the package carries."""

import json
import textwrap
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import pandas as pd
from scipy import stats

import entitlement_sim
from entitlement_sim.comparison.measures import METRICS

from .portfolios import LARGE, NOTHING, SETTINGS, scenario_of
from .running import (
    ALSO_SIMULATED,
    AT_FULL_SIZE,
    CHANGED_IN,
    MONEY,
    OF_ROWS,
    OF_SUMS,
    ROWS,
    SIMULATED,
    SUMMED,
    WITH_OVERAGE,
    load_changes,
    load_simulated,
    load_summed,
    metrics_of_money,
)
from .tables import REPLICATIONS, paired_changes, spread_and_alarms

ROOT: Final = Path(entitlement_sim.__file__).parent
DATA: Final = ROOT / "inference" / "measured.json"
PAGE: Final = ROOT.parent / "docs" / "false-alarms.md"

_NAMES: Final = {metric.key: metric.name for metric in [*METRICS, *OF_SUMS]}


def write(folder: Path, only: Sequence[str] = ()) -> None:
    """Write both from what there is in a folder of runs.

    Settings that are not among those asked for, if any are, stay as they were written before.
    """
    before = json.loads(DATA.read_text(encoding="utf-8")) if only else {}
    settings = [*SIMULATED, *SUMMED, *AT_FULL_SIZE]
    with ProcessPoolExecutor() as pool:
        # Names are those of what is made.
        making = {
            name: pool.submit(_measure, folder, setting, name)
            for setting in settings
            for name in _names_of(setting, "spread")
            if not only or name in only
        }
        changing = {
            name: pool.submit(_changes_of, folder, setting, name)
            for setting in CHANGED_IN
            for name in _names_of(setting, "changes")
            if not only or name in only
        }
        measured = {name: future.result() for name, future in making.items()}
        new = {
            "spread": {name: spreads for name, (spreads, _) in measured.items()},
            "false_alarms": {name: alarms for name, (_, alarms) in measured.items()},
            "changes": {name: future.result() for name, future in changing.items()},
        }
    within = {
        "spread": settings,
        "false_alarms": [name for name in settings if name in SETTINGS or name in LARGE],
        "changes": [*CHANGED_IN],
    }
    data = {"about": _about()} | {
        table: [
            row
            for setting in within[table]
            for name in _names_of(setting, table)
            for row in _rows(setting, name, of_table, before.get(table, []))
        ]
        for table, of_table in new.items()
    }
    DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    PAGE.parent.mkdir(exist_ok=True)
    tables = {name: pd.DataFrame(data[name]) for name in new}
    PAGE.write_text(_page(_about(), tables), encoding="utf-8")


def _names_of(setting: str, table: str) -> list[str]:
    """Return what a table of a setting is measured in: the demo, runs beside sums, and money."""
    if table == "changes":
        return [f"{setting}; changes", f"{setting}; changes{MONEY}"]
    endings = {"": True, ROWS: setting in ALSO_SIMULATED, MONEY: setting in WITH_OVERAGE}
    return [f"{setting}{ending}" for ending, is_measured in endings.items() if is_measured]


def _about() -> dict[str, object]:
    return {
        "package_version": entitlement_sim.__version__,
        "portfolio": "the demo with 150, 70 and 20 customers on the first day, two years after a "
        "past of three",
        "scenario_hash": scenario_of("all three").hash,
        "scenario_hashes_at_full_size": {name: scenario_of(name).hash for name in LARGE},
        "portfolio_of_money": "the same portfolio with overage (Pack 10 bills up to twenty cases "
        "beyond its ten at EUR 170 each and has no caps on e-mail and web, Hours 40 up to twenty "
        "hours at EUR 160 each)",
        "scenario_hash_of_money": scenario_of("all three", has_overage=True).hash,
        "replications": REPLICATIONS,
    }


def _rows(
    setting: str, name: str, tables: dict[str, pd.DataFrame], before: list[dict[str, object]]
) -> list[dict[str, object]]:
    """Return the rows of a setting: measured now, or else those of before."""
    if name not in tables:
        beginnings = (setting, f"{setting}; changes")
        return [
            row
            for row in before
            if row["setting"] == setting
            and name in [f"{each}{_ending(setting, row['metric'])}" for each in beginnings]
        ]
    table = tables[name].assign(setting=setting)
    table = table[["setting", *table.columns.drop("setting")]]
    rows: list[dict[str, object]] = json.loads(table.to_json(orient="records", double_precision=4))
    return rows


def _ending(setting: str, metric: object) -> str:
    """Return what the name ends in under which a metric of a setting is measured."""
    if metric in [each.key for each in metrics_of_money(setting)]:
        return MONEY
    is_beside = setting in ALSO_SIMULATED and metric in [each.key for each in OF_ROWS]
    return ROWS if is_beside else ""


def _measure(folder: Path, setting: str, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    if name.endswith(MONEY):
        runs = load_summed(folder, name)
        return spread_and_alarms(runs, metrics_of_money(setting))
    if name.endswith(ROWS):
        return spread_and_alarms(load_simulated(folder, name), OF_ROWS, treated=0)
    if setting in SIMULATED:
        others = [metric for metric in METRICS if metric not in metrics_of_money(setting)]
        return spread_and_alarms(load_simulated(folder, setting), others)
    treated = 0 if setting in AT_FULL_SIZE else 60
    own = [metric for metric in OF_SUMS if not _ending(setting, metric.key)]
    return spread_and_alarms(load_summed(folder, setting), own, treated=treated)


def _changes_of(folder: Path, setting: str, name: str) -> pd.DataFrame:
    metrics = metrics_of_money(setting) if name.endswith(MONEY) else OF_SUMS
    return paired_changes(load_changes(folder, name), metrics)


def _page(about: dict[str, object], tables: dict[str, pd.DataFrame]) -> str:
    """Return the page, in Markdown."""
    is_large = {name: tables[name]["setting"].isin(LARGE) for name in ("spread", "false_alarms")}
    spreads, large_spreads = (tables["spread"][own] for own in _both(is_large["spread"]))
    alarms, large_alarms = (tables["false_alarms"][own] for own in _both(is_large["false_alarms"]))
    changes = tables["changes"]
    return f"""# How far intervals are to be trusted

Measured by the simulator itself, with version {about["package_version"]}: many runs of one
portfolio ({about["portfolio"]}), of which nothing but chance is different, and pairs of runs of the
same customers under two offerings. Intervals are those of `entitlement_sim.inference`: the customer
is the unit, drawn anew within its segment. `python -m tests.measured` makes all of it again, from
seeds 0, 1, 2 and so on, and writes this page; `inference.measured()` has the tables.

{_which(about, alarms, large_alarms)}

## Standard errors against the true spread

The standard error that one run gives (root of the mean square), over the standard deviation of the
metric between runs. 1 is right; below it intervals are too narrow, above it too wide. What
customers share (day effects, incidents, a level) is in no difference between customers, so where it
matters the number falls below 1.

{_pivot(spreads, "ratio", "{:.2f}")}

How often an interval of 95 % holds the mean of all runs:

{_pivot(spreads, "holds", "{:.0%}")}

A portfolio with a past leaves to chance how many customers it has, one without fixes it. The same
ratio, if every portfolio were taken one way or the other; the package takes each as it is.

{_treatments(spreads)}

## False alarms

Disjoint pairs of runs that differ by the seed alone. How many of the intervals of 95 % of their
difference exclude 0: 5 % should. More than {limit_of(200)} of 200 is too many, less than 4 of 200
is conservative. **Bold** is too many, *italic* conservative. In a portfolio as small as this, what
a level adds is lost in what customers differ by; in a large one it is not, as the next section
shows.

One pair:

{_alarms(alarms, "alarms", "pairs")}

{_most(alarms)}

The mean over {about["replications"]} pairs, by Student's interval over the pairs:

{_alarms(alarms, "replicated_alarms", "replicated")}

## At full size, under a wandering level

The demo as it is, with 2,000, 850 and 150 customers on the first day, three years after a past of
ten, its day effects and incidents; without its level, and with one whose standard deviation is .15
instead of .10. Measured by sums, from seeds of their own, in as many runs as the tables say.

{_at_full_size(large_spreads, large_alarms)}

The standard error of one run over the true spread between runs:

{_pivot(large_spreads, "ratio", "{:.2f}")}

How often an interval of 95 % holds the mean of all runs:

{_pivot(large_spreads, "holds", "{:.0%}")}

False alarms of one pair:

{_alarms(large_alarms, "alarms", "pairs")}

Of the mean over {about["replications"]} pairs:

{_alarms(large_alarms, "replicated_alarms", "replicated")}

## Changes of an offering, on the same customers

Pairs of runs with the same seed under two offerings, paired by customer. First the standard error
of one pair over the standard deviation between pairs; then the share of the intervals that exclude
0 (found), against the share that would if each were normal around the true effect with its standard
error (expected); for pairs of different customers in brackets. Without number: nothing moves.

{_changes(changes)}
"""


def _both(is_large: "pd.Series[bool]") -> "tuple[pd.Series[bool], pd.Series[bool]]":
    return ~is_large, is_large


def _which(about: dict[str, object], alarms: pd.DataFrame, large_alarms: pd.DataFrame) -> str:
    """Say of which metrics false alarms were measured, and where."""
    measured = [metric for metric in METRICS if metric.key in set(alarms["metric"])]
    others = [metric.name for metric in METRICS if metric not in measured]
    at_full_size = set(large_alarms["metric"])
    alone = [metric.name for metric in measured if metric.key not in at_full_size]
    of_rows = [metric.name for metric in OF_ROWS]
    of_money = [metric.name for metric in metrics_of_money(NOTHING)]
    text = f"""
    False alarms are measured of {"all " if not others else ""}{len(measured)} metrics of a
    comparison{f"; not of {_listed(others)}" if others else ""}. In {_listed(SIMULATED)} they are
    measured by whole runs, and so are {_listed(of_rows)} in {_listed(ALSO_SIMULATED)}. All others
    are measured by sums without rows there; renewals are then those of all contracts, free ones
    too. Money that hangs on overage or on what support costs ({_listed(of_money)}, and revenue
    where sums were made) is measured by sums in {about["portfolio_of_money"]}. At full size,
    {_listed(alone)} are not measured.
    """
    return textwrap.fill(" ".join(text.split()), 100)


def _most(alarms: pd.DataFrame) -> str:
    """Name the metric of which most intervals of one pair exclude 0."""
    worst = alarms.loc[alarms["alarms"].idxmax()]
    return (
        f"The most are {worst['alarms']} of {worst['pairs']}, of *{_NAMES[worst['metric']]}* "
        f"(*{worst['setting']}*)."
    )


def _at_full_size(spreads: pd.DataFrame, alarms: pd.DataFrame) -> str:
    """Say what a level does to one pair, and what replications do."""
    without, with_level = LARGE
    of = alarms.set_index(["setting", "metric"])
    ratios = spreads.set_index(["setting", "metric"])["ratio"]
    ours, theirs = of.loc[(with_level, "cases")], of.loc[(without, "cases")]
    named = {setting: _too_many(of.loc[setting]) for setting in LARGE}
    own = of.loc[with_level]
    worst = own["replicated_alarms"].max()
    count = int(own["replicated"].iloc[0])
    text = f"""
    Under the level one pair calls chance an effect: {ours["alarms"]} of {ours["pairs"]} intervals
    of the number of cases exclude 0 where there is no effect, against {theirs["alarms"]} of
    {theirs["pairs"]} without a level; the standard error of one run is
    {ratios[(with_level, "cases")]:.2f} of the true spread. Too many exclude 0 for
    {named[with_level]}; without it, where days and incidents are shared all the same, for
    {named[without]}. What a level moves is in no difference between customers, so no interval
    of one pair holds it. Replications draw levels anew: of {count} intervals a metric at most
    {worst} exclude 0 ({limit_of(count)} may). So runs of different seeds under a level are compared
    by replications (`compare(..., replications=20)`); runs of the same seed have the same level.
    """
    return textwrap.fill(" ".join(text.split()), 100)


def _too_many(alarms: pd.DataFrame) -> str:
    """Name the metrics of a setting of which more intervals exclude 0 than may."""
    metrics = alarms[alarms["alarms"] > alarms["pairs"].map(limit_of)].index
    return ", ".join(f"*{_NAMES[metric]}*" for metric in metrics) or "no metric"


def _listed(names: object) -> str:
    *others, last = (f"*{name}*" for name in names)  # type: ignore[attr-defined]
    return f"{', '.join(others)} and {last}" if others else last


def limit_of(pairs: int) -> int:
    """Return how many of so many intervals may exclude 0, as unlikely as 20 of 200 to be passed."""
    allowed = stats.binom.sf(20, 200, 0.05)
    return int(stats.binom.isf(allowed, pairs, 0.05))


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _pivot(frame: pd.DataFrame, column: str, form: str) -> str:
    settings = list(dict.fromkeys(frame["setting"]))
    runs = frame.groupby("setting")["runs"].first()
    wide = frame.pivot(index="metric", columns="setting", values=column)
    order = list(dict.fromkeys(frame["metric"]))
    return _table(
        ["shared by customers", *(f"{name} ({runs[name]} runs)" for name in settings)],
        [
            [_NAMES[metric], *(_text(wide.loc[metric, name], form) for name in settings)]
            for metric in order
        ],
    )


def _treatments(frame: pd.DataFrame) -> str:
    settings = [name for name in dict.fromkeys(frame["setting"]) if name.startswith(NOTHING)]
    wide = frame.set_index(["metric", "setting"])
    order = [
        metric for metric in dict.fromkeys(frame["metric"]) if (metric, settings[-1]) in wide.index
    ]
    return _table(
        ["", *(f"{name}: {kind}" for name in settings for kind in ("fixed", "left to chance"))],
        [
            [
                _NAMES[metric],
                *(
                    _text(wide.loc[(metric, name), kind], "{:.2f}")
                    for name in settings
                    for kind in ("fixed", "left")
                ),
            ]
            for metric in order
        ],
    )


def _alarms(frame: pd.DataFrame, column: str, of: str) -> str:
    settings = list(dict.fromkeys(frame["setting"]))
    count = frame.groupby("setting")[of].first()
    wide = frame.pivot(index="metric", columns="setting", values=column)

    def cell(alarms: float, pairs: int) -> str:
        if pd.isna(alarms):
            return ""
        if alarms > limit_of(pairs):
            return f"**{alarms:.0f}**"
        return f"*{alarms:.0f}*" if alarms < 4 * pairs / 200 else f"{alarms:.0f}"

    return _table(
        ["shared by customers", *(f"{name}: of {count[name]}" for name in settings)],
        [
            [_NAMES[metric], *(cell(wide.loc[metric, name], count[name]) for name in settings)]
            for metric in dict.fromkeys(frame["metric"])
        ],
    )


def _changes(frame: pd.DataFrame) -> str:
    parts = []
    for setting, of_setting in frame.groupby("setting", sort=False):
        pairs = of_setting["pairs"].iloc[0]
        changes = list(dict.fromkeys(of_setting["change"]))
        by_place = of_setting.set_index(["metric", "change"])
        metrics = list(dict.fromkeys(of_setting["metric"]))

        def cell(metric: str, change: str, forms: list[tuple[str, str]], by_place=by_place) -> str:
            if (metric, change) not in by_place.index:
                return ""
            row = by_place.loc[(metric, change)]
            return " ".join(_text(row[column], form) for column, form in forms)

        for forms in (
            [("ratio", "{:.2f}")],
            [("found", "{:.0%}"), ("expected", "of {:.0%}"), ("unpaired_found", "({:.0%}"),
             ("unpaired_expected", "of {:.0%})")],
        ):  # fmt: skip
            rows = [
                [_NAMES[metric], *(cell(metric, change, forms) for change in changes)]
                for metric in metrics
            ]
            parts.append(_table([f"{setting} shared, {pairs} pairs", *changes], rows))
    return "\n\n".join(parts)


def _text(value: float, form: str) -> str:
    return "" if pd.isna(value) else form.format(value)
