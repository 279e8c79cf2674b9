"""The public names, a page for each module that has some."""

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import isclass, isfunction, unwrap
from pathlib import Path
from typing import Any

from .markdown import contents, fenced, plain, shallow
from .places import TREE


def promised() -> Iterator[tuple[str, str, Any]]:
    """Module, name and value of everything public, as ``public_surface.txt`` holds it."""
    module = ""
    for line in (TREE / "tests" / "public_surface.txt").read_text(encoding="utf-8").splitlines():
        if re.match(r"\w", line):
            module = line
        elif name := re.match(r" {4}(?:class )?(\w+)", line):
            yield module, name[1], getattr(import_module(module), name[1])


def api_pages() -> dict[str, str]:
    """The text of every page about public names, by its place."""
    names: dict[str, list[str]] = {}
    first: dict[int, str] = {}
    for module, name, value in promised():
        place = first.setdefault(id(value), f"{module}.{name}")
        names.setdefault(module, []).append(
            _directive(module, name, value)
            if place == f"{module}.{name}"
            else f"`{name}` is {{py:obj}}`{place}`.\n"
        )
    pages = {
        f"api/{module}.md": "\n".join([shallow(2), f"# {module}\n", _words(module), *directives])
        for module, directives in names.items()
    }
    return pages | {"api/index.md": _index(list(names))}


def _index(modules: list[str]) -> str:
    rows = "\n".join(f"- [`{module}`]({module}.md): {_first_line(module)}" for module in modules)
    offered = [f"{module.removeprefix('entitlement_sim.')} <{module}>" for module in modules]
    return (
        "# Python names\n\nWhat the package promises: these names and their signatures stay, or "
        f"the [changes](../changelog.md) say what became of them.\n\n{rows}\n\n{contents(offered)}"
    )


def _first_line(module: str) -> str:
    return plain((import_module(module).__doc__ or "").splitlines()[0])


def _words(module: str) -> str:
    return _rst(f".. automodule:: {module}\n   :no-members:")


def _directive(module: str, name: str, value: Any) -> str:
    if not (isclass(value) or isfunction(unwrap(value))):
        return _rst(f".. py:data:: {module}.{name}\n\n   {_comment(name, value)}")
    kind, options = "function", []
    if isclass(value):
        bases = ["show-inheritance"] if value.__bases__ != (object,) else []
        kind, options = "class", ["members", *bases]
    lines = [f".. auto{kind}:: {module}.{name}", *(f"   :{option}:" for option in options)]
    return _rst("\n".join(lines))


def _comment(name: str, value: Any) -> str:
    """What the comment above the definition of a value says."""
    definitions = {
        _module_of(source): found[1]
        for source in (TREE / "entitlement_sim").rglob("*.py")
        if (found := re.search(rf"((?:^#: .*\n)+)^{name}\b", source.read_text("utf-8"), re.M))
    }
    # Another module may give something of its own the same name.
    [comment] = [
        comment
        for module, comment in definitions.items()
        if getattr(import_module(module), name) is value
    ]
    return " ".join(line.removeprefix("#: ") for line in comment.splitlines())


def _module_of(source: Path) -> str:
    parts = source.relative_to(TREE).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _rst(text: str) -> str:
    return fenced(text, "{eval-rst}")
