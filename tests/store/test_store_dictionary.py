"""What a run says of itself: every table, view and column, by names that complete."""

import pandas as pd
import pytest
from store_rows import facts

from entitlement_sim import Scenario, open_run, simulate
from entitlement_sim.store.dictionary import columns_of, find_relation, fitted, overview, relations
from entitlement_sim.store.errors import RunError
from entitlement_sim.store.words import TABLE_WORDS
from entitlement_sim.store.writer import write_run


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run on disk with segments whose names are no others', opened."""
    folder = tmp_path_factory.mktemp("dictionary")
    scenario = Scenario.load("reference", ["segments.everyone.customers=3"])
    simulate(scenario, out=folder, name="three").close()
    with open_run(folder / "three") as run:
        yield run


@pytest.fixture
def in_memory():
    with write_run([], facts()) as run:
        yield run


@pytest.mark.parametrize("kind", ["stored", "in_memory"])
def test_every_table_view_and_column_says_what_it_holds(kind, request):
    run = request.getfixturevalue(kind)
    silent = [each.name for each in relations(run) if not each.holds]
    silent += [
        f"{each.name}.{column.name}"
        for each in relations(run)
        for column in columns_of(run, each.name)
        if not column.holds
    ]
    assert silent == []


def test_tables_are_told_from_views_however_a_run_is_opened(stored, in_memory):
    for run in (stored, in_memory):
        assert {each.name for each in relations(run, "table")} == set(TABLE_WORDS)
        assert "pacing" in run.views()
        assert "cases" not in run.views()
        assert set(run.tables()) == {*run.views(), *TABLE_WORDS}


def test_the_overview_is_a_frame_with_a_row_for_each(stored):
    frame = stored.describe()
    assert list(frame.columns) == ["name", "kind", "columns", "holds"]
    assert frame["name"].tolist() == stored.tables()
    row = frame.set_index("name").loc["customers"]
    assert (row["kind"], row["columns"], row["holds"]) == (
        "table", 4, "One row for each customer.",
    )  # fmt: skip


def test_a_table_is_described_column_by_column_below_what_it_holds(stored):
    frame = stored.describe("slas")
    assert frame["column"].tolist() == list(stored.table("slas").columns)
    assert frame.attrs["caption"] == (
        "slas: Service levels: what they promise, and of single severities where that is something "
        "else."
    )
    assert frame.iloc[2].tolist() == [
        "resolve_hours",
        "DOUBLE",
        "Hours to the resolution.",
    ]


def test_words_of_an_enumeration_are_listed_and_segments_are_those_of_the_run(stored):
    held = stored.describe("pacing").set_index("column")["holds"]
    assert held["segment"] == "Segment of the customer. One of: everyone."
    assert held["allocation"].endswith("One of: cases and hours.")
    assert stored.describe("cases").set_index("column")["holds"]["refusal"].endswith("more.")


def test_texts_are_shown_in_full_without_an_option_of_pandas(stored, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    shown = repr(stored.describe("pacing"))
    assert max(map(len, shown.splitlines())) <= 70
    assert "Price a year: price x 365 / days of the term" in " ".join(shown.split())
    assert "…" not in shown
    html = stored.describe("pacing")._repr_html_()
    assert "Price a year: price x 365 / days of the term, to the hundredth." in html


def test_what_is_selected_from_it_is_a_frame_like_any_other(stored):
    views = stored.describe().query("kind == 'view'")
    assert "daily" in repr(views)
    names = views[["name", "kind"]]
    assert repr(names) == repr(pd.DataFrame(names))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pacign", "did you mean 'pacing'?"),
        (
            "elapsed_share",
            "a column of that name is in burn_down, burn_down_by_template and pacing",
        ),
        ("xyzzy", "it has: arrived_cases, "),
    ],
)
def test_a_mistaken_name_is_told_with_what_comes_near(stored, name, hint):
    for ask in (stored.describe, stored.table, lambda name: stored.views[name]):
        with pytest.raises(RunError, match=f"has no table '{name}'; ") as caught:
            ask(name)
        assert hint in str(caught.value)
    with pytest.raises(AttributeError, match="has no table"):
        getattr(stored.views, name)


def test_a_view_by_its_name_is_a_frame_when_called_and_its_words_when_shown(stored):
    assert stored.views.daily().equals(stored.table("daily"))
    assert stored.tables["cases"]().equals(stored.table("cases"))
    assert "Every day of the run." in repr(stored.views.daily)
    assert stored.views.daily.__doc__ == find_relation(stored, "daily").holds
    assert len(stored.views) == len(list(stored.views))


def test_names_complete_tables_and_views(stored):
    assert {"pacing", "daily"} <= set(dir(stored.views))
    assert "cases" in dir(stored.tables)
    assert "cases" not in dir(stored.views)


def test_a_view_of_one_s_own_is_there_without_words(stored):
    stored.connection.execute("CREATE TEMP VIEW mine AS SELECT 1 AS x")
    assert stored.describe("mine").iloc[0].tolist() == ["x", "INTEGER", ""]
    assert "mine" in stored.views()


def test_long_texts_are_broken_and_other_columns_stay_blank_beside_them(stored):
    lines = fitted(overview(stored, "view"), 60).splitlines()
    begin = next(place for place, line in enumerate(lines) if line.startswith("blocked_demand"))
    assert lines[begin + 1].startswith(" " * 30)
