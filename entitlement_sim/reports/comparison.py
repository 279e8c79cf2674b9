"""Two runs side by side: what they were made with, and what moved."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..documents import DocumentError, dotted, parse_document
from ..metrics.intervals import wilson
from ..scenario.scenario import Scenario
from ..store.manifest import Manifest
from ..store.run import Run
from ..telling import counted, limits, listed, percent, plain_name, points, verbatim

if TYPE_CHECKING:
    import pandas as pd

_LAST_YEAR = (
    "FROM retention WHERE window_months = 12 AND basis = 'restated' AND is_mature AND n > 0 "
    "ORDER BY month DESC LIMIT 1"
)

#: Headline shares: what they are, and a query for numerator and denominator.
_SHARES = {
    "cases covered": "SELECT count(*) FILTER (outcome = 'covered'), count(*) FROM arrived_cases",
    "cases turned away": "SELECT count(*) FILTER (outcome = 'turned_away'), count(*) "
    "FROM arrived_cases",
    "refused because terms were used up": "SELECT sum(used_up), sum(asked_what_is_sold) "
    "FROM blocked_demand WHERE restrict",
    "expired with nothing left": "SELECT count(*) FILTER (ran_dry), count(*) "
    "FROM breakage_by_entitlement WHERE ended_by = 'expiry'",
    "renewed": "SELECT sum(renewed), sum(n) FROM renewal_rates_by_month",
    "renewed on time": "SELECT sum(on_time), sum(n) FROM renewal_rates_by_month",
    "service level kept": "SELECT sum(met), sum(n) FROM sla_compliance",
    "paying customers still there after a year": f"SELECT retained_customers, n {_LAST_YEAR}",
}

#: Headline shares of amounts, for which counting gives no interval.
_VALUE_SHARES = {
    "renewed, by value (gross)": "SELECT sum(renewed_value_gross), sum(due_value) "
    "FROM renewal_rates_by_month",
    "gross retention over a year": f"SELECT retained_value, begin_value {_LAST_YEAR}",
    "net retention over a year": f"SELECT end_value, begin_value {_LAST_YEAR}",
    "unused of what expired, in cases": "SELECT sum(breakage), sum(allotment) FROM breakage "
    "WHERE ended_by = 'expiry' AND allocation = 'cases'",
    "unused of what expired, in hours": "SELECT sum(breakage), sum(allotment) FROM breakage "
    "WHERE ended_by = 'expiry' AND allocation = 'hours'",
}

_AMOUNTS = {
    "customers": "SELECT count(*) FROM customers",
    "entitlements": "SELECT count(*) FROM entitlement_facts "
    "WHERE was_in_force OR NOT is_left_truncated",
    "active at the end": "SELECT count(*) FROM entitlements WHERE state = 'active'",
    "annual value active at the end": "SELECT sum(annual_value) FROM entitlement_facts "
    "WHERE state = 'active'",
    "price of everything sold": "SELECT sum(price) FROM entitlements "
    "WHERE activated_on >= (SELECT run_begins FROM metric_parameters)",
    "cases": "SELECT count(*) FROM arrived_cases",
    "cases turned away": "SELECT count(*) FROM arrived_cases WHERE outcome = 'turned_away'",
    "terms used, in cases": "SELECT sum(used) FROM consumption_by_day WHERE allocation = 'cases'",
    "terms used, in hours": "SELECT sum(used) FROM consumption_by_day WHERE allocation = 'hours'",
    "worth of what lapsed unused": "SELECT sum(breakage_value) FROM breakage "
    "WHERE ended_by = 'expiry'",
}

#: What a run says of itself besides its scenario, and how that explains a difference.
_FACTS = ("seed", "replication", "start_date", "days", "source", "package_version",
          "rulebook_version")  # fmt: skip
_ABSENT = "(not there)"
_CHANCE = {"seed", "replication"}

#: Points from which on a move shows as 0.1 or more.
_LEAST_MOVE = 0.05

#: Parts of a scenario that explain nothing, or that the run and its rule switches tell.
_TOLD_ELSEWHERE = ("scenario", "description", "seed", "rules", "calendar.start", "calendar.days")


class Comparison:
    """What moved between two runs, and why.

    Parameters
    ----------
    first, second : Run

    Attributes
    ----------
    first_name, second_name : str
        Their names, told apart where both have the same.
    """

    def __init__(self, first: Run, second: Run) -> None:
        self._runs = (first, second)
        same = first.name == second.name
        self.first_name = f"{first.name} (first)" if same else first.name
        self.second_name = f"{second.name} (second)" if same else second.name

    # ---------------------------------------------------------------- why

    def causes(self) -> "pd.DataFrame":
        """What the runs were made with, where it differs.

        Returns
        -------
        DataFrame
            Columns `what` (scenario, rule switch, library, run), `where` (a path within the
            scenario, or a name) and one with the value of each run, as text.
        """
        first, second = (run.manifest for run in self._runs)
        rows = [("run", name, getattr(first, name), getattr(second, name)) for name in _FACTS]
        rows += _paired("rule switch", first.rule_switches, second.rule_switches)
        rows += _paired("library", first.libraries, second.libraries)
        rows += _paired("scenario", _flat_scenario(first), _flat_scenario(second))
        return self._frame([row for row in rows if row[2] != row[3]])

    def _frame(self, rows: list[tuple[str, str, Any, Any]]) -> "pd.DataFrame":
        import pandas as pd

        texts = [(kind, where, str(first), str(second)) for kind, where, first, second in rows]
        return pd.DataFrame(texts, columns=["what", "where", self.first_name, self.second_name])

    def verdict(self) -> str:
        """Say in a few sentences what differs, what moved most, and how to read it."""
        first, second = (run.manifest for run in self._runs)
        if first.content_hash == second.content_hash:
            return "Both runs hold the same rows: **nothing moved**."
        return f"{_why(self.causes())}\n\n{_moved_most(self.shares())}"

    # ------------------------------------------------------------ what moved

    def shares(self) -> "pd.DataFrame":
        """Headline shares of both runs.

        Returns
        -------
        DataFrame
            Columns `share`, one for each run, `difference` in percentage points, and `interval`,
            Newcombe's 95 % interval of the difference, empty where amounts are shared.
        """
        import pandas as pd

        rows = [self._share_row(name, query, True) for name, query in _SHARES.items()]
        rows += [self._share_row(name, query, False) for name, query in _VALUE_SHARES.items()]
        names = ["share", self.first_name, self.second_name, "difference", "interval"]
        return pd.DataFrame(rows, columns=names)

    def _share_row(self, name: str, query: str, is_count: bool) -> tuple[Any, ...]:
        first, second = (_ratio(run, query) for run in self._runs)
        before, after = (part / whole if whole else np.nan for part, whole in (first, second))
        interval = _difference(first, second) if is_count and first[1] and second[1] else ""
        return name, before, after, 100 * (after - before), interval

    def amounts(self) -> "pd.DataFrame":
        """Headline numbers of both runs: `number`, one column each, `difference`, `change`."""
        import pandas as pd

        rows = []
        for name, query in _AMOUNTS.items():
            first, second = (float(_row(run, query)[0] or 0) for run in self._runs)
            change = second / first - 1 if first else np.nan
            rows.append((name, first, second, second - first, change))
        names = ["number", self.first_name, self.second_name, "difference", "change"]
        return pd.DataFrame(rows, columns=names)

    def utilisation(self) -> "pd.DataFrame":
        """Pooled utilisation by template in both runs, and the difference in points."""
        import pandas as pd

        query = (
            "SELECT template, pooled FROM utilisation_by_template WHERE n > 0 ORDER BY template_id"
        )
        first, second = (dict(run.connection.sql(query).fetchall()) for run in self._runs)
        templates = list(dict.fromkeys([*first, *second]))
        rows = [(name, first.get(name, np.nan), second.get(name, np.nan)) for name in templates]
        both = pd.DataFrame(rows, columns=["template", self.first_name, self.second_name])
        both["difference"] = 100 * (both[self.second_name] - both[self.first_name])
        return both


def _why(causes: "pd.DataFrame") -> str:
    """Say what the runs were made with, where it differs, and how to read what moved."""
    named = causes.assign(where=causes["where"].map(verbatim))
    places = named.groupby("what", sort=False)["where"].agg(list).to_dict()
    reasons = []
    if "scenario" in places:
        count = counted(len(places["scenario"]), "place")
        reasons.append(f"{count} in the scenario ({listed(places['scenario'], most=5)})")
    if "rule switch" in places:
        reasons.append(f"the rule switches {listed(places['rule switch'], most=5)}")
    if "run" in places:
        reasons.append(listed([plain_name(fact) for fact in places["run"]]))
    if "library" in places:
        reasons.append(f"versions of {listed(places['library'], most=5)}")
    if not reasons:
        return "The runs were made with the same scenario, seed, rules and versions."
    reading = ""
    if set(places) <= {"run"} and set(places["run"]) <= _CHANCE:
        reading = " Nothing but chance is between them: every difference is noise."
    elif not _CHANCE & set(places.get("run", ())):
        reading = (
            " Both were drawn with the same seed: customers and cases that the change does "
            "not touch are the same in both, so that small differences count, too."
        )
    return f"What differs: {'; '.join(reasons)}.{reading}"


def _moved_most(shares: "pd.DataFrame") -> str:
    """Say which headline shares moved most, if any did by as much as can be shown."""
    sized = shares.assign(size=shares["difference"].abs().round(9))
    moved = sized[sized["size"] >= _LEAST_MOVE]
    moved = moved.sort_values("size", ascending=False, kind="stable").head(3)
    if moved.empty:
        return "None of the headline shares moved by as much as 0.1 points."
    texts = [
        f"*{name}* from {percent(first)} to {percent(second)} ({points(difference)} points)"
        for name, first, second, difference in moved.iloc[:, :4].itertuples(index=False)
    ]
    return f"What moved most: {listed(texts)}."


def _flat_scenario(manifest: Manifest) -> dict[str, Any]:
    """Return the values of a scenario by their paths, defaults included."""
    text = manifest.scenario_yaml
    try:
        data = Scenario.parse(text).model.model_dump(mode="json", exclude_none=True)
    except DocumentError:
        # Another version wrote it, with words that this one does not know.
        data = parse_document(text).data
    values = dict(_flat(data, ()))
    return {path: value for path, value in values.items() if not path.startswith(_TOLD_ELSEWHERE)}


def _flat(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from _flat(member, (*path, str(key)))
    elif isinstance(value, list) and any(isinstance(member, dict | list) for member in value):
        for place, member in enumerate(value):
            yield from _flat(member, (*path, place))
    else:
        yield dotted(path), value


def _paired(
    kind: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> list[tuple[str, str, Any, Any]]:
    names = [*first, *(name for name in second if name not in first)]
    return [(kind, name, first.get(name, _ABSENT), second.get(name, _ABSENT)) for name in names]


def _row(run: Run, query: str) -> tuple[Any, ...]:
    rows = run.connection.sql(query).fetchall()
    return rows[0] if rows else (None, None)


def _ratio(run: Run, query: str) -> tuple[float, float]:
    part, whole = _row(run, query)
    return float(part or 0), float(whole or 0)


def _difference(first: tuple[float, float], second: tuple[float, float]) -> str:
    """Newcombe's hybrid score interval of a difference of shares (1998, method 10)."""
    before, after = wilson(*first), wilson(*second)
    change = after.value - before.value
    low = change - np.hypot(after.value - after.low, before.high - before.value)
    high = change + np.hypot(after.high - after.value, before.value - before.low)
    return limits(100 * float(low), 100 * float(high), points)
