"""What a run says about itself beside its rows: its manifest, read once and checked.

Reading it needs neither NumPy nor DuckDB, so that a folder of runs is listed at once.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..telling import printable
from .errors import DamagedRun, RunError
from .publish import MANIFEST
from .shard import Shard, is_shard

#: Raised when the tables of a run change in a way that older readers cannot read.
FORMAT_VERSION: Final = 5
#: Versions that can be read; ``formats.FORMATS`` says what they are.
READABLE: Final = (1, 2, 3, 4, FORMAT_VERSION)
#: Since then runs that were imported have tables and columns of their own.
IMPORTED_SINCE: Final = 4
#: What some runs have, and since when: those that are parts, and those of Parquet.
OPTIONAL: Final = {"shard": 5, "files": 5}

#: Tables that follow from the scenario alone, whatever the version of the format.
_STATIC: Final = (
    "segments", "products", "slas", "templates", "template_channels", "template_products",
)  # fmt: skip
#: Tables whose rows are counted, by the version of the format.
COUNTED: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "customers", "entitlements", "entitlement_channels", "transitions", "cases",
        "reactivations", "ledger",
    ),
    2: (
        "customers", "entitlements", "balances", "transitions", "cases", "reactivations", "ledger",
    ),
}  # fmt: skip
COUNTED[3] = COUNTED[4] = COUNTED[5] = COUNTED[2]
#: Those that runs have which were imported.
_COUNTED_IF_IMPORTED: Final = (
    "rejected", "sources", "recorded_changes", "recorded_columns", "history_customers",
    "history_terms", "history_channels", "history_listed_products", "history_listed_contacts",
    "history_entitlements", "history_bookings", "history_cases", "history_events",
)  # fmt: skip

#: No scenario that people write comes near this.
_LARGEST: Final = 64 * 2**20
_LONGEST_SHOWN: Final = 40


@dataclass(frozen=True)
class Manifest:
    """What a run says about itself.

    Attributes
    ----------
    format_version : int
    run_id, scenario, scenario_yaml, scenario_hash : str
    seed, replication : int
    start_date : date
        First day.
    days : int
    package_version, rulebook_version : str
    source : {"simulated", "imported"}
    content_hash : str
        Of all rows in their order.
    rule_switches : Mapping of str to bool, int or str
    libraries : Mapping of str to str
        Versions of the libraries that the rows passed through.
    rows : Mapping of str to int
        Number of rows of each table that the engine fills.
    table_hashes : Mapping of str to str
    created_at : str
        Moment at which it was stored, ISO.
    elapsed_seconds : float
        How long simulating and storing took.
    facts_hash : str or None
        Of table ``run`` and of everything else here; None in a run of format 1.
    base_scenario : str or None
        The scenario before its overrides; None where it has none, and before format 3.
    history_start : date or None
        First day of the past that was lived before the first day; None where there is none, and
        before format 3.
    joins_per_year : Mapping of str to float, or None
        How many customers join a year from the first day on, by segment; None without a past.
    renewal_offsets : Mapping of str to float
        Log-odds by which the renewals of segments are recentred; none before format 3.
    money : Mapping of str to Any, or None
        What support costs, as the scenario says it, amounts as texts; None where it does not, and
        before format 5.
    offered_before : Mapping of str to Any, or None
        What contracts from before the run, or a revision, keep that its templates say otherwise;
        None where there is nothing of that, and before format 5.
    shard : Shard or None
        Which part of a run it is; None where it is a whole one.
    files : Mapping of str to str, or None
        SHA-256 of each of its files by name, where it is stored as Parquet.
    """

    format_version: int
    run_id: str
    scenario: str
    scenario_yaml: str
    scenario_hash: str
    seed: int
    replication: int
    start_date: date
    days: int
    package_version: str
    rulebook_version: str
    source: str
    content_hash: str
    rule_switches: Mapping[str, Any]
    libraries: Mapping[str, str]
    rows: Mapping[str, int]
    table_hashes: Mapping[str, str]
    created_at: str
    elapsed_seconds: float
    facts_hash: str | None = None
    base_scenario: str | None = None
    history_start: date | None = None
    joins_per_year: Mapping[str, float] | None = None
    renewal_offsets: Mapping[str, float] = field(default_factory=dict)
    money: Mapping[str, Any] | None = None
    offered_before: Mapping[str, Any] | None = None
    shard: Shard | None = None
    files: Mapping[str, str] | None = None

    @property
    def last_day(self) -> date:
        """Last day of the run."""
        return self.start_date + timedelta(days=self.days - 1)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is written."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["start_date"] = self.start_date.isoformat()
        if self.history_start is not None:
            values["history_start"] = self.history_start.isoformat()
        for name in OPTIONAL:
            if values[name] is None:
                del values[name]
        if self.shard is not None:
            values["shard"] = self.shard.to_json()
        since = {
            "facts_hash": 2,
            "base_scenario": 3,
            "history_start": 3,
            "joins_per_year": 3,
            "renewal_offsets": 3,
            "money": 5,
            "offered_before": 5,
        }
        return {
            name: value
            for name, value in values.items()
            if self.format_version >= since.get(name, 1)
        }


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the run in `folder`.

    Raises
    ------
    RunError
        There is none, or a newer version of the package wrote it.
    DamagedRun
        It is not as the package writes it.
    """
    place = folder / MANIFEST
    values = _parsed(place)
    version = values.get("format_version")
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT_VERSION:
        raise RunError(
            f"{folder} was written by version {_shown(values.get('package_version'))} of the "
            "package, which is newer than this one; upgrade to read it"
        )
    if not _whole(1, FORMAT_VERSION).fits(version):
        *others, last = map(str, READABLE)
        known = f"{', '.join(others)} or {last}"
        raise DamagedRun(place, f"format_version is {_shown(version)}, not {known}")
    return _checked(place, values)


# ------------------------------------------------------------------------------ its text


def _parsed(place: Path) -> dict[str, Any]:
    """Return the object that the file holds, whatever is in it."""
    text = _text_of(place)
    try:
        values = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_number)
        json.dumps(values, ensure_ascii=False).encode()
    except RecursionError:
        raise DamagedRun(place, "its values are nested too deeply") from None
    except UnicodeError:
        raise DamagedRun(place, "it holds halves of characters") from None
    except ValueError as error:
        raise DamagedRun(place, f"it cannot be read: {error}") from None
    if not isinstance(values, dict):
        raise DamagedRun(place, "it holds no facts by their names")
    return values


def _text_of(place: Path) -> str:
    try:
        if not place.exists():
            raise RunError(f"{place.parent} is not a whole run: it has no {place.name}")
        if not place.is_file():
            raise DamagedRun(place, "it is no file")
        with place.open("rb") as file:
            written = file.read(_LARGEST + 1)
    except OSError as error:
        raise RunError(f"{place} cannot be read: {error.strerror or error}") from None
    if len(written) > _LARGEST:
        raise DamagedRun(place, f"it is larger than {_LARGEST // 2**20} MB")
    try:
        return written.decode()
    except UnicodeDecodeError:
        raise DamagedRun(place, "it is not UTF-8") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"{_shown(name)} stands in it twice")
        values[name] = value
    return values


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


# ---------------------------------------------------------------------------- its values


class _Kind(NamedTuple):
    """What a value must be: in words, and as a test."""

    words: str
    fits: Callable[[Any], bool]


def _whole(least: int, most: int) -> _Kind:
    return _Kind(
        f"a whole number from {least} to {most}",
        lambda value: type(value) is int and least <= value <= most,
    )


def _one_of(*words: str) -> _Kind:
    return _Kind(" or ".join(words), lambda value: isinstance(value, str) and value in words)


def _table_of(kind: _Kind, names: tuple[str, ...] = ()) -> _Kind:
    """Names with a value each; where `names` are given, exactly these."""
    of_these = f" for {', '.join(names)}" if names else " by name"
    return _Kind(
        f"{kind.words}{of_these}",
        lambda value: (
            isinstance(value, dict)
            and all(map(kind.fits, value.values()))
            and (not names or value.keys() == set(names))
        ),
    )


def _or_null(kind: _Kind) -> _Kind:
    return _Kind(f"{kind.words} or null", lambda value: value is None or kind.fits(value))


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


_TEXT: Final = _Kind("a text", lambda value: isinstance(value, str))
_TEXT_OR_NULL: Final = _Kind(
    "a text or null", lambda value: value is None or isinstance(value, str)
)
_SWITCH: Final = _Kind(
    "true, false, a number or a text", lambda value: type(value) in (bool, int, str)
)
_HASH: Final = _Kind(
    "64 hexadecimal digits",
    lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None,
)
_DAY: Final = _Kind("a day such as 2025-01-02", _is_day)
_MOMENT: Final = _Kind("a moment such as 2025-01-02T03:04:05+00:00", _is_moment)
_SECONDS: Final = _Kind(
    "a number of seconds",
    lambda value: type(value) in (int, float) and 0 <= value < math.inf,
)
_RATE: Final = _Kind(
    "a number from 0 on", lambda value: type(value) in (int, float) and 0 <= value < math.inf
)
_NUMBER: Final = _Kind(
    "a number", lambda value: type(value) in (int, float) and -math.inf < value < math.inf
)
_COUNT: Final = _whole(0, 2**63 - 1)
_AMOUNT: Final = re.compile(r"\d{1,12}\.\d{2}")


def _is_amount(value: Any) -> bool:
    return isinstance(value, str) and _AMOUNT.fullmatch(value) is not None


def _is_money(value: Any) -> bool:
    """Whether it has everything that the money of a scenario has, and no more."""
    match value:
        case {
            "currency": str() | None,
            "hour_costs": hour_costs,
            "case_costs": dict(case_costs),
            "uncovered": {"case": case, "hour": hour},
            "turned_away_costs": turned_away_costs,
            "discount_rate": str(discount_rate),
            "margin_method": "straight_line" | "proportional" | "remote",
            **others,
        }:
            amounts = [hour_costs, *case_costs.values(), case, hour, turned_away_costs]
            is_share = re.fullmatch(r"[01](\.\d{1,4})?", discount_rate) is not None
            return is_share and not others and all(map(_is_amount, amounts))
    return False


def _is_offered(value: Any) -> bool:
    """Whether it says of templates by number what they offered until a day, and no more."""
    match value:
        case {"until": until, "renewed": bool(), "templates": dict(templates), **others}:
            is_numbered = all(re.fullmatch(r"[1-9]\d{0,8}", number) for number in templates)
            return (
                not others and _is_day(until) and is_numbered
                and bool(templates) and all(map(_is_offer, templates.values()))
            )  # fmt: skip
    return False


def _is_offer(value: Any) -> bool:
    match value:
        case {
            "refund": "none" | "unused",
            "overage_price": price,
            "is_unlimited": bool(),
            "is_open_ended": bool(),
            **others,
        }:
            return not others and (price is None or _is_amount(price))
    return False


_OFFERED: Final = _Kind(
    "what templates offered before: until, renewed, templates by number", _is_offered
)
_MONEY: Final = _Kind("the money of a scenario, amounts as texts such as 60.00", _is_money)
_OPTIONAL: Final = {
    "shard": _Kind("a part of a run: number, of, first, stop, customers", is_shard),
    "files": _table_of(_HASH),
}


def _kinds(version: int, source: Any) -> dict[str, _Kind]:
    """Return what every value of a manifest must be."""
    counted = COUNTED[version]
    if source == "imported" and version >= IMPORTED_SINCE:
        counted += _COUNTED_IF_IMPORTED
    kinds = {
        "format_version": _whole(version, version),
        "run_id": _TEXT,
        "scenario": _TEXT,
        "scenario_yaml": _TEXT,
        "scenario_hash": _HASH,
        "seed": _whole(0, 2**64 - 1),
        "replication": _whole(0, 2**31 - 1),
        "start_date": _DAY,
        "days": _whole(1, 2**31 - 1),
        "package_version": _TEXT,
        "rulebook_version": _TEXT,
        "source": _one_of("simulated", "imported"),
        "content_hash": _HASH,
        "rule_switches": _table_of(_SWITCH),
        "libraries": _table_of(_TEXT),
        "rows": _table_of(_COUNT, counted),
        "table_hashes": _table_of(_HASH, (*counted, *_STATIC)),
        "created_at": _MOMENT,
        "elapsed_seconds": _SECONDS,
    }
    if version >= 2:
        kinds["facts_hash"] = _HASH
    if version >= 3:
        kinds["base_scenario"] = _TEXT_OR_NULL
        kinds["history_start"] = _or_null(_DAY)
        kinds["joins_per_year"] = _or_null(_table_of(_RATE))
        kinds["renewal_offsets"] = _table_of(_NUMBER)
    if version >= 5:
        kinds["money"] = _or_null(_MONEY)
        kinds["offered_before"] = _or_null(_OFFERED)
    return kinds


def _checked(place: Path, values: dict[str, Any]) -> Manifest:
    kinds = _kinds(values["format_version"], values.get("source"))
    for name, since in OPTIONAL.items():
        if name in values and values["format_version"] >= since:
            kinds[name] = _OPTIONAL[name]
    for name, kind in kinds.items():
        if name not in values:
            raise DamagedRun(place, f"{name} is missing")
        if not kind.fits(values[name]):
            raise DamagedRun(place, f"{name} is {_shown(values[name])}, not {kind.words}")
    for name in values:
        if name not in kinds:
            raise DamagedRun(place, f"it has {_shown(name)}, which no run has")
    begins = values.get("history_start")
    days = {
        "start_date": date.fromisoformat(values["start_date"]),
        "history_start": None if begins is None else date.fromisoformat(begins),
    }
    shard = {"shard": Shard.from_json(values["shard"])} if "shard" in values else {}
    manifest = Manifest(**values | days | shard)
    if manifest.days > (date.max - manifest.start_date).days:
        raise DamagedRun(place, f"{manifest.days} days from {values['start_date']} have no end")
    return manifest


def _shown(value: Any) -> str:
    """Write a value so that a line can hold it."""
    text = printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
