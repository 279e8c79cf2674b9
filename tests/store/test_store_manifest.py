"""A manifest is read into a checked model; whatever else it is, one sentence says so."""

import json
from contextlib import suppress
from datetime import date

import pytest
from store_rows import facts

from entitlement_sim.store import manifest as reading_manifests
from entitlement_sim.store.catalogue import look_through
from entitlement_sim.store.errors import DamagedRun, RunError
from entitlement_sim.store.formats import FORMATS
from entitlement_sim.store.manifest import COUNTED, Manifest, read_manifest
from entitlement_sim.store.schema import STATIC_TABLES
from entitlement_sim.store.writer import write_run


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    """The values of a whole manifest."""
    folder = tmp_path_factory.mktemp("runs")
    write_run([{}], facts(), out=folder, name="whole").close()
    return json.loads((folder / "whole" / "manifest.json").read_text())


def refusal_of(tmp_path, written):
    """What is said of a manifest, without the folder."""
    place = tmp_path / "manifest.json"
    if isinstance(written, bytes):
        place.write_bytes(written)
    else:
        place.write_text(written if isinstance(written, str) else json.dumps(written))
    with pytest.raises(DamagedRun) as refusal:
        read_manifest(tmp_path)
    head = f"the run is damaged: {place}: "
    assert str(refusal.value).startswith(head)
    assert "\n" not in str(refusal.value)
    return str(refusal.value).removeprefix(head)


def test_a_manifest_is_read_as_it_was_written(values, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(values))
    manifest = read_manifest(tmp_path)
    assert manifest.to_json() == values
    assert manifest.start_date == date(2024, 1, 1)
    assert manifest.last_day == date(2024, 1, 10)


HASH = "64 hexadecimal digits"
SEED = "a whole number from 0 to 18446744073709551615"
COUNTS = (
    "a whole number from 0 to 9223372036854775807 for customers, entitlements, balances, "
    "transitions, cases, reactivations, ledger"
)

CHANGED = {
    "format_version 0": ({"format_version": 0}, "format_version is 0, not 1, 2, 3, 4 or 5"),
    "format_version -3": ({"format_version": -3}, "format_version is -3, not 1, 2, 3, 4 or 5"),
    "format_version true": (
        {"format_version": True},
        "format_version is true, not 1, 2, 3, 4 or 5",
    ),
    "format_version 2.0": ({"format_version": 2.0}, "format_version is 2.0, not 1, 2, 3, 4 or 5"),
    "format_version as text": ({"format_version": "2"}, "format_version is 2, not 1, 2, 3, 4 or 5"),
    "a seed below 0": ({"seed": -1}, f"seed is -1, not {SEED}"),
    "a seed of 65 bits": ({"seed": 2**64}, f"seed is 18446744073709551616, not {SEED}"),
    "a seed that is no whole number": ({"seed": 7.5}, f"seed is 7.5, not {SEED}"),
    "a seed in words": ({"seed": "seven"}, f"seed is seven, not {SEED}"),
    "no name": ({"scenario": None}, "scenario is null, not a text"),
    "a name that is a list": ({"scenario": ["a"]}, 'scenario is ["a"], not a text'),
    "no day": (
        {"start_date": "2024-02-30"},
        "start_date is 2024-02-30, not a day such as 2025-01-02",
    ),
    "a day without signs": (
        {"start_date": "20240101"},
        "start_date is 20240101, not a day such as 2025-01-02",
    ),
    "no days": ({"days": 0}, "days is 0, not a whole number from 1 to 2147483647"),
    "days without end": ({"days": 2**31 - 1}, "2147483647 days from 2024-01-01 have no end"),
    "another source": ({"source": "heard"}, "source is heard, not simulated or imported"),
    "a short hash": ({"content_hash": "ab"}, f"content_hash is ab, not {HASH}"),
    "a facts hash of other signs": (
        {"facts_hash": "x" * 64},
        f"facts_hash is {'x' * 40}..., not {HASH}",
    ),
    "switches of lists": (
        {"rule_switches": {"a": []}},
        'rule_switches is {"a": []}, not true, false, a number or a text by name',
    ),
    "libraries in a list": ({"libraries": []}, "libraries is [], not a text by name"),
    "no rows": ({"rows": None}, f"rows is null, not {COUNTS}"),
    "rows below 0": (
        {"rows": dict.fromkeys(COUNTED[3], -1)},
        f'rows is {{"customers": -1, "entitlements": -1, "b..., not {COUNTS}',
    ),
    "rows of few tables": (
        {"rows": {"cases": 1}},
        f'rows is {{"cases": 1}}, not {COUNTS}',
    ),
    "no moment": (
        {"created_at": "today"},
        "created_at is today, not a moment such as 2025-01-02T03:04:05+00:00",
    ),
    "seconds below 0": (
        {"elapsed_seconds": -0.5},
        "elapsed_seconds is -0.5, not a number of seconds",
    ),
    "a key too many": ({"a\x1b[2J\n": 1}, r"it has a\x1b[2J\n, which no run has"),
    "a name that clears the screen": (
        {"source": "\x1b[2J\n"},
        r"source is \x1b[2J\n, not simulated or imported",
    ),
}


@pytest.mark.parametrize(("change", "said"), CHANGED.values(), ids=CHANGED)
def test_a_value_of_another_kind_is_named(values, tmp_path, change, said):
    assert refusal_of(tmp_path, values | change) == said


def test_every_value_that_is_missing_is_named(values, tmp_path):
    for name in values:
        rest = {other: value for other, value in values.items() if other != name}
        said = refusal_of(tmp_path, rest)
        if name == "format_version":
            assert said == "format_version is null, not 1, 2, 3, 4 or 5"
        else:
            assert said == f"{name} is missing"


@pytest.mark.parametrize("name", list(Manifest.__dataclass_fields__))
@pytest.mark.parametrize("value", [None, [], {}, 1.5, "\0", True, [[]], {"a": {"b": []}}])
def test_no_value_of_any_kind_is_a_fault_of_the_package(values, tmp_path, name, value):
    (tmp_path / "manifest.json").write_text(json.dumps(values | {name: value}))
    with suppress(DamagedRun):
        read_manifest(tmp_path)


WRITTEN = {
    "nothing": (b"", "it cannot be read: Expecting value: line 1 column 1 (char 0)"),
    "half a manifest": (
        b'{"format_version": 3,',
        "it cannot be read: Expecting property name enclosed in double quotes: "
        "line 1 column 22 (char 21)",
    ),
    "a list": (b"[]", "it holds no facts by their names"),
    "no number": (b'{"format_version": NaN}', "it cannot be read: NaN is no number"),
    "without end": (b'{"seed": -Infinity}', "it cannot be read: -Infinity is no number"),
    "a name twice": (b'{"seed": 1, "seed": 2}', "it cannot be read: seed stands in it twice"),
    "Latin letters": ('{"scenario": "für"}'.encode("latin-1"), "it is not UTF-8"),
    "UTF-16": ("{}".encode("utf-16"), "it is not UTF-8"),
    "half a character": (b'{"scenario": "\\ud800"}', "it holds halves of characters"),
    "deep nesting": (b"[" * 100_000, "its values are nested too deeply"),
}


@pytest.mark.parametrize(("written", "said"), WRITTEN.values(), ids=WRITTEN)
def test_a_text_that_is_no_manifest_is_told_in_a_sentence(tmp_path, written, said):
    assert refusal_of(tmp_path, written) == said


def test_a_mark_of_byte_order_is_no_part_of_a_manifest(values, tmp_path):
    said = refusal_of(tmp_path, json.dumps(values).encode("utf-8-sig"))
    assert said.startswith("it cannot be read: Unexpected UTF-8 BOM")


def test_a_number_of_many_digits_is_no_manifest(tmp_path):
    assert refusal_of(tmp_path, b'{"seed": ' + b"9" * 5_000 + b"}").startswith("it cannot be read:")


def test_a_number_beyond_all_bounds_is_no_number_of_seconds(values, tmp_path):
    text = json.dumps(values | {"elapsed_seconds": "bound"}).replace('"bound"', "1e999")
    assert refusal_of(tmp_path, text) == "elapsed_seconds is Infinity, not a number of seconds"


def test_a_manifest_that_is_too_large_is_not_read(values, tmp_path, monkeypatch):
    monkeypatch.setattr(reading_manifests, "_LARGEST", 2**20)
    said = refusal_of(tmp_path, values | {"scenario_yaml": "#" * 2**20})
    assert said == "it is larger than 1 MB"


def test_a_folder_in_place_of_a_manifest_is_no_file(tmp_path):
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(DamagedRun, match=r"manifest\.json: it is no file$"):
        read_manifest(tmp_path)


def test_a_newer_manifest_asks_for_an_upgrade_whatever_else_it_has(tmp_path):
    newer = {"format_version": 6, "package_version": "9\x1b[2J", "more": [1]}
    (tmp_path / "manifest.json").write_text(json.dumps(newer))
    with pytest.raises(RunError, match="upgrade to read it") as refusal:
        read_manifest(tmp_path)
    assert str(refusal.value) == (
        rf"{tmp_path} was written by version 9\x1b[2J of the package, which is newer than this "
        "one; upgrade to read it"
    )


def test_one_bad_run_hides_no_other(values, tmp_path):
    for name in ("first", "second"):
        write_run([{}], facts(), out=tmp_path, name=name).close()
    for name, text in (("bad", "{"), ("worse", json.dumps(values | {"rows": None}))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.duckdb").write_bytes(b"")
        (tmp_path / name / "manifest.json").write_text(text)
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "manifest.json").write_text(json.dumps(values))
    runs, unreadable = look_through(tmp_path)
    assert [run.name for run in runs] == ["first", "second"]
    assert [run.name for run in unreadable] == ["bad", "without", "worse"]
    assert unreadable[1].reason == (
        f"{tmp_path / 'without' / 'run.duckdb'} cannot be read: No such file or directory"
    )


@pytest.mark.parametrize("version", FORMATS)
def test_the_tables_of_a_manifest_are_those_of_its_format(version):
    assert set(FORMATS[version].columns) == set(COUNTED[version])
    assert set(STATIC_TABLES) == set(reading_manifests._STATIC)
