"""Offerings as they are sold, which come with the package: what they are, and as scenarios."""

import copy
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..documents import DocumentError, Position, Problem, read_document
from ..telling import unknown
from .scenario import Scenario
from .shipped import shipped_folder

#: The scenario of the customers whom all of them are sold to, and its segment.
_CUSTOMERS: Final = "customers"


class Offering(NamedTuple):
    """An offering of the library.

    Attributes
    ----------
    name : str
    description : str
        What it is, in a sentence.
    leaves_out : str
        What of the offering as it is sold the scenario does not say; empty where nothing.
    sources : str
        Where it is from, as comments of YAML.
    scenario : Scenario
        The same thousand customers as of all others, with this offering sold to them.
    """

    name: str
    description: str
    leaves_out: str
    sources: str
    scenario: Scenario

    @property
    def is_exact(self) -> bool:
        """Whether nothing is left out."""
        return not self.leaves_out


def offering_files() -> dict[str, Path]:
    """Return the files of the offerings by name, sorted by name.

    Examples
    --------
    >>> "incident-five-pack" in offering_files()
    True
    """
    folder = shipped_folder()
    if folder is None:
        return {}
    files = sorted((folder / "offerings").glob("*.yaml"))
    return {file.stem: file for file in files if file.stem != _CUSTOMERS}


def offering(name: str) -> Offering:
    """Return an offering by its name.

    Raises
    ------
    DocumentError
        There is no such offering; the message has the nearest one.

    Examples
    --------
    >>> pack = offering("incident-five-pack")
    >>> pack.description
    'Five incidents within twelve months, without refund.'
    >>> pack.scenario.model.templates["Five-pack"].total_terms
    Decimal('5.00')
    """
    files = offering_files()
    if name not in files:
        message = unknown("offering", name, files)
        raise DocumentError([Problem(name, Position(1, 1), "", message)])
    own = read_document(files[name])
    data = dict(own.data)
    description, leaves_out = data.pop("description"), data.pop("leaves_out", "")
    base = read_document(files[name].with_name(f"{_CUSTOMERS}.yaml")).data
    head = {"scenario": name, "description": description}
    scenario = Scenario.from_dict(_sold_to(base, data) | head)
    return Offering(name, description, leaves_out, _comments(own.text), scenario)


def _sold_to(base: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario of the customers with what is sold, and who of them buys it."""
    everybody = base["segments"][_CUSTOMERS]
    parts = {
        segment: {"drawn_as": _CUSTOMERS, **_joined(everybody, own)}
        for segment, own in data["segments"].items()
    }
    rest = {key: value for key, value in base.items() if key != "segments"}
    return {"scenario": "", "description": "", **rest, **data, "segments": parts}


def _joined(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping with the values of another in it, mappings within it likewise."""
    joined = copy.deepcopy(base)
    for key, value in own.items():
        within = joined.get(key)
        if isinstance(within, dict) and isinstance(value, dict):
            joined[key] = _joined(within, value)
        else:
            joined[key] = value
    return joined


def _comments(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("#"))
