"""Paths of names: what everything random about a thing is known by.

A draw belongs to what it decides: to a customer of a segment, to a holding by its template's name
and its number, to a product, to a burst by its name. So nothing that is drawn moves when something
else is added, removed or put elsewhere in a scenario.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b

from ..documents import DataPath
from .models import ScenarioModel, Segment
from .wording import Finding

#: Names on the way to a thing.
NamePath = tuple[str, ...]

#: What is drawn once for all customers of a day.
CALENDAR: NamePath = ("calendar",)
#: The level that wanders from week to week.
LEVEL: NamePath = ("calendar", "level")


def segment_path(name: str, segment: Segment) -> NamePath:
    """Return the path of a segment: that of the name that its customers are drawn as."""
    return ("segment", segment.drawn_as or name)


def product_path(segment: NamePath, product: str) -> NamePath:
    """Return the path of a product of a segment."""
    return (*segment, "product", product)


def holding_paths(segment: NamePath, model: Segment) -> list[NamePath]:
    """Return the paths of a segment's holdings: several of one template are numbered from 1."""
    counted: Counter[str] = Counter()
    paths: list[NamePath] = []
    for holding in model.holds:
        counted[holding.template] += 1
        paths.append((*segment, "holding", holding.template, str(counted[holding.template])))
    return paths


def buying_path(segment: NamePath) -> NamePath:
    """Return the path of what a segment's customers buy where terms run out."""
    return (*segment, "buys_more")


def burst_paths(model: ScenarioModel) -> list[NamePath]:
    """Return the paths of the bursts: by their names, or by their products where they have none."""
    return [("burst", burst.name or burst.product) for burst in model.bursts]


def first_ordinals(model: ScenarioModel) -> list[int]:
    """Return what the first customer of each segment is known by among those drawn as one name.

    Segments that are drawn as one name share its customers out in their order in the scenario.
    """
    following: Counter[NamePath] = Counter()
    ordinals: list[int] = []
    for name, segment in model.segments.items():
        path = segment_path(name, segment)
        ordinals.append(following[path])
        following[path] += segment.customers
    return ordinals


def path_hash(path: NamePath) -> int:
    """Return 64 bits that tell a path from others: BLAKE2b over its names and their lengths."""
    written = "".join(f"{len(name)}:{name}" for name in path)
    return int.from_bytes(blake2b(written.encode(), digest_size=8).digest(), "little")


def paths_of(model: ScenarioModel) -> Iterator[tuple[DataPath, NamePath]]:
    """Yield every path of a scenario, with where in the scenario the thing stands."""
    yield ("calendar",), CALENDAR
    yield ("calendar", "level"), LEVEL
    bursts = burst_paths(model)
    for index, path in enumerate(bursts):
        yield ("bursts", index), path
    for name, segment in model.segments.items():
        own = segment_path(name, segment)
        yield ("segments", name), own
        for product in segment.products:
            yield ("segments", name, "products", product), product_path(own, product)
        for index, path in enumerate(holding_paths(own, segment)):
            yield ("segments", name, "holds", index), path
        if segment.buys_more is not None:
            yield ("segments", name, "buys_more"), buying_path(own)
        for path in bursts:
            yield ("segments", name), (*own, *path)


def shared_draws(model: ScenarioModel) -> Iterator[Finding]:
    """Say what would be drawn alike although it is not the same thing."""
    bursts: dict[NamePath, int] = {}
    for index, path in enumerate(burst_paths(model)):
        if path in bursts:
            message = f"'{path[-1]}' is the name of another burst, too; give each a name of its own"
            yield Finding(("bursts", index), message, False)
        bursts[path] = index
    by_hash: dict[int, NamePath] = {}
    for place, path in paths_of(model):
        other = by_hash.setdefault(path_hash(path), path)
        if other != path:
            message = (
                f"would be drawn like {_written(other)}, by a coincidence of names; "
                "rename one of them"
            )
            yield Finding(place, message, True)


def _written(path: NamePath) -> str:
    return " ".join(f"'{part}'" if index % 2 else part for index, part in enumerate(path))
