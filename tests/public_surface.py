"""What the package promises to the outside: names with their signatures, as one text.

``public_surface.txt`` holds it fast. A change that is meant renews it, and stands in
``CHANGELOG.md``::

    python tests/public_surface.py
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

SURFACE = Path(__file__).with_name("public_surface.txt")

#: Modules all of whose public names are promised.
_MODULES = [
    "entitlement_sim",
    "entitlement_sim.audit",
    "entitlement_sim.charts",
    "entitlement_sim.fitting",
    "entitlement_sim.forecasting",
    "entitlement_sim.inference",
    "entitlement_sim.metrics.exhaustion",
    "entitlement_sim.metrics.intervals",
    "entitlement_sim.metrics.negative_binomial",
    "entitlement_sim.metrics.revenue",
    "entitlement_sim.metrics.shifted_beta_geometric",
    "entitlement_sim.metrics.sizing",
    "entitlement_sim.metrics.survival",
    "entitlement_sim.reports",
    "entitlement_sim.scenario",
]

#: Modules of which only these names are promised.
_NAMES = {
    "entitlement_sim.replay.by_desk": ["play_at_desk"],
    "entitlement_sim.replay.by_engine": ["replay"],
    "entitlement_sim.store.catalogue": ["CatalogueEntry", "list_runs"],
    "entitlement_sim.store.explain": ["Explanation", "Movement", "StateChange", "explain"],
    "entitlement_sim.store.manifest": ["Manifest"],
    "entitlement_sim.store.shard": ["Shard"],
    "entitlement_sim.store.summary": ["Summary", "summarise"],
    "entitlement_sim.store.verify": ["Verification", "verify"],
    "entitlement_sim.targets": ["Goal", "TARGETS", "Target"],
}


def surface() -> str:
    """Return the whole surface: modules, and below each its names with their signatures."""
    parts = []
    for place, names in public_names().items():
        module = import_module(place)
        lines = [line for name in names for line in _described(name, getattr(module, name))]
        parts.append("\n".join([place, *textwrap.indent("\n".join(lines), "    ").splitlines()]))
    return "\n\n".join(parts) + "\n"


def public_names() -> dict[str, list[str]]:
    """Return the promised names, sorted, by their modules."""
    return {
        place: sorted(_NAMES.get(place) or _public_names(import_module(place)))
        for place in sorted([*_MODULES, *_NAMES])
    }


def _public_names(module: ModuleType) -> list[str]:
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
        and not isinstance(value, TypeVar)
    ]


def _described(name: str, value: Any) -> Iterator[str]:
    """Return the lines of one name: as its source has them, without what they do."""
    value = inspect.unwrap(value)
    if not (inspect.isfunction(value) or inspect.isclass(value)):
        yield f"{name}: {'Path' if isinstance(value, Path) else type(value).__name__}"
        return
    [node] = ast.parse(textwrap.dedent(inspect.getsource(value))).body
    if isinstance(node, ast.FunctionDef):
        yield _signature(node)
    elif isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        yield f"class {name}({bases})" if bases else f"class {name}"
        yield from (f"    {line}" for line in _members(node))


def _members(node: ast.ClassDef) -> Iterator[str]:
    """Return a class's fields in their order, then its constructor, methods and properties."""
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and not ast.unparse(part.target).startswith("_"):
            yield ast.unparse(part)
    methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    for name, method in sorted(methods.items()):
        if name == "__init__" or not name.startswith("_"):
            marks = [
                f"@{ast.unparse(decorator)} "
                for decorator in method.decorator_list
                if not isinstance(decorator, ast.Call)  # what is refused is in the annotations
            ]
            yield "".join(marks) + _signature(method)


def _signature(node: ast.FunctionDef) -> str:
    returned = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"{node.name}({ast.unparse(node.args)}){returned}"


if __name__ == "__main__":
    SURFACE.write_text(surface(), encoding="utf-8")
