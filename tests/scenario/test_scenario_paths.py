"""What is drawn is known by a path of names: no two things of a scenario may share one."""

from typing import Any

import pytest

from entitlement_sim import DocumentError, Scenario
from entitlement_sim.scenario import paths
from entitlement_sim.scenario.paths import first_ordinals, holding_paths, path_hash, segment_path

SCENARIO: dict[str, Any] = {
    "scenario": "paths",
    "calendar": {"start": "2025-01-01", "days": 10},
    "products": ["Mail"],
    "templates": {"Pack": {}, "Other": {}},
    "segments": {
        "all": {
            "customers": 3,
            "cases": {"per_year": 1},
            "holds": [{"template": "Pack"}, {"template": "Other"}, {"template": "Pack"}],
        }
    },
}


def mistakes(**says: Any) -> str:
    with pytest.raises(DocumentError) as refused:
        Scenario.from_dict(SCENARIO | says)
    return str(refused.value)


def test_holdings_of_one_template_are_numbered() -> None:
    model = Scenario.from_dict(SCENARIO).model
    own = segment_path("all", model.segments["all"])
    assert holding_paths(own, model.segments["all"]) == [
        ("segment", "all", "holding", "Pack", "1"),
        ("segment", "all", "holding", "Other", "1"),
        ("segment", "all", "holding", "Pack", "2"),
    ]


def test_segments_drawn_as_one_name_share_its_customers_out_in_their_order() -> None:
    one = SCENARIO["segments"]["all"]
    model = Scenario.from_dict(
        SCENARIO
        | {
            "segments": {
                "a": one,
                "b": one | {"drawn_as": "a", "customers": 5},
                "c": one,
                "d": one | {"drawn_as": "a"},
            }
        }
    ).model
    assert first_ordinals(model) == [0, 3, 0, 8]


def test_names_that_run_together_differ_by_where_they_are_divided() -> None:
    assert path_hash(("segment", "ab", "c")) != path_hash(("segment", "a", "bc"))


def test_two_bursts_of_one_product_need_names() -> None:
    burst = {"product": "Mail", "per_year": 1}
    assert mistakes(bursts=[burst, burst]) == (
        "<dict>:22:3: bursts[1]: 'Mail' is the name of another burst, too; "
        "give each a name of its own"
    )
    assert Scenario.from_dict(SCENARIO | {"bursts": [burst, burst | {"name": "second"}]})


def test_names_that_would_be_drawn_alike_by_coincidence_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paths, "path_hash", lambda path: len(path[1]) if len(path) == 2 else path)
    one = SCENARIO["segments"]["all"]
    assert mistakes(segments={"all": one, "few": one}) == (
        "<dict>:19:3: segments.few: would be drawn like segment 'all', by a coincidence of names; "
        "rename one of them"
    )
