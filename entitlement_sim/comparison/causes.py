"""What two runs were made with, where it differs."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..documents import dotted, parse_document
from ..store.errors import RunError
from ..store.manifest import Manifest
from ..store.run import Run
from ..telling import counted, day, listed, plain_name, printable

if TYPE_CHECKING:
    import pandas as pd

#: What a run says of itself besides its scenario, and how that explains a difference.
_FACTS: Final = (
    "seed", "replication", "start_date", "days", "source", "package_version", "rulebook_version",
)  # fmt: skip
_ABSENT: Final = "(not there)"
_CHANCE: Final = {"seed", "replication"}

#: Parts of a scenario that explain nothing, or that the run and its rule switches tell.
_TOLD_ELSEWHERE: Final = (
    "scenario", "description", "seed", "rules", "calendar.start", "calendar.days",
)  # fmt: skip

#: Places that a sentence names.
_MOST: Final = 4


def causes(first: Run, second: Run, names: tuple[str, str]) -> "pd.DataFrame":
    """Return what the runs were made with, where it differs.

    Parameters
    ----------
    first, second : Run
    names : tuple of str
        What the runs are called.

    Returns
    -------
    DataFrame
        Columns `what` (run, rule switch, library, scenario), `where` (a path within the scenario,
        or a name) and one with the value of each run, as text.
    """
    import pandas as pd

    facts = first.manifest, second.manifest
    rows = [("run", name, *(getattr(side, name) for side in facts)) for name in _FACTS]
    rows += _side_by_side("rule switch", *(side.rule_switches for side in facts))
    rows += _side_by_side("library", *(side.libraries for side in facts))
    rows += _side_by_side("scenario", _flat_scenario(first), _flat_scenario(second))
    texts = [
        (kind, where, str(before), str(after))
        for kind, where, before, after in rows
        if before != after
    ]
    return pd.DataFrame(texts, columns=["what", "where", *names])


def is_chance_alone(differing: "pd.DataFrame") -> bool:
    """Whether runs differ by the draws alone."""
    kinds = set(differing["what"])
    return kinds == {"run"} and set(differing["where"]) <= _CHANCE


def causes_in_words(differing: "pd.DataFrame") -> str:
    """Say what the runs were made with, where it differs."""
    places: dict[str, list[tuple[str, str, str]]] = {}
    for what, where, before, after in differing.itertuples(index=False):
        places.setdefault(what, []).append((where, before, after))
    parts = []
    for what, before_after in places.items():
        if what == "library":
            parts.append(f"versions of {listed([name for name, _, _ in before_after], most=_MOST)}")
            continue
        parts += [
            f"{printable(plain_name(where) if what == 'run' else where)} "
            f"({printable(before)} → {printable(after)})"
            for where, before, after in before_after
        ]
    if not parts:
        return "Both were made with the same scenario, seed, rules and versions."
    return f"What differs: {listed(parts, most=_MOST)}."


def periods_in_words(first: Manifest, second: Manifest) -> str:
    """Say that runs are of different days, or nothing where they are of the same."""
    if (first.start_date, first.days) == (second.start_date, second.days):
        return ""
    return (
        f"The runs are of different days ({counted(first.days, 'day')} from "
        f"{first.start_date} and {counted(second.days, 'day')} from {second.start_date}): totals "
        "are of each one's own."
    )


def past_in_words(base: Manifest) -> str:
    """Say from when on customers hold what another offering sells.

    Parameters
    ----------
    base : Manifest
        Of the run that others are held against.
    """
    first = day(base.start_date)
    if base.history_start is None:
        return (
            f"What customers hold from {first} on is what each of them sells, from the first day."
        )
    return (
        f"What was sold before {first} is the same in all of them and keeps its terms until it is "
        "renewed; what is sold and renewed from that day on is what each of them sells."
    )


def _flat_scenario(run: Run) -> dict[str, Any]:
    """Return the values of a scenario by their paths, defaults included."""
    try:
        data = run.scenario.model.model_dump(mode="json", exclude_none=True)
    except RunError:
        # Another version wrote it, with words that this one does not know.
        data = parse_document(run.manifest.scenario_yaml).data
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


def _side_by_side(
    kind: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> list[tuple[str, str, Any, Any]]:
    names = [*first, *(name for name in second if name not in first)]
    return [(kind, name, first.get(name, _ABSENT), second.get(name, _ABSENT)) for name in names]
