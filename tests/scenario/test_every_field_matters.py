"""No field of a scenario is written in vain: each has a test in which it changes what happens."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pytest
from fields_that_matter import BASE, FALLS, MATTERS, MOVES, RISES, usual_place
from lived import merged
from pydantic import BaseModel

from entitlement_sim import Scenario
from entitlement_sim.scenario.models import Distribution, Duration, ScenarioModel


def fields(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Paths of all fields of a model; a distribution within it counts as one."""
    for name, field in model.model_fields.items():
        inside = next(_parts(field.annotation), None)
        if inside is None or issubclass(inside, Distribution):
            yield path + (field.alias or name)
            if inside is Duration:
                others = [
                    own for own in Duration.model_fields if own not in Distribution.model_fields
                ]
                yield from (f"{path}{name}.{own}" for own in others)
        else:
            yield from fields(inside, f"{path}{name}.")


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models that stand in a type, in a list or as the values of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    inside = get_args(annotation)
    for one in inside[:1] if get_origin(annotation) is Annotated else inside:
        yield from _parts(one)


FIELDS = [*fields(ScenarioModel), *fields(Distribution, "distribution.")]


def test_every_field_has_an_entry_and_every_entry_a_field() -> None:
    assert list(MATTERS) == FIELDS


@pytest.mark.parametrize("field", FIELDS)
def test_field(field: str) -> None:
    matter = MATTERS[field]
    data = merged(BASE, matter.base)
    place = matter.where or usual_place(field)
    first, second = (
        matter.measure(lambda value=value: Scenario.from_dict(data, {place: value}))
        for value in (matter.first, matter.second)
    )
    if matter.says == RISES:
        assert first < second
    elif matter.says == FALLS:
        assert first > second
    elif matter.says == MOVES:
        assert first != second
    else:
        assert (first, second) == matter.says
